package realise

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"firn/internal/fetch/unpack"
)

// unpackChannel unpacks an archive with one directory and gives that the channel's name.
func (b *build) unpackChannel(w *watcher) error {
	out, _, err := b.outAt()
	if err != nil {
		return err
	}
	name, err := b.attr("channelName")
	if err != nil {
		return err
	}
	src, err := b.attr("src")
	if err != nil {
		return err
	}
	if filepath.Base(name) != name {
		return fmt.Errorf("channelName is not allowed to contain filesystem separators, got %s", name)
	}
	in, err := os.Open(b.onMachine(src))
	if err != nil {
		return err
	}
	defer in.Close()
	root, err := b.collect(in)
	if err != nil {
		return err
	}
	switch len(root.Children) {
	case 0:
		return fmt.Errorf("channel tarball '%s' is empty", src)
	case 1:
	default:
		return fmt.Errorf("channel tarball '%s' contains more than one file", src)
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	for _, top := range root.Children {
		return layOut(top, filepath.Join(out, name))
	}
	return nil
}

// collect reads an archive; the contents of its files lie in the build directory meanwhile.
func (b *build) collect(in io.Reader) (*unpack.Node[string], error) {
	r, err := unpack.NewReader(in, unpack.Options{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	count := 0
	root, _, err := unpack.Collect(r, func(size int64, contents io.Reader) (string, error) {
		count++
		name := filepath.Join(b.tmp, "file-"+strconv.Itoa(count))
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

// layOut makes a tree at path out of files that lie elsewhere.
func layOut(n *unpack.Node[string], path string) error {
	switch n.Kind {
	case unpack.Symlink:
		return os.Symlink(n.Target, path)
	case unpack.Directory:
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(n.Children)) {
			if err := layOut(n.Children[name], filepath.Join(path, name)); err != nil {
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

// copyContents links a file, which another name of the archive may need too, or copies it to another
// file system.
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
