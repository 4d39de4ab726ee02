package fstree

import (
	"io"
	"strconv"

	"golang.org/x/sys/unix"

	"firn/internal/format/nar"
)

// treeWriter makes the nodes of one tree in the order of an archive.
type treeWriter struct {
	parent *dirFD
	name   string  // of the root within parent
	dirs   []level // the directories that the current node is in

	stripACL bool    // the directory hands an access control list down
	checked  [2]bool // of plain and of executable files
	fixModes [2]bool // new ones do not get the mode they are made with
}

// level is a directory that is not finished.
type level struct {
	dir  *dirFD
	name string
}

func newTreeWriter(path string) (*treeWriter, error) {
	parent, name := split(path)
	dir, err := openDir(parent)
	if err != nil {
		return nil, err
	}
	_, err = unix.Fgetxattr(dir.fd, "system.posix_acl_default", nil)
	return &treeWriter{parent: dir, name: name, stripACL: err == nil}, nil
}

// at makes another name in the same directory the root.
func (w *treeWriter) at(name string) *treeWriter {
	w.name = name
	return w
}

func (w *treeWriter) path() string { return w.parent.path }

// node makes what h describes; contents give those of a regular file.
func (w *treeWriter) node(h nar.Header, contents io.WriterTo) error {
	if err := w.leave(h.Depth); err != nil {
		return err
	}
	dir, name := w.parent, w.name
	if h.Depth > 0 {
		dir, name = w.dirs[h.Depth-1].dir, h.Name
	}
	switch h.Type {
	case nar.Directory:
		return w.directory(dir, name)
	case nar.Symlink:
		return w.symlink(dir, name, h.Target)
	}
	return w.file(dir, name, h, contents)
}

func (w *treeWriter) directory(dir *dirFD, name string) error {
	if err := unix.Mkdirat(dir.fd, name, 0o700); err != nil {
		return err
	}
	sub, err := dir.open(name)
	if err != nil {
		return err
	}
	w.dirs = append(w.dirs, level{sub, name})
	return nil
}

func (w *treeWriter) symlink(dir *dirFD, name, target string) error {
	if err := unix.Symlinkat(target, dir.fd, name); err != nil {
		return err
	}
	return setTime(dir.fd, name)
}

func (w *treeWriter) file(dir *dirFD, name string, h nar.Header, contents io.WriterTo) error {
	mode, kind := uint32(0o444), 0
	if h.Executable {
		mode, kind = 0o555, 1
	}
	fd, err := openat(dir.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, mode)
	if err != nil {
		return err
	}
	f := file(fd)
	defer f.Close()
	if h.Size > 0 {
		if _, err := contents.WriteTo(f); err != nil {
			return err
		}
	}
	return w.canonical(dir, f, name, mode, kind)
}

// canonical sets the metadata of a new file. Whether the umask takes bits from
// the mode that files are made with is found out on the first.
func (w *treeWriter) canonical(dir *dirFD, f file, name string, mode uint32, kind int) error {
	if !w.checked[kind] {
		var st unix.Stat_t
		if err := unix.Fstat(int(f), &st); err != nil {
			return err
		}
		w.checked[kind], w.fixModes[kind] = true, st.Mode&0o7777 != mode
	}
	if w.fixModes[kind] || w.stripACL {
		if err := w.setMode(int(f), mode); err != nil {
			return err
		}
	}
	return setTime(dir.fd, name)
}

// setMode takes what was handed down off a new file or directory.
func (w *treeWriter) setMode(fd int, mode uint32) error {
	if w.stripACL {
		for _, attr := range []string{"system.posix_acl_access", "system.posix_acl_default"} {
			if err := unix.Fremovexattr(fd, attr); err != nil && err != unix.ENODATA && err != unix.EACCES {
				return err
			}
		}
	}
	return unix.Fchmod(fd, mode)
}

// leave finishes directories until depth are open.
func (w *treeWriter) leave(depth int) error {
	for len(w.dirs) > depth {
		last := w.dirs[len(w.dirs)-1]
		w.dirs = w.dirs[:len(w.dirs)-1]
		parent := w.parent.fd
		if n := len(w.dirs); n > 0 {
			parent = w.dirs[n-1].dir.fd
		}
		err := w.finishDir(parent, last)
		last.dir.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *treeWriter) finishDir(parent int, l level) error {
	if err := w.setMode(l.dir.fd, 0o555); err != nil {
		return err
	}
	return setTime(parent, l.name)
}

// finish completes the tree.
func (w *treeWriter) finish() error { return w.leave(0) }

// close gives up what is open, after a failure too.
func (w *treeWriter) close() {
	for _, l := range w.dirs {
		l.dir.Close()
	}
	w.dirs = nil
	w.parent.Close()
}

// canonicalTime is what modification times are set to; access times stay.
var canonicalTime = []unix.Timespec{{Nsec: unix.UTIME_OMIT}, {Sec: 1}}

func setTime(dir int, name string) error {
	return unix.UtimesNanoAt(dir, name, canonicalTime, unix.AT_SYMLINK_NOFOLLOW)
}

// chmod changes the mode of a name in a directory that must not be a link.
func chmod(dir int, name string, mode uint32) error {
	err := unix.Fchmodat(dir, name, mode, unix.AT_SYMLINK_NOFOLLOW)
	if err != unix.ENOTSUP && err != unix.ENOSYS {
		return err
	}
	// A kernel before 6.6: go through a descriptor that is not open for anything.
	fd, err := openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return unix.ELOOP
	}
	return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode)
}
