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
