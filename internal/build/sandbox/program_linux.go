package sandbox

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A step is one system call that a child makes between clone and execve.
type step struct {
	nr      uintptr
	args    [6]uintptr
	fromReg bool             // the first argument is the register
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

// report is where a child puts its failure before it writes it to fd.
type report struct {
	index, errno uint64
	fd           uintptr
}

// spawn clones with flags and lets the child carry out p. The child reports a failing step on the descriptor fail.
//
// The child runs in the memory of this process, whose page tables would take milliseconds to copy, beside the threads
// of the Go runtime and unknown to it, until it executes the builder: p must be kept alive for so long. The calling
// thread must be locked; its signals are blocked meanwhile, so that the child cannot enter a Go signal handler before
// they are reset.
func (p *program) spawn(flags uintptr, fail int) (pid int, err error) {
	if p.err != nil {
		return 0, p.err
	}
	all, old := ^uint64(0), uint64(0)
	r := &report{fd: uintptr(fail)}
	p.keep = append(p.keep, r)
	if _, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0); e != 0 {
		return 0, e
	}
	pid, errno := cloneAndRun(flags|unix.CLONE_VM|uintptr(unix.SIGCHLD), &p.steps[0], len(p.steps), r)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
	if errno != 0 {
		return 0, syscall.Errno(errno)
	}
	return pid, nil
}

// cloneAndRun clones this thread and returns in the parent. The child carries out n steps without a stack, for it
// shares that with the parent; when one fails it reports that and exits.
//
//go:noescape
func cloneAndRun(flags uintptr, steps *step, n int, r *report) (pid int, errno uintptr)

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
