package local

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// processRoots finds store paths that running processes use: as program,
// working directory, open file, mapped file or in their environment, and those
// that the kernel would run. What cannot be read is passed over.
func (s *Store) processRoots(roots FoundRoots) {
	add := func(target, name string) {
		if p, _, err := s.o.Dir.ParseInside(target); err == nil {
			roots.add(p, name)
		}
	}
	link := func(path string) {
		if target, err := os.Readlink(path); err == nil {
			add(target, path)
		}
	}
	list, _ := os.ReadDir("/proc")
	for _, e := range list {
		if strings.Trim(e.Name(), "0123456789") != "" {
			continue
		}
		dir := filepath.Join("/proc", e.Name())
		link(dir + "/exe")
		link(dir + "/cwd")
		open, _ := os.ReadDir(dir + "/fd")
		for _, fd := range open {
			link(dir + "/fd/" + fd.Name())
		}
		s.scanFile(dir+"/maps", add)
		s.scanFile(dir+"/environ", add)
	}
	for _, file := range []string{"/proc/sys/kernel/modprobe", "/proc/sys/kernel/fbsplash", "/proc/sys/kernel/poweroff_cmd"} {
		if text, err := os.ReadFile(file); err == nil {
			add(string(text), file)
		}
	}
}

// scanFile calls add for every text in a file that looks like a store path.
func (s *Store) scanFile(file string, add func(target, name string)) {
	text, err := os.ReadFile(file)
	if err != nil {
		return
	}
	prefix := []byte(string(s.o.Dir) + "/")
	for {
		i := bytes.Index(text, prefix)
		if i < 0 {
			return
		}
		text = text[i:]
		end := len(prefix)
		for end < len(text) && isPathByte(text[end]) {
			end++
		}
		add(string(text[:end]), file)
		text = text[end:]
	}
}

// isPathByte tells whether the name of a store path may have a byte.
func isPathByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("+-._?=", c) >= 0
}
