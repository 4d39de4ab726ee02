package narfs

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"firn/internal/format/nar"
)

// node is a file, link or directory.
type node struct {
	kind       nar.Type
	executable bool
	contents   []byte
	target     string
	entries    []entry // by name
}

type entry struct {
	name string
	node *node
}

// read makes the tree of an archive.
func read(r *nar.Reader) (*node, error) {
	var open []*node // the directories that the current node is in
	var root *node
	for {
		h, err := r.Next()
		if err == io.EOF {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		n := &node{kind: h.Type, executable: h.Executable, target: h.Target}
		if h.Type == nar.Regular {
			if n.contents, err = io.ReadAll(r); err != nil {
				return nil, err
			}
		}
		open = open[:h.Depth]
		if h.Depth == 0 {
			root = n
		} else {
			parent := open[h.Depth-1]
			parent.entries = append(parent.entries, entry{h.Name, n})
		}
		open = append(open, n)
	}
}

// dump writes the archive of a tree.
func (n *node) dump(w io.Writer) error {
	root := &node{kind: nar.Directory, entries: []entry{{"", n}}}
	return nar.DumpEntry(w, dir{root}, nar.DirEntry{Type: n.kind}, nar.DumpOptions{})
}

func (n *node) child(name string) *node {
	i, ok := slices.BinarySearchFunc(n.entries, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
	if !ok {
		return nil
	}
	return n.entries[i].node
}

// dir is a directory as archives are made of.
type dir struct{ *node }

func (d dir) Entries(dst []nar.DirEntry) ([]nar.DirEntry, error) {
	for _, e := range d.entries {
		dst = append(dst, nar.DirEntry{Name: e.name, Type: e.node.kind})
	}
	return dst, nil
}

func (d dir) OpenDir(name string) (nar.Dir, error) { return dir{d.child(name)}, nil }

func (d dir) ReadLink(name string) (string, error) { return d.child(name).target, nil }

func (d dir) OpenFile(name string) (nar.File, error) {
	n := d.child(name)
	if n == nil || n.kind != nar.Regular {
		return nil, errors.New("no such file")
	}
	return narFile{n, bytes.NewReader(n.contents)}, nil
}

func (d dir) Close() error { return nil }

type narFile struct {
	*node
	*bytes.Reader
}

func (f narFile) Stat() (size uint64, executable bool, err error) {
	return uint64(len(f.contents)), f.executable, nil
}

func (f narFile) Close() error { return nil }
