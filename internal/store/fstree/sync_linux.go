package fstree

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// SyncAll waits until everything written so far to the file system that holds
// path is on disk.
func SyncAll(path string) error {
	dir, err := openDir(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := unix.Syncfs(dir.fd); err != nil {
		return &fs.PathError{Op: "sync file system of", Path: path, Err: err}
	}
	return nil
}

// Sync waits until the contents of the file or directory path are on disk; of a
// directory these are its entries.
func Sync(path string) error {
	fd, err := openat(unix.AT_FDCWD, path, unix.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	for {
		err := unix.Fsync(fd)
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return &fs.PathError{Op: "sync", Path: path, Err: err}
		}
	}
}

// unwrapped returns the system's error inside err.
func unwrapped(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
