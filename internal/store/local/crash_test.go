//go:build linux

package local

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Children in a role can be killed, or meet a full disk, at exactly the n-th of their system calls that change a file
// system: a filter has the kernel stop each of these and ask another thread of the same process what is to become of it.

// changes are the calls that count. Writing to open files is left out but for the database's way of it: the Go runtime
// writes, too.
var changes = []uint32{unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_SYMLINKAT,
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_UTIMENSAT, unix.SYS_PWRITE64, unix.SYS_FTRUNCATE}

// needSpace tells whether a call may fail for want of space.
func needSpace(nr uint32) bool {
	switch nr {
	case unix.SYS_OPENAT, unix.SYS_LINKAT, unix.SYS_MKDIRAT, unix.SYS_SYMLINKAT, unix.SYS_PWRITE64:
		return true
	}
	return false
}

// faults says what happens to the calls of this process.
type faults struct {
	kill  uint64 // the process ends before this call, counted from one; never if zero
	full  uint64 // from this call on there is no space
	count atomic.Uint64
}

// parseFaults reads "kill=N" or "full=N".
func parseFaults(text string) (*faults, error) {
	f := &faults{}
	what, n, _ := strings.Cut(text, "=")
	at, err := strconv.ParseUint(n, 10, 64)
	switch what {
	case "kill":
		f.kill = at
	case "full":
		f.full = at
	default:
		err = fmt.Errorf("faults %q", text)
	}
	return f, err
}

// notification and answer are struct seccomp_notif and struct seccomp_notif_resp.
type notification struct {
	id         uint64
	pid, flags uint32
	nr, arch   uint32
	ip         uint64
	args       [6]uint64
}

type answer struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// install puts the filter on all threads.
func (f *faults) install() error {
	runtime.GOMAXPROCS(8) // threads that wait for an answer keep what they hold
	var prog []unix.SockFilter
	add := func(code uint16, k uint32, yes, no uint8) {
		prog = append(prog, unix.SockFilter{Code: code, Jt: yes, Jf: no, K: k})
	}
	const load, equal, bits, give = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K,
		unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	add(load, 0, 0, 0) // the number of the call
	for _, nr := range changes {
		add(equal, nr, 0, 1)
		add(give, unix.SECCOMP_RET_USER_NOTIF, 0, 0)
	}
	add(equal, unix.SYS_OPENAT, 0, 3)
	add(load, 32, 0, 0) // its flags
	add(bits, unix.O_CREAT, 0, 1)
	add(give, unix.SECCOMP_RET_USER_NOTIF, 0, 0)
	add(give, unix.SECCOMP_RET_ALLOW, 0, 0)
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_TSYNC|unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	go f.answer(fd)
	return nil
}

// answer decides about call after call.
func (f *faults) answer(fd uintptr) {
	for {
		var n notification
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&n))); errno != 0 {
			continue
		}
		at := f.count.Add(1)
		if at == f.kill {
			unix.Kill(os.Getpid(), unix.SIGKILL)
			select {}
		}
		a := answer{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		if f.full != 0 && at >= f.full && needSpace(n.nr) {
			a.flags, a.errno = 0, -int32(unix.ENOSPC)
		}
		unix.Syscall(unix.SYS_IOCTL, fd, unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&a)))
	}
}

// runFaulty runs a role on the store below root with faults, as an ordinary user if it can, since root needs no permission
// to write into directories. It returns what the role printed and whether it ended by itself.
func runFaulty(t *testing.T, program, role, root, faults string) (out string, ended bool) {
	t.Helper()
	cmd := child(t, role, root)
	cmd.Path, cmd.Dir = program, "/"
	cmd.Env = append(cmd.Env, "FIRN_LOCAL_FAULTS="+faults)
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if strings.Contains(buf.String(), "cannot install faults") {
		t.Skip(buf.String())
	}
	return buf.String(), cmd.ProcessState.Exited()
}

// faultyProgram returns this program where every user can run it, and a directory in which every user may work.
func faultyProgram(t *testing.T) (program, dir string) {
	t.Helper()
	dir = t.TempDir()
	for d := dir; d != "/"; d = filepath.Dir(d) {
		if st, err := os.Stat(d); err == nil && st.Mode()&0o5 != 0o5 {
			os.Chmod(d, st.Mode().Perm()|0o755)
		}
	}
	os.Chmod(dir, 0o777)
	program = filepath.Join(dir, "program")
	if err := os.Link("/proc/self/exe", program); err == nil {
		return program, dir
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return program, dir
}

// changesOf returns how many calls a role makes on the store below root when nothing goes wrong.
func changesOf(t *testing.T, program, role, root string) int {
	t.Helper()
	out, ended := runFaulty(t, program, role, root, "kill=0")
	at := strings.LastIndex(out, "changes: ")
	if !ended || at < 0 || strings.Contains(out, "error:") {
		t.Fatalf("%s without faults: %s", role, out)
	}
	n, err := strconv.Atoi(strings.TrimSpace(out[at+len("changes: "):]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// somePoints returns at most count numbers from 1 to n, evenly apart; runs of the tests come to all of them in time.
func somePoints(n, count int) (points []int) {
	for i := range min(n, count) {
		first, next := 1+i*n/min(n, count), 1+(i+1)*n/min(n, count)
		points = append(points, first+rand.IntN(next-first))
	}
	return points
}
