package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/fetch/uri"
	"firn/internal/format/nixhash"
)

// fetchGit takes a commit, or, of a local repository if none is asked for, the tracked files of the work tree.
func (f *Fetcher) fetchGit(ctx context.Context, in input.Input) (found, error) {
	where, err := f.locate(in)
	if err != nil {
		return found{}, err
	}
	if in.Flag("exportIgnore") && in.Flag("submodules") {
		return found{}, errors.New("exportIgnore and submodules are not supported together yet")
	}
	if _, hasRef := in.Ref(); where.path != "" && !hasRef && in.Rev().IsZero() {
		return f.fetchWorkTree(ctx, in, where.path)
	}
	return f.fetchCommit(ctx, in, where)
}

// location is where a repository is: a path, if it is local and not bare, or a URL to clone from.
type location struct {
	path string
	url  uri.URI
}

func (l location) String() string {
	if l.path != "" {
		return l.path
	}
	return l.url.String()
}

// locate decides whether a repository is read where it is or cloned. A bare one is cloned, for it may change under us.
func (f *Fetcher) locate(in input.Input) (location, error) {
	if h := in.Rev(); !h.IsZero() && h.Algo() != nixhash.SHA1 && h.Algo() != nixhash.SHA256 {
		return location{}, fmt.Errorf("Hash '%s' is not supported by Git. Supported types are sha1 and sha256.", h.Text(nixhash.Base16, true))
	}
	u, err := uri.Parse(in.Str("url"))
	if err != nil {
		return location{}, err
	}
	if u.Scheme == "file" {
		path, err := uri.ToPath(u.Path)
		if err != nil {
			return location{}, err
		}
		if !f.ForceClone && !isBare(path) {
			if !filepath.IsAbs(path) {
				f.warn("Fetching Git repository '%s', which uses a path relative to the current directory. "+
					"This is not supported and will stop working in a future release. See https://github.com/NixOS/nix/issues/12281 for details.", u)
			}
			path, err := filepath.Abs(path)
			return location{path: path}, err
		}
		u.Query = nil // Git would take it for a part of the file's name
	}
	u = u.Clone()
	delete(u.Query, "dir") // old lock files have it here; it is not for the server
	return location{url: u}, nil
}

func isBare(path string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	_, err := os.Stat(filepath.Join(path, ".git"))
	return err != nil
}

// openRepo opens a repository, with Nix's words if it does not exist.
func (f *Fetcher) openRepo(path string) (*git.Repo, error) {
	r, err := f.repo(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Stat(path); statErr != nil {
			return nil, fmt.Errorf("Git repository \"%s\" does not exist.", path)
		}
	}
	return r, err
}

// toID turns the rev of an input into the name of an object.
func toID(h nixhash.Hash) git.ID { return git.MakeID(h.Bytes()) }

// fetchCommit takes the tree of a commit, cloning if need be.
func (f *Fetcher) fetchCommit(ctx context.Context, in input.Input, where location) (found, error) {
	ref, hasRef := in.Ref()
	if !hasRef {
		ref = f.defaultRef(ctx, where, in.Flag("shallow"))
	}
	rev := in.Rev()
	repo, err := f.repoWith(ctx, in, where, ref, hasRef)
	if err != nil {
		return found{}, err
	}
	id := toID(rev)
	if rev.IsZero() {
		if id, err = repo.Resolve(ref); err != nil {
			return found{}, fmt.Errorf("resolving Git reference '%s': %w", ref, err)
		}
	}
	attrs := in.Attrs()
	attrs["ref"] = input.String(ref)
	attrs["rev"] = input.String(id.String())
	if _, ok := attrs["lastModified"]; !ok {
		n, err := f.commitTime(repo, id)
		if err != nil {
			return found{}, err
		}
		attrs["lastModified"] = input.Int(n)
	}
	locked, err := input.FromAttrs(f.Options, attrs)
	if err != nil {
		return found{}, err
	}
	if err := f.verifyCommit(ctx, locked, repo); err != nil {
		return found{}, err
	}
	got := found{in: locked}
	if _, ok := attrs["revCount"]; !ok && !in.Flag("shallow") {
		got.revCount = f.revCounter(repo, where, id)
	}
	got.fs, err = f.commitTree(ctx, locked, repo, id, ref)
	return got, err
}

// commitTree shows the files of a commit as the input wants them.
func (f *Fetcher) commitTree(ctx context.Context, in input.Input, repo *git.Repo, id git.ID, ref string) (fs.FS, error) {
	treeID, err := repo.TreeOf(id)
	if err != nil {
		return nil, err
	}
	tree, err := repo.Tree(treeID)
	if err != nil {
		return nil, err
	}
	if in.Flag("exportIgnore") {
		return repo.ExportTree(tree)
	}
	var base fs.FS = tree
	if in.Flag("lfs") {
		if base, err = f.lfsTree(in, repo, tree); err != nil {
			return nil, err
		}
	}
	if !in.Flag("submodules") {
		return base, nil
	}
	modules, err := tree.Modules()
	if err != nil || len(modules) == 0 {
		return base, err
	}
	mounts := map[string]fs.FS{}
	for _, m := range modules {
		attrs := input.Attrs{
			"type": input.String("git"), "url": input.String(repo.ModuleURL(m.URL)), "rev": input.String(m.Commit.String()),
			"exportIgnore": input.Bool(in.Flag("exportIgnore")), "submodules": input.Bool(true), "lfs": input.Bool(in.Flag("lfs")), "allRefs": input.Bool(true),
		}
		switch m.Branch {
		case "":
		case ".":
			attrs["ref"] = input.String(ref)
		default:
			attrs["ref"] = input.String(m.Branch)
		}
		if mounts[m.Path], err = f.subtree(ctx, attrs); err != nil {
			return nil, fmt.Errorf("fetch submodule '%s': %w", m.Path, err)
		}
	}
	return mountFS{base, mounts}, nil
}

// lfsTree replaces pointers to large files; a clone of a local repository finds them there.
func (f *Fetcher) lfsTree(in input.Input, repo *git.Repo, tree *git.TreeFS) (fs.FS, error) {
	var more []string
	if u, err := uri.Parse(in.Str("url")); err == nil && u.Scheme == "file" {
		if path, err := u.FilePath(); err == nil {
			if origin, err := f.repo(path); err == nil {
				more = append(more, origin.Common)
			}
		}
	}
	return repo.LFSTree(tree, more...)
}

// subtree fetches a submodule without putting it into the store by itself.
func (f *Fetcher) subtree(ctx context.Context, attrs input.Attrs) (fs.FS, error) {
	in, err := input.FromAttrs(f.Options, attrs)
	if err != nil {
		return nil, err
	}
	got, err := f.fetchGit(ctx, in)
	if err != nil {
		return nil, &InputError{in, err}
	}
	return got.fs, nil
}

// commitTime returns when a commit was made; it is remembered for trees that come without their commit.
func (f *Fetcher) commitTime(repo *git.Repo, id git.ID) (uint64, error) {
	key := input.Attrs{"rev": input.String(id.String())}
	if row, ok := f.cache.find("gitLastModified", key); ok {
		if n, ok, err := row.value.Int("lastModified"); ok && err == nil {
			return n, nil
		}
	}
	at, err := repo.CommitTime(id)
	if err != nil {
		return 0, err
	}
	f.cache.put("gitLastModified", key, input.Attrs{"lastModified": input.Int(uint64(at))}, f.now())
	return uint64(at), nil
}

// revCounter returns a function that counts commits once.
func (f *Fetcher) revCounter(repo *git.Repo, where location, id git.ID) func(context.Context) (uint64, error) {
	key := input.Attrs{"rev": input.String(id.String())}
	return func(ctx context.Context) (uint64, error) {
		if repo.IsShallow() {
			return 0, fmt.Errorf("'%s' is a shallow Git repository, so 'revCount' is not available", where)
		}
		if row, ok := f.cache.find("gitRevCount", key); ok {
			if n, ok, err := row.value.Int("revCount"); ok && err == nil {
				return n, nil
			}
		}
		n, err := repo.RevCount(ctx, id)
		if err == nil {
			f.cache.put("gitRevCount", key, input.Attrs{"revCount": input.Int(n)}, f.now())
		}
		return n, err
	}
}
