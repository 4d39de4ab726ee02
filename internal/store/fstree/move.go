package fstree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Move renames a tree in canonical form, also between directories. For a
// directory that needs permission to write to it (its ".." changes), which is
// given for the moment.
func Move(from, to string) error {
	err := os.Rename(from, to)
	if !errors.Is(err, fs.ErrPermission) || filepath.Dir(from) == filepath.Dir(to) {
		return err
	}
	st, e := os.Lstat(from)
	if e != nil || !st.IsDir() || st.Mode()&0o200 != 0 {
		return err
	}
	if err := os.Chmod(from, st.Mode().Perm()|0o700); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		os.Chmod(from, st.Mode().Perm())
		return err
	}
	if err := os.Chmod(to, st.Mode().Perm()); err != nil {
		return err
	}
	return os.Chtimes(to, st.ModTime(), st.ModTime())
}

// Exchange puts the tree fresh in the place of old, which is in the same directory and need not exist. What was there is
// at fresh then.
func Exchange(fresh, old string) error {
	if _, err := os.Lstat(old); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(fresh, old)
	}
	err := exchange(fresh, old)
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	aside := fresh + "-old" // for a moment there is nothing at old
	if err := os.Rename(old, aside); err != nil {
		return err
	}
	if err := os.Rename(fresh, old); err != nil {
		return errors.Join(err, os.Rename(aside, old))
	}
	return os.Rename(aside, fresh)
}
