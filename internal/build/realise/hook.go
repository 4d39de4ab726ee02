package realise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"firn/internal/activity"
	"firn/internal/build/buildlog"
	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/format/storepath"
)

// preBuildHook lets a program of the administrator add to what one builder sees. It prints the line
// extra-sandbox-paths, then lines with one path or TARGET=SOURCE each, then an empty line.
func (b *build) preBuildHook(seen map[string]sandbox.Mount) error {
	hook := b.r.Config.PreBuildHook
	if hook == "" {
		return nil
	}
	args := []string{b.full(b.drv)}
	if b.scratch != "" {
		args = append(args, b.scratch)
	}
	cmd := exec.CommandContext(b.ctx, hook, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("pre-build hook '%s': %w\n%s", hook, err, strings.TrimSpace(errs.String()))
	}
	paths := false
	for line := range strings.Lines(string(out)) {
		line, whole := strings.CutSuffix(line, "\n")
		switch {
		case !whole: // Nix: a last line without its end does not count
		case !paths:
			if line != "extra-sandbox-paths" && line != "extra-chroot-dirs" {
				return fmt.Errorf("unknown pre-build hook command '%s'", line)
			}
			paths = true
		case line == "":
			paths = false
		default:
			target, source, ok := strings.Cut(line, "=")
			if !ok {
				source = target
			}
			seen[target] = sandbox.Mount{Source: source}
		}
	}
	return nil
}

// PostBuild runs the hook that is told of every build, with its output shown as it comes. Only its
// failure counts, not what it prints.
func (r *Realiser) PostBuild(ctx context.Context, drv storepath.Path, outputs []storepath.Path) error {
	hook := r.Config.PostBuildHook
	if hook == "" {
		return nil
	}
	dir := r.Store.Dir()
	full := dir.Join(drv)
	act := r.Activity.Start(activity.PostBuildHook, activity.Talkative, "running post-build-hook '"+hook+"'", activity.Text(full))
	defer act.Stop()
	paths := make([]string, 0, len(outputs))
	for _, o := range slices.Sorted(slices.Values(outputs)) {
		paths = append(paths, dir.Join(o))
	}
	lines := buildlog.NewLines(func(l []byte) { act.Report(activity.HookLine{Line: string(l)}) })
	cmd := exec.CommandContext(ctx, hook)
	cmd.Env = append(os.Environ(), "DRV_PATH="+full, "OUT_PATHS="+strings.Join(paths, " "), "NIX_CONFIG="+r.Config.NixConfig)
	cmd.Stdout, cmd.Stderr = lines, lines
	err := cmd.Run()
	lines.Flush()
	return programError("program", cmd, err)
}

// programError words how a program failed, nil if it did not. kind says what sort of program it is.
func programError(kind string, cmd *exec.Cmd, err error) error {
	errno, exit := syscall.Errno(0), (*exec.ExitError)(nil)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.Exited():
		return fmt.Errorf("%s \"%s\" failed with exit code %d", kind, cmd.Path, exit.ExitCode())
	case errors.As(err, &exit):
		return fmt.Errorf("%s \"%s\" failed: %s", kind, cmd.Path, exit)
	case errors.As(err, &errno):
		return fmt.Errorf("executing \"%s\": %s", cmd.Path, errno)
	}
	return fmt.Errorf("executing \"%s\": %w", cmd.Path, err)
}

// compare tells whether a build that was repeated gave the same.
func (b *build) compare(p *product, valid bool) error {
	if !valid {
		if p.known == "" || p.known == p.final || !p.valid {
			return nil
		}
		// An output that is addressed by its contents has another path now.
		return b.differs(p, p.known)
	}
	old, err := b.r.Store.PathInfo(b.ctx, p.final)
	if err != nil || old.NARHash == p.hash {
		return err
	}
	return b.differs(p, p.final)
}

func (b *build) differs(p *product, registered storepath.Path) error {
	c := &b.r.Config
	at := b.real(registered)
	if c.DiffHook == "" && !c.KeepFailed {
		return plan.Failf(plan.NotDeterministic, "derivation '%s' may not be deterministic: output \"%s\" differs", b.full(b.drv), at)
	}
	kept := at + ".check"
	if err := sandbox.RemoveAll(kept); err != nil {
		return err
	}
	if err := movePath(p.at, kept); err != nil {
		return err
	}
	if c.DiffHook != "" {
		b.runDiffHook(b.full(registered), kept)
	}
	return plan.Failf(plan.NotDeterministic, "derivation '%s' may not be deterministic: output \"%s\" differs from \"%s\"", b.full(b.drv), at, kept)
}

// runDiffHook runs the hook as the user that built, because it reads what a builder made. What it prints is shown, but
// for the output proper of one that fails.
func (b *build) runDiffHook(old, new string) {
	cmd := exec.CommandContext(b.ctx, b.r.Config.DiffHook, old, new, b.full(b.drv), b.tmp)
	cmd.Dir = "/"
	if b.user != nil {
		sandbox.AsUser(cmd, b.user.uid, b.user.gid)
	}
	errs := buildlog.NewLines(func(l []byte) { b.r.Activity.Say(activity.Error, string(l)) })
	cmd.Stderr = errs
	out, err := cmd.Output()
	errs.Flush()
	if err := programError("diff-hook program", cmd, err); err != nil {
		b.r.Activity.Fail(fmt.Errorf("diff hook execution failed: %w", err))
		return
	}
	if text := strings.TrimRight(string(out), "\n"); text != "" {
		b.r.Activity.Say(activity.Error, text)
	}
}
