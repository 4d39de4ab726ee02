//go:build !linux

package git

import (
	"io/fs"
	"os"
)

// fileStat is what Status needs to know of a file on disk.
type fileStat struct {
	data statData
	mode Mode // 0 for what Git cannot hold
	dir  bool
}

// lstat describes a file without following links.
func lstat(name string) (fileStat, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return fileStat{}, err
	}
	var s fileStat
	switch {
	case info.IsDir():
		s.dir = true
	case info.Mode()&fs.ModeSymlink != 0:
		s.mode = ModeSymlink
	case info.Mode().IsRegular() && info.Mode()&0o100 != 0:
		s.mode = ModeExecutable
	case info.Mode().IsRegular():
		s.mode = ModeFile
	}
	return s, nil
}

// sameStat reports whether a file is surely unchanged. Without the fields that Git keeps nothing is sure: files are
// read.
func sameStat(a, b statData) bool { return false }
