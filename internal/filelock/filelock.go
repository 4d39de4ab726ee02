// Package filelock locks files between processes, with flock(2), as Nix does.
//
// [File] is a lock file that stays: the big store lock, the collector's lock.
// [Path] is a lock beside one path, PATH.lock, that is removed when the work is
// done. Its protocol is Nix's: the holder first unlinks the file and then
// writes a byte into it, so that a process which was waiting on the unlinked
// file sees that its size is not zero, and starts over with a new one.
//
// Locks belong to the open file, not to the process: two Files on one path
// exclude each other within a process too. Locks end with the process.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Mode is how a file is locked.
type Mode int

const (
	Shared    Mode = unix.LOCK_SH
	Exclusive Mode = unix.LOCK_EX
)

// File is an open lock file. It is not locked when opened. A File belongs to
// one goroutine at a time.
type File struct {
	fd   int
	path string
}

// Open opens the lock file path, which is made, empty and with permissions
// 0600, if it does not exist.
func Open(path string) (*File, error) {
	return open(path, unix.O_RDWR|unix.O_CREAT)
}

// Reopen opens the lock file path if it exists.
func Reopen(path string) (*File, error) { return open(path, unix.O_RDWR) }

// OpenDir opens a directory to lock it.
func OpenDir(path string) (*File, error) {
	return open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
}

func open(path string, flags int) (*File, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
		if err == nil {
			return &File{fd: fd, path: path}, nil
		}
		if err != unix.EINTR {
			return nil, &fs.PathError{Op: "open lock file", Path: path, Err: err}
		}
	}
}

// Path returns the name under which f was opened.
func (f *File) Path() string { return f.path }

// Try locks f in the given mode if that is possible without waiting, and tells
// whether it did. A lock that f already holds is converted, which is not
// atomic: after a failed conversion f may hold no lock.
func (f *File) Try(mode Mode) (bool, error) {
	err := f.flock(int(mode) | unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// Lock locks f, waiting until it can. If ctx ends first it returns the cause.
func (f *File) Lock(ctx context.Context, mode Mode) error {
	if ctx.Done() == nil {
		return f.flock(int(mode))
	}
	// flock cannot be interrupted from another goroutine, so ask again and again.
	const longest = 20 * time.Millisecond
	timer := time.NewTimer(0)
	defer timer.Stop()
	for pause := 500 * time.Microsecond; ; pause = min(2*pause, longest) {
		ok, err := f.Try(mode)
		if ok || err != nil {
			return err
		}
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for lock %s: %w", f.path, context.Cause(ctx))
		case <-timer.C:
		}
	}
}

// Unlock gives up the lock and keeps the file open.
func (f *File) Unlock() error { return f.flock(unix.LOCK_UN) }

func (f *File) flock(how int) error {
	for {
		err := unix.Flock(f.fd, how)
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return &fs.PathError{Op: "lock", Path: f.path, Err: err}
		}
	}
}

// Close gives up the lock and the file. Closing twice is an error that changes nothing.
func (f *File) Close() error {
	if f.fd < 0 {
		return &fs.PathError{Op: "close lock file", Path: f.path, Err: os.ErrClosed}
	}
	err := unix.Close(f.fd)
	f.fd = -1
	return err
}

// Size returns the file's size in bytes: not zero means that a [Path] was released.
func (f *File) Size() (int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(f.fd, &st); err != nil {
		return 0, &fs.PathError{Op: "stat lock file", Path: f.path, Err: err}
	}
	return st.Size, nil
}

// Append writes data after what was written through f before, for a process
// that records facts in the very file it holds locked, such as temporary roots.
func (f *File) Append(data []byte) error {
	for len(data) > 0 {
		n, err := unix.Write(f.fd, data)
		if err != nil && err != unix.EINTR {
			return &fs.PathError{Op: "write lock file", Path: f.path, Err: err}
		}
		data = data[max(n, 0):]
	}
	return nil
}
