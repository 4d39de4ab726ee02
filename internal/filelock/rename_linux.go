package filelock

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// renameNew renames from to to, unless to exists.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		return linkNew(from, to) // a file system without the flag
	}
	if err != nil {
		return &fs.PathError{Op: "rename lock file", Path: from, Err: err}
	}
	return nil
}

func linkNew(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}
