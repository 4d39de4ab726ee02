package sandbox

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A step is one system call that a child makes between clone and execve.
type step struct {
	nr      uintptr
	args    [6]uintptr
	fromReg uint8            // bit i: argument i is the register
	toReg   bool             // the result goes into the register
	try     bool             // no error is a failure
	want    uintptr          // when not 0, any other result is a failure
	pass    [2]syscall.Errno // errors that are no failure
}

// A program is the list of steps of one child. The memory that steps point to is kept alive by keep;
// the Go heap does not move.
type program struct {
	steps []step
	names []string // what each step does, for errors
	weak  []bool   // whether the step is one that fails where namespaces are refused
	keep  []any
	exec  int // index of the execve step, -1 while there is none
	err   error
}

func newProgram() *program { return &program{exec: -1} }

// call adds a system call and returns it for adjustment.
func (p *program) call(name string, nr uintptr, args ...uintptr) *step {
	s := step{nr: nr}
	copy(s.args[:], args)
	p.steps = append(p.steps, s)
	p.names = append(p.names, name)
	p.weak = append(p.weak, false)
	return &p.steps[len(p.steps)-1]
}

// weaken marks the last step as one whose failure means that the machine refuses sandboxes.
func (p *program) weaken() { p.weak[len(p.weak)-1] = true }

// str gives the address of a string as C has it.
func (p *program) str(s string) uintptr {
	b, err := syscall.BytePtrFromString(s)
	if err != nil {
		if p.err == nil {
			p.err = fmt.Errorf("string %q holds a NUL byte", s)
		}
		return 0
	}
	p.keep = append(p.keep, b)
	return uintptr(unsafe.Pointer(b))
}

// strs gives the address of a NULL-terminated array of C strings.
func (p *program) strs(list []string) uintptr {
	a, err := syscall.SlicePtrFromStrings(list)
	if err != nil {
		if p.err == nil {
			p.err = fmt.Errorf("an argument or environment variable holds a NUL byte")
		}
		return 0
	}
	p.keep = append(p.keep, a)
	return uintptr(unsafe.Pointer(&a[0]))
}

// bytes gives the address of memory that holds b.
func (p *program) bytes(b []byte) uintptr {
	p.keep = append(p.keep, b)
	return uintptr(unsafe.Pointer(&b[0]))
}

// sigaction with all fields zero is SIG_DFL on every architecture.
type sigaction [64]byte

// resetSignals gives every signal its default action and unblocks all.
func (p *program) resetSignals() {
	dfl, none := new(sigaction), new(uint64)
	p.keep = append(p.keep, dfl, none)
	for sig := uintptr(1); sig <= 64; sig++ {
		if sig == uintptr(unix.SIGKILL) || sig == uintptr(unix.SIGSTOP) {
			continue
		}
		p.call("reset signal", unix.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(dfl)), 0, 8)
	}
	p.call("unblock signals", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(none)), 0, 8)
}

func (p *program) execve(path string, args, env []string) {
	p.exec = len(p.steps)
	p.call("execute "+path, unix.SYS_EXECVE, p.str(path), p.strs(args), p.strs(env))
}

// failure is what a child writes before it gives up: the step's index and the error number.
type failure struct{ index, errno uint64 }

const failureSize = int(unsafe.Sizeof(failure{}))

// spawn clones with flags and lets the child carry out p. The child reports a failing step on the
// descriptor fail. The calling thread must be locked; its signals are blocked meanwhile, so that the
// child cannot enter a Go signal handler before they are reset.
func (p *program) spawn(flags uintptr, fail int) (pid int, err error) {
	if p.err != nil {
		return 0, p.err
	}
	all, old := ^uint64(0), uint64(0)
	report := new(failure)
	if _, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0); e != 0 {
		return 0, e
	}
	r, e := cloneAndRun(flags|uintptr(unix.SIGCHLD), p.steps, report, uintptr(fail))
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
	runtime.KeepAlive(p)
	runtime.KeepAlive(report)
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// cloneAndRun returns in the parent only. After the clone the child is a copy of this thread alone:
// it must not allocate, grow its stack, be preempted or take a lock, hence the directives here and below.
//
//go:norace
//go:noinline
//go:nosplit
func cloneAndRun(flags uintptr, steps []step, report *failure, fail uintptr) (uintptr, syscall.Errno) {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, flags, 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	var reg uintptr
	for i := range steps {
		s := &steps[i]
		if s.fromReg != 0 {
			for j := range s.args {
				if s.fromReg&(1<<uint(j)) != 0 {
					s.args[j] = reg
				}
			}
		}
		r, _, e := syscall.RawSyscall6(s.nr, s.args[0], s.args[1], s.args[2], s.args[3], s.args[4], s.args[5])
		if e == 0 && s.want != 0 && r != s.want {
			e = syscall.ECANCELED
		}
		if e != 0 && !s.try && e != s.pass[0] && e != s.pass[1] {
			report.index, report.errno = uint64(i), uint64(e)
			break
		}
		if s.toReg {
			reg = r
		}
	}
	syscall.RawSyscall6(unix.SYS_WRITE, fail, uintptr(unsafe.Pointer(report)), unsafe.Sizeof(failure{}), 0, 0, 0)
	for {
		syscall.RawSyscall6(unix.SYS_EXIT_GROUP, 1, 0, 0, 0, 0, 0)
	}
}

// explain turns what a child reported into an error.
func (p *program) explain(f failure, s *Spec) error {
	if f.index >= uint64(len(p.steps)) {
		return fmt.Errorf("the child reported the unknown step %d", f.index)
	}
	errno := syscall.Errno(f.errno)
	if int(f.index) == p.exec {
		return &ExecError{Path: s.Path, Err: errno}
	}
	return &SetupError{Step: p.names[f.index], Err: errno, Unsupported: p.weak[f.index] && refusal(errno)}
}

// refusal tells whether errno is how kernels and security modules say no to namespaces.
func refusal(errno syscall.Errno) bool {
	switch errno {
	case syscall.EPERM, syscall.EACCES, syscall.ENOSYS, syscall.EINVAL, syscall.ENOSPC, syscall.EUSERS:
		return true
	}
	return false
}
