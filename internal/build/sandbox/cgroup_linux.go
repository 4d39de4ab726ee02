package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Cgroup is a control group for one run. It finds everything that the run started, and tells what it used.
// Version 2 of the kernel's interface has one tree for all controllers, version 1 one for each; machines have
// either or, with no controllers in the tree of version 2, both.
type Cgroup struct {
	Dir      string     // in the tree of version 2, or else in the first of version 1
	counters []counters // in trees of version 1
}

// counters is a directory in the tree of a controller of version 1.
type counters struct{ controller, dir string }

// Usage is what the processes of a cgroup used. What the kernel does not tell is 0.
type Usage struct {
	UserTime, SystemTime  time.Duration
	PeakMemory            int64 // bytes
	ReadBytes, WriteBytes int64 // of block devices
}

// NewCgroup makes a cgroup below that of this process. One of the same name that a process left behind is
// emptied and removed first. The error is ErrUnsupported where there are no cgroups or they may not be made.
func NewCgroup(name string) (*Cgroup, error) {
	own, err := ownCgroup()
	if err != nil {
		return nil, err
	}
	c := own.below(name)
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
	c.counters = slices.DeleteFunc(c.counters, func(old counters) bool {
		err := os.Mkdir(old.dir, 0o755)
		return err != nil && !errors.Is(err, fs.ErrExist) // something is not counted then
	})
	return c, nil
}

// below is a cgroup in this one.
func (c *Cgroup) below(name string) *Cgroup {
	sub := &Cgroup{Dir: filepath.Join(c.Dir, name)}
	for _, old := range c.counters {
		sub.counters = append(sub.counters, counters{old.controller, filepath.Join(old.dir, name)})
	}
	return sub
}

// join puts a process into the cgroup.
func (c *Cgroup) join(pid int) error {
	text := []byte(strconv.Itoa(pid))
	for _, old := range c.counters {
		if err := os.WriteFile(filepath.Join(old.dir, "cgroup.procs"), text, 0); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(c.Dir, "cgroup.procs"), text, 0)
}

// RemoveStaleCgroups removes the cgroups PREFIX-PID-* of processes that are no more.
func RemoveStaleCgroups(prefix string) error {
	own, err := ownCgroup()
	if err != nil {
		return err
	}
	list, err := filepath.Glob(filepath.Join(own.Dir, prefix+"-*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range list {
		name := filepath.Base(dir)
		pid, _, _ := strings.Cut(strings.TrimPrefix(name, prefix+"-"), "-")
		n, err := strconv.Atoi(pid)
		if err != nil || unix.Kill(n, 0) != unix.ESRCH {
			continue
		}
		_, err = own.below(name).Remove()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// counted are the controllers of version 1 that tell what processes used.
var counted = []string{"cpuacct", "memory", "blkio"}

// ownCgroup is the cgroup of this process.
func ownCgroup() (*Cgroup, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	mounts, err := cgroupMounts()
	if err != nil {
		return nil, err
	}
	c := &Cgroup{}
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			root, ok := mounts[controller]
			dir := filepath.Join(root, fields[2])
			switch {
			case !ok || !exists(dir):
			case controller == "":
				c.Dir = dir
			case slices.Contains(counted, controller):
				c.counters = append(c.counters, counters{controller, dir})
			}
		}
	}
	switch {
	case c.Dir != "":
	case len(c.counters) > 0:
		c.Dir, c.counters = c.counters[0].dir, c.counters[1:]
	default:
		return nil, &SetupError{Step: "find the cgroup", Err: errors.New("none is mounted"), Unsupported: true}
	}
	return c, nil
}

// cgroupMounts finds where the tree of each controller is mounted; that of version 2 has the empty name.
func cgroupMounts() (map[string]string, error) {
	f, err := os.Open("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 4 {
			continue
		}
		names := []string{}
		switch words[2] {
		case "cgroup2":
			names = append(names, "")
		case "cgroup":
			names = strings.Split(words[3], ",")
		}
		for _, name := range names {
			if _, ok := found[name]; !ok { // the first is the machine's own
				found[name] = words[1]
			}
		}
	}
	return found, nil
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
	err := removeCgroup(c.Dir)
	for _, old := range c.counters {
		err = errors.Join(err, removeCgroup(old.dir))
	}
	return u, err
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
	cpu := numbers(c.Dir, "cpu.stat")
	u.UserTime = time.Duration(cpu["user_usec"]) * time.Microsecond
	u.SystemTime = time.Duration(cpu["system_usec"]) * time.Microsecond
	u.PeakMemory = number(c.Dir, "memory.peak")
	text, _ := os.ReadFile(filepath.Join(c.Dir, "io.stat"))
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
	for _, old := range c.counters {
		old.add(&u)
	}
	return u
}

// tick is the unit in which version 1 counts processor time.
const tick = time.Second / 100

// add takes over what a controller of version 1 counted.
func (c counters) add(u *Usage) {
	switch c.controller {
	case "cpuacct":
		cpu := numbers(c.dir, "cpuacct.stat")
		u.UserTime, u.SystemTime = max(u.UserTime, time.Duration(cpu["user"])*tick), max(u.SystemTime, time.Duration(cpu["system"])*tick)
	case "memory":
		u.PeakMemory = max(u.PeakMemory, number(c.dir, "memory.max_usage_in_bytes"))
	case "blkio":
		// Lines are "MAJOR:MINOR WHAT BYTES".
		for line := range strings.Lines(string(c.transfers())) {
			words := strings.Fields(line)
			if len(words) != 3 {
				continue
			}
			n, _ := strconv.ParseInt(words[2], 10, 64)
			switch words[1] {
			case "Read":
				u.ReadBytes += n
			case "Write":
				u.WriteBytes += n
			}
		}
	}
}

// transfers reads what was transferred, from the file of the I/O scheduler that the machine uses.
func (c counters) transfers() []byte {
	for _, scheduler := range []string{"throttle.", "bfq.", ""} {
		text, err := os.ReadFile(filepath.Join(c.dir, "blkio."+scheduler+"io_service_bytes_recursive"))
		if err == nil {
			return text
		}
	}
	return nil
}

// number reads a file that holds one number.
func number(dir, file string) int64 {
	text, _ := os.ReadFile(filepath.Join(dir, file))
	n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n
}

// numbers reads a file of names and numbers.
func numbers(dir, file string) map[string]int64 {
	m := map[string]int64{}
	text, _ := os.ReadFile(filepath.Join(dir, file))
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " "); ok {
			m[name], _ = strconv.ParseInt(value, 10, 64)
		}
	}
	return m
}
