package fetch

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
)

// fetchWorkTree takes the tracked files of a work tree as they are on disk. If they are those of a commit, the input is
// locked to it.
func (f *Fetcher) fetchWorkTree(ctx context.Context, in input.Input, path string) (found, error) {
	repo, err := f.openRepo(path)
	if err != nil {
		return found{}, err
	}
	status, err := repo.Status()
	if err != nil {
		return found{}, err
	}
	modules, err := repo.WorkModules()
	if err != nil {
		return found{}, err
	}
	files := status.Files
	withModules := in.Flag("submodules") && len(modules) > 0
	if withModules {
		files = slices.Clone(files)
		for _, m := range modules {
			files = append(files, m.Path) // the mount points
		}
		slices.Sort(files)
		files = slices.Compact(files)
	}
	got := found{display: path}
	work := git.NewWorkdir(repo.Work, files)
	got.fs = work
	if in.Flag("exportIgnore") {
		if got.fs, err = repo.ExportWorkdir(work); err != nil {
			return found{}, err
		}
	}
	dirty := status.IsDirty()
	if withModules {
		mounts, changed, err := f.mountWorkTrees(ctx, in, path, modules)
		if err != nil {
			return found{}, err
		}
		dirty = dirty || changed
		got.fs = mountFS{got.fs, mounts}
	}
	attrs := in.Attrs()
	if dirty {
		err = f.dirtyAttrs(attrs, status, path)
	} else {
		err = f.cleanAttrs(attrs, status, repo, &got, path)
	}
	if err != nil {
		return found{}, err
	}
	attrs["lastModified"] = input.Int(0)
	if !status.Head.IsZero() {
		n, err := f.commitTime(repo, status.Head)
		if err != nil {
			return found{}, err
		}
		attrs["lastModified"] = input.Int(n)
	}
	if got.in, err = input.FromAttrs(f.Options, attrs); err != nil {
		return found{}, err
	}
	if got.fingerprint, err = workFingerprint(got.in, status, path, len(modules) > 0); err != nil {
		return found{}, err
	}
	if dirty {
		repo = nil
	}
	return got, f.verifyCommit(ctx, got.in, repo)
}

// cleanAttrs locks the input to the commit of the work tree; before the first one that is a rev of zeros.
func (f *Fetcher) cleanAttrs(attrs input.Attrs, status *git.Status, repo *git.Repo, got *found, path string) error {
	ref, _, err := repo.Head()
	if err != nil {
		return err
	}
	if ref != "" {
		attrs["ref"] = input.String(ref)
	}
	if status.Head.IsZero() {
		attrs["rev"] = input.String("0000000000000000000000000000000000000000")
		if attrs["shallow"] != input.Bool(true) {
			attrs["revCount"] = input.Int(0)
		}
		return nil
	}
	attrs["rev"] = input.String(status.Head.String())
	if attrs["shallow"] != input.Bool(true) {
		got.revCount = f.revCounter(repo, location{path: path}, status.Head)
	}
	return nil
}

// dirtyAttrs says from which commit the work tree has departed.
func (f *Fetcher) dirtyAttrs(attrs input.Attrs, status *git.Status, path string) error {
	if f.RefuseDirty {
		return fmt.Errorf("Git tree '%s' is dirty", path)
	}
	if !f.QuietDirty {
		f.warn("Git tree '%s' is dirty", path)
	}
	if !status.Head.IsZero() {
		rev := status.Head.String()
		attrs["dirtyRev"] = input.String(rev + "-dirty")
		attrs["dirtyShortRev"] = input.String(rev[:7] + "-dirty")
	}
	return nil
}

// mountWorkTrees takes the work trees of submodules; changed tells that one of them is dirty.
func (f *Fetcher) mountWorkTrees(ctx context.Context, in input.Input, path string, modules []git.Module) (mounts map[string]fs.FS, changed bool, err error) {
	mounts = map[string]fs.FS{}
	for _, m := range modules {
		sub, err := input.FromAttrs(f.Options, input.Attrs{
			"type": input.String("git"), "url": input.String(filepath.Join(path, m.Path)),
			"exportIgnore": input.Bool(in.Flag("exportIgnore")), "submodules": input.Bool(true),
		})
		if err != nil {
			return nil, false, err
		}
		got, err := f.fetchGit(ctx, sub)
		if err != nil {
			return nil, false, &InputError{sub, err}
		}
		mounts[m.Path] = got.fs
		changed = changed || got.in.Rev().IsZero()
	}
	return mounts, changed, nil
}
