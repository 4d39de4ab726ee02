package sandbox

import (
	"os/exec"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// HasUserNamespaces tells whether sandboxes can have a user namespace. Without one root can still make
// a sandbox for another user.
func HasUserNamespaces() bool { return userNamespaces() }

var userNamespaces = sync.OnceValue(func() bool {
	if !rootOrder() {
		return Check() == nil // the other order begins with one
	}
	p := newProgram()
	p.call("create a user namespace", unix.SYS_UNSHARE, unix.CLONE_NEWUSER)
	p.call("exit", unix.SYS_EXIT_GROUP, 0)
	return p.runAlone() == nil
})

// runAlone runs steps that end by themselves in a child without namespaces.
func (p *program) runAlone() error {
	s := &Spec{Open: true}
	pid, err := launch(s, 0, func(descriptors) *program { return p })
	if err != nil {
		return err
	}
	return reap(pid, nil)
}

// KillUser kills every process of a user, which must not be root.
func KillUser(uid int) error {
	if uid == 0 {
		return syscall.EINVAL
	}
	p := newProgram()
	u := uintptr(uid)
	p.call("set the user", unix.SYS_SETRESUID, u, u, u)
	p.call("kill the user's processes", unix.SYS_KILL, ^uintptr(0), uintptr(unix.SIGKILL)).pass[0] = unix.ESRCH
	p.call("exit", unix.SYS_EXIT_GROUP, 0)
	return p.runAlone()
}

// AsUser lets cmd run as another user without groups of its own.
func AsUser(cmd *exec.Cmd, uid, gid int) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}
