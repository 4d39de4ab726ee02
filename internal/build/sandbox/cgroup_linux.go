package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Cgroup is a control group (version 2) for one run. It finds everything that the run started, and
// tells what it used.
type Cgroup struct{ Dir string }

// Usage is what the processes of a cgroup used. What the kernel does not tell is 0.
type Usage struct {
	UserTime, SystemTime  time.Duration
	PeakMemory            int64 // bytes
	ReadBytes, WriteBytes int64 // of block devices
}

// NewCgroup makes a cgroup below that of this process. One of the same name that a process left behind is
// emptied and removed first. The error is ErrUnsupported where there are no cgroups of version 2 or they
// may not be made.
func NewCgroup(name string) (*Cgroup, error) {
	own, err := ownCgroup()
	if err != nil {
		return nil, err
	}
	c := &Cgroup{filepath.Join(own, name)}
	if exists(c.Dir) {
		if _, err := c.Remove(); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(c.Dir, 0o755); err != nil {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
			return nil, &SetupError{Step: "create a cgroup", Err: err, Unsupported: true}
		}
		return nil, err
	}
	return c, nil
}

// RemoveStaleCgroups removes the cgroups PREFIX-PID-* of processes that are no more.
func RemoveStaleCgroups(prefix string) error {
	own, err := ownCgroup()
	if err != nil {
		return err
	}
	list, err := filepath.Glob(filepath.Join(own, prefix+"-*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range list {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix+"-"), "-")
		n, err := strconv.Atoi(pid)
		if err != nil || unix.Kill(n, 0) != unix.ESRCH {
			continue
		}
		_, err = (&Cgroup{dir}).Remove()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// ownCgroup is the directory of this process's cgroup of version 2.
func ownCgroup() (string, error) {
	root, err := cgroupRoot()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return filepath.Join(root, strings.TrimSuffix(path, "\n")), nil
		}
	}
	return "", &SetupError{Step: "find the cgroup", Err: errors.New("none of version 2"), Unsupported: true}
}

func cgroupRoot() (string, error) {
	f, err := os.Open("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for s.Scan() {
		if words := strings.Fields(s.Text()); len(words) > 2 && words[2] == "cgroup2" {
			return words[1], nil
		}
	}
	return "", &SetupError{Step: "find cgroups", Err: errors.New("no file system of version 2 is mounted"), Unsupported: true}
}

// Own gives the cgroup to a user, for a process that manages cgroups itself.
func (c *Cgroup) Own(uid, gid int) error {
	return errors.Join(os.Chown(c.Dir, uid, gid), os.Chown(filepath.Join(c.Dir, "cgroup.procs"), uid, gid),
		os.Chown(filepath.Join(c.Dir, "cgroup.threads"), uid, gid))
}

// cgroupPatience is how long processes that were killed may take to end.
const cgroupPatience = 10 * time.Second

// Remove kills everything in the cgroup and those below it, and removes them. A nil Cgroup has nothing.
func (c *Cgroup) Remove() (Usage, error) {
	if c == nil {
		return Usage{}, nil
	}
	if err := killCgroup(c.Dir); err != nil {
		return Usage{}, err
	}
	u := c.usage()
	return u, removeCgroup(c.Dir)
}

func killCgroup(dir string) error {
	// One write where the kernel has it (5.14), else one process after the other until none is left.
	err := os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
	direct := err == nil
	for deadline := time.Now().Add(cgroupPatience); ; time.Sleep(2 * time.Millisecond) {
		pids, err := cgroupProcesses(dir)
		if err != nil || len(pids) == 0 {
			return err
		}
		if !direct {
			for _, pid := range pids {
				unix.Kill(pid, unix.SIGKILL)
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes of cgroup %s do not end", dir)
		}
	}
}

// cgroupProcesses lists the processes in a cgroup and those below it.
func cgroupProcesses(dir string) (pids []int, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
		if err != nil {
			return err
		}
		for word := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(word); err == nil {
				pids = append(pids, pid)
			}
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return pids, err
}

// removeCgroup removes directories from the bottom up; the files in them are the kernel's.
func removeCgroup(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeCgroup(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	for deadline := time.Now().Add(cgroupPatience); ; time.Sleep(time.Millisecond) {
		// A process that is dying keeps its cgroup busy for a moment.
		err := os.Remove(dir)
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(deadline) {
			return err
		}
	}
}

func (c *Cgroup) usage() (u Usage) {
	cpu := c.numbers("cpu.stat")
	u.UserTime = time.Duration(cpu["user_usec"]) * time.Microsecond
	u.SystemTime = time.Duration(cpu["system_usec"]) * time.Microsecond
	text, _ := os.ReadFile(filepath.Join(c.Dir, "memory.peak"))
	u.PeakMemory, _ = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	text, _ = os.ReadFile(filepath.Join(c.Dir, "io.stat"))
	for word := range strings.FieldsSeq(string(text)) {
		name, value, _ := strings.Cut(word, "=")
		n, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "rbytes":
			u.ReadBytes += n
		case "wbytes":
			u.WriteBytes += n
		}
	}
	return u
}

// numbers reads a file of names and numbers.
func (c *Cgroup) numbers(file string) map[string]int64 {
	m := map[string]int64{}
	text, _ := os.ReadFile(filepath.Join(c.Dir, file))
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " "); ok {
			m[name], _ = strconv.ParseInt(value, 10, 64)
		}
	}
	return m
}
