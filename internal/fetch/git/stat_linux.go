package git

import (
	"io/fs"
	"syscall"
)

// fileStat is what Status needs to know of a file on disk.
type fileStat struct {
	data statData
	mode Mode // 0 for what Git cannot hold
	dir  bool
}

// lstat describes a file without following links.
func lstat(name string) (fileStat, error) {
	var st syscall.Stat_t
	if err := syscall.Lstat(name, &st); err != nil {
		if err == syscall.ENOTDIR {
			err = syscall.ENOENT
		}
		return fileStat{}, &fs.PathError{Op: "lstat", Path: name, Err: err}
	}
	s := fileStat{data: statData{
		uint32(st.Ctim.Sec), uint32(st.Ctim.Nsec), uint32(st.Mtim.Sec), uint32(st.Mtim.Nsec),
		uint32(st.Dev), uint32(st.Ino), st.Uid, st.Gid, uint32(st.Size),
	}}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		s.mode = ModeFile
		if st.Mode&0o100 != 0 {
			s.mode = ModeExecutable
		}
	case syscall.S_IFLNK:
		s.mode = ModeSymlink
	case syscall.S_IFDIR:
		s.dir = true
	}
	return s, nil
}

// sameStat reports whether a file with data b is surely the one that had data a.
func sameStat(a, b statData) bool {
	if a.mtimeNsec == 0 || a.ctimeNsec == 0 { // written by a program that does not keep fractions
		a.mtimeNsec, b.mtimeNsec, a.ctimeNsec, b.ctimeNsec = 0, 0, 0, 0
	}
	a.dev, b.dev = 0, 0
	return a == b
}
