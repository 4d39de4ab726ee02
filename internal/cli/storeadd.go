package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"firn/internal/diag"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// treeSource is the file or tree at a path as something to be added.
func treeSource(path, name string, method storepath.Method, algo nixhash.Algorithm) store.Source {
	return store.Source{Name: name, Method: method, Algo: algo, Write: func(w io.Writer) error {
		if st, err := os.Lstat(path); err == nil && st.Mode().Type()&^(os.ModeDir|os.ModeSymlink) != 0 {
			return diag.New(diag.FileUnreadable, "file '%s' has an unsupported type", path)
		}
		if method == storepath.NAR {
			return treeError(path, fstree.Dump(w, path, nar.DumpOptions{}))
		}
		return copyRegular(w, path)
	}}
}

// copyRegular writes the contents of a file, which must not be a link.
func copyRegular(w io.Writer, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return treeError(path, err)
	}
	if !info.Mode().IsRegular() {
		return diag.New(diag.FileUnreadable, "file '%s' is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// addTree adds the file or tree that an argument names, and prints its path.
func (s *storeCall) addTree(ctx context.Context, arg string, method storepath.Method, algo nixhash.Algorithm) error {
	abs, err := filepath.Abs(arg)
	if err != nil {
		return err
	}
	p, err := s.addPath(ctx, s.store, abs, filepath.Base(arg), method, algo)
	if err != nil {
		return err
	}
	s.line(s.full(p))
	return nil
}

// addFiles is --add.
func (s *storeCall) addFiles(ctx context.Context) error {
	for _, arg := range s.Args {
		if err := s.addTree(ctx, arg, storepath.NAR, nixhash.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// addFixed is --add-fixed.
func (s *storeCall) addFixed(ctx context.Context) error {
	if len(s.Args) == 0 {
		return diag.Misuse(diag.Usage, "first argument must be hash algorithm")
	}
	algo, err := s.hashAlgo(s.Args[0])
	if err != nil {
		return err
	}
	for _, arg := range s.Args[1:] {
		if err := s.addTree(ctx, arg, s.fixedMethod(), algo); err != nil {
			return err
		}
	}
	return nil
}

func (s *storeCall) fixedMethod() storepath.Method {
	if s.Has(&storeRecursiveFlag) {
		return storepath.NAR
	}
	return storepath.Flat
}

// printFixed is --print-fixed-path.
func (s *storeCall) printFixed(context.Context) error {
	if len(s.Args) != 3 {
		return diag.Misuse(diag.Usage, "'--print-fixed-path' requires three arguments")
	}
	algo, err := s.hashAlgo(s.Args[0])
	if err != nil {
		return err
	}
	h, err := nixhash.ParseAny(s.Args[1], algo)
	if err != nil {
		return err
	}
	p, err := s.store.Dir().MakeFixed(s.Args[2], storepath.ContentAddress{Method: s.fixedMethod(), Hash: h}, storepath.References{})
	if err != nil {
		return err
	}
	s.line(s.full(p))
	return nil
}
