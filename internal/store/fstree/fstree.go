// Package fstree handles whole trees of files on disk: it reads them for
// archiving, lays archives out, brings metadata into the form that stores keep,
// removes and syncs trees.
//
// Canonical metadata is: permissions 0444, or 0555 for directories and
// executable files; modification time one second after 1970; no extended
// attributes but those that cannot be removed; owned by this process. Links
// keep their targets.
//
// Trees are walked by open directories and names within them, never by joined
// paths, so nothing that is swapped for a link meanwhile leads outside.
package fstree

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"firn/internal/format/nar"
)

// Dump writes the archive of the file, directory or link path to w. The last
// component of path is not followed if it is a link.
func Dump(w io.Writer, path string, opts nar.DumpOptions) error {
	dir, root, err := Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return nar.DumpEntry(w, dir, root, opts)
}

// Open returns the directory that path is in, and its entry there, for
// [nar.DumpEntry]. The caller closes the directory.
func Open(path string) (nar.Dir, nar.DirEntry, error) {
	parent, name := split(path)
	dir, err := openDir(parent)
	if err != nil {
		return nil, nar.DirEntry{}, err
	}
	t, err := dir.typeOf(name)
	if err != nil {
		dir.Close()
		return nil, nar.DirEntry{}, err
	}
	return dir, nar.DirEntry{Name: name, Type: t}, nil
}

// split is filepath.Split on a clean path, with names that can be opened.
func split(path string) (parent, name string) {
	parent, name = filepath.Split(filepath.Clean(path))
	if parent == "" {
		parent = "."
	}
	if name == "" {
		name = "."
	}
	return parent, name
}

// RestoreOptions say how an archive is laid out.
type RestoreOptions struct {
	// Observe, if set, is told every node in the order of the archive.
	Observe func(nar.Header)
}

// Restore lays the archive that r reads out at path, which must not exist, with
// canonical metadata. After a failure a part of the tree may be there.
func Restore(r *nar.Reader, path string, o RestoreOptions) error {
	w, err := newTreeWriter(path)
	if err != nil {
		return err
	}
	defer w.close()
	for {
		h, err := r.Next()
		if err == io.EOF {
			return w.finish()
		}
		if err != nil {
			return err
		}
		if o.Observe != nil {
			o.Observe(h)
		}
		if err := w.node(h, r); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(path, r.Path()), err)
		}
	}
}

// WriteFile makes a file with the given contents and canonical metadata at
// path, which must not exist.
func WriteFile(path string, contents []byte, executable bool) error {
	parent, name := split(path)
	d, err := OpenDir(parent)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.WriteFile(name, contents, executable)
}

// Dir is an open directory that many files are made in. It belongs to one
// goroutine.
type Dir struct{ w *treeWriter }

// OpenDir opens a directory to make files in.
func OpenDir(path string) (*Dir, error) {
	w, err := newTreeWriter(filepath.Join(path, "x"))
	return &Dir{w}, err
}

// WriteFile is [WriteFile] for a name in the directory.
func (d *Dir) WriteFile(name string, contents []byte, executable bool) error {
	h := nar.Header{Type: nar.Regular, Executable: executable, Size: uint64(len(contents))}
	if err := d.w.at(name).node(h, bytesWriter(contents)); err != nil {
		return &fs.PathError{Op: "write", Path: filepath.Join(d.w.path(), name), Err: err}
	}
	return nil
}

// quickSize is up to how many bytes a file is removed in no time.
const quickSize = 16 << 20

// Close closes the directory.
func (d *Dir) Close() { d.w.close() }

// bytesWriter is an io.WriterTo of a slice.
type bytesWriter []byte

func (b bytesWriter) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(b)
	return int64(n), err
}

// freed says how many bytes removing a file gives back: its size, unless other links
// than the one among the store's own stay.
//
// Nix: a file with two links is taken for one that was optimised.
func freed(size int64, links uint64) int64 {
	if links <= 2 {
		return size
	}
	return 0
}

// CanonicalOptions say how a tree is brought into canonical form.
type CanonicalOptions struct {
	// Owners, if set, are the first and the last user id that files may belong
	// to. A file of another owner is refused, so that a builder cannot have files
	// changed that it merely linked to.
	Owners *[2]uint32

	// KeepXattrs are extended attributes that stay.
	KeepXattrs []string

	// Seen are the files that were handled, for trees that share files by hard
	// links; Canonicalise adds to it. It may be nil.
	Seen map[Inode]struct{}
}

// Inode names a file apart from its links.
type Inode struct{ Dev, Ino uint64 }

// CanonicaliseDir gives one directory canonical permissions and time.
func CanonicaliseDir(path string) error {
	if err := os.Chmod(path, 0o555); err != nil {
		return err
	}
	return os.Chtimes(path, time.Time{}, time.Unix(1, 0))
}
