package nar

import (
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"firn/internal/format/wire"
)

// A Dir is an open directory to be archived. An implementation on a real file
// system needs one open and one read of the directory for each Dir, one open and
// one stat for each File, one call for each link, and no look-up of types when
// the file system stores them in directories.
type Dir interface {
	// Entries appends the names and types in the directory to dst, in any order.
	Entries(dst []DirEntry) ([]DirEntry, error)
	OpenDir(name string) (Dir, error)
	OpenFile(name string) (File, error)
	ReadLink(name string) (string, error)
	Close() error
}

// A DirEntry is a name in a directory and what it names.
type DirEntry struct {
	Name string
	Type Type
}

// A File is an open regular file.
type File interface {
	io.ReadCloser
	// Stat returns the size in bytes and whether the owner may execute the file.
	Stat() (size uint64, executable bool, err error)
}

// DumpOptions say what is dumped and how. The zero value dumps everything.
type DumpOptions struct {
	// Filter, if set, is asked for every entry below the root, before it is
	// opened and in the order of the archive, whether to include it. The path
	// begins with a slash and is relative to the root.
	Filter func(path string, t Type) (bool, error)

	// CaseHack takes "~nix~case~hack~<n>" off the names; Filter sees them without.
	CaseHack bool
}

// Dump writes the archive of the named file, directory or link of fsys to w.
// Links need an fsys that is an fs.ReadLinkFS.
func Dump(w io.Writer, fsys fs.FS, name string, opts DumpOptions) error {
	info, err := fs.Lstat(fsys, name)
	if err != nil {
		return err
	}
	dir, base := path.Split(name)
	if dir == "" {
		dir = "."
	}
	return DumpEntry(w, fsDir{fsys, path.Clean(dir)}, DirEntry{base, fsType(info.Mode())}, opts)
}

// DumpEntry writes the archive of one entry of an open directory to w, which is
// not flushed if it is a *wire.Writer.
func DumpEntry(w io.Writer, dir Dir, root DirEntry, opts DumpOptions) error {
	dst, ok := w.(*wire.Writer)
	if !ok {
		dst = dumpBuffers.Get().(*wire.Writer)
		dst.Reset(w)
		defer func() {
			dst.Reset(nil)
			dumpBuffers.Put(dst)
		}()
	}
	d := dumper{w: Writer{dst: dst, own: !ok}, opts: opts}
	if err := d.node(dir, root.Name, Header{Type: root.Type}); err != nil {
		return err
	}
	return d.w.Close()
}

var dumpBuffers = sync.Pool{New: func() any { return wire.NewWriterSize(nil, 128<<10) }}

// A dumper walks a tree. entries holds one list for each level, to be used again
// by the next directory of that level.
type dumper struct {
	w       Writer
	opts    DumpOptions
	entries [][]DirEntry
	path    []byte // of the current node, with Filter
}

// node writes the object that dir has under the name, whose header is h but for
// what opening it tells.
func (d *dumper) node(dir Dir, name string, h Header) error {
	switch h.Type {
	case Regular:
		return d.file(dir, name, h)
	case Directory:
		return d.directory(dir, name, h)
	case Symlink:
		target, err := dir.ReadLink(name)
		if err != nil {
			return d.fail(h, err)
		}
		h.Target = target
	}
	return d.w.WriteHeader(h)
}

func (d *dumper) file(dir Dir, name string, h Header) (err error) {
	f, err := dir.OpenFile(name)
	if err != nil {
		return d.fail(h, err)
	}
	defer f.Close()
	if h.Size, h.Executable, err = f.Stat(); err != nil {
		return d.fail(h, err)
	}
	if err := d.w.WriteHeader(h); err != nil {
		return err
	}
	_, err = d.w.ReadFrom(f)
	return err
}

func (d *dumper) directory(parent Dir, name string, h Header) error {
	if err := d.w.WriteHeader(h); err != nil {
		return err
	}
	dir, err := parent.OpenDir(name)
	if err != nil {
		return d.fail(h, err)
	}
	defer dir.Close()
	list, err := d.list(dir, h)
	if err != nil {
		return d.fail(h, err)
	}
	for _, e := range list {
		inner := Header{Depth: h.Depth + 1, Name: e.Name, Type: e.Type}
		if d.opts.CaseHack {
			inner.Name = unhack(e.Name)
		}
		if d.opts.Filter != nil {
			d.path = append(append(d.path, '/'), inner.Name...)
			include, err := d.opts.Filter(string(d.path), e.Type)
			if err != nil {
				return err
			}
			if !include {
				d.path = d.path[:len(d.path)-len(inner.Name)-1]
				continue
			}
		}
		if err := d.node(dir, e.Name, inner); err != nil {
			return err
		}
		if d.opts.Filter != nil {
			d.path = d.path[:len(d.path)-len(inner.Name)-1]
		}
	}
	return nil
}

// list returns the entries of a directory in the order of their archived names.
func (d *dumper) list(dir Dir, h Header) ([]DirEntry, error) {
	for len(d.entries) <= h.Depth {
		d.entries = append(d.entries, nil)
	}
	list, err := dir.Entries(d.entries[h.Depth][:0])
	d.entries[h.Depth] = list
	if err != nil {
		return nil, err
	}
	if !d.opts.CaseHack {
		slices.SortFunc(list, func(a, b DirEntry) int { return strings.Compare(a.Name, b.Name) })
		return list, nil
	}
	slices.SortFunc(list, func(a, b DirEntry) int { return strings.Compare(unhack(a.Name), unhack(b.Name)) })
	for i := 1; i < len(list); i++ {
		if a, b := list[i-1].Name, list[i].Name; unhack(a) == unhack(b) {
			return nil, fmt.Errorf("file name collision between '%s' and '%s'", a, b)
		}
	}
	return list, nil
}

// fail names the node in which the file system failed.
func (d *dumper) fail(h Header, err error) error {
	if h.Type != Directory {
		d.w.name = h.Name
	}
	return fmt.Errorf("archive '%s': %w", d.w.Path(), err)
}

// fsDir is a directory of an fs.FS.
type fsDir struct {
	fsys fs.FS
	path string
}

func (d fsDir) Entries(dst []DirEntry) ([]DirEntry, error) {
	list, err := fs.ReadDir(d.fsys, d.path)
	for _, e := range list {
		dst = append(dst, DirEntry{e.Name(), fsType(e.Type())})
	}
	return dst, err
}

func (d fsDir) OpenDir(name string) (Dir, error) { return fsDir{d.fsys, d.join(name)}, nil }

func (d fsDir) OpenFile(name string) (File, error) {
	f, err := d.fsys.Open(d.join(name))
	return fsFile{f}, err
}

func (d fsDir) ReadLink(name string) (string, error) { return fs.ReadLink(d.fsys, d.join(name)) }

func (d fsDir) Close() error { return nil }

func (d fsDir) join(name string) string { return path.Join(d.path, name) }

type fsFile struct{ fs.File }

func (f fsFile) Stat() (uint64, bool, error) {
	info, err := f.File.Stat()
	if err != nil {
		return 0, false, err
	}
	return uint64(info.Size()), info.Mode()&0o100 != 0, nil
}

// fsType maps the type bits of a mode.
func fsType(m fs.FileMode) Type {
	switch m.Type() {
	case 0:
		return Regular
	case fs.ModeDir:
		return Directory
	case fs.ModeSymlink:
		return Symlink
	}
	return Unknown
}
