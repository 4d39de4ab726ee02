package local

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"firn/internal/format/nar"
	"firn/internal/format/storepath"
	"firn/internal/store/fstree"
)

// checkValid fails unless p is valid.
func (s *Store) checkValid(ctx context.Context, p storepath.Path) error {
	ok, err := s.IsValid(ctx, p)
	if err == nil && !ok {
		err = s.notValid(p)
	}
	return err
}

// WriteNAR implements [store.Reader].
func (s *Store) WriteNAR(ctx context.Context, p storepath.Path, w io.Writer) error {
	if err := s.checkValid(ctx, p); err != nil {
		return err
	}
	return fstree.Dump(w, s.RealPath(p), nar.DumpOptions{})
}

// Open implements [store.Opener].
func (s *Store) Open(ctx context.Context, p storepath.Path) (fs.FS, error) {
	if err := s.checkValid(ctx, p); err != nil {
		return nil, err
	}
	return object(s.RealPath(p)), nil
}

// object is an object as an [fs.FS], by where it is.
type object string

func (o object) path(op, name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return string(o), nil
	}
	if st, err := os.Lstat(string(o)); err == nil && !st.IsDir() {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return filepath.Join(string(o), filepath.FromSlash(name)), nil
}

// relative gives errors the name that was asked for.
func relative(err error, name string) error {
	if pe, ok := err.(*fs.PathError); ok {
		pe.Path = name
	}
	return err
}

// Open implements [fs.FS].
func (o object) Open(name string) (fs.File, error) {
	path, err := o.path("open", name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, relative(err, name)
	}
	if name == "." {
		return rootFile{f}, nil
	}
	return f, nil
}

// Lstat implements [fs.ReadLinkFS].
func (o object) Lstat(name string) (fs.FileInfo, error) {
	path, err := o.path("lstat", name)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil, relative(err, name)
	}
	if name == "." {
		return rootInfo{info}, nil
	}
	return info, nil
}

// ReadLink implements [fs.ReadLinkFS].
func (o object) ReadLink(name string) (string, error) {
	path, err := o.path("readlink", name)
	if err != nil {
		return "", err
	}
	target, err := os.Readlink(path)
	return target, relative(err, name)
}

// rootFile and rootInfo call the object itself ".", as file systems do.
type rootFile struct{ *os.File }

func (f rootFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	if err != nil {
		return nil, err
	}
	return rootInfo{info}, nil
}

type rootInfo struct{ fs.FileInfo }

func (rootInfo) Name() string { return "." }
