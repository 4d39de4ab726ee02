// Package fetch gets sources: it runs the scheme of an input, checks what came against what was asked for, remembers it,
// and puts it into a store.
//
// A [Fetcher] is the whole of it. [Fetcher.Fetch] takes any input (package input) and returns a [Tree]: its files, the
// store path and hash that they have, and the locked input. [Fetcher.URL], [Fetcher.Tarball], [Fetcher.TreeOf] and
// [Fetcher.Mercurial] are the builtins of the language, rules and messages included; they differ from it in what they
// allow when evaluation is pure or restricted.
//
// A tree is read from where it already is: the pack of tarballs, a clone, the user's work tree. Its hash is computed once
// for a fingerprint and remembered; it is copied into the store when [Tree.Copy] is called, or at once if the fetcher is
// not lazy.
//
// Below the cache directory ("~/.cache/nix") things are where Nix keeps them, in its formats, so that either program
// uses what the other has fetched:
//
//	fetcher-cache-v4.sqlite   what is known about URLs, commits, trees (see Cache)
//	gitv3/<hash of URL>       bare clones
//	tarball-cache-v2          a bare repository of unpacked tarballs, all in packs
//	hg/<hash of URL>          Mercurial clones
//	fetcher-locks/            one lock for each input that is being fetched
//
// See docs/spec/fetch-cache.md. A Fetcher is safe for concurrent use.
package fetch

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"firn/internal/activity"
	"firn/internal/fetch/download"
	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// Store is what fetching needs of a store. A store that only computes paths has nothing and adds nothing.
type Store interface {
	Dir() storepath.Dir

	// AddTree adds the file or directory called root in tree, and returns its path and the SHA-256 of its NAR. The method
	// is NAR or Flat. It need not write anything, as long as it gives the right answers.
	AddTree(ctx context.Context, name string, tree fs.FS, root string, method storepath.Method) (storepath.Path, nixhash.Hash, error)

	// Open returns the object at a valid path and the hash of its NAR, or an error that is fs.ErrNotExist.
	Open(ctx context.Context, path storepath.Path) (tree fs.FS, root string, narHash nixhash.Hash, err error)

	// Ensure makes path valid from elsewhere if it can; fs.ErrNotExist means that it cannot.
	Ensure(ctx context.Context, path storepath.Path) error
}

// Config is what a fetcher works with.
type Config struct {
	Store    Store
	CacheDir string // "~/.cache/nix"; made when needed
	Download *download.Client
	Options  input.Options      // experimental features, warnings about inputs
	Recorder *activity.Recorder // takes progress and warnings

	TTL          time.Duration // "tarball-ttl": how long an answer counts as fresh; see DefaultTTL. Negative is for ever
	RefuseDirty  bool          // "allow-dirty = false"
	QuietDirty   bool          // "warn-dirty = false"
	StrictForges bool          // "trust-tarballs-from-git-forges = false"
	Tokens       map[string]string
	ForceClone   bool // treat local repositories like remote ones, for tests
	Lazy         bool // do not copy trees into the store before Tree.Copy

	// Resolve looks an indirect input up in registries; nil forbids that.
	Resolve func(ctx context.Context, in input.Input) (input.Input, error)
}

// DefaultTTL is the TTL that Nix has if nothing else is configured.
const DefaultTTL = time.Hour

// Fetcher fetches. Use New and Close.
type Fetcher struct {
	Config
	cache *Cache
	now   func() time.Time

	mu    sync.Mutex
	repos map[string]*git.Repo
	past  []*git.Repo      // opened before, perhaps still read from
	trees map[string]*Tree // by the JSON of the attributes, and whether the copy is in the store
}

// New makes a fetcher. It opens nothing yet.
func New(c Config) *Fetcher {
	return &Fetcher{
		Config: c, now: time.Now, cache: newCache(filepath.Join(c.CacheDir, "fetcher-cache-v4.sqlite"), c.Recorder),
		repos: map[string]*git.Repo{}, trees: map[string]*Tree{},
	}
}

// Close releases files. Trees must not be used afterwards.
func (f *Fetcher) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.repos {
		r.Close()
	}
	for _, r := range f.past {
		r.Close()
	}
	f.repos, f.past, f.trees = map[string]*git.Repo{}, nil, map[string]*Tree{}
	return f.cache.Close()
}

// Forget drops what was fetched in this process, so that changed work trees are seen.
func (f *Fetcher) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trees = map[string]*Tree{}
}

// Tree is what was fetched.
type Tree struct {
	Input   input.Input    // locked: with what fetching found out
	Path    storepath.Path // where it is, or will be, in the store
	NARHash nixhash.Hash

	// FS has the tree under the name Root. Symbolic links in it are not followed.
	FS   fs.FS
	Root string

	fetcher     *Fetcher
	fingerprint string // names the contents, "" if nothing short does
	display     string // names the files in messages, if not the input does
	revCount    func(context.Context) (uint64, error)

	mu     sync.Mutex
	stored bool
}

// Copy puts the tree into the store, if it is not there.
func (t *Tree) Copy(ctx context.Context) (storepath.Path, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stored {
		return t.Path, nil
	}
	path, _, err := t.fetcher.Store.AddTree(ctx, t.Input.Name(), t.FS, t.Root, storepath.NAR)
	if err != nil {
		return "", err
	}
	if path != t.Path {
		dir := t.fetcher.Store.Dir()
		return "", input.NewMismatch("store path ('%s') was hashed to avoid a full copy at first, but upon reading it again, "+
			"the contents have changed ('%s'), so we can not proceed. Make sure files do not change during evaluation", dir.Join(t.Path), dir.Join(path))
	}
	t.stored = true
	return path, nil
}

// Stored reports whether the tree is in the store.
func (t *Tree) Stored() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stored
}

// RevCount returns the number of commits up to the one that was fetched; ok is false if the scheme has no such thing.
// It may take long.
func (t *Tree) RevCount(ctx context.Context) (n uint64, ok bool, err error) {
	if n, ok := t.Input.RevCount(); ok || t.revCount == nil {
		return n, ok, nil
	}
	n, err = t.revCount(ctx)
	return n, true, err
}

// Fingerprint names the contents of the tree for caches, "" if it cannot be named without hashing.
func (t *Tree) Fingerprint() string { return t.fingerprint }

// warningPrefix begins the text of a warning, as Nix writes it; whoever shows it takes colours off where there are none.
const warningPrefix = "\x1b[35;1mwarning:\x1b[0m "

func (f *Fetcher) warn(format string, args ...any) {
	f.Recorder.Say(activity.Warn, warningPrefix+fmt.Sprintf(format, args...))
}

// fresh reports whether something that was found out at the given time need not be checked again.
func (f *Fetcher) fresh(at time.Time) bool {
	return f.TTL < 0 || f.TTL > 0 && !at.Add(f.TTL).Before(f.now())
}

// repo opens a repository and keeps it open.
func (f *Fetcher) repo(path string) (*git.Repo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r, ok := f.repos[path]; ok {
		return r, nil
	}
	r, err := git.Open(path)
	if err == nil {
		f.repos[path] = r
	}
	return r, err
}

// reopen opens a repository whose configuration has changed.
func (f *Fetcher) reopen(path string) (*git.Repo, error) {
	f.mu.Lock()
	if r, ok := f.repos[path]; ok {
		f.past = append(f.past, r)
		delete(f.repos, path)
	}
	f.mu.Unlock()
	return f.repo(path)
}
