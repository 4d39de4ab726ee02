package filelock

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// Suffix is what is appended to a path to name its lock.
const Suffix = ".lock"

// Path is an exclusive lock on a path that may not exist.
type Path struct{ file *File }

// LockPath locks path through the file path+Suffix, waiting for other holders.
// waiting, which may be nil, is called once before it waits.
func LockPath(ctx context.Context, path string, waiting func()) (*Path, error) {
	name := path + Suffix
	for {
		f, err := Open(name)
		if err != nil {
			return nil, err
		}
		ok, err := f.Try(Exclusive)
		if err == nil && !ok {
			if waiting != nil {
				waiting()
				waiting = nil
			}
			err = f.Lock(ctx, Exclusive)
		}
		if p, err := settle(f, err); p != nil || err != nil {
			return p, err
		}
	}
}

// TryPath is [LockPath] without waiting: it returns nil without an error if
// another holds the lock.
func TryPath(path string) (*Path, error) {
	for {
		f, err := Open(path + Suffix)
		if err != nil {
			return nil, err
		}
		ok, err := f.Try(Exclusive)
		if !ok && err == nil {
			return nil, f.Close()
		}
		if p, err := settle(f, err); p != nil || err != nil {
			return p, err
		}
	}
}

// settle turns a locked file into a Path, or gives nil for a file that was
// unlinked while we waited.
func settle(f *File, err error) (*Path, error) {
	var size int64
	if err == nil {
		size, err = f.Size()
	}
	if err == nil && size == 0 {
		return &Path{file: f}, nil
	}
	if err == nil {
		err = removeMarked(f)
	}
	f.Close()
	return nil, err
}

// removeMarked removes a lock file that bears the mark of release and still
// has its name, because whoever released it could not unlink it. Without this
// everybody would find it stale for ever.
func removeMarked(f *File) error {
	var held, named unix.Stat_t
	if unix.Fstat(f.fd, &held) != nil || unix.Lstat(f.path, &named) != nil {
		return nil
	}
	if held.Dev != named.Dev || held.Ino != named.Ino {
		return nil
	}
	return os.Remove(f.path)
}

// Move makes l the lock of path instead of what it locked, unless path has a
// lock file already; it tells whether it did. It is much cheaper than releasing
// one lock and taking another, for no file is made. Who was waiting for the old
// path goes on waiting until l is released, so a lock is not moved for long.
func (l *Path) Move(path string) (bool, error) {
	name := path + Suffix
	switch err := renameNew(l.file.path, name); {
	case err == nil:
		l.file.path = name
		return true, nil
	case os.IsExist(err):
		return false, nil
	default:
		return false, err
	}
}

// Release removes the lock file, tells those who wait, and unlocks. Errors in
// removing are ignored: a lock file that stays does no harm.
func (l *Path) Release() {
	os.Remove(l.file.path)
	l.file.Append([]byte{'d'})
	l.file.Close()
}

// Keep unlocks and leaves the file where it is, for a path that will be locked
// again soon.
func (l *Path) Keep() { l.file.Close() }
