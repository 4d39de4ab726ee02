// Package atomicfile replaces files and symbolic links in one step: a reader
// sees the old content or the new, never a part.
//
// New content goes under a temporary name beside its destination
// (".NAME.tmp-RANDOM"), is synced, and is renamed over it; then the directory
// is synced, so that what was reported as written survives a power cut. The
// *Unsynced variants leave out both syncs: still atomic for readers, not
// durable. A process that is killed can leave a temporary file behind, which
// nothing reads.
package atomicfile

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// Write makes data the content of the file path, with exactly the permissions
// perm, durably.
func Write(path string, data []byte, perm fs.FileMode) error {
	return write(path, data, perm, true)
}

// WriteUnsynced is [Write] without waiting for the disk.
func WriteUnsynced(path string, data []byte, perm fs.FileMode) error {
	return write(path, data, perm, false)
}

func write(path string, data []byte, perm fs.FileMode, sync bool) error {
	f, err := create(path, perm, sync)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// File is new content on its way to a path. It belongs to one goroutine, which
// ends with Commit or Discard; Discard after Commit does nothing.
type File struct {
	*os.File
	path string
	sync bool
	done bool
}

// Create starts a durable replacement of path.
func Create(path string, perm fs.FileMode) (*File, error) { return create(path, perm, true) }

// CreateUnsynced starts a replacement of path that Commit does not sync.
func CreateUnsynced(path string, perm fs.FileMode) (*File, error) { return create(path, perm, false) }

func create(path string, perm fs.FileMode, sync bool) (*File, error) {
	var f *os.File
	err := unusedName(path, func(temp string) (err error) {
		f, err = os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm); err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	return &File{File: f, path: path, sync: sync}, nil
}

// Commit makes what was written the content of the path.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("replace %s: %w", f.path, os.ErrClosed)
	}
	defer f.Discard()
	if f.sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.done = true
	if f.sync {
		return SyncDir(filepath.Dir(f.path))
	}
	return nil
}

// Discard gives the replacement up.
func (f *File) Discard() {
	if f.done {
		return
	}
	f.done = true
	f.File.Close()
	os.Remove(f.Name())
}

// Symlink makes path a symbolic link to target, in place of what path was
// before unless that is a directory. It is not synced.
func Symlink(target, path string) error {
	return unusedName(path, func(temp string) error {
		if err := os.Symlink(target, temp); err != nil {
			return err
		}
		if err := os.Rename(temp, path); err != nil {
			os.Remove(temp)
			return err
		}
		return nil
	})
}

// SyncDir waits until the entries of a directory are on disk.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// unusedName calls try with names beside path until one did not exist yet.
func unusedName(path string, try func(temp string) error) error {
	dir, base := filepath.Split(path)
	for attempt := 0; ; attempt++ {
		err := try(dir + "." + base + ".tmp-" + strconv.FormatUint(rand.Uint64(), 36))
		if os.IsExist(err) && attempt < 100 {
			continue
		}
		return err
	}
}
