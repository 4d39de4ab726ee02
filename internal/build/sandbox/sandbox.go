// Package sandbox runs one process, and all that it starts, in isolation, from a plain description.
//
// It knows no store and no derivation: a caller names the program, what is bind-mounted where, the
// environment, who the process is inside and outside, and the limits. What a builder finds around it is fixed here (docs/spec/sandbox.md): private /proc, a
// small /dev, /etc with three files, /tmp, the host name localhost, loopback up, one uid and gid,
// setuid modes and extended attributes refused, and process 1 of a PID namespace, so that nothing
// outlives it.
//
// The child is made without starting the Go binary again. Everything between clone and execve is a
// list of system calls that is compiled beforehand (see program.go) and carried out by a few lines of
// Go that neither allocate nor grow the stack; a failing call is reported with its name.
//
// The root is a file system in memory that vanishes with its last process, so that no crash leaves a
// tree behind; whatever may grow (the build directory, the outputs, /tmp) is a mount of the caller's.
//
// A process that closes its output ends: it is killed soon after, since nothing would tell why it goes on.
//
// Invariants: when Run returns, no process of the sandbox is left; no mount is ever seen outside it.
package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Spec describes one run. It is not changed by Run and may be used again.
type Spec struct {
	Path string   // program to execute, as the process sees it
	Args []string // argument vector, including argument 0
	Env  []string // "NAME=value", in the order the process gets them
	Dir  string   // working directory, as the process sees it; the home of its /etc/passwd entry

	// Open means no sandbox: no namespaces and no mounts; Mounts, Files, Network, KVM and ShmSize then
	// have no meaning.
	Open    bool
	Mounts  []Mount
	Files   []File
	Network bool   // share the network of the machine, with its resolver's files
	KVM     bool   // give /dev/kvm
	ShmSize string // size of /dev/shm as tmpfs takes it; empty is "50%"

	Identity    Identity
	Personality Personality

	AllowNewPrivileges bool // leave no_new_privs unset
	AllowSyscalls      bool // install no system call filter

	Rlimits []Rlimit
	Cgroup  *Cgroup // to put the process in before it runs; nil for none

	// Output gets what the process writes to descriptors 1 and 2, in pieces of any size, from one
	// goroutine. An error from it kills the process and is returned by Run.
	Output io.Writer
	// Pipe connects the process by a pipe instead of a pseudo-terminal.
	Pipe bool

	Timeout   time.Duration // wall time until the process is killed; 0 is no limit
	MaxSilent time.Duration // the same for time without output
	MaxOutput int64         // bytes of output after which the process is killed; 0 is no limit
}

// A Mount makes a file or directory of the machine visible inside.
type Mount struct {
	Source   string // on the machine; not resolved if it is a symbolic link: the link is copied
	Target   string // absolute, as the process sees it
	Optional bool   // leave out when Source does not exist
	ReadOnly bool
}

// A File is written before the process starts.
type File struct {
	Path string // absolute, as the process sees it
	Mode fs.FileMode
	Data []byte
}

// An Rlimit is a resource limit in the numbers of setrlimit(2).
type Rlimit struct {
	Resource   int
	Soft, Hard uint64
}

// Identity says who the process is.
type Identity struct {
	// UserNamespace gives the process a user namespace in which UID and GID stand for HostUID and
	// HostGID. Without it UID and GID are ids of the machine, and changing to them needs root.
	UserNamespace    bool
	UID, GID         int
	HostUID, HostGID int
	Count            int   // ids mapped from UID and HostUID on; 0 is 1
	Groups           []int // supplementary groups; only without a user namespace
	// Keep leaves uid, gid and groups as they are; only without a sandbox.
	Keep bool
}

// Personality is how the kernel presents itself.
type Personality struct {
	Linux32 bool // uname says 32 bits
	Linux26 bool // uname says version 2.6
}

// A Cause says why a process ended.
type Cause int

const (
	Exited    Cause = iota // by itself: exit or signal
	TimedOut               // Spec.Timeout
	Silent                 // Spec.MaxSilent
	TooMuch                // Spec.MaxOutput
	Cancelled              // the context
	Refused                // Output returned an error
)

// A Result is how a run ended.
type Result struct {
	Cause      Cause
	ExitCode   int // -1 when a signal ended it
	Signal     syscall.Signal
	Start      time.Time
	Stop       time.Time
	UserTime   time.Duration // of the process and the children it waited for
	SystemTime time.Duration
	MaxRSS     int64 // bytes
	// What the processes that were waited for read from disks and caused to be written there, in bytes.
	ReadBytes, WrittenBytes int64
}

// Success tells whether the process ended by itself with code 0.
func (r *Result) Success() bool {
	return r.Cause == Exited && r.ExitCode == 0 && r.Signal == 0
}

// Describe says how the process ended as a clause: "failed with exit code 1".
func (r *Result) Describe() string {
	switch {
	case r.Success():
		return "succeeded"
	case r.Signal != 0:
		return fmt.Sprintf("failed due to signal %d (%s)", int(r.Signal), signalName(r.Signal))
	default:
		return fmt.Sprintf("failed with exit code %d", r.ExitCode)
	}
}

// ErrUnsupported is wrapped by errors that mean: this machine refuses what a sandbox needs
// (namespaces switched off, a kernel too old, a container that masks /proc). Running open may work.
var ErrUnsupported = errors.New("the kernel namespaces that are required for sandboxing are not available")

// A SetupError says which step between clone and exec failed.
type SetupError struct {
	Step        string // "mount proc on /proc"
	Err         error
	Unsupported bool // the step is one that fails where namespaces are refused
}

func (e *SetupError) Error() string {
	return "setting up the sandbox: " + e.Step + ": " + e.Err.Error()
}
func (e *SetupError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrUnsupported) true for refusals.
func (e *SetupError) Is(target error) bool { return target == ErrUnsupported && e.Unsupported }

// An ExecError says that the sandbox stood but the program could not be executed in it.
type ExecError struct {
	Path string
	Err  error
}

func (e *ExecError) Error() string {
	return fmt.Sprintf("executing '%s': %s", e.Path, describeErrno(e.Err))
}
func (e *ExecError) Unwrap() error { return e.Err }

func describeErrno(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if s, ok := errnoText[errno]; ok {
			return s
		}
	}
	return err.Error()
}

// errnoText has what the C library says where Go's text differs in case.
var errnoText = map[syscall.Errno]string{
	syscall.ENOENT:  "No such file or directory",
	syscall.EACCES:  "Permission denied",
	syscall.ENOEXEC: "Exec format error",
	syscall.EPERM:   "Operation not permitted",
	syscall.E2BIG:   "Argument list too long",
	syscall.ELOOP:   "Too many levels of symbolic links",
	syscall.ENOTDIR: "Not a directory",
	syscall.EISDIR:  "Is a directory",
	syscall.EINVAL:  "Invalid argument",
	syscall.ENOMEM:  "Cannot allocate memory",
	syscall.ETXTBSY: "Text file busy",
}

// signalName gives the text strsignal(3) has for the signals that end builds.
func signalName(s syscall.Signal) string {
	if t, ok := signalText[s]; ok {
		return t
	}
	return s.String()
}

var signalText = map[syscall.Signal]string{
	syscall.SIGHUP: "Hangup", syscall.SIGINT: "Interrupt", syscall.SIGQUIT: "Quit",
	syscall.SIGILL: "Illegal instruction", syscall.SIGTRAP: "Trace/breakpoint trap",
	syscall.SIGABRT: "Aborted", syscall.SIGBUS: "Bus error", syscall.SIGFPE: "Floating point exception",
	syscall.SIGKILL: "Killed", syscall.SIGUSR1: "User defined signal 1", syscall.SIGSEGV: "Segmentation fault",
	syscall.SIGUSR2: "User defined signal 2", syscall.SIGPIPE: "Broken pipe", syscall.SIGALRM: "Alarm clock",
	syscall.SIGTERM: "Terminated", syscall.SIGXCPU: "CPU time limit exceeded", syscall.SIGXFSZ: "File size limit exceeded",
	syscall.SIGSYS: "Bad system call",
}

// defaultIdentity is what builders are inside a user namespace.
const (
	BuilderUID = 1000
	BuilderGID = 100
)

// OwnIdentity is the identity of a builder that is, outside, the calling user.
func OwnIdentity() Identity {
	return Identity{UserNamespace: true, UID: BuilderUID, GID: BuilderGID, HostUID: os.Geteuid(), HostGID: os.Getegid()}
}
