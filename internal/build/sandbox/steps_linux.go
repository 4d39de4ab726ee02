package sandbox

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// descriptors are what the child finds open; all are above 2 and closed on exec.
type descriptors struct {
	null, out int // become 0, and 1 with 2
	sync      int // read end: one byte arrives when the parent has done its part
	report    int // write end: requests and failures
}

// Two orders lead to the same sandbox. A child of root makes the mounts with the rights of root and
// enters its user namespace last; the mounts then belong to the machine's namespace, out of the
// process's reach. A child of an ordinary user must enter the user namespace first (with the clone) to
// have any rights at all.
//
// compile lists what the child does for s; v is nil without a sandbox.
func compile(s *Spec, v *view, fd descriptors, asRoot bool) *program {
	p := newProgram()
	p.dieWithParent()
	p.closeAllBut(fd.null, fd.out, fd.sync, fd.report)
	maps := v != nil && s.Identity.UserNamespace
	if part := s.part(maps && !asRoot); part != 0 {
		p.askParent(fd, part)
	}
	p.streams(fd)
	if v != nil {
		p.isolate(s)
		p.root(s, v, asRoot)
	}
	p.confine(s)
	p.limits(s)
	if v != nil && asRoot {
		p.groups(s.Identity)
		if s.Identity.UserNamespace {
			p.call("create a user namespace", unix.SYS_UNSHARE, unix.CLONE_NEWUSER)
			p.weaken()
		}
		if maps {
			p.askParent(fd, mapIDs)
		}
	} else if v == nil {
		p.groups(s.Identity)
	}
	p.identity(s.Identity)
	p.dieWithParent()
	p.askParent(fd, 0) // it may have died when nothing would have told us
	p.resetSignals()
	p.execve(s.Path, s.Args, s.Env)
	return p
}

// What the parent can be asked to do for the child.
const (
	joinCgroup = 1 << iota
	mapIDs
)

// part is what the parent does before anything else.
func (s *Spec) part(maps bool) (part uint64) {
	if s.Cgroup != nil {
		part |= joinCgroup // before a cgroup namespace is made, whose root it will be
	}
	if maps {
		part |= mapIDs
	}
	return part
}

// request is the index of a report that is no failure but asks the parent for something.
const request = ^uint64(0)

func (p *program) askParent(fd descriptors, part uint64) {
	ask := &failure{request, part}
	p.keep = append(p.keep, ask)
	p.call("ask the parent", unix.SYS_WRITE, uintptr(fd.report), uintptr(unsafe.Pointer(ask)), unsafe.Sizeof(*ask))
	p.call("wait for the parent", unix.SYS_READ, uintptr(fd.sync), p.bytes(make([]byte, 1)), 1).want = 1
}

// streams makes the child the leader of a session without a terminal and connects its output.
func (p *program) streams(fd descriptors) {
	p.call("start a session", unix.SYS_SETSID)
	p.call("connect standard input", unix.SYS_DUP3, uintptr(fd.null), 0, 0)
	p.call("connect standard output", unix.SYS_DUP3, uintptr(fd.out), 1, 0)
	p.call("connect standard error", unix.SYS_DUP3, uintptr(fd.out), 2, 0)
}

// closeAllBut closes what the child inherited: the locks of its parent, which must not outlive that, what the parent was
// started with, and the pipes of other children, which would never see that the parent is gone.
func (p *program) closeAllBut(keep ...int) {
	slices.Sort(keep)
	low := 3
	for _, fd := range append(keep, int(^uint32(0))) {
		if fd > low {
			p.call("close descriptors", unix.SYS_CLOSE_RANGE, uintptr(low), uintptr(fd-1), 0).pass[0] = unix.ENOSYS
		}
		low = fd + 1
	}
}

// dieWithParent must be repeated after a change of uid, which clears it.
func (p *program) dieWithParent() {
	p.call("set the parent death signal", unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL))
}

// ifreq is struct ifreq with flags.
type ifreq struct {
	name  [16]byte
	flags uint16
	_     [22]byte
}

// isolate sets what the namespaces hold: the loopback interface, the host name, no shared mounts.
func (p *program) isolate(s *Spec) {
	if !s.Network {
		up := &ifreq{flags: unix.IFF_UP | unix.IFF_LOOPBACK | unix.IFF_RUNNING}
		copy(up.name[:], "lo")
		p.keep = append(p.keep, up)
		p.call("open a socket", unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0).toReg = true
		p.call("set loopback interface flags", unix.SYS_IOCTL, 0, unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(up))).fromReg = true
		p.weaken()
	}
	host, domain := "localhost", "(none)"
	p.call("set host name", unix.SYS_SETHOSTNAME, p.str(host), uintptr(len(host)))
	p.weaken()
	p.call("set domain name", unix.SYS_SETDOMAINNAME, p.str(domain), uintptr(len(domain)))
	p.mount("none", "/", "", unix.MS_PRIVATE|unix.MS_REC, "")
	p.weaken()
	if s.Cgroup != nil {
		p.call("create a cgroup namespace", unix.SYS_UNSHARE, unix.CLONE_NEWCGROUP)
	}
}

// atFDCWD is AT_FDCWD as a system call takes it.
const atFDCWD = ^uintptr(99)

// confine takes away what no builder needs.
func (p *program) confine(s *Spec) {
	if !s.AllowNewPrivileges {
		p.call("set no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	}
	if !s.AllowSyscalls {
		p.seccomp()
	}
	p.landlock()
	p.personality(s.Personality)
}

func (p *program) limits(s *Spec) {
	p.call("change into "+s.Dir, unix.SYS_CHDIR, p.str(s.Dir))
	p.rlimit(Rlimit{Resource: unix.RLIMIT_CORE, Soft: 0, Hard: unix.RLIM_INFINITY}).pass[0] = unix.EPERM
	for _, l := range s.Rlimits {
		p.rlimit(l)
	}
	p.call("set the umask", unix.SYS_UMASK, 0o022)
}

func (p *program) rlimit(l Rlimit) *step {
	b := make([]byte, 16)
	binary.NativeEndian.PutUint64(b, l.Soft)
	binary.NativeEndian.PutUint64(b[8:], l.Hard)
	return p.call("set a resource limit", unix.SYS_PRLIMIT64, 0, uintptr(l.Resource), p.bytes(b), 0)
}

// groups sets the supplementary groups, of which a user namespace keeps none.
func (p *program) groups(id Identity) {
	if id.Keep {
		return
	}
	var groups []int
	if !id.UserNamespace {
		groups = id.Groups
	}
	list := make([]byte, 4*max(1, len(groups)))
	for i, g := range groups {
		binary.NativeEndian.PutUint32(list[4*i:], uint32(g))
	}
	set := p.call("set supplementary groups", unix.SYS_SETGROUPS, uintptr(len(groups)), p.bytes(list))
	if id.UserNamespace && !DropsGroups() {
		set.pass[0] = unix.EPERM // whoever asks for this has decided that the groups may stay
	}
}

func (p *program) identity(id Identity) {
	if id.Keep {
		return
	}
	g, u := uintptr(id.GID), uintptr(id.UID)
	p.call("set the group", unix.SYS_SETRESGID, g, g, g)
	p.call("set the user", unix.SYS_SETRESUID, u, u, u)
}

// personality sets what is asked, and always one address layout.
func (p *program) personality(want Personality) {
	const (
		linux32, linux26, noRandomize = 0x0008, 0x0020000, 0x0040000
		mask                          = 0xff
	)
	cur, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, 0xffffffff, 0, 0)
	if errno != 0 {
		return
	}
	if want.Linux32 {
		cur = cur&^mask | linux32
	}
	if want.Linux26 {
		cur |= linux26
	}
	p.call("set the personality", unix.SYS_PERSONALITY, cur|noRandomize).pass[0] = unix.EPERM
}
