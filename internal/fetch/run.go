package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"firn/internal/activity"
	"firn/internal/fetch/input"
	"firn/internal/filelock"
	"firn/internal/format/nixhash"
)

// found is what a scheme gives: files and the input with what was found out about them.
type found struct {
	fs          fs.FS
	root        string
	in          input.Input
	fingerprint string // if the scheme knows better than the input
	placed      *Tree  // if the scheme had to hash the tree already
	display     string // where the files are, if they can be seen there
	revCount    func(context.Context) (uint64, error)
}

// schemes run the types of inputs.
var schemes = map[string]func(*Fetcher, context.Context, input.Input) (found, error){
	"path":      (*Fetcher).fetchPath,
	"file":      (*Fetcher).fetchFile,
	"tarball":   (*Fetcher).fetchTarball,
	"git":       (*Fetcher).fetchGit,
	"hg":        (*Fetcher).fetchMercurial,
	"github":    (*Fetcher).fetchForge,
	"gitlab":    (*Fetcher).fetchForge,
	"sourcehut": (*Fetcher).fetchForge,
}

// Fetch fetches an input, once in the life of the fetcher. It knows nothing of pure evaluation; see TreeOf.
func (f *Fetcher) Fetch(ctx context.Context, in input.Input) (*Tree, error) {
	key := in.Attrs().JSON()
	f.mu.Lock()
	t, ok := f.trees[key]
	f.mu.Unlock()
	if ok {
		return t, nil
	}
	resolved := in
	if !in.IsDirect() {
		if f.Resolve == nil {
			return nil, fmt.Errorf("'%s' is an indirect flake reference, but registry lookups are not allowed", in)
		}
		var err error
		if resolved, err = f.Resolve(ctx, in); err != nil {
			return nil, err
		}
	}
	t, err := f.fetch(ctx, resolved)
	if err != nil {
		return nil, &InputError{resolved, err}
	}
	f.mu.Lock()
	f.trees[key] = t
	f.mu.Unlock()
	return t, nil
}

// InputError says for which input something failed. Nix shows that as a line of the trace.
type InputError struct {
	Input input.Input
	Err   error
}

// Trace is the line.
func (e *InputError) Trace() string { return fmt.Sprintf("while fetching the input '%s'", e.Input) }

func (e *InputError) Error() string { return e.Trace() + ": " + e.Err.Error() }

func (e *InputError) Unwrap() error { return e.Err }

// fetch gets the tree from the store if the input is locked, or else from where it comes.
func (f *Fetcher) fetch(ctx context.Context, in input.Input) (*Tree, error) {
	if !in.Known() {
		return nil, fmt.Errorf("cannot fetch unsupported input '%s'", in.Attrs().JSON())
	}
	if in.IsFinal() && !in.NARHash().IsZero() {
		if t, err := f.fromStore(ctx, in); t != nil || err != nil {
			return t, err
		}
	}
	run, ok := schemes[in.Type()]
	if !ok {
		return nil, fmt.Errorf("indirect input '%s' cannot be fetched directly", in)
	}
	lock, err := f.lock(ctx, in)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	got, err := run(f, ctx, in)
	if err != nil {
		return nil, err
	}
	return f.finish(ctx, in, got)
}

// finish checks what came and gives it its place.
func (f *Fetcher) finish(ctx context.Context, in input.Input, got found) (*Tree, error) {
	if got.root == "" {
		got.root = "."
	}
	if got.fingerprint == "" {
		got.fingerprint = got.in.Fingerprint()
	}
	locked, err := input.CheckLocks(in, got.in)
	if err != nil {
		return nil, err
	}
	t := &Tree{Input: locked, FS: got.fs, Root: got.root, fetcher: f, fingerprint: got.fingerprint, revCount: got.revCount, display: got.display}
	if p := got.placed; p != nil {
		t.Path, t.NARHash, t.stored = p.Path, p.NARHash, p.stored
		t.fingerprint = in.Type() + ":" + p.NARHash.SRI()
	} else if err := f.place(ctx, t); err != nil {
		return nil, err
	}
	if want := in.NARHash(); !want.IsZero() && want != t.NARHash {
		return nil, input.NARHashMismatch(in, want, t.NARHash)
	}
	attrs := locked.Attrs()
	attrs["narHash"], attrs["__final"] = input.String(t.NARHash.SRI()), input.Bool(true)
	t.Input, err = input.FromAttrs(f.Options, attrs)
	return t, err
}

// fromStore looks for a locked input in the store and where that gets objects from; nil if it is not there.
func (f *Fetcher) fromStore(ctx context.Context, in input.Input) (*Tree, error) {
	path, err := f.fixedPath(in.Name(), in.NARHash())
	if err != nil {
		return nil, err
	}
	if err := f.Store.Ensure(ctx, path); err != nil {
		return nil, notThere(err)
	}
	tree, root, narHash, err := f.Store.Open(ctx, path)
	if err != nil {
		return nil, notThere(err)
	}
	t := &Tree{Input: in, Path: path, NARHash: narHash, FS: tree, Root: root, fetcher: f, fingerprint: in.Fingerprint(), stored: true}
	if t.fingerprint != "" {
		f.rememberHash(t.fingerprint, narHash)
	}
	return t, nil
}

// notThere turns fs.ErrNotExist into no error.
func notThere(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// lock keeps other processes from fetching the same input meanwhile: they would do the same work again.
func (f *Fetcher) lock(ctx context.Context, in input.Input) (*filelock.Path, error) {
	dir := filepath.Join(f.CacheDir, "fetcher-locks")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	name := nixhash.Sum(nixhash.SHA256, []byte(in.Attrs().JSON())).Base16()
	return filelock.LockPath(ctx, filepath.Join(dir, name), func() {
		f.Recorder.Say(activity.Error, fmt.Sprintf("waiting for another Nix process to finish fetching input '%s'...", in))
	})
}

// CutTrace takes the input errors around err off and returns their lines, the outermost first, and what is inside.
func CutTrace(err error) (lines []string, cause error) {
	for {
		e, ok := err.(*InputError)
		if !ok {
			return lines, err
		}
		lines, err = append(lines, e.Trace()), e.Err
	}
}
