// Package world grants an evaluation its capabilities from real parts: files of
// this machine, a store, fetchers.
package world

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"

	"firn/internal/diag"
	"firn/internal/lang/eval"
)

// Files are the files of this machine, as far as the evaluation may see them.
// Types are remembered: an evaluation sees one state of the world. Use
// NewFiles.
type Files struct {
	// Access, if not nil, is asked before anything is read; its errors are those
	// of restricted and pure evaluation.
	Access func(path string) error
	// StoreDir is where paths in the store begin, and RealDir where these files
	// are; empty if they are there. What a store directory of the machine has
	// itself comes first.
	StoreDir, RealDir string

	stores  sync.Once
	machine bool // there is a directory at StoreDir beside RealDir

	types sync.Map // path -> eval.FileType
}

// ReadFile implements [eval.Files]. It reads as many bytes as the file says that
// it has, which are none for those that the kernel makes up.
func (f *Files) ReadFile(path string) (string, error) {
	if err := f.check(path); err != nil {
		return "", err
	}
	file, size, err := openRegular(f.real(path), path)
	if err != nil {
		return "", err
	}
	defer syscall.Close(file)
	buf := make([]byte, size)
	for n := 0; n < len(buf); {
		k, err := syscall.Read(file, buf[n:])
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return "", fileError(path, "reading", err)
		case k == 0:
			return "", diag.New(diag.FileUnreadable, "reading '%s': unexpected end-of-file", path)
		default:
			n += k
		}
	}
	return string(buf), nil
}

// openRegular opens the regular file at a place of this machine. Others are
// refused, for reading them may never end.
func openRegular(at, path string) (file int, size int64, err error) {
	for {
		file, err = syscall.Open(at, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return -1, 0, fileError(path, "opening", err)
	}
	var st syscall.Stat_t
	if err = syscall.Fstat(file, &st); err != nil {
		err = fileError(path, "getting status of", err)
	} else if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		err = diag.New(diag.FileUnreadable, "file '%s' is not a regular file", path)
	}
	if err != nil {
		syscall.Close(file)
		return -1, 0, err
	}
	return file, st.Size, nil
}

// Lstat implements [eval.Files].
func (f *Files) Lstat(path string) (eval.FileType, error) {
	if err := f.check(path); err != nil {
		return "", err
	}
	if t, ok := f.types.Load(path); ok {
		return t.(eval.FileType), nil
	}
	var st syscall.Stat_t
	err := syscall.Lstat(f.real(path), &st)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
		f.types.Store(path, eval.FileType(""))
		return "", nil
	}
	if err != nil {
		return "", fileError(path, "getting status of", err)
	}
	t := statType(st.Mode)
	f.types.Store(path, t)
	return t, nil
}

func statType(mode uint32) eval.FileType {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return eval.Regular
	case syscall.S_IFDIR:
		return eval.Directory
	case syscall.S_IFLNK:
		return eval.Symlink
	}
	return eval.Unknown
}

// ReadDir implements [eval.Files]. What may not be seen is not there.
func (f *Files) ReadDir(path string) ([]eval.DirEntry, error) {
	if err := f.check(path); err != nil {
		return nil, err
	}
	list, err := os.ReadDir(f.real(path))
	if err != nil {
		return nil, fileError(path, "reading directory", err)
	}
	out := make([]eval.DirEntry, 0, len(list))
	for _, e := range list {
		if f.Access == nil || f.Access(strings.TrimSuffix(path, "/")+"/"+e.Name()) == nil {
			out = append(out, eval.DirEntry{Name: e.Name(), Type: modeType(e.Type())})
		}
	}
	return out, nil
}

func modeType(m fs.FileMode) eval.FileType {
	switch {
	case m.IsRegular():
		return eval.Regular
	case m.IsDir():
		return eval.Directory
	case m&fs.ModeSymlink != 0:
		return eval.Symlink
	}
	return eval.Unknown
}

// ReadLink implements [eval.Files].
func (f *Files) ReadLink(path string) (string, error) {
	if err := f.check(path); err != nil {
		return "", err
	}
	target, err := os.Readlink(f.real(path))
	if err != nil {
		return "", fileError(path, "reading symbolic link", err)
	}
	return target, nil
}

// real is where a path is on this machine.
func (f *Files) real(path string) string {
	if f.RealDir == "" || f.RealDir == f.StoreDir {
		return path
	}
	rest, ok := strings.CutPrefix(path, f.StoreDir)
	if !ok || rest != "" && rest[0] != '/' {
		return path
	}
	f.stores.Do(func() {
		var st syscall.Stat_t
		f.machine = syscall.Lstat(f.StoreDir, &st) == nil
	})
	if f.machine && rest != "" {
		var st syscall.Stat_t
		if syscall.Lstat(path, &st) == nil {
			return path
		}
	}
	return f.RealDir + rest
}

func (f *Files) check(path string) error {
	if f.Access == nil {
		return nil
	}
	return f.Access(path)
}

// Forget drops what is remembered, so that changed files are seen.
func (f *Files) Forget() { f.types.Clear() }

// fileError words a failure of the file system.
func fileError(path, doing string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		e := diag.New(diag.FileNotFound, "path '%s' does not exist", path)
		e.Err = err
		return e
	}
	cause := err
	var pe *fs.PathError
	if errors.As(err, &pe) {
		cause = pe.Err
	}
	e := diag.New(diag.FileUnreadable, doing+" '%s': %s", path, diag.Plain(errnoText(cause)))
	e.Err = err
	return e
}

// errnoText words a system error as C libraries do: with a capital.
func errnoText(err error) string {
	s := err.Error()
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
