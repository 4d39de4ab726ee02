package unpack

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Node is a file, a link or a directory in a tree. Contents of files are whatever the caller of [Collect] made of them.
type Node[C any] struct {
	Kind       Kind // never Hardlink
	Executable bool
	Target     string // of Symlink
	Contents   C      // of Regular
	Children   map[string]*Node[C]
}

// maxDepth bounds the nesting of directories.
const maxDepth = 4096

// Collect reads all entries into a tree. put is called for each regular file in turn and returns what its node is to
// hold; it must read size bytes. lastModified is the latest time of any entry.
//
// Nix: a file may replace a file, a link or an empty directory; hard links are resolved when all else is there
// (TestCollect).
func Collect[C any](r *Reader, put func(size int64, contents io.Reader) (C, error)) (root *Node[C], lastModified int64, err error) {
	root = newDir[C]()
	var links []*Entry
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		lastModified = max(lastModified, e.ModTime)
		n := &Node[C]{Kind: e.Kind, Executable: e.Executable, Target: e.Target}
		switch e.Kind {
		case Hardlink:
			links = append(links, e)
			continue
		case Directory:
			n = newDir[C]()
		case Regular:
			if n.Contents, err = put(e.Size, r); err != nil {
				return nil, 0, fmt.Errorf("unpack '%s': %w", e.Path, err)
			}
		}
		if err := root.add(e.Path, n); err != nil {
			return nil, 0, err
		}
	}
	for _, e := range links {
		if err := root.link(e.Path, e.Target); err != nil {
			return nil, 0, fmt.Errorf("while creating a hard link from '%s' to '%s': %w", e.Path, e.Target, err)
		}
	}
	return root, lastModified, nil
}

func newDir[C any]() *Node[C] { return &Node[C]{Kind: Directory, Children: map[string]*Node[C]{}} }

// add puts n at name and makes the directories above it.
func (root *Node[C]) add(name string, n *Node[C]) error {
	if name == "." {
		if n.Kind == Directory {
			return nil
		}
		return errors.New("archive has a file as its root")
	}
	if strings.Count(name, "/") >= maxDepth {
		return fmt.Errorf("archive nests more than %d directories", maxDepth)
	}
	dir := root
	dirs, base := path.Split(name)
	for part := range strings.SplitSeq(strings.TrimSuffix(dirs, "/"), "/") {
		if part == "" {
			continue
		}
		next := dir.Children[part]
		if next == nil {
			next = newDir[C]()
			dir.Children[part] = next
		}
		if next.Kind != Directory {
			return fmt.Errorf("parent of '%s' is not a directory", name)
		}
		dir = next
	}
	if old := dir.Children[base]; old != nil && old.Kind == Directory {
		if n.Kind == Directory {
			return nil
		}
		if len(old.Children) > 0 {
			return fmt.Errorf("cannot create '%s', conflicting non-empty directory", name)
		}
	}
	dir.Children[base] = n
	return nil
}

// link puts what target names at name too.
func (root *Node[C]) link(name, target string) error {
	if target == "." {
		return nil
	}
	n := root
	for part := range strings.SplitSeq(target, "/") {
		if n.Kind != Directory {
			return fmt.Errorf("path '%s' has a non-directory parent", target)
		}
		if n = n.Children[part]; n == nil {
			return fmt.Errorf("path '%s' does not exist", target)
		}
	}
	if n.Kind == Directory {
		return errors.New("cannot create a hard link to a directory")
	}
	return root.add(name, n)
}

// Single returns the directory that is the only entry of root, or else root: archives have one directory around their
// contents.
func (root *Node[C]) Single() *Node[C] {
	if len(root.Children) == 1 {
		for _, n := range root.Children {
			if n.Kind == Directory {
				return n
			}
		}
	}
	return root
}
