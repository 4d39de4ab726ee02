package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"firn/internal/atomicfile"
)

// File is a store in a directory. The directory is made when a file is put.
type File struct{ dir string }

// NewFile returns the store in a directory.
func NewFile(dir string) *File { return &File{dir} }

// URL implements [Store].
func (f *File) URL() string { return "file://" + f.dir }

func (f *File) path(key string) (string, error) {
	if !filepath.IsLocal(key) {
		return "", fmt.Errorf("'%s' is no name of a file in binary cache '%s'", key, f.URL())
	}
	return filepath.Join(f.dir, filepath.FromSlash(key)), nil
}

// Get implements [Store].
func (f *File) Get(_ context.Context, key string) (io.ReadCloser, error) { return f.open(key) }

func (f *File) open(key string) (*os.File, error) {
	path, err := f.path(key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotExistError{f.URL(), key}
	}
	return file, err
}

// GetRange implements [Store].
func (f *File) GetRange(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	file, err := f.open(key)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, offset, length), file}, nil
}

// Has implements [Store].
func (f *File) Has(_ context.Context, key string) (bool, error) {
	path, err := f.path(key)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Put implements [Store].
func (f *File) Put(_ context.Context, key string, r io.ReadSeeker, _ PutOptions) error {
	path, err := f.path(key)
	if err != nil {
		return err
	}
	const perm = 0o644
	out, err := atomicfile.CreateUnsynced(path, perm)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			out, err = atomicfile.CreateUnsynced(path, perm)
		}
	}
	if err != nil {
		return err
	}
	defer out.Discard()
	if _, err := io.Copy(out, r); err != nil {
		return err
	}
	return out.Commit()
}

// Keys implements [Lister].
func (f *File) Keys(_ context.Context, suffix string) ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var keys []string
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, suffix) && !strings.HasPrefix(name, ".") {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	return keys, err
}
