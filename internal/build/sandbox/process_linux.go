package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const goarch = runtime.GOARCH

// process is a child that has been executed.
type process struct {
	pid    int
	output *os.File
	start  time.Time
}

// start makes the child and returns when it has been executed, or has said why not.
func start(s *Spec) (*process, error) {
	var v *view
	if !s.Open {
		if err := Check(); err != nil {
			return nil, err
		}
		var err error
		if v, err = newView(s); err != nil {
			return nil, err
		}
	}
	out, err := openChannel(s.Pipe, s.Identity)
	if err != nil {
		return nil, err
	}
	defer out.closeChild()
	null, err := openNull()
	if err != nil {
		out.read.Close()
		return nil, err
	}
	defer unix.Close(null)
	asRoot := !s.Open && rootOrder()
	pid, err := launch(s, s.cloneFlags(asRoot), func(fd descriptors) *program {
		fd.null, fd.out = null, out.child
		return compile(s, v, fd, asRoot)
	})
	if err != nil {
		out.read.Close()
		return nil, err
	}
	return &process{pid: pid, output: out.read, start: time.Now()}, nil
}

func openNull() (int, error) {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("cannot open '/dev/null': %w", err)
	}
	return above2(null)
}

// launch clones the child, does the parent's part when asked, and waits until the program is executed.
func launch(s *Spec, flags uintptr, compile func(descriptors) *program) (int, error) {
	var wake, report [2]int
	if err := pipeAbove2(&wake); err != nil {
		return 0, err
	}
	defer unix.Close(wake[0])
	defer unix.Close(wake[1])
	if err := pipeAbove2(&report); err != nil {
		return 0, err
	}
	defer unix.Close(report[0])
	p := compile(descriptors{sync: wake[0], report: report[1]})
	wasDumpable := dumpable()

	// The parent death signal is sent when the creating thread ends; Go keeps a thread that is unlocked again.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, err := p.spawn(flags, report[1])
	unix.Close(report[1])
	if err != nil {
		var errno syscall.Errno
		if errors.As(err, &errno) {
			err = &SetupError{Step: "clone", Err: errno, Unsupported: !s.Open && refusal(errno)}
		}
		return 0, err
	}
	err = p.outcome(s, pid, report[0], wake[1])
	if err != nil {
		unix.Kill(pid, unix.SIGKILL)
		reap(pid, nil)
	}
	runtime.KeepAlive(p)
	if wasDumpable {
		// A child that changes its user takes this from the memory that it shares with us.
		unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	}
	if err != nil {
		return 0, err
	}
	return pid, nil
}

// dumpable tells whether this process, before it had a child, could be looked at by others of its user: whether its
// files in /proc belong to that user.
var dumpable = sync.OnceValue(func() bool {
	is, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	return is == 1
})

func pipeAbove2(p *[2]int) error {
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("opening a pipe: %w", err)
	}
	var err0, err1 error
	p[0], err0 = above2(p[0])
	p[1], err1 = above2(p[1])
	return errors.Join(err0, err1)
}

func (s *Spec) cloneFlags(asRoot bool) uintptr {
	if s.Open {
		return 0
	}
	flags := uintptr(unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS)
	if !s.Network {
		flags |= unix.CLONE_NEWNET
	}
	if !asRoot {
		flags |= unix.CLONE_NEWUSER
	}
	return flags
}

// parentPart does what a child asks for: it maps the ids, puts the child into its cgroup.
func parentPart(s *Spec, pid int, part uint64) error {
	id := s.Identity
	proc := "/proc/" + strconv.Itoa(pid)
	if part&mapIDs != 0 {
		n := max(1, id.Count)
		writes := [][2]string{
			{"uid_map", fmt.Sprintf("%d %d %d", id.UID, id.HostUID, n)},
			{"setgroups", "deny"},
			{"gid_map", fmt.Sprintf("%d %d %d", id.GID, id.HostGID, n)},
		}
		for _, w := range writes {
			if w[0] == "setgroups" && n > 1 {
				continue
			}
			if err := os.WriteFile(filepath.Join(proc, w[0]), []byte(w[1]), 0); err != nil {
				var errno syscall.Errno
				return &SetupError{Step: "write " + w[0], Err: err, Unsupported: errors.As(err, &errno) && refusal(errno)}
			}
		}
	}
	if part&joinCgroup != 0 {
		return s.Cgroup.join(pid)
	}
	return nil
}

// outcome serves the child until it is executed, which closes its end of the pipe, or has failed.
func (p *program) outcome(s *Spec, pid, report, sync int) error {
	buf := make([]byte, failureSize)
	for {
		n, err := unix.Read(report, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("waiting for the sandbox: %w", err)
		case n == 0:
			return nil
		}
		f := failure{binary.NativeEndian.Uint64(buf), binary.NativeEndian.Uint64(buf[8:])}
		if f.index != request {
			return p.explain(f, s)
		}
		if err := parentPart(s, pid, f.errno); err != nil {
			return err
		}
		if _, err := unix.Write(sync, []byte{1}); err != nil {
			return fmt.Errorf("waking the sandbox: %w", err)
		}
	}
}

// blockSize is the unit in which the kernel counts what a process reads and writes.
const blockSize = 512

// reap waits for a child and fills in how it ended.
func reap(pid int, r *Result) error {
	var status unix.WaitStatus
	var usage unix.Rusage
	for {
		_, err := unix.Wait4(pid, &status, 0, &usage)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("waiting for process %d: %w", pid, err)
		}
		break
	}
	if r == nil {
		return nil
	}
	r.Stop = time.Now()
	r.UserTime = time.Duration(usage.Utime.Nano())
	r.SystemTime = time.Duration(usage.Stime.Nano())
	r.MaxRSS = usage.Maxrss * 1024
	r.ReadBytes, r.WrittenBytes = usage.Inblock*blockSize, usage.Oublock*blockSize
	r.ExitCode = status.ExitStatus()
	if status.Signaled() {
		r.ExitCode, r.Signal = -1, syscall.Signal(status.Signal())
	}
	return nil
}

// kill ends the process and its group. In a sandbox the process is the first of its PID namespace and
// takes everything with it; without one, processes that left the group and have another parent survive.
func (p *process) kill() {
	unix.Kill(p.pid, unix.SIGKILL)
	unix.Kill(-p.pid, unix.SIGKILL)
}
