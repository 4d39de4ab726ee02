package world

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"

	"firn/internal/diag"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/store/fstree"
)

// HashSource hashes a source as its method asks for.
func HashSource(src eval.Source) (nixhash.Hash, error) {
	algo := src.Algo
	if algo == 0 {
		algo = nixhash.SHA256
	}
	var h hash.Hash
	if algo == nixhash.SHA256 {
		h = sha256.New()
	} else {
		h = algo.New()
	}
	if err := writeSource(h, src, src.Path); err != nil {
		return nixhash.Hash{}, err
	}
	return nixhash.FromBytes(algo, h.Sum(nil))
}

// writeSource writes what the method of a source hashes: its archive or the
// bytes of a file. at is where the source's path is on this machine.
func writeSource(w io.Writer, src eval.Source, at string) error {
	if src.Method != storepath.NAR {
		return writeFlat(w, at)
	}
	var o nar.DumpOptions
	if src.Filter != nil {
		o.Filter = func(rel string, t nar.Type) (bool, error) { return src.Filter(src.Path+rel, narType(t)) }
	}
	return sourceError(src.Path, fstree.Dump(w, at, o))
}

func writeFlat(w io.Writer, path string) error {
	fd, _, err := openRegular(path, path)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fileError(path, "reading", err)
	}
	return nil
}

// sourceError words the failure of reading a source; those that say what to do
// already pass.
func sourceError(path string, err error) error {
	var told *diag.Error
	if err == nil || errors.As(err, &told) {
		return err
	}
	return fileError(path, "reading", err)
}

func narType(t nar.Type) eval.FileType {
	switch t {
	case nar.Regular:
		return eval.Regular
	case nar.Directory:
		return eval.Directory
	case nar.Symlink:
		return eval.Symlink
	}
	return eval.Unknown
}
