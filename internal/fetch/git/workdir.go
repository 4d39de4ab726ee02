package git

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Workdir is the part of a directory on disk that Git tracks, as a file system. It implements the same interfaces as
// [TreeFS]; contents and modes are those on disk, times are zero.
type Workdir struct {
	dir  string
	root *workNode
}

type workNode struct {
	name     string
	children []*workNode // by name; nil for a file
	isDir    bool
}

// NewWorkdir shows the given files of dir, which are relative with slashes and in byte order.
func NewWorkdir(dir string, files []string) *Workdir {
	return &Workdir{dir: dir, root: &workNode{name: ".", isDir: true, children: workNodes(files, 0)}}
}

// workNodes makes the nodes of a directory from the files below it, whose names begin with skip bytes of its path.
func workNodes(files []string, skip int) []*workNode {
	var nodes []*workNode
	for len(files) > 0 {
		name, _, isDir := strings.Cut(files[0][skip:], "/")
		n := &workNode{name: name, isDir: isDir}
		count := 1
		if isDir {
			prefix := files[0][:skip+len(name)+1]
			for count < len(files) && strings.HasPrefix(files[count], prefix) {
				count++
			}
			n.children = workNodes(files[:count], len(prefix))
		}
		nodes, files = append(nodes, n), files[count:]
	}
	// By path "a-b" stands before "a/b", by name "a" before "a-b".
	slices.SortFunc(nodes, func(a, b *workNode) int { return cmp.Compare(a.name, b.name) })
	return nodes
}

func (w *Workdir) find(op, name string) (*workNode, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := w.root
	if name == "." {
		return n, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		i, ok := slices.BinarySearchFunc(n.children, part, func(c *workNode, part string) int { return cmp.Compare(c.name, part) })
		if !ok {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		n = n.children[i]
	}
	return n, nil
}

func (w *Workdir) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

// Lstat describes name; a symbolic link describes itself.
func (w *Workdir) Lstat(name string) (fs.FileInfo, error) {
	n, err := w.find("lstat", name)
	if err != nil {
		return nil, err
	}
	return w.info(name, n)
}

// Stat is Lstat.
func (w *Workdir) Stat(name string) (fs.FileInfo, error) { return w.Lstat(name) }

func (w *Workdir) info(name string, n *workNode) (fs.FileInfo, error) {
	if n.isDir {
		return fileInfo{name: n.name, mode: fs.ModeDir | 0o755}, nil
	}
	st, err := os.Lstat(w.path(name))
	if err != nil {
		return nil, err
	}
	return diskInfo(n.name, st), nil
}

// diskInfo keeps of st what a tree of Git has.
func diskInfo(name string, st fs.FileInfo) fileInfo {
	info := fileInfo{name: name, size: st.Size(), mode: st.Mode().Type() | 0o644}
	if st.Mode()&0o100 != 0 {
		info.mode |= 0o111
	}
	if info.mode.Type() == fs.ModeSymlink {
		info.mode |= 0o777
	}
	return info
}

// ReadDir lists a directory by name.
func (w *Workdir) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := w.find("readdir", name)
	if err == nil && !n.isDir {
		err = &fs.PathError{Op: "readdir", Path: name, Err: errNotDirectory}
	}
	if err != nil {
		return nil, err
	}
	list := make([]fs.DirEntry, len(n.children))
	for i, c := range n.children {
		if list[i], err = w.dirEntry(path.Join(name, c.name), c); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (w *Workdir) dirEntry(name string, n *workNode) (fs.DirEntry, error) {
	info, err := w.info(name, n)
	if err != nil {
		return nil, err
	}
	return fs.FileInfoToDirEntry(info), nil
}

// ReadLink returns the target of a symbolic link.
func (w *Workdir) ReadLink(name string) (string, error) {
	if _, err := w.find("readlink", name); err != nil {
		return "", err
	}
	return os.Readlink(w.path(name))
}

// ReadFile returns the contents of a regular file.
func (w *Workdir) ReadFile(name string) ([]byte, error) {
	if err := w.regular("readfile", name); err != nil {
		return nil, err
	}
	return os.ReadFile(w.path(name))
}

// regular reports an error if name is not a regular file.
func (w *Workdir) regular(op, name string) error {
	info, err := w.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: op, Path: name, Err: errNotRegular}
	}
	return err
}

// Open opens a regular file or a directory.
func (w *Workdir) Open(name string) (fs.File, error) {
	n, err := w.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.isDir {
		list, err := w.ReadDir(name)
		return &openDir{info: fileInfo{name: path.Base(name), mode: fs.ModeDir | 0o755}, list: list}, err
	}
	if err := w.regular("open", name); err != nil {
		return nil, err
	}
	f, err := os.Open(w.path(name))
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &openFile{ReadCloser: f, info: diskInfo(n.name, st)}, nil
}
