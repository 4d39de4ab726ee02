package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"firn/internal/activity"
	"firn/internal/fetch/input"
)

// fetchPath takes a file or directory on disk. One that is a store object called "source" already is taken as it is.
func (f *Fetcher) fetchPath(ctx context.Context, in input.Input) (found, error) {
	if _, relative := in.Relative(); relative {
		return found{}, fmt.Errorf("cannot fetch input '%s' because it uses a relative path", in)
	}
	name := path.Clean(in.Str("path"))
	got := found{in: in}
	modified := int64(0)
	if p, err := f.Store.Dir().Parse(name); err == nil && p.Name() == "source" {
		tree, root, narHash, err := f.Store.Open(ctx, p)
		if err == nil {
			got.fs, got.root, got.fingerprint = tree, root, "path:"+narHash.SRI()
			f.rememberHash(got.fingerprint, narHash)
			return f.modified(got, modified)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return found{}, err
		}
	}
	act := f.Recorder.Start(activity.Unknown, activity.Talkative, fmt.Sprintf("copying \"%s\" to the store", name))
	defer act.Stop()
	disk, root, err := diskTree(name)
	if errors.Is(err, fs.ErrNotExist) {
		return found{}, fmt.Errorf("path '%s' does not exist", name)
	}
	if err != nil {
		return found{}, err
	}
	// Hashing reads everything, and so finds out the time.
	t := &Tree{Input: in, FS: disk, Root: root, fetcher: f, display: name}
	if err := f.place(ctx, t); err != nil {
		return found{}, err
	}
	got.fs, got.root, got.placed = disk, root, t
	return f.modified(got, disk.latest.Load())
}

// modified sets the time of the tree if the caller has not said one: it is not to be trusted anyway.
func (f *Fetcher) modified(got found, seconds int64) (found, error) {
	if _, ok := got.in.LastModified(); ok {
		return got, nil
	}
	var err error
	got.in, err = got.in.With("lastModified", input.Int(uint64(max(seconds, 0))))
	return got, err
}
