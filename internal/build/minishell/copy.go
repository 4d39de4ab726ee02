package minishell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// copying says what cp keeps.
type copying struct {
	recursive, follow, preserve, force bool
}

// copyAll moves a tree to another file system.
var copyAll = copying{recursive: true, preserve: true}

func cp(c *call) error {
	how := copying{
		recursive: c.has('r') || c.has('R') || c.has('a'),
		preserve:  c.has('p') || c.has('a'),
		force:     c.has('f'),
	}
	how.follow = c.has('L') || !how.recursive && !c.has('P') && !c.has('d')
	return c.targets(func(from, to string) error { return copyTree(c.path(from), to, how) })
}

func copyTree(from, to string, how copying) error {
	stat := os.Lstat
	if how.follow {
		stat = os.Stat
	}
	info, err := stat(from)
	if err != nil {
		return err
	}
	switch {
	case info.IsDir():
		if !how.recursive {
			return fmt.Errorf("%s: is a directory (not copied)", from)
		}
		return copyDir(from, to, info, how)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		if how.force {
			os.Remove(to)
		}
		return os.Symlink(target, to)
	case info.Mode().IsRegular():
		return copyFile(from, to, info, how)
	}
	return fmt.Errorf("%s: not a file, directory or link (not copied)", from)
}

func copyDir(from, to string, info fs.FileInfo, how copying) error {
	err := os.Mkdir(to, info.Mode().Perm()|0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := copyTree(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()), how); err != nil {
			return err
		}
	}
	return keep(to, info, how)
}

func copyFile(from, to string, info fs.FileInfo, how copying) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	const flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	out, err := os.OpenFile(to, flags, info.Mode().Perm())
	if err != nil && how.force && os.Remove(to) == nil {
		out, err = os.OpenFile(to, flags, info.Mode().Perm())
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return keep(to, info, how)
}

// keep gives a copy the mode and the times of the original when asked.
func keep(to string, info fs.FileInfo, how copying) error {
	if !how.preserve {
		return nil
	}
	if err := os.Chmod(to, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

func isCrossDevice(err error) bool { return errors.Is(err, syscall.EXDEV) }
