package fetch

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// mountFS is a tree in which other trees take the places of directories.
type mountFS struct {
	base   fs.FS
	mounts map[string]fs.FS // by name in base
}

// at returns the tree that name is in and its name there.
func (m mountFS) at(op, name string) (fs.FS, string, error) {
	if !fs.ValidPath(name) {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	for dir := name; dir != "."; dir = path.Dir(dir) {
		if tree, ok := m.mounts[dir]; ok {
			if dir == name {
				return tree, ".", nil
			}
			return tree, name[len(dir)+1:], nil
		}
	}
	return m.base, name, nil
}

// Lstat describes name; a symbolic link describes itself.
func (m mountFS) Lstat(name string) (fs.FileInfo, error) {
	tree, inner, err := m.at("lstat", name)
	if err != nil {
		return nil, err
	}
	info, err := fs.Lstat(tree, inner)
	if err == nil && inner == "." && name != "." {
		info = mountInfo{info, path.Base(name)}
	}
	return info, err
}

// mountInfo describes the root of a mounted tree under its name.
type mountInfo struct {
	fs.FileInfo
	name string
}

func (i mountInfo) Name() string { return i.name }

// Stat is Lstat.
func (m mountFS) Stat(name string) (fs.FileInfo, error) { return m.Lstat(name) }

// Open opens a regular file or a directory.
func (m mountFS) Open(name string) (fs.File, error) {
	tree, inner, err := m.at("open", name)
	if err != nil {
		return nil, err
	}
	f, err := tree.Open(inner)
	if err == nil && inner == "." && name != "." {
		if d, ok := f.(fs.ReadDirFile); ok {
			f = mountDir{d, path.Base(name)}
		}
	}
	return f, err
}

// mountDir is the open root of a mounted tree.
type mountDir struct {
	fs.ReadDirFile
	name string
}

func (d mountDir) Stat() (fs.FileInfo, error) {
	info, err := d.ReadDirFile.Stat()
	return mountInfo{info, d.name}, err
}

// ReadFile returns the contents of a regular file.
func (m mountFS) ReadFile(name string) ([]byte, error) {
	tree, name, err := m.at("readfile", name)
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(tree, name)
}

// ReadLink returns the target of a symbolic link.
func (m mountFS) ReadLink(name string) (string, error) {
	tree, name, err := m.at("readlink", name)
	if err != nil {
		return "", err
	}
	return fs.ReadLink(tree, name)
}

// ReadDir lists a directory by name.
func (m mountFS) ReadDir(name string) ([]fs.DirEntry, error) {
	tree, inner, err := m.at("readdir", name)
	if err != nil {
		return nil, err
	}
	list, err := fs.ReadDir(tree, inner)
	below := m.below(name)
	if err != nil && len(below) == 0 {
		return nil, err
	}
	for child, root := range below {
		i, found := slices.BinarySearchFunc(list, child, func(d fs.DirEntry, name string) int { return strings.Compare(d.Name(), name) })
		d := mountEntry{child, root}
		if found {
			list[i] = d
		} else {
			list = slices.Insert(list, i, fs.DirEntry(d))
		}
	}
	return list, nil
}

// below finds the mounts that are in the directory called name.
func (m mountFS) below(name string) map[string]fs.FS {
	out := map[string]fs.FS{}
	for at, tree := range m.mounts {
		rest := at
		if name != "." {
			var ok bool
			if rest, ok = strings.CutPrefix(at, name+"/"); !ok {
				continue
			}
		}
		if child, _, deeper := strings.Cut(rest, "/"); !deeper {
			out[child] = tree
		}
	}
	return out
}

// mountEntry is a mount in a listing.
type mountEntry struct {
	name string
	tree fs.FS
}

func (e mountEntry) Name() string      { return e.name }
func (e mountEntry) IsDir() bool       { return true }
func (e mountEntry) Type() fs.FileMode { return fs.ModeDir }
func (e mountEntry) Info() (fs.FileInfo, error) {
	info, err := fs.Lstat(e.tree, ".")
	return mountInfo{info, e.name}, err
}
