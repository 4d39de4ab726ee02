package sandbox

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Check tells whether this machine lets the calling user have a sandbox: nil, or an error that is
// ErrUnsupported and names the step refused. The answer is found once, by making a child that enters
// the namespaces and mounts /proc, and remembered.
func Check() error {
	_, err := checkOnce()
	return err
}

// rootOrder tells in which order a sandbox is made here (see compile).
func rootOrder() bool {
	asRoot, _ := checkOnce()
	return asRoot
}

// checkOnce tries the order of root first where it may work: root in a container can lack the rights.
var checkOnce = sync.OnceValues(func() (asRoot bool, err error) {
	if os.Geteuid() == 0 {
		if err = tryOrder(true); err == nil {
			return true, nil
		}
	}
	if errOrdinary := tryOrder(false); errOrdinary != nil {
		return false, errors.Join(err, errOrdinary)
	}
	return false, nil
})

func tryOrder(asRoot bool) error {
	s := &Spec{Identity: OwnIdentity()}
	pid, err := launch(s, s.cloneFlags(asRoot), func(fd descriptors) *program {
		p := newProgram()
		if !asRoot {
			p.askParent(fd, mapIDs)
		}
		p.isolate(s)
		// Refused where something is mounted over parts of the machine's /proc, as in many containers.
		p.mount("none", "/proc", "proc", 0, "")
		p.weaken()
		p.call("exit", unix.SYS_EXIT_GROUP, 0)
		return p
	})
	if err == nil {
		err = reap(pid, nil)
	}
	return err
}

// DropsGroups tells whether a process in a sandbox loses the supplementary groups of this one. It keeps what they
// allow where the kernel forbids to drop them, which it does to ordinary users and to those that are root in their
// own user namespace only.
func DropsGroups() bool { return dropsGroups() }

var dropsGroups = sync.OnceValue(func() bool {
	p := newProgram()
	p.call("drop the groups", unix.SYS_SETGROUPS, 0, 0)
	p.call("exit", unix.SYS_EXIT_GROUP, 0)
	return p.runAlone() == nil
})

// CanChangeUser tells whether the process may run builders as other users.
func CanChangeUser() bool { return os.Geteuid() == 0 }
