package oracle

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// enterVar carries the root directory and the binds to the program that RunInside starts.
const enterVar = "FIRN_ORACLE_ENTER"

// RunInside starts this program again with args and with root as its root directory, in a mount namespace of its own,
// and waits for it. Each bind is `FROM=TO`: FROM of this system appears at TO inside; TO should lie below /run, which
// is fresh there, or exist. The program must call Arrive first of all.
//
// Not a chroot: the kernel refuses user namespaces to a program inside one.
func RunInside(root string, binds []string, args ...string) error {
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return err
	}
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), enterVar+"="+strings.Join(append([]string{root}, binds...), "\n"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return cmd.Run()
}

// Arrive does nothing in a program that RunInside did not start. In one that it did start, it makes the root directory what it shall
// be.
func Arrive() error {
	spec, ok := os.LookupEnv(enterVar)
	if !ok {
		return nil
	}
	os.Unsetenv(enterVar)
	root, binds, _ := strings.Cut(spec, "\n")
	if err := enter(root, strings.Fields(binds)); err != nil {
		return fmt.Errorf("enter %s: %w", root, err)
	}
	return nil
}

func enter(root string, binds []string) error {
	for _, m := range []struct {
		from, to string
		flags    uintptr
	}{
		{"", "/", syscall.MS_REC | syscall.MS_PRIVATE},
		{root, root, syscall.MS_BIND | syscall.MS_REC},
		{"/proc", root + "/proc", syscall.MS_BIND | syscall.MS_REC},
		{"/sys", root + "/sys", syscall.MS_BIND | syscall.MS_REC},
		{"/dev", root + "/dev", syscall.MS_BIND | syscall.MS_REC},
	} {
		if err := syscall.Mount(m.from, m.to, "", m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.to, err)
		}
	}
	if err := syscall.Mount("tmpfs", root+"/run", "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount %s/run: %w", root, err)
	}
	for _, b := range binds {
		from, to, _ := strings.Cut(b, "=")
		if err := os.MkdirAll(root+to, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(from, root+to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
			return fmt.Errorf("mount %s: %w", to, err)
		}
	}
	if err := os.Mkdir(root+"/run/outside", 0o755); err != nil {
		return err
	}
	if err := syscall.PivotRoot(root, root+"/run/outside"); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := syscall.Unmount("/run/outside", syscall.MNT_DETACH); err != nil {
		return err
	}
	return os.Remove("/run/outside")
}
