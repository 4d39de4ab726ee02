package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"firn/internal/activity"
	"firn/internal/fetch/input"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// hashKey is the key under which the hash of a tree is remembered.
func hashKey(fingerprint string) input.Attrs {
	return input.Attrs{"fingerprint": input.String(fingerprint), "method": input.String("nar"), "path": input.String("/")}
}

// rememberHash notes the hash of a tree that is known without hashing it.
func (f *Fetcher) rememberHash(fingerprint string, narHash nixhash.Hash) {
	f.cache.put("sourcePathToHash", hashKey(fingerprint), input.Attrs{"hash": input.String(narHash.SRI())}, f.now())
}

// place finds out hash and store path of a tree, and copies it unless the fetcher is lazy.
func (f *Fetcher) place(ctx context.Context, t *Tree) error {
	name := t.Input.Name()
	var key input.Attrs
	if t.fingerprint != "" {
		key = hashKey(t.fingerprint)
		if row, ok := f.cache.find("sourcePathToHash", key); ok {
			done, err := f.placeKnown(ctx, t, name, row)
			if done || err != nil {
				return err
			}
		}
	}
	var err error
	if f.Lazy {
		err = f.hash(ctx, t, name)
	} else {
		err = f.add(ctx, t, name)
	}
	if err == nil && key != nil {
		f.rememberHash(t.fingerprint, t.NARHash)
	}
	return err
}

// placeKnown uses a hash that is remembered. It is done if the tree is in the store, or need not be.
func (f *Fetcher) placeKnown(ctx context.Context, t *Tree, name string, row cached) (done bool, err error) {
	text, err := row.value.Str("hash")
	if err != nil {
		return false, nil
	}
	h, err := nixhash.ParseSRI(text)
	if err != nil {
		return false, nil
	}
	p, err := f.fixedPath(name, h)
	if err != nil {
		return false, err
	}
	_, _, _, err = f.Store.Open(ctx, p)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	valid := err == nil
	if !valid && !f.Lazy {
		return false, nil
	}
	t.Path, t.NARHash, t.stored = p, h, valid
	return true, nil
}

// fixedPath is the store path of a tree with the given NAR hash.
func (f *Fetcher) fixedPath(name string, narHash nixhash.Hash) (storepath.Path, error) {
	return f.Store.Dir().MakeFixed(name, storepath.ContentAddress{Method: storepath.NAR, Hash: narHash}, storepath.References{})
}

func (f *Fetcher) add(ctx context.Context, t *Tree, name string) (err error) {
	act := f.Recorder.Start(activity.FetchToStore, activity.Chatty, fmt.Sprintf("copying '%s' to the store", t.name()), activity.Text(t.name()), activity.Number(0))
	defer act.Stop()
	t.Path, t.NARHash, err = f.Store.AddTree(ctx, name, t.FS, t.Root, storepath.NAR)
	t.stored = err == nil
	return err
}

func (f *Fetcher) hash(ctx context.Context, t *Tree, name string) (err error) {
	act := f.Recorder.Start(activity.FetchToStore, activity.Chatty, fmt.Sprintf("hashing '%s'", t.name()), activity.Text(t.name()), activity.Number(1))
	defer act.Stop()
	if t.NARHash, err = hashTree(ctx, t.FS, t.Root); err != nil {
		return err
	}
	t.Path, err = f.fixedPath(name, t.NARHash)
	return err
}

// name is how messages call the tree.
func (t *Tree) name() string {
	if t.display != "" {
		return t.display
	}
	return "«" + t.Input.String() + "»"
}

// hashTree returns the hash of the NAR of a tree.
func hashTree(ctx context.Context, tree fs.FS, root string) (nixhash.Hash, error) {
	w := nixhash.NewWriter(nixhash.SHA256)
	if err := nar.Dump(contextWriter{ctx, w}, tree, root, nar.DumpOptions{}); err != nil {
		return nixhash.Hash{}, err
	}
	return w.Sum(), nil
}

// contextWriter fails when its context ends.
type contextWriter struct {
	ctx context.Context
	w   *nixhash.Writer
}

func (c contextWriter) Write(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.w.Write(p)
}
