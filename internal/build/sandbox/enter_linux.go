package sandbox

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Enter runs e with the caller's input and output and returns when it ends. The program is in a mount
// namespace of its own, and in a user namespace where the caller is not root; it keeps its user, its
// group and everything else. Keyboard signals reach it by themselves; others that end the caller
// are handed on.
func Enter(ctx context.Context, e *Entry) (*Result, error) {
	top, err := os.ReadDir("/")
	if err != nil {
		return nil, err
	}
	stage, err := os.MkdirTemp("", "firn-root-")
	if err != nil {
		return nil, err
	}
	// The directory only carries the mount until the child has made it its root.
	defer os.Remove(stage)

	asRoot := os.Geteuid() == 0
	// Not Open, for the user namespace; not built from Spec either.
	s := &Spec{Path: e.Path, Network: true, Identity: Identity{UserNamespace: !asRoot,
		UID: os.Geteuid(), GID: os.Getegid(), HostUID: os.Geteuid(), HostGID: os.Getegid()}}
	caught := make(chan os.Signal, 4)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(caught)
	flags := uintptr(unix.CLONE_NEWNS)
	if !asRoot {
		flags |= unix.CLONE_NEWUSER
	}
	res := &Result{Start: time.Now()}
	pid, err := launch(s, flags, func(fd descriptors) *program { return e.compile(fd, stage, top, asRoot) })
	if err != nil {
		return nil, err
	}
	return res, e.wait(ctx, pid, caught, res)
}

func (e *Entry) compile(fd descriptors, stage string, top []fs.DirEntry, asRoot bool) *program {
	p := newProgram()
	p.dieWithParent()
	if !asRoot {
		p.askParent(fd, mapIDs)
	}
	p.mount("none", "/", "", unix.MS_PRIVATE|unix.MS_REC, "")
	p.weaken()
	if info, err := os.Stat(e.Target); err == nil && info.IsDir() {
		p.mount(e.Source, e.Target, "", unix.MS_BIND|unix.MS_REC, "")
	} else {
		t := p.newTree(stage, "mode=0755")
		// The directory above is shown inside, recursively; without this it would show the new root again.
		p.mount("none", stage, "", unix.MS_UNBINDABLE, "")
		e.rebuild(t, top)
	}
	p.call("change into "+e.Dir, unix.SYS_CHDIR, p.str(e.Dir))
	p.call("set the umask", unix.SYS_UMASK, currentUmask())
	p.resetSignals()
	p.execve(e.Path, e.Args, e.Env)
	return p
}

// rebuild makes a root with what the machine has in its own, and the target.
func (e *Entry) rebuild(t *tree, top []fs.DirEntry) {
	e.rebuildDir(t, "/", top)
	t.mkdir(e.Target)
	t.program.mount(e.Source, t.stage+e.Target, "", unix.MS_BIND|unix.MS_REC, "")
	t.enter()
}

// rebuildDir makes a directory on the way to the target, and shows what lies beside the way.
func (e *Entry) rebuildDir(t *tree, dir string, entries []fs.DirEntry) {
	t.mkdir(dir)
	for _, d := range entries {
		name := path.Join(dir, d.Name())
		info, err := d.Info()
		switch {
		case err != nil, name == e.Target: // gone since; hidden
		case strings.HasPrefix(e.Target, name+"/"):
			below, _ := os.ReadDir(name)
			e.rebuildDir(t, name, below)
		default:
			t.copyEntry(name, info)
		}
	}
}

// copyEntry makes one entry of the machine's root visible at the same place.
func (t *tree) copyEntry(name string, info fs.FileInfo) {
	b := bind{Mount: Mount{Source: name, Target: name}, info: info}
	if info.Mode()&fs.ModeSymlink != 0 {
		to, err := os.Readlink(name)
		if err != nil {
			return
		}
		b.link = to
	}
	t.bind(&b, "")
}

// wait hands signals on until the program ends.
func (e *Entry) wait(ctx context.Context, pid int, caught <-chan os.Signal, res *Result) error {
	exited := make(chan error, 1)
	go func() { exited <- reap(pid, res) }()
	done := ctx.Done()
	for {
		select {
		case err := <-exited:
			return err
		case sig := <-caught:
			if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
				unix.Kill(pid, sig.(syscall.Signal))
			}
		case <-done:
			done = nil
			res.Cause = Cancelled
			unix.Kill(pid, unix.SIGTERM)
		}
	}
}

// currentUmask reads the process's mask from the kernel's description; setting it to learn it would
// race with other threads.
func currentUmask() uintptr {
	status, err := os.ReadFile(filepath.Join("/proc/self", "status"))
	if err == nil {
		for line := range strings.Lines(string(status)) {
			var mask uintptr
			if n, _ := fmt.Sscanf(line, "Umask:\t%o", &mask); n == 1 {
				return mask
			}
		}
	}
	return 0o022
}
