package local

import (
	"os"

	"golang.org/x/sys/unix"
)

// allocate makes sure that the first size bytes of a file have blocks.
func allocate(f *os.File, size int64) {
	// A file system without it has to be content with the size.
	unix.Fallocate(int(f.Fd()), 0, 0, size)
}
