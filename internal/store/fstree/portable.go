//go:build !linux

package fstree

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"firn/internal/format/nar"
)

// Without the calls relative to a directory that Linux has, trees are walked by
// path. Extended attributes and the times of links are left alone.

type dirFD struct{ path string }

func openDir(path string) (*dirFD, error) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open directory", Path: path, Err: fs.ErrInvalid}
	}
	return &dirFD{path}, err
}

func (d *dirFD) join(name string) string { return filepath.Join(d.path, name) }

func (d *dirFD) typeOf(name string) (nar.Type, error) {
	info, err := os.Lstat(d.join(name))
	if err != nil {
		return nar.Unknown, err
	}
	return typeOfMode(info.Mode()), nil
}

func typeOfMode(m fs.FileMode) nar.Type {
	switch m.Type() {
	case 0:
		return nar.Regular
	case fs.ModeDir:
		return nar.Directory
	case fs.ModeSymlink:
		return nar.Symlink
	}
	return nar.Unknown
}

// Entries implements [nar.Dir].
func (d *dirFD) Entries(dst []nar.DirEntry) ([]nar.DirEntry, error) {
	list, err := os.ReadDir(d.path)
	for _, e := range list {
		dst = append(dst, nar.DirEntry{Name: e.Name(), Type: typeOfMode(e.Type())})
	}
	return dst, err
}

// OpenDir implements [nar.Dir].
func (d *dirFD) OpenDir(name string) (nar.Dir, error) { return openDir(d.join(name)) }

// OpenFile implements [nar.Dir].
func (d *dirFD) OpenFile(name string) (nar.File, error) {
	f, err := os.Open(d.join(name))
	return file{f}, err
}

// ReadLink implements [nar.Dir].
func (d *dirFD) ReadLink(name string) (string, error) { return os.Readlink(d.join(name)) }

// Close implements [nar.Dir].
func (d *dirFD) Close() error { return nil }

type file struct{ *os.File }

// Stat implements [nar.File].
func (f file) Stat() (size uint64, executable bool, err error) {
	info, err := f.File.Stat()
	if err != nil {
		return 0, false, err
	}
	return uint64(info.Size()), info.Mode()&0o100 != 0, nil
}

type treeWriter struct {
	root string
	dirs []string
}

func newTreeWriter(path string) (*treeWriter, error) { return &treeWriter{root: path}, nil }

func (w *treeWriter) at(name string) *treeWriter {
	return &treeWriter{root: filepath.Join(w.path(), name)}
}

func (w *treeWriter) path() string { return filepath.Dir(w.root) }

func (w *treeWriter) node(h nar.Header, contents io.WriterTo) error {
	if err := w.leave(h.Depth); err != nil {
		return err
	}
	path := w.root
	if h.Depth > 0 {
		path = filepath.Join(w.dirs[h.Depth-1], h.Name)
	}
	switch h.Type {
	case nar.Directory:
		w.dirs = append(w.dirs, path)
		return os.Mkdir(path, 0o700)
	case nar.Symlink:
		return os.Symlink(h.Target, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if h.Size > 0 {
		_, err = contents.WriteTo(f)
	}
	if end := f.Close(); err == nil {
		err = end
	}
	if err != nil {
		return err
	}
	return setMetadata(path, h.Executable)
}

func setMetadata(path string, executable bool) error {
	mode := fs.FileMode(0o444)
	if executable {
		mode = 0o555
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	return os.Chtimes(path, time.Time{}, time.Unix(1, 0))
}

func (w *treeWriter) leave(depth int) error {
	for len(w.dirs) > depth {
		last := w.dirs[len(w.dirs)-1]
		w.dirs = w.dirs[:len(w.dirs)-1]
		if err := setMetadata(last, true); err != nil {
			return err
		}
	}
	return nil
}

func (w *treeWriter) finish() error { return w.leave(0) }

func (w *treeWriter) close() {}

// Canonicalise gives an existing tree canonical metadata. It refuses what an
// archive cannot hold.
func Canonicalise(path string, o CanonicalOptions) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	switch t := typeOfMode(info.Mode()); t {
	case nar.Unknown:
		return fmt.Errorf("file \"%s\" has an unsupported type", path)
	case nar.Symlink:
		return nil
	case nar.Directory:
		if err := os.Chmod(path, 0o700); err != nil {
			return err
		}
		list, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := Canonicalise(filepath.Join(path, e.Name()), o); err != nil {
				return err
			}
		}
		return setMetadata(path, true)
	}
	return setMetadata(path, info.Mode()&0o100 != 0)
}

// Remove removes a tree, whatever permissions its directories have, and returns
// how many bytes of file contents that gave back. What does not exist is removed.
func Remove(path string) (bytes int64, err error) {
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil {
				err = os.Chmod(p, 0o700)
			}
			return err
		}
		if info, err := d.Info(); err == nil {
			bytes += freed(info.Size(), 1)
		}
		return nil
	})
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return bytes, os.RemoveAll(path)
}

// SyncAll waits until the tree path is on disk.
func SyncAll(path string) error {
	return filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		return Sync(p)
	})
}

// Sync waits until the contents of the file or directory path are on disk; of a
// directory these are its entries.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// RemoveFile removes a name in the directory unless that would take long: quick
// tells that it is gone, and bytes what that gave back.
func (d *Dir) RemoveFile(name string) (bytes int64, quick bool, err error) {
	path := filepath.Join(d.w.path(), name)
	info, err := os.Lstat(path)
	if err != nil || info.IsDir() || info.Size() > quickSize {
		return 0, false, err
	}
	return freed(info.Size(), 1), true, os.Remove(path)
}
