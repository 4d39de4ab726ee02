//go:build unix

package git

import (
	"io"
	"os"
	"syscall"
)

// mapFile maps a file that is never changed once it has its name. The result is nil for an empty file.
func mapFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() == 0 {
		return nil, nil
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(st.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return io.ReadAll(f)
	}
	return data, nil
}

func unmapFile(data []byte) {
	if data != nil {
		syscall.Munmap(data) // fails on what mapFile had to read; the collector frees that
	}
}
