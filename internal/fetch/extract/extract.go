// Package extract puts the contents of archives on disk.
package extract

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"firn/internal/fetch/unpack"
)

// Spread reads an archive. Its files lie under names of no meaning in dir, which
// the contents of the nodes are, until [LayOut] has put them in their places.
func Spread(r *unpack.Reader, dir string) (*unpack.Node[string], error) {
	count := 0
	root, _, err := unpack.Collect(r, func(_ int64, contents io.Reader) (string, error) {
		count++
		name := filepath.Join(dir, "file-"+strconv.Itoa(count))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return "", err
		}
		defer f.Close()
		_, err = io.Copy(f, contents)
		return name, err
	})
	return root, err
}

// LayOut makes the tree at a path, where nothing is yet, out of files that
// [Spread] has put elsewhere.
func LayOut(n *unpack.Node[string], path string) error {
	switch n.Kind {
	case unpack.Symlink:
		return os.Symlink(n.Target, path)
	case unpack.Directory:
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(n.Children)) {
			if err := LayOut(n.Children[name], filepath.Join(path, name)); err != nil {
				return err
			}
		}
		return nil
	}
	mode := os.FileMode(0o644)
	if n.Executable {
		mode = 0o755
	}
	if err := copyContents(n.Contents, path, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// copyContents links a file, which another name of the archive may need too, or
// copies it to another file system.
func copyContents(from, to string, mode os.FileMode) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = io.Copy(out, in)
	return err
}
