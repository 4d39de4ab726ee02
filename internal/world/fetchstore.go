package world

import (
	"context"
	"io"
	"io/fs"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// FetchStore is a store as fetchers need it.
type FetchStore struct {
	Backing Backing
}

// Dir implements [fetch.Store].
func (s *FetchStore) Dir() storepath.Dir { return s.Backing.Dir() }

// AddTree implements [fetch.Store].
func (s *FetchStore) AddTree(ctx context.Context, name string, tree fs.FS, root string, method storepath.Method) (storepath.Path, nixhash.Hash, error) {
	info, err := s.Backing.AddSource(ctx, store.Source{
		Name: name, Method: method,
		Write: func(w io.Writer) error {
			if method == storepath.Flat {
				return copyFile(w, tree, root)
			}
			return nar.Dump(w, tree, root, nar.DumpOptions{})
		},
	})
	if err != nil {
		return "", nixhash.Hash{}, err
	}
	return info.Path, info.NARHash, nil
}

func copyFile(w io.Writer, tree fs.FS, name string) error {
	f, err := tree.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// Open implements [fetch.Store].
func (s *FetchStore) Open(ctx context.Context, p storepath.Path) (tree fs.FS, root string, narHash nixhash.Hash, err error) {
	var info *pathinfo.Info
	if info, err = s.info(ctx, p); err != nil {
		return nil, "", nixhash.Hash{}, err
	}
	tree, err = s.Backing.Open(ctx, p)
	return tree, ".", info.NARHash, err
}

// info returns what is known of a path; fs.ErrNotExist if it is not valid.
func (s *FetchStore) info(ctx context.Context, p storepath.Path) (*pathinfo.Info, error) {
	ok, err := s.Backing.IsValid(ctx, p)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fs.ErrNotExist
	}
	return s.Backing.PathInfo(ctx, p)
}

// Ensure implements [fetch.Store]. Nothing can be substituted yet.
func (s *FetchStore) Ensure(ctx context.Context, p storepath.Path) error {
	_, err := s.info(ctx, p)
	return err
}
