package realise

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// chooseScratch says where the builder puts each output. A sandboxed builder can use the final path.
// One without a sandbox cannot if there is something that must stay; and nobody knows the path of an
// output that is addressed by its contents. These get a path that collides with no other, whose hash part
// is replaced afterwards.
func (b *build) chooseScratch() (err error) {
	for _, o := range b.outputs {
		switch {
		case o.known == "" && b.kind.IsImpure():
			o.scratch, err = b.fallbackPath(":name:"+o.Name+":"+filepath.Base(b.top), storepath.OutputPathName(b.d.Name, o.Name))
		case o.known == "":
			o.scratch, err = b.fallbackPath(":name:"+o.Name, storepath.OutputPathName(b.d.Name, o.Name))
		case b.isolated, !o.valid:
			o.scratch = o.known
		default:
			o.scratch, err = b.fallbackPath(":"+string(o.known), o.known.Name())
		}
		if err != nil {
			return err
		}
		b.rewrites[storepath.HashPlaceholder(o.Name)] = b.full(o.scratch)
		if o.known != "" && o.known != o.scratch {
			b.rewrites[o.known.HashPart()] = o.scratch.HashPart()
		}
		if !b.isolated && o.scratch != o.known {
			if err := sandbox.RemoveAll(b.real(o.scratch)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fallbackPath makes a store path from a text that stands for no object.
func (b *build) fallbackPath(what, name string) (storepath.Path, error) {
	zero := strings.Repeat("0", 2*nixhash.SHA256.Size())
	text := "rewrite:" + string(b.drv) + what + ":sha256:" + zero + ":" + string(b.dir) + ":" + name
	return storepath.FromDigest(nixhash.CompressHash(nixhash.Sum(nixhash.SHA256, []byte(text)).Bytes()), name)
}

func (b *build) replacer() *strings.Replacer {
	list := make([]string, 0, 2*len(b.rewrites))
	for from, to := range b.rewrites {
		list = append(list, from, to)
	}
	return strings.NewReplacer(list...)
}

// runBuilder runs the builder to its end and fails if it does.
func (b *build) runBuilder() error {
	b.r.Activity.Say(activity.Chatty, "executing builder '"+b.d.Builder+"'")
	w, err := b.watch()
	if err != nil {
		return err
	}
	if name, ok := b.d.BuiltinBuilder(); ok {
		err = b.runBuiltin(name, w)
	} else {
		err = b.runProgram(w)
	}
	return errors.Join(err, w.close())
}

func (b *build) runProgram(w *watcher) error {
	spec, err := b.spec(w)
	if err != nil {
		return err
	}
	if !b.isolated && b.user != nil {
		// What a build left running under this user could change the files of this one.
		if err := sandbox.KillUser(b.user.uid); err != nil {
			return err
		}
		defer sandbox.KillUser(b.user.uid)
	}
	res, err := b.runSandbox(spec)
	if err != nil {
		return err
	}
	return b.judge(res, w)
}

func (b *build) spec(w *watcher) (*sandbox.Spec, error) {
	c := &b.r.Config
	inside := b.tmp
	if b.isolated {
		inside = c.inside()
	}
	env, err := b.newEnviron(inside)
	if err != nil {
		return nil, err
	}
	replace := b.replacer()
	if err := b.writeFiles(env.files, replace); err != nil {
		return nil, err
	}
	spec := &sandbox.Spec{
		Path: b.d.Builder, Args: []string{path.Base(b.d.Builder)}, Env: env.list(replace), Dir: inside,
		Open: !b.isolated, Network: !b.kind.IsSandboxed(), ShmSize: c.SandboxShmSize,
		AllowNewPrivileges: c.AllowNewPrivileges, AllowSyscalls: !c.FilterSyscalls,
		Output: w, Timeout: c.Timeout, MaxSilent: c.MaxSilent, MaxOutput: c.MaxLogSize,
		Personality: personality(b.d.System, c),
	}
	for _, f := range c.SystemFeatures {
		spec.KVM = spec.KVM || f == "kvm"
	}
	for _, a := range b.d.Args {
		spec.Args = append(spec.Args, replace.Replace(a))
	}
	if spec.Identity, err = b.identity(); err != nil {
		return nil, err
	}
	if b.isolated {
		spec.Mounts, err = b.mounts()
		return spec, err
	}
	if _, err := os.Lstat("/homeless-shelter"); err == nil {
		return nil, errors.New("home directory '/homeless-shelter' exists; please remove it to assure purity of builds without sandboxing")
	}
	return spec, nil
}

func personality(system string, c *Config) sandbox.Personality {
	p := sandbox.Personality{}
	switch system {
	case "i686-linux":
		p.Linux32 = c.System == "x86_64-linux"
		p.Linux26 = c.ImpersonateLinux26
	case "x86_64-linux":
		p.Linux26 = c.ImpersonateLinux26
	case "armv7l-linux", "armv6l-linux", "armv5tel-linux":
		p.Linux32 = true
	}
	return p
}

// writeFiles puts files into the build directory.
func (b *build) writeFiles(files []extraFile, replace *strings.Replacer) error {
	for _, f := range files {
		if f.name != filepath.Base(f.name) {
			return plan.Failf(plan.InputRejected, "invalid file name '%s' for a builder", f.name)
		}
		name := filepath.Join(b.tmp, f.name)
		out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = out.WriteString(replace.Replace(f.data))
		if err = errors.Join(err, out.Close(), b.own(name)); err != nil {
			return err
		}
	}
	return nil
}

// judge turns the end of a builder into an error.
func (b *build) judge(res *sandbox.Result, w *watcher) error {
	c := &b.r.Config
	switch res.Cause {
	case sandbox.TimedOut:
		return plan.Failf(plan.TimedOut, "building of '%s' timed out after %d seconds", b.full(b.drv), int(c.Timeout.Seconds()))
	case sandbox.Silent:
		return plan.Failf(plan.TimedOut, "building of '%s' timed out after %d seconds of silence", b.full(b.drv), int(c.MaxSilent.Seconds()))
	case sandbox.TooMuch:
		return plan.Failf(plan.LogLimitExceeded, "building derivation '%s' killed after writing more than %d bytes of log output", b.full(b.drv), c.MaxLogSize)
	case sandbox.Cancelled:
		return b.ctx.Err()
	}
	if res.Success() {
		return nil
	}
	status, note := plan.PermanentFailure, ""
	if !b.kind.IsSandboxed() {
		status = plan.TransientFailure
	}
	if b.diskFull() {
		status, note = plan.TransientFailure, "\nnote: build failure may have been caused by lack of free disk space"
	}
	return b.failure(status, res.Describe(), w, b.shellNote(res)+note)
}

// failure words how a builder failed, with the end of its log.
func (b *build) failure(status plan.Status, how string, w *watcher, note string) error {
	text := fmt.Sprintf("Cannot build '%s'.\nReason: builder %s.%s", b.full(b.drv), how, plan.KnownOutputs(plan.OutputPaths(b.dir, b.d)))
	w.lines.Flush()
	if tail := w.tail.Lines(); len(tail) > 0 {
		text += fmt.Sprintf("\nLast %d log lines:\n", len(tail))
		for _, l := range tail {
			text += "> " + l + "\n"
		}
		text += "For full logs, run:\n  " + b.r.Config.LogCommand + " " + b.full(b.drv)
	}
	return plan.Failf(status, "%s", text+note+b.enterNote())
}

// enterNote tells how to look at a failed build from the inside, which needs its shell.
func (b *build) enterNote() string {
	if b.r.Config.EnterCommand == "" || path.Base(b.d.Builder) != "bash" {
		return ""
	}
	return "\nTo enter the environment of the failed build, run:\n  " + b.r.Config.EnterCommand
}

// shellNote helps where the builder is a shell that the sandbox does not have.
func (b *build) shellNote(res *sandbox.Result) string {
	if b.isolated && b.d.Builder == "/bin/sh" && !b.r.findShell() && res.ExitCode == 1 {
		return "\nnote: this machine has no static shell for sandboxes; install busybox or dash, or name one: sandbox-paths = /bin/sh=PATH"
	}
	return ""
}

// clean removes what the build leaves, or keeps it for a look after a failure.
func (b *build) clean(failure error) error {
	var errs []error
	_, builtin := b.d.BuiltinBuilder()
	keep := failure != nil && b.r.Config.KeepFailed && !builtin
	if b.scratch != "" {
		if keep {
			b.keepOutputs()
		}
		errs = append(errs, sandbox.RemoveAll(b.scratch))
	}
	switch {
	case b.top == "":
	case keep:
		b.r.Activity.Say(noteLevel, "note: keeping build directory \""+b.tmp+"\"")
		errs = append(errs, os.Chmod(b.top, 0o755), os.Chmod(b.tmp, 0o755))
	default:
		errs = append(errs, sandbox.RemoveAll(b.top))
	}
	if !b.isolated {
		for _, o := range b.outputs {
			if o.scratch != "" && o.scratch != o.known && failure == nil {
				errs = append(errs, sandbox.RemoveAll(b.real(o.scratch)))
			}
		}
	}
	return errors.Join(errs...)
}

// keepOutputs leaves unfinished outputs at their final paths, where the next build or the collector
// removes them.
func (b *build) keepOutputs() {
	for _, o := range b.outputs {
		if o.known == "" || o.valid || o.Kind != derivation.InputAddressed {
			continue
		}
		from := filepath.Join(b.scratch, "store", string(o.known))
		if _, err := os.Lstat(from); !errors.Is(err, fs.ErrNotExist) {
			movePath(from, b.real(o.known))
		}
	}
}
