package git

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// exportIgnore is the attribute that hides.
const exportIgnore = "export-ignore"

// ExportFS is a file system without the files that its gitattributes mark export-ignore. It implements the same
// interfaces as [TreeFS].
//
// Nix: a pattern that ends with a slash only matches where there is a work tree to look at; in a bare repository it
// matches nothing (TestExportIgnore).
type ExportFS struct {
	base  fs.FS
	attrs *attrTable
	bare  bool
}

// ExportTree hides from a tree of the repository what its own attributes mark.
func (r *Repo) ExportTree(tree *TreeFS) (*ExportFS, error) {
	return r.newExport(tree, tree.ReadFile, r.Work == "")
}

// ExportWorkdir hides from the work tree what the attributes in the index mark.
func (r *Repo) ExportWorkdir(w *Workdir) (*ExportFS, error) {
	x, err := r.readIndex()
	entries := []indexEntry(nil)
	if _, ok := errors.AsType[Unsupported](err); ok {
		entries, err = r.askEntries()
	} else if err == nil {
		entries = x.entries
	}
	if err != nil {
		return nil, err
	}
	ids := map[string]ID{}
	for _, e := range entries {
		if path.Base(e.name) == ".gitattributes" && e.mode != ModeSymlink {
			ids[e.name] = e.id
		}
	}
	read := func(name string) ([]byte, error) {
		id, ok := ids[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return r.ReadKind(id, Blob)
	}
	return r.newExport(w, read, false)
}

func (r *Repo) newExport(base fs.FS, read func(string) ([]byte, error), bare bool) (*ExportFS, error) {
	attrs, err := r.newAttrTable(exportIgnore, read)
	return &ExportFS{base, attrs, bare}, err
}

// hidden reports whether name itself is marked.
func (e *ExportFS) hidden(name string, isDir bool) (bool, error) {
	s, err := e.attrs.lookup(name, isDir && !e.bare)
	return s.state == attrSet && s.name != "", err
}

// visible reports an error if name, or a directory above it, is marked.
func (e *ExportFS) visible(op, name string) error {
	if name == "." || !fs.ValidPath(name) {
		return nil
	}
	for end := 0; end < len(name); {
		next := strings.IndexByte(name[end+1:], '/')
		isDir := next >= 0
		if !isDir {
			end = len(name)
		} else {
			end += next + 1
		}
		if !isDir {
			info, err := fs.Lstat(e.base, name)
			if err != nil {
				return err
			}
			isDir = info.IsDir()
		}
		hidden, err := e.hidden(name[:end], isDir)
		if err == nil && hidden {
			err = &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("%w because it was fetched with exportIgnore enabled", fs.ErrNotExist)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Lstat describes name; a symbolic link describes itself.
func (e *ExportFS) Lstat(name string) (fs.FileInfo, error) {
	if err := e.visible("lstat", name); err != nil {
		return nil, err
	}
	return fs.Lstat(e.base, name)
}

// Stat is Lstat.
func (e *ExportFS) Stat(name string) (fs.FileInfo, error) { return e.Lstat(name) }

// Open opens a regular file or a directory.
func (e *ExportFS) Open(name string) (fs.File, error) {
	info, err := e.Lstat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		list, err := e.ReadDir(name)
		return &openDir{info: fileInfo{name: path.Base(name), mode: info.Mode()}, list: list}, err
	}
	return e.base.Open(name)
}

// ReadDir lists a directory by name.
func (e *ExportFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := e.visible("readdir", name); err != nil {
		return nil, err
	}
	list, err := fs.ReadDir(e.base, name)
	if err != nil {
		return nil, err
	}
	kept := list[:0:0]
	for _, d := range list {
		hidden, err := e.hidden(path.Join(name, d.Name()), d.IsDir())
		if err != nil {
			return nil, err
		}
		if !hidden {
			kept = append(kept, d)
		}
	}
	return kept, nil
}

// ReadFile returns the contents of a regular file.
func (e *ExportFS) ReadFile(name string) ([]byte, error) {
	if err := e.visible("readfile", name); err != nil {
		return nil, err
	}
	return fs.ReadFile(e.base, name)
}

// ReadLink returns the target of a symbolic link.
func (e *ExportFS) ReadLink(name string) (string, error) {
	if err := e.visible("readlink", name); err != nil {
		return "", err
	}
	return fs.ReadLink(e.base, name)
}
