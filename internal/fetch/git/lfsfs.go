package git

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// LFSFS is a tree in which files that Git LFS keeps elsewhere are replaced by their contents. It implements the same
// interfaces as [TreeFS]. Contents come from local directories; what is not there is an error.
type LFSFS struct {
	*TreeFS
	attrs *attrTable
	dirs  []string // "lfs/objects" directories
}

// LFSTree shows a tree with what the repository, and others whose directories are given, have of its large files.
func (r *Repo) LFSTree(tree *TreeFS, more ...string) (*LFSFS, error) {
	attrs, err := r.newAttrTable("filter", tree.ReadFile)
	l := &LFSFS{TreeFS: tree, attrs: attrs}
	for _, dir := range append([]string{r.Common}, more...) {
		l.dirs = append(l.dirs, filepath.Join(dir, "lfs", "objects"))
	}
	return l, err
}

// pointer is what Git has in place of a large file.
type pointer struct {
	oid  string // SHA-256 in hexadecimal
	size int64
}

// parsePointer reads lines "<key> <value>"; ok is false if it is something else.
func parsePointer(text []byte) (p pointer, ok bool) {
	if len(text) > 1024 || !bytes.HasPrefix(text, []byte("version https://git-lfs.github.com/spec/")) {
		return p, false
	}
	p.size = -1
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "oid":
			p.oid = strings.TrimPrefix(value, "sha256:")
			if b, err := hex.DecodeString(p.oid); err != nil || len(b) != 32 {
				return p, false
			}
		case "size":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 0 {
				return p, false
			}
			p.size = n
		}
	}
	return p, p.oid != "" && p.size >= 0
}

// pointer returns the pointer at name; ok is false if the file is stored as it is.
func (l *LFSFS) pointer(name string) (p pointer, ok bool, err error) {
	info, err := l.TreeFS.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1024 {
		return p, false, err
	}
	s, err := l.attrs.lookup(name, false)
	if err != nil || s.state != attrValue || s.value != "lfs" {
		return p, false, err
	}
	text, err := l.TreeFS.ReadFile(name)
	if err != nil {
		return p, false, err
	}
	p, ok = parsePointer(text)
	return p, ok, nil
}

// open opens the contents of a pointer.
func (l *LFSFS) open(name string, p pointer) (*os.File, error) {
	for _, dir := range l.dirs {
		f, err := os.Open(filepath.Join(dir, p.oid[:2], p.oid[2:4], p.oid))
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("contents of '%s' (Git LFS object %s, %d bytes) are not in the local repository; they cannot be downloaded yet", name, p.oid, p.size)
}

// Lstat describes name; a symbolic link describes itself.
func (l *LFSFS) Lstat(name string) (fs.FileInfo, error) {
	info, err := l.TreeFS.Lstat(name)
	if err != nil {
		return nil, err
	}
	p, ok, err := l.pointer(name)
	if err != nil || !ok {
		return info, err
	}
	return fileInfo{info.Name(), p.size, info.Mode()}, nil
}

// Stat is Lstat.
func (l *LFSFS) Stat(name string) (fs.FileInfo, error) { return l.Lstat(name) }

// Open opens a regular file or a directory.
func (l *LFSFS) Open(name string) (fs.File, error) {
	p, ok, err := l.pointer(name)
	if err != nil {
		return nil, err
	}
	if !ok {
		if info, err := l.TreeFS.Lstat(name); err == nil && info.IsDir() {
			list, err := l.ReadDir(name)
			return &openDir{info: fileInfo{name: path.Base(name), mode: info.Mode()}, list: list}, err
		}
		return l.TreeFS.Open(name)
	}
	f, err := l.open(name, p)
	if err != nil {
		return nil, err
	}
	info, err := l.Lstat(name)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &openFile{ReadCloser: f, info: info.(fileInfo)}, nil
}

// ReadFile returns the contents of a regular file.
func (l *LFSFS) ReadFile(name string) ([]byte, error) {
	p, ok, err := l.pointer(name)
	if err != nil {
		return nil, err
	}
	if !ok {
		return l.TreeFS.ReadFile(name)
	}
	f, err := l.open(name, p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// ReadDir lists a directory by name.
func (l *LFSFS) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := l.TreeFS.ReadDir(name)
	for i, d := range list {
		list[i] = lfsEntry{d, l, path.Join(name, d.Name())}
	}
	return list, err
}

// lfsEntry knows the size of the contents instead of the pointer's.
type lfsEntry struct {
	fs.DirEntry
	l    *LFSFS
	path string
}

func (e lfsEntry) Info() (fs.FileInfo, error) { return e.l.Lstat(e.path) }
