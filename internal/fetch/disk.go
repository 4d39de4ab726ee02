package fetch

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"
)

// diskFS is a directory on disk, in which links are not followed. It notes the latest time of what is looked at.
type diskFS struct {
	dir    string
	latest *atomic.Int64 // seconds since 1970
}

func newDiskFS(dir string) diskFS { return diskFS{dir, new(atomic.Int64)} }

func (d diskFS) path(op, name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return filepath.Join(d.dir, filepath.FromSlash(name)), nil
}

// note remembers the time of a file.
func (d diskFS) note(info fs.FileInfo) {
	for t := info.ModTime().Unix(); ; {
		old := d.latest.Load()
		if t <= old || d.latest.CompareAndSwap(old, t) {
			return
		}
	}
}

// Lstat describes name; a symbolic link describes itself.
func (d diskFS) Lstat(name string) (fs.FileInfo, error) {
	p, err := d.path("lstat", name)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(p)
	if err == nil {
		d.note(info)
	}
	return info, err
}

// Stat is Lstat.
func (d diskFS) Stat(name string) (fs.FileInfo, error) { return d.Lstat(name) }

// Open opens a regular file or a directory.
func (d diskFS) Open(name string) (fs.File, error) {
	info, err := d.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return os.Open(filepath.Join(d.dir, filepath.FromSlash(name)))
}

// ReadDir lists a directory by name.
func (d diskFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if _, err := d.Lstat(name); err != nil {
		return nil, err
	}
	return os.ReadDir(filepath.Join(d.dir, filepath.FromSlash(name)))
}

// ReadFile returns the contents of a regular file.
func (d diskFS) ReadFile(name string) ([]byte, error) {
	info, err := d.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "readfile", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(d.dir, filepath.FromSlash(name)))
}

// ReadLink returns the target of a symbolic link.
func (d diskFS) ReadLink(name string) (string, error) {
	if _, err := d.Lstat(name); err != nil {
		return "", err
	}
	return os.Readlink(filepath.Join(d.dir, filepath.FromSlash(name)))
}

// diskTree shows a file or directory on disk as a tree with a root.
func diskTree(name string) (diskFS, string, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return diskFS{}, "", err
	}
	if info.IsDir() {
		return newDiskFS(name), ".", nil
	}
	dir, base := path.Split(name)
	return newDiskFS(dir), base, nil
}
