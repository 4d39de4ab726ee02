package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/activity"
	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/filelock"
	"firn/internal/format/nixhash"
)

// cloneDir is where a clone of url is kept; shallow ones are apart, for they cannot serve others.
func (f *Fetcher) cloneDir(url string, shallow bool) string {
	name := nixhash.Sum(nixhash.SHA256, []byte(url)).Nix32()
	if shallow {
		name += "-shallow"
	}
	return filepath.Join(f.CacheDir, "gitv3", name)
}

// defaultRef is the branch that HEAD of a repository stands for.
func (f *Fetcher) defaultRef(ctx context.Context, where location, shallow bool) string {
	if where.path == "" {
		if ref := f.remoteHead(ctx, where.url.String(), shallow); ref != "" {
			return ref
		}
	} else if repo, err := f.repo(where.path); err == nil {
		if ref, _, err := repo.Head(); err == nil && ref != "" {
			return ref
		}
	}
	f.warn("could not read HEAD ref from repo at '%s', using 'master'", where)
	return "master"
}

// remoteHead asks a remote for its HEAD, unless the clone knows it from lately; "" if nobody knows.
func (f *Fetcher) remoteHead(ctx context.Context, url string, shallow bool) string {
	dir := f.cloneDir(url, shallow)
	known := ""
	if st, err := os.Stat(filepath.Join(dir, "HEAD")); err == nil {
		if repo, err := f.repo(dir); err == nil {
			ref, id, err := repo.Head()
			if err == nil && ref == "" {
				ref = id.String()
			}
			if _, exists := repo.Ref(ref); exists == nil || !id.IsZero() {
				known = ref
			}
		}
		if known != "" && f.fresh(st.ModTime()) {
			return known
		}
	}
	ref, err := git.Program{}.RemoteHead(ctx, url)
	if err == nil && ref != "" {
		return ref
	}
	if known != "" {
		f.warn("could not get HEAD ref for repository '%s'; using expired cached ref '%s'", url, known)
	}
	return known
}

// repoWith opens a repository that has what is asked for: the local one as it is, or a clone that is brought up to date.
func (f *Fetcher) repoWith(ctx context.Context, in input.Input, where location, ref string, refGiven bool) (*git.Repo, error) {
	if where.path != "" {
		return f.openRepo(where.path)
	}
	c := clone{f: f, in: in, url: where.url.String(), ref: ref, refGiven: refGiven, shallow: in.Flag("shallow")}
	c.dir = f.cloneDir(c.url, c.shallow)
	return c.update(ctx)
}

// clone is a bare repository in the cache.
type clone struct {
	f        *Fetcher
	in       input.Input
	url, dir string
	ref      string
	refGiven bool
	shallow  bool
	repo     *git.Repo
}

// update gets the wanted commit into the clone, or the branch if what the clone has is not fresh.
func (c *clone) update(ctx context.Context) (*git.Repo, error) {
	if err := os.MkdirAll(filepath.Dir(c.dir), 0o777); err != nil {
		return nil, err
	}
	lock, err := filelock.LockPath(ctx, c.dir, nil)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := git.Init(c.dir); err != nil {
		return nil, err
	}
	if c.repo, err = c.f.repo(c.dir); err != nil {
		return nil, err
	}
	if c.repo.Config().Get("remote.origin.url") != c.url { // relative submodules are resolved from it
		if err := (git.Program{}).SetRemote(ctx, c.dir, c.url); err != nil {
			return nil, err
		}
		if c.repo, err = c.f.reopen(c.dir); err != nil {
			return nil, err
		}
	}
	if c.stale() {
		if err := c.fetch(ctx); err != nil {
			return nil, err
		}
	}
	if rev := c.in.Rev(); !rev.IsZero() && !c.repo.Has(toID(rev)) {
		return nil, fmt.Errorf("Cannot find Git revision '%s' in ref '%s' of repository '%s'! Please make sure that the rev exists on the ref "+
			"you've specified or add allRefs = true; to fetchGit.", rev.Base16(), c.ref, c.url)
	}
	return c.repo, nil
}

// refFile is the file of the reference in the clone. Its time is when it was last brought up to date.
func (c *clone) refFile() string {
	if strings.HasPrefix(c.ref, "refs/") {
		return filepath.Join(c.dir, filepath.FromSlash(c.ref))
	}
	return filepath.Join(c.dir, "refs", "heads", filepath.FromSlash(c.ref))
}

// stale reports whether the remote must be asked.
func (c *clone) stale() bool {
	if rev := c.in.Rev(); !rev.IsZero() {
		return !c.repo.Has(toID(rev))
	}
	if c.in.Flag("allRefs") {
		return true
	}
	st, err := os.Stat(c.refFile())
	return err != nil || !c.f.fresh(st.ModTime())
}

// refspec is what to fetch.
func (c *clone) refspec() string {
	switch rev := c.in.Rev(); {
	case c.in.Flag("allRefs"):
		return "refs/*:refs/*"
	case !rev.IsZero():
		return rev.Base16()
	case strings.HasPrefix(c.ref, "refs/"):
		return c.ref + ":" + c.ref
	case c.ref == "HEAD":
		return "HEAD:HEAD"
	}
	return "refs/heads/" + c.ref + ":refs/heads/" + c.ref
}

// fetch asks the remote; if that fails, an older state of the branch will do.
func (c *clone) fetch(ctx context.Context) error {
	f := c.f
	act := f.Recorder.Start(activity.FetchTree, activity.Talkative, fmt.Sprintf("fetching Git repository '%s'", c.url))
	defer act.Stop()
	if err := (git.Program{}).Fetch(ctx, c.dir, c.url, c.refspec(), c.shallow); err != nil {
		if _, refErr := os.Stat(c.refFile()); refErr != nil || ctx.Err() != nil {
			return err
		}
		f.Recorder.Say(activity.Error, err.Error())
		f.warn("could not update local clone of Git repository '%s'; continuing with the most recent version", c.url)
	}
	now := f.now()
	if c.in.Rev().IsZero() {
		if err := os.Chtimes(c.refFile(), now, now); err != nil && !errors.Is(err, os.ErrNotExist) {
			f.warn("could not update mtime for file \"%s\": %v", c.refFile(), err)
		}
	}
	if !c.refGiven {
		if err := git.SetHead(c.dir, c.ref); err != nil {
			f.warn("could not update cached head '%s' for '%s'", c.ref, c.url)
		}
	}
	return nil
}
