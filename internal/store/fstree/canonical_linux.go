package fstree

import (
	"bytes"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"firn/internal/format/nar"
)

// Canonicalise gives an existing tree canonical metadata. It refuses what an
// archive cannot hold.
func Canonicalise(path string, o CanonicalOptions) error {
	if o.Seen == nil {
		o.Seen = make(map[Inode]struct{})
	}
	parent, name := split(path)
	dir, err := openDir(parent)
	if err != nil {
		return err
	}
	defer dir.Close()
	c := canonicaliser{CanonicalOptions: o, uid: uint32(unix.Geteuid()), gid: uint32(unix.Getegid())}
	return c.entry(dir, name)
}

type canonicaliser struct {
	CanonicalOptions
	uid, gid uint32
}

func (c *canonicaliser) entry(dir *dirFD, name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return dir.fail("lstat", name, err)
	}
	t := typeOfMode(st.Mode)
	if t == nar.Unknown {
		return fmt.Errorf("file \"%s\" has an unsupported type", filepath.Join(dir.path, name))
	}
	ino := Inode{uint64(st.Dev), st.Ino}
	if c.Owners != nil && (st.Uid < c.Owners[0] || st.Uid > c.Owners[1]) {
		if _, seen := c.Seen[ino]; seen && t != nar.Directory {
			return nil // another link to it was here before
		}
		return fmt.Errorf("invalid ownership on file \"%s\"", filepath.Join(dir.path, name))
	}
	c.Seen[ino] = struct{}{}
	if err := c.strip(dir, name, t); err != nil {
		return err
	}
	// Own it before its mode is set: changing the owner may clear bits.
	if st.Uid != c.uid {
		if err := unix.Fchownat(dir.fd, name, int(c.uid), int(c.gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return dir.fail("chown", name, err)
		}
	}
	if t == nar.Directory {
		if err := c.directory(dir, name, st.Mode); err != nil {
			return err
		}
	}
	return c.metadata(dir, name, &st, t)
}

// directory handles what is in a directory.
func (c *canonicaliser) directory(dir *dirFD, name string, mode uint32) error {
	if mode&0o700 != 0o700 {
		if err := chmod(dir.fd, name, mode&0o7777|0o700); err != nil {
			return dir.fail("make accessible", name, err)
		}
	}
	sub, err := dir.open(name)
	if err != nil {
		return err
	}
	defer sub.Close()
	list, err := sub.Entries(nil)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := c.entry(sub, e.Name); err != nil {
			return err
		}
	}
	return nil
}

// metadata sets mode and time. A directory's were changed on the way.
func (c *canonicaliser) metadata(dir *dirFD, name string, st *unix.Stat_t, t nar.Type) error {
	mode := uint32(0o444)
	if t == nar.Directory || st.Mode&0o100 != 0 {
		mode = 0o555
	}
	if t != nar.Symlink && (t == nar.Directory || st.Mode&0o7777 != mode) {
		if err := chmod(dir.fd, name, mode); err != nil {
			return dir.fail("set mode of", name, err)
		}
	}
	if t == nar.Directory || st.Mtim.Sec != 1 || st.Mtim.Nsec != 0 {
		if err := setTime(dir.fd, name); err != nil {
			return dir.fail("set time of", name, err)
		}
	}
	return nil
}

// strip removes extended attributes. There are no calls for them relative to a
// directory, so a link goes by its path and all else by a descriptor.
func (c *canonicaliser) strip(dir *dirFD, name string, t nar.Type) error {
	fd, err := openat(dir.fd, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return dir.fail("open", name, err)
	}
	defer unix.Close(fd)
	through := fmt.Sprintf("/proc/self/fd/%d", fd)
	var stack [512]byte
	n, err := unix.Listxattr(through, stack[:])
	list := stack[:max(n, 0)]
	if err == unix.ERANGE {
		list = make([]byte, 64<<10)
		if n, err = unix.Listxattr(through, list); err == nil {
			list = list[:n]
		}
	}
	if err == unix.ENOTSUP || err == unix.ENODATA || err == unix.EPERM && t == nar.Symlink {
		return nil
	}
	if err != nil {
		return dir.fail("list extended attributes of", name, err)
	}
	for _, attr := range bytes.Split(bytes.TrimSuffix(list, []byte{0}), []byte{0}) {
		if len(attr) == 0 || c.keeps(string(attr)) {
			continue
		}
		if err := unix.Removexattr(through, string(attr)); err != nil {
			return fmt.Errorf("removing extended attribute '%s' from \"%s\": %w", attr, filepath.Join(dir.path, name), err)
		}
	}
	return nil
}

func (c *canonicaliser) keeps(attr string) bool {
	for _, k := range c.KeepXattrs {
		if k == attr {
			return true
		}
	}
	return false
}
