package realise

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"firn/internal/activity"
	"firn/internal/build/sandbox"
	"firn/internal/format/storepath"
)

// decideSandbox tells whether the build is isolated.
func (b *build) decideSandbox() (bool, error) {
	c := &b.r.Config
	if _, builtin := b.d.BuiltinBuilder(); builtin {
		return true, nil // it runs in this process, and writes where a sandboxed builder would
	}
	use := false
	switch c.Sandbox {
	case Sandboxed:
		if b.opt.NoChroot {
			return false, fmt.Errorf("derivation '%s' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'", b.full(b.drv))
		}
		use = true
	case Relaxed:
		use = b.kind.IsSandboxed() && !b.opt.NoChroot
	}
	moved := string(b.dir) != b.realDir()
	if !use && !moved {
		return false, nil
	}
	err := sandbox.Check()
	switch {
	case err == nil && c.RequireDropGroups && !sandbox.DropsGroups():
		return false, errors.New("setgroups failed: builders would keep the supplementary groups of this process. " +
			"Set the 'require-drop-supplementary-groups' option to false to skip this step.")
	case err == nil:
		return true, nil
	case !errors.Is(err, sandbox.ErrUnsupported):
		return false, err
	case !c.SandboxFallback:
		return false, fmt.Errorf("this system does not support the kernel namespaces that are required for sandboxing; use '--no-sandbox' to disable sandboxing (%w)", err)
	case moved:
		return false, fmt.Errorf("this system does not support the kernel namespaces that are required for sandboxing, which is required for building in a diverted store (%w)", err)
	}
	b.r.warnFallback.Do(func() {
		b.r.Activity.Say(activity.Warn, "auto-disabling sandboxing because the prerequisite namespaces are not available and 'sandbox-fallback' is enabled; "+
			"use '--no-sandbox' or specify 'sandbox = false' setting to silence this warning")
	})
	return false, nil
}

// makeDirs makes the build directory and the place for the outputs.
func (b *build) makeDirs() (err error) {
	dir := b.r.Config.BuildDir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if b.user != nil {
		if err := notWorldWritable(dir); err != nil {
			return err
		}
	}
	if b.top, err = os.MkdirTemp(dir, "nix-"); err != nil {
		return err
	}
	b.tmp = b.top
	if b.isolated {
		b.tmp = filepath.Join(b.top, "build")
		if err := b.ownDir(b.tmp, 0o700); err != nil {
			return err
		}
		return b.makeScratch()
	}
	return b.own(b.tmp)
}

// makeScratch makes DRV.chroot, which nobody else can enter, and in it the store directory that the
// builder sees.
func (b *build) makeScratch() error {
	b.scratch = b.real(b.drv) + ".chroot"
	err := os.Mkdir(b.scratch, 0o700)
	if errors.Is(err, os.ErrExist) { // of a process that was killed: we have the lock
		if err = sandbox.RemoveAll(b.scratch); err == nil {
			err = os.Mkdir(b.scratch, 0o700)
		}
	}
	if err != nil {
		return err
	}
	store := filepath.Join(b.scratch, "store")
	if err := os.Mkdir(store, 0o775); err != nil {
		return err
	}
	if b.user != nil {
		if err := os.Chown(store, 0, b.user.gid); err != nil {
			return err
		}
	}
	if err := os.Chmod(store, 0o775|os.ModeSticky); err != nil {
		return err
	}
	tmp := filepath.Join(b.top, "tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return err
	}
	return os.Chmod(tmp, 0o777|os.ModeSticky)
}

func (b *build) ownDir(dir string, mode os.FileMode) error {
	if err := os.Mkdir(dir, mode); err != nil {
		return err
	}
	return b.own(dir)
}

// own gives a file to the builder.
func (b *build) own(file string) error {
	if b.user == nil {
		return nil
	}
	return os.Lchown(file, b.user.uid, b.user.gid)
}

// notWorldWritable refuses a build directory in which others could put links.
func notWorldWritable(dir string) error {
	for {
		info, err := os.Lstat(dir)
		if err != nil {
			return err
		}
		if info.Mode()&0o002 != 0 || info.Mode()&os.ModeSymlink != 0 {
			return fmt.Errorf("Path '%s' is world-writable or a symlink. That's not allowed for security.", dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

// mounts lists what a sandboxed builder sees.
func (b *build) mounts() ([]sandbox.Mount, error) {
	c := &b.r.Config
	seen := map[string]sandbox.Mount{
		string(b.dir): {Source: filepath.Join(b.scratch, "store")},
		c.inside():    {Source: b.tmp},
		"/tmp":        {Source: filepath.Join(b.top, "tmp")},
	}
	if err := b.sandboxPaths(seen); err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(b.dir)+"/", c.inside()+"/") {
		return nil, errors.New("`sandbox-build-dir` must not contain the storeDir")
	}
	// Where the builder is the owner of the store, nothing but the mount keeps it from changing its inputs.
	own := b.user == nil
	for _, p := range b.inputs {
		seen[b.full(p)] = sandbox.Mount{Source: b.real(p), ReadOnly: own}
	}
	for _, o := range b.outputs {
		if o.known != "" {
			delete(seen, b.full(o.known)) // when rebuilding what sandbox-paths needs
		}
	}
	if !b.kind.IsSandboxed() && c.CAFile != "" {
		if real, err := filepath.EvalSymlinks(c.CAFile); err == nil {
			if _, given := seen[caInside]; !given {
				seen[caInside] = sandbox.Mount{Source: real, Optional: true}
			}
		}
	}
	list := make([]sandbox.Mount, 0, len(seen))
	for target, m := range seen {
		m.Target = target
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b sandbox.Mount) int { return strings.Compare(a.Target, b.Target) })
	return list, nil
}

// caInside is where fetchers look for certificates.
const caInside = "/etc/ssl/certs/ca-certificates.crt"

// sandboxPaths adds the paths of the machine that all builds see, with the closure of those that are in
// the store, those that the derivation may ask for, and those that a hook names.
func (b *build) sandboxPaths(seen map[string]sandbox.Mount) error {
	shell := false
	var inStore []storepath.Path
	for _, p := range b.r.Config.SandboxPaths {
		target, err := p.place()
		if err != nil {
			return err
		}
		p.Target = target
		seen[p.Target] = sandbox.Mount{Source: p.Source, Optional: p.Optional}
		shell = shell || p.Target == "/bin/sh" || p.Target == "/bin"
		if in, rest, err := b.dir.ParseInside(p.Source); err == nil {
			inStore = append(inStore, in)
			if string(b.dir) != b.realDir() {
				seen[p.Target] = sandbox.Mount{Source: b.real(in) + rest, Optional: p.Optional}
			}
		}
	}
	if len(inStore) > 0 {
		valid, err := b.r.Store.ValidPaths(b.ctx, inStore)
		if err != nil {
			return err
		}
		infos, err := b.r.Store.Closure(b.ctx, valid)
		if err != nil {
			return err
		}
		for _, i := range infos {
			seen[b.full(i.Path)] = sandbox.Mount{Source: b.real(i.Path), ReadOnly: b.user == nil}
		}
	}
	if !shell {
		b.r.findShell()
		for target, source := range b.r.shellFiles {
			if _, given := seen[target]; !given {
				seen[target] = sandbox.Mount{Source: source}
			}
		}
	}
	if err := b.impurePaths(seen); err != nil {
		return err
	}
	return b.preBuildHook(seen)
}

func (b *build) impurePaths(seen map[string]sandbox.Mount) error {
	for _, p := range b.opt.ImpureHostDeps {
		clean := filepath.Clean(p)
		allowed := slices.ContainsFunc(b.r.Config.AllowedImpurePaths, func(a string) bool {
			a = filepath.Clean(a)
			return clean == a || strings.HasPrefix(clean, strings.TrimSuffix(a, "/")+"/")
		})
		if !allowed {
			return fmt.Errorf("derivation '%s' requested impure path '%s', but it was not in allowed-impure-host-deps", b.full(b.drv), p)
		}
		seen[clean] = sandbox.Mount{Source: clean, Optional: true}
	}
	return nil
}

// findShell finds what is /bin/sh in sandboxes: a static shell of the machine, or this program, which then
// acts as one, with the libraries it needs if it is not static. It tells whether there is any.
func (r *Realiser) findShell() bool {
	r.shell.Do(func() {
		shell := sandbox.FindShell()
		if shell == "" {
			shell = r.ownShell()
		}
		if shell == "" {
			return
		}
		libs, err := sandbox.Needs(shell)
		if err != nil {
			return
		}
		r.shellFiles = map[string]string{"/bin/sh": shell}
		for _, l := range libs {
			if real, err := filepath.EvalSymlinks(l); err == nil {
				r.shellFiles[l] = real
			}
		}
	})
	return r.shellFiles != nil
}

// ownShell is the file of this program, if that is one that can be a shell.
func (r *Realiser) ownShell() string {
	if !r.Config.SelfIsShell {
		return ""
	}
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	return self
}

// identity is who the builder is.
func (b *build) identity() (sandbox.Identity, error) {
	switch {
	case b.isolated && sandbox.HasUserNamespaces():
		if b.user == nil {
			return sandbox.OwnIdentity(), nil
		}
		id := sandbox.Identity{UserNamespace: true, UID: sandbox.BuilderUID, GID: sandbox.BuilderGID,
			HostUID: b.user.uid, HostGID: b.user.gid, Count: b.user.count}
		if b.user.count > 1 {
			id.UID, id.GID = 0, 0
		}
		return id, nil
	case b.user != nil:
		return sandbox.Identity{UID: b.user.uid, GID: b.user.gid, HostUID: b.user.uid, HostGID: b.user.gid, Groups: b.user.groups}, nil
	case b.isolated:
		return sandbox.Identity{}, errors.New("cannot perform a sandboxed build because user namespaces are not enabled; check /proc/sys/user/max_user_namespaces")
	}
	return sandbox.Identity{Keep: true}, nil
}
