package fstree

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"

	"firn/internal/format/nar"
)

// dirFD is an open directory.
type dirFD struct {
	fd   int
	path string // for messages
}

func openDir(path string) (*dirFD, error) {
	fd, err := openat(unix.AT_FDCWD, path, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open directory", Path: path, Err: err}
	}
	return &dirFD{fd: fd, path: path}, nil
}

func openat(dir int, name string, flags int, mode uint32) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_CLOEXEC, mode)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func (d *dirFD) fail(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: filepath.Join(d.path, name), Err: err}
}

// typeOf tells what a name in the directory is.
func (d *dirFD) typeOf(name string) (nar.Type, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nar.Unknown, d.fail("lstat", name, err)
	}
	return typeOfMode(st.Mode), nil
}

func typeOfMode(mode uint32) nar.Type {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return nar.Regular
	case unix.S_IFDIR:
		return nar.Directory
	case unix.S_IFLNK:
		return nar.Symlink
	}
	return nar.Unknown
}

// Entries implements [nar.Dir].
func (d *dirFD) Entries(dst []nar.DirEntry) ([]nar.DirEntry, error) {
	var buf [16 << 10]byte
	for {
		n, err := unix.ReadDirent(d.fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return dst, d.fail("read directory", "", err)
		}
		if n <= 0 {
			return dst, nil
		}
		if dst, err = d.parse(dst, buf[:n]); err != nil {
			return dst, err
		}
	}
}

// parse reads records of getdents64(2): inode and offset of eight bytes each,
// length of two, type of one, name up to a zero byte.
func (d *dirFD) parse(dst []nar.DirEntry, b []byte) ([]nar.DirEntry, error) {
	for len(b) > 19 {
		record := b[:binary.NativeEndian.Uint16(b[16:])]
		b = b[len(record):]
		name, _, _ := bytes.Cut(record[19:], []byte{0})
		if string(name) == "." || string(name) == ".." {
			continue
		}
		e := nar.DirEntry{Name: string(name)}
		switch record[18] {
		case unix.DT_REG:
			e.Type = nar.Regular
		case unix.DT_DIR:
			e.Type = nar.Directory
		case unix.DT_LNK:
			e.Type = nar.Symlink
		case unix.DT_UNKNOWN: // a file system that does not tell
			var err error
			if e.Type, err = d.typeOf(e.Name); err != nil {
				return dst, err
			}
		}
		dst = append(dst, e)
	}
	return dst, nil
}

// OpenDir implements [nar.Dir].
func (d *dirFD) OpenDir(name string) (nar.Dir, error) {
	sub, err := d.open(name)
	if err != nil {
		return nil, err
	}
	return sub, nil
}

func (d *dirFD) open(name string) (*dirFD, error) {
	fd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, d.fail("open directory", name, err)
	}
	return &dirFD{fd: fd, path: filepath.Join(d.path, name)}, nil
}

// OpenFile implements [nar.Dir].
func (d *dirFD) OpenFile(name string) (nar.File, error) {
	// Not to block if it was swapped for a pipe.
	fd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, d.fail("open", name, err)
	}
	return file(fd), nil
}

// ReadLink implements [nar.Dir].
func (d *dirFD) ReadLink(name string) (string, error) {
	var buf [nar.MaxTarget + 1]byte
	n, err := unix.Readlinkat(d.fd, name, buf[:])
	if err != nil {
		return "", d.fail("read link", name, err)
	}
	return string(buf[:n]), nil
}

// Close implements [nar.Dir].
func (d *dirFD) Close() error { return unix.Close(d.fd) }

// file is the descriptor of an open file.
type file int

// Stat implements [nar.File].
func (f file) Stat() (size uint64, executable bool, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f), &st); err != nil {
		return 0, false, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return 0, false, unix.EINVAL
	}
	return uint64(st.Size), st.Mode&unix.S_IXUSR != 0, nil
}

func (f file) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(f), p)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (f file) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := unix.Write(int(f), p[written:])
		if err != nil && err != unix.EINTR {
			return written, err
		}
		written += max(n, 0)
	}
	return written, nil
}

// Close implements [nar.File].
func (f file) Close() error { return unix.Close(int(f)) }
