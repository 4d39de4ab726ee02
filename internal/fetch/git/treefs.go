package git

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// TreeFS is a tree of a repository as a file system. It implements fs.ReadDirFS, fs.ReadFileFS, fs.StatFS and
// fs.ReadLinkFS; unlike a directory on disk, opening a symbolic link fails instead of following it, and times are zero.
type TreeFS struct {
	objects *Objects
	root    *treeNode
}

// Tree returns the tree with the given name as a file system.
func (o *Objects) Tree(id ID) (*TreeFS, error) {
	t := &TreeFS{objects: o, root: &treeNode{entry: treeEntry{".", ModeTree, id}}}
	return t, t.root.load(o)
}

// treeNode is a file or directory that was come across.
type treeNode struct {
	entry    treeEntry
	once     sync.Once
	children []*treeNode // of a directory, by name; set by load
	err      error
}

// load reads the entries of a directory.
func (n *treeNode) load(o *Objects) error {
	n.once.Do(func() {
		if n.entry.mode != ModeTree {
			return
		}
		entries, err := o.readTree(n.entry.id)
		n.err = err
		nodes := make([]treeNode, len(entries))
		n.children = make([]*treeNode, len(entries))
		for i, e := range entries {
			nodes[i].entry = e
			n.children[i] = &nodes[i]
		}
	})
	return n.err
}

// find walks to name.
func (t *TreeFS) find(op, name string) (*treeNode, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := t.root
	if name == "." {
		return n, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if err := n.load(t.objects); err != nil {
			return nil, &fs.PathError{Op: op, Path: name, Err: err}
		}
		i, ok := slices.BinarySearchFunc(n.children, part, func(c *treeNode, part string) int { return cmp.Compare(c.entry.name, part) })
		if !ok {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		n = n.children[i]
	}
	return n, nil
}

// Lstat describes name; a symbolic link describes itself.
func (t *TreeFS) Lstat(name string) (fs.FileInfo, error) {
	n, err := t.find("lstat", name)
	if err != nil {
		return nil, err
	}
	return t.info(n)
}

// Stat is Lstat.
func (t *TreeFS) Stat(name string) (fs.FileInfo, error) { return t.Lstat(name) }

func (t *TreeFS) info(n *treeNode) (fs.FileInfo, error) {
	info := fileInfo{name: n.entry.name, mode: n.entry.mode.fileMode()}
	if info.mode.IsRegular() {
		_, size, err := t.objects.Stat(n.entry.id)
		if err != nil {
			return nil, err
		}
		info.size = size
	}
	return info, nil
}

// ReadDir lists a directory by name.
func (t *TreeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err == nil && !n.entry.mode.fileMode().IsDir() {
		err = &fs.PathError{Op: "readdir", Path: name, Err: errNotDirectory}
	}
	if err == nil {
		err = n.load(t.objects)
	}
	if err != nil {
		return nil, err
	}
	list := make([]fs.DirEntry, len(n.children))
	for i, c := range n.children {
		list[i] = treeDirEntry{t, c}
	}
	return list, nil
}

// treeDirEntry looks a file's size up only when asked.
type treeDirEntry struct {
	t *TreeFS
	n *treeNode
}

func (e treeDirEntry) Name() string               { return e.n.entry.name }
func (e treeDirEntry) IsDir() bool                { return e.Type().IsDir() }
func (e treeDirEntry) Type() fs.FileMode          { return e.n.entry.mode.fileMode().Type() }
func (e treeDirEntry) Info() (fs.FileInfo, error) { return e.t.info(e.n) }

// ReadLink returns the target of a symbolic link.
func (t *TreeFS) ReadLink(name string) (string, error) {
	n, err := t.find("readlink", name)
	if err == nil && n.entry.mode != ModeSymlink {
		err = &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	data, err := t.objects.ReadKind(n.entry.id, Blob)
	return string(data), err
}

// ReadFile returns the contents of a regular file.
func (t *TreeFS) ReadFile(name string) ([]byte, error) {
	n, err := t.regular("readfile", name)
	if err != nil {
		return nil, err
	}
	data, err := t.objects.ReadKind(n.entry.id, Blob)
	return bytes.Clone(data), err
}

func (t *TreeFS) regular(op, name string) (*treeNode, error) {
	n, err := t.find(op, name)
	if err == nil && !n.entry.mode.fileMode().IsRegular() {
		err = &fs.PathError{Op: op, Path: name, Err: errNotRegular}
	}
	return n, err
}

// Open opens a regular file or a directory.
func (t *TreeFS) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.entry.mode.fileMode().IsDir() {
		list, err := t.ReadDir(name)
		return &openDir{info: fileInfo{name: path.Base(name), mode: n.entry.mode.fileMode()}, list: list}, err
	}
	if n, err = t.regular("open", name); err != nil {
		return nil, err
	}
	_, size, r, err := t.objects.Open(n.entry.id)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &openFile{ReadCloser: r, info: fileInfo{n.entry.name, size, n.entry.mode.fileMode()}}, nil
}

// Submodule returns the commit that is pinned at name; ok is false if that is no submodule.
func (t *TreeFS) Submodule(name string) (commit ID, ok bool) {
	n, err := t.find("open", name)
	if err != nil || n.entry.mode != ModeSubmodule {
		return ID{}, false
	}
	return n.entry.id, true
}

// fileInfo describes a file without a time.
type fileInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fileInfo) Sys() any           { return nil }

// What is wrong with a path that exists.
var (
	errNotDirectory = errors.New("not a directory")
	errIsDirectory  = errors.New("is a directory")
	errNotRegular   = errors.New("not a regular file")
)

// openFile is an open regular file.
type openFile struct {
	io.ReadCloser
	info fileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// openDir is an open directory.
type openDir struct {
	info fileInfo
	list []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: errIsDirectory}
}

// ReadDir hands out what is left of the list.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(d.list) {
		if n > 0 && len(d.list) == 0 {
			return nil, io.EOF
		}
		n = len(d.list)
	}
	out := d.list[:n:n]
	d.list = d.list[n:]
	return out, nil
}
