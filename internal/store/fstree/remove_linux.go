package fstree

import (
	"golang.org/x/sys/unix"
)

// Remove removes a tree, whatever permissions its directories have, and returns
// how many bytes of file contents that gave back. What does not exist is removed.
// It goes on after a failure and returns the first.
func Remove(path string) (bytes int64, err error) {
	parent, name := split(path)
	dir, err := openDir(parent)
	if unwrapped(err) == unix.ENOENT {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	r := remover{}
	r.entry(dir, name)
	return r.bytes, r.err
}

type remover struct {
	bytes int64
	err   error
}

func (r *remover) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *remover) entry(dir *dirFD, name string) {
	var st unix.Stat_t
	switch err := unix.Fstatat(dir.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); {
	case err == unix.ENOENT:
		return
	case err != nil:
		r.fail(dir.fail("lstat", name, err))
		return
	}
	flags := 0
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		flags = unix.AT_REMOVEDIR
		r.directory(dir, name, st.Mode)
	} else {
		r.bytes += freed(st.Size, uint64(st.Nlink))
	}
	if err := unix.Unlinkat(dir.fd, name, flags); err != nil && err != unix.ENOENT {
		r.fail(dir.fail("remove", name, err))
	}
}

// directory empties a directory.
func (r *remover) directory(dir *dirFD, name string, mode uint32) {
	if mode&0o700 != 0o700 {
		if err := chmod(dir.fd, name, mode&0o7777|0o700); err != nil {
			r.fail(dir.fail("make accessible", name, err))
			return
		}
	}
	sub, err := dir.open(name)
	if err != nil {
		r.fail(err)
		return
	}
	defer sub.Close()
	list, err := sub.Entries(nil)
	if err != nil {
		r.fail(err)
	}
	for _, e := range list {
		r.entry(sub, e.Name)
	}
}

// RemoveFile removes a name in the directory unless that would take long: quick
// tells that it is gone, and bytes what that gave back.
func (d *Dir) RemoveFile(name string) (bytes int64, quick bool, err error) {
	var st unix.Stat_t
	if err := unix.Fstatat(d.w.parent.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return 0, false, d.w.parent.fail("lstat", name, err)
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR || st.Size > quickSize {
		return 0, false, nil
	}
	if err := unix.Unlinkat(d.w.parent.fd, name, 0); err != nil {
		return 0, false, d.w.parent.fail("remove", name, err)
	}
	return freed(st.Size, uint64(st.Nlink)), true, nil
}
