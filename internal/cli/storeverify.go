package cli

import (
	"context"
	"io"
	"slices"

	"firn/internal/activity"
	"firn/internal/diag"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
	"firn/internal/store/local"
	"firn/internal/ui"
)

// verify is --verify.
func (s *storeCall) verify(ctx context.Context) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	o := local.VerifyOptions{Contents: s.Has(&storeContentsFlag)}
	if s.Has(&storeRepairFlag) {
		o.Repair = s.repair
	}
	bad, err := s.store.Verify(ctx, o)
	if err != nil {
		return err
	}
	if bad {
		s.Log.Warn("not all store errors were fixed")
		return Exit(1)
	}
	return nil
}

// verifyPaths is --verify-path.
func (s *storeCall) verifyPaths(ctx context.Context) error {
	status := 0
	for _, arg := range s.Args {
		p, err := s.path(arg)
		if err != nil {
			return err
		}
		s.Log.Say(activity.Talkative, diag.Msgf("checking path '%s'...", s.full(p)))
		info, err := s.store.PathInfo(ctx, p)
		if err != nil {
			return err
		}
		intact, err := s.checkContents(ctx, s.store, info)
		if err != nil {
			return err
		}
		if !intact {
			status = 1
		}
	}
	if status != 0 {
		return Exit(status)
	}
	return nil
}

// checkContents compares a path with its registered hash and says if it is
// another.
func (c *Call) checkContents(ctx context.Context, r store.Reader, info *pathinfo.Info) (intact bool, err error) {
	h := nixhash.NewWriter(info.NARHash.Algo())
	if err := r.WriteNAR(ctx, info.Path, h); err != nil {
		return false, err
	}
	sum := h.Sum()
	if sum == info.NARHash {
		return true, nil
	}
	c.Log.Say(activity.Error, diag.Msgf("path '%s' was modified! expected hash '%s', got '%s'",
		r.Dir().Join(info.Path), info.NARHash.Text(nixhash.Nix32, true), sum.Text(nixhash.Nix32, true)))
	return false, nil
}

// repairPaths is --repair-path.
func (s *storeCall) repairPaths(ctx context.Context) error {
	paths, err := s.paths()
	if err != nil {
		return err
	}
	for _, p := range paths {
		if _, err := s.store.PathInfo(ctx, p); err != nil {
			return err
		}
		if err := s.repair(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// optimise is --optimise.
func (s *storeCall) optimise(ctx context.Context) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	return s.Call.optimise(ctx, s.store)
}

// optimise has files share space and says what that gained.
func (c *Call) optimise(ctx context.Context, st *local.Store) error {
	stats, err := st.Optimise(ctx)
	if err != nil {
		return err
	}
	c.Log.Say(activity.Info, diag.Msgf("%s freed by hard-linking %d files", diag.Plain(ui.Size(stats.Freed)), diag.Plain(itoa(int(stats.Files)))))
	return nil
}

// hashTree returns hash and size of the archive of a file or tree.
func hashTree(path string) (nixhash.Hash, uint64, error) {
	h := nixhash.NewWriter(nixhash.SHA256)
	n := &countingWriter{w: h}
	if err := fstree.Dump(n, path, nar.DumpOptions{}); err != nil {
		return nixhash.Hash{}, 0, treeError(path, err)
	}
	return h.Sum(), n.n, nil
}

// A countingWriter counts what it passes on.
type countingWriter struct {
	w io.Writer
	n uint64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += uint64(n)
	return n, err
}

// sortedPaths sorts paths and drops repetitions, in place.
func sortedPaths(paths []storepath.Path) []storepath.Path {
	slices.Sort(paths)
	return slices.Compact(paths)
}
