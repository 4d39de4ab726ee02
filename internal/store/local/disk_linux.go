package local

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// allocate makes sure that the first size bytes of a file have blocks.
func allocate(f *os.File, size int64) {
	// A file system without it has to be content with the size.
	unix.Fallocate(int(f.Fd()), 0, 0, size)
}

// freeBytes returns how much an ordinary user may still write below a directory.
func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, &fs.PathError{Op: "find free space of", Path: dir, Err: err}
	}
	return st.Bavail * uint64(st.Frsize), nil
}

func accessTime(st *syscall.Stat_t) int64 { return int64(st.Atim.Sec) }
