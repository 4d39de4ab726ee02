package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/store/local"
	"firn/internal/ui"
)

var (
	gcPrintRootsFlag   = Flag{Long: "print-roots", Doc: "With `--gc`, print the roots and what they keep, and delete nothing."}
	gcPrintLiveFlag    = Flag{Long: "print-live", Doc: "With `--gc`, print the paths that something keeps, and delete nothing."}
	gcPrintDeadFlag    = Flag{Long: "print-dead", Doc: "With `--gc`, print the paths that nothing keeps, and delete nothing."}
	gcMaxFreedFlag     = Flag{Long: "max-freed", Labels: []string{"bytes"}, Terse: true, Doc: "With `--gc`, stop when *bytes* are freed. The suffixes K, M, G and T are understood."}
	ignoreLivenessFlag = Flag{Long: "ignore-liveness", Doc: "With `--delete`, also delete what a root keeps."}
)

var storeGCFlags = []*Flag{&gcPrintRootsFlag, &gcPrintLiveFlag, &gcPrintDeadFlag, &gcMaxFreedFlag}

// collectOptions are what settings say of collections.
func (c *Call) collectOptions() local.CollectOptions {
	gc := &c.Config.GC
	return local.CollectOptions{KeepOutputs: gc.KeepOutputs, KeepDerivations: gc.KeepDerivations, MaxFreed: local.Unlimited, Pause: c.waitForTests}
}

// waitForTests waits until the file that Nix's own tests name can be read.
func (c *Call) waitForTests(surveyed bool) {
	name := "_NIX_TEST_GC_SYNC_1"
	if surveyed {
		name = "_NIX_TEST_GC_SYNC_2"
	}
	if file, ok := c.Env(name); ok {
		os.ReadFile(file)
	}
}

// collect is --gc.
func (s *storeCall) collect(ctx context.Context) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	o := s.collectOptions()
	action := s.Last(&gcPrintRootsFlag, &gcPrintLiveFlag, &gcPrintDeadFlag)
	if s.Has(&gcPrintRootsFlag) {
		action = &gcPrintRootsFlag
	}
	if text, ok := s.Value(&gcMaxFreedFlag); ok {
		n, valid := config.ParseSize(text)
		if !valid {
			return diag.Misuse(diag.Usage, "'%s' is not an integer", text)
		}
		if action != nil {
			return diag.Misuse(diag.Usage, "option --max-freed cannot be combined with --print-live, --print-dead, or --print-roots")
		}
		o.MaxFreed = n
	}
	if action == &gcPrintRootsFlag {
		return s.printRoots(ctx)
	}
	o.DryRun = action != nil
	got, err := s.store.Collect(ctx, o)
	switch action {
	case &gcPrintLiveFlag:
		for _, p := range got.Alive {
			s.line(s.full(p))
		}
	case &gcPrintDeadFlag:
		slices.Sort(got.Deleted)
		for _, name := range got.Deleted {
			s.line(name)
		}
	default:
		s.printFreed(got)
	}
	return err
}

// printFreed tells what a collection deleted.
func (s *storeCall) printFreed(got local.Collected) { s.line(freedText(got, false)) }

func freedText(got local.Collected, dry bool) string {
	if dry {
		return fmt.Sprintf("%d store paths would be deleted", len(got.Deleted))
	}
	return fmt.Sprintf("%d store paths deleted, %s freed", len(got.Deleted), ui.Size(got.Freed))
}

func (s *storeCall) printRoots(ctx context.Context) error {
	roots, err := s.store.FindRoots(ctx, false)
	if err != nil {
		return err
	}
	var lines []string
	for p, links := range roots {
		for _, link := range links {
			// Nix: quotes the link here, and not in other lists of roots.
			lines = append(lines, fmt.Sprintf("%q -> %s", link, s.full(p)))
		}
	}
	slices.Sort(lines)
	if len(lines) > 0 {
		s.line(strings.Join(lines, "\n"))
	}
	return nil
}

// deletePaths is --delete.
func (s *storeCall) deletePaths(ctx context.Context) error {
	paths, err := s.paths()
	if err != nil {
		return err
	}
	o := s.collectOptions()
	o.Paths, o.MustDelete, o.IgnoreRoots = sortedPaths(paths), true, s.Has(&ignoreLivenessFlag)
	got, err := s.store.Collect(ctx, o)
	s.printFreed(got)
	return err
}
