// Package narfs holds the tree of an archive in memory, as a file system.
package narfs

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"firn/internal/format/nar"
)

// Tree is an object as an [fs.ReadLinkFS]; "." is the object itself. Links are
// followed within the object only. A Tree does not change.
type Tree struct{ root *node }

// Read makes the tree of an archive.
func Read(r *nar.Reader) (*Tree, error) {
	root, err := read(r)
	if err != nil {
		return nil, err
	}
	return &Tree{root}, nil
}

// File returns a tree that is a plain file. The contents are kept, not copied.
func File(contents []byte) *Tree { return &Tree{&node{kind: nar.Regular, contents: contents}} }

// Contents are those of a tree that is a file, nil for others. They must not be
// changed.
func (t *Tree) Contents() []byte { return t.root.contents }

// WriteNAR writes the archive.
func (t *Tree) WriteNAR(w io.Writer) error { return t.root.dump(w) }

// maxLinks is how many links are followed in one path.
const maxLinks = 40

// find returns the node at a name, and its last component.
func (t *Tree) find(op, name string, followLast bool) (*node, string, error) {
	fail := func(err error) (*node, string, error) {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: err}
	}
	if !fs.ValidPath(name) {
		return fail(fs.ErrInvalid)
	}
	var at []string // where n is, from the root
	n, rest, links := t.root, name, 0
	for {
		last := rest == "." || rest == ""
		switch {
		case n.kind == nar.Symlink && (!last || followLast):
			links++
			target := path.Join(append(at[:max(len(at)-1, 0):max(len(at)-1, 0)], n.target, rest)...)
			if links > maxLinks || path.IsAbs(n.target) || len(at) == 0 || !fs.ValidPath(target) {
				return fail(fs.ErrNotExist) // leads in a circle or out of the object
			}
			n, rest, at = t.root, target, nil
		case last && len(at) == 0:
			return n, ".", nil
		case last:
			return n, at[len(at)-1], nil
		case n.kind != nar.Directory:
			return fail(fs.ErrNotExist)
		default:
			first, more, _ := strings.Cut(rest, "/")
			if n = n.child(first); n == nil {
				return fail(fs.ErrNotExist)
			}
			rest, at = more, append(at, first)
		}
	}
}

// Open implements [fs.FS].
func (t *Tree) Open(name string) (fs.File, error) {
	n, base, err := t.find("open", name, true)
	if err != nil {
		return nil, err
	}
	return &file{info: info{n, base}, r: bytes.NewReader(n.contents)}, nil
}

// Lstat implements [fs.ReadLinkFS].
func (t *Tree) Lstat(name string) (fs.FileInfo, error) {
	n, base, err := t.find("lstat", name, false)
	if err != nil {
		return nil, err
	}
	return info{n, base}, nil
}

// ReadLink implements [fs.ReadLinkFS].
func (t *Tree) ReadLink(name string) (string, error) {
	n, _, err := t.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if n.kind != nar.Symlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return n.target, nil
}

// file is an open file or directory.
type file struct {
	info
	r    *bytes.Reader
	next int // entry to be listed
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f *file) Read(p []byte) (int, error) {
	if f.n.kind != nar.Regular {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
	}
	return f.r.Read(p)
}

func (f *file) Close() error { return nil }

// ReadDir implements [fs.ReadDirFile].
func (f *file) ReadDir(count int) ([]fs.DirEntry, error) {
	if f.n.kind != nar.Directory {
		return nil, &fs.PathError{Op: "readdir", Path: f.name, Err: fs.ErrInvalid}
	}
	rest := f.n.entries[f.next:]
	if count > 0 && len(rest) > count {
		rest = rest[:count]
	}
	f.next += len(rest)
	if count > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	list := make([]fs.DirEntry, len(rest))
	for i, e := range rest {
		list[i] = fs.FileInfoToDirEntry(info{e.node, e.name})
	}
	return list, nil
}

// info describes a node with the metadata that stores give files.
type info struct {
	n    *node
	name string
}

func (i info) Name() string { return i.name }

func (i info) Size() int64 { return int64(len(i.n.contents)) }

func (i info) Mode() fs.FileMode {
	switch {
	case i.n.kind == nar.Directory:
		return fs.ModeDir | 0o555
	case i.n.kind == nar.Symlink:
		return fs.ModeSymlink | 0o777
	case i.n.executable:
		return 0o555
	}
	return 0o444
}

func (i info) ModTime() time.Time { return time.Unix(1, 0) }

func (i info) IsDir() bool { return i.n.kind == nar.Directory }

func (i info) Sys() any { return nil }
