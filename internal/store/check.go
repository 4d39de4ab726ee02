package store

import (
	"fmt"
	"io"
	"slices"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/refscan"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// MismatchError says that an archive is not the one that was announced.
type MismatchError struct {
	Path      string // full
	What      string // "hash", "size" or "ca hash"
	Specified string
	Got       string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s mismatch importing path '%s';\n  specified: %s\n  got:       %s", e.What, e.Path, e.Specified, e.Got)
}

// CheckNAR compares the hash and size of an archive that was read with what its
// info says. The failure is a *[MismatchError].
func CheckNAR(dir storepath.Dir, info *pathinfo.Info, hash nixhash.Hash, size uint64) error {
	e := &MismatchError{Path: dir.Join(info.Path)}
	switch {
	case hash != info.NARHash:
		e.What, e.Specified, e.Got = "hash", info.NARHash.SRI(), hash.SRI()
	case size != info.NARSize:
		e.What, e.Specified, e.Got = "size", fmt.Sprint(info.NARSize), fmt.Sprint(size)
	default:
		return nil
	}
	return e
}

// CheckEnd checks that nothing but the archive was read from a stream: h has
// seen all of it.
func CheckEnd(archive *nar.Reader, h *nixhash.Writer) error {
	if more := h.Size() - uint64(archive.Offset()); more != 0 {
		return fmt.Errorf("archive of %d bytes is followed by something else", archive.Offset())
	}
	return nil
}

// CheckClaim checks that a path follows from the content address that its info
// claims, if it claims one.
func CheckClaim(dir storepath.Dir, info *pathinfo.Info) error {
	if is, claims := info.IsContentAddressed(dir); claims && !is || !info.CA.IsZero() && !is {
		return fmt.Errorf("cannot add path '%s' to the Nix store because it claims to be content-addressed but isn't", dir.Join(info.Path))
	}
	return nil
}

// CheckSignatures checks that a path has a signature by one of keys, or needs
// none because it is content-addressed.
func CheckSignatures(dir storepath.Dir, info *pathinfo.Info, keys signature.PublicKeys) error {
	n, err := info.CheckSignatures(dir, keys)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("cannot add path '%s' because it lacks a signature by a trusted key", dir.Join(info.Path))
	}
	return nil
}

// CheckContents compares an object with the content address that its info has,
// if it has one. dump writes the object's archive, whose hash is info.NARHash.
// The failure is a *[MismatchError].
func CheckContents(dir storepath.Dir, info *pathinfo.Info, dump func(io.Writer) error) error {
	if info.CA.IsZero() {
		return nil
	}
	got, err := contentHash(dir, info, dump)
	if err != nil {
		return err
	}
	return CompareContents(dir, info, got)
}

// CompareContents compares the hash that an object's content address should have
// with the one that its info has. The failure is a *[MismatchError].
func CompareContents(dir storepath.Dir, info *pathinfo.Info, got nixhash.Hash) error {
	if got != info.CA.Hash {
		return &MismatchError{
			Path: dir.Join(info.Path), What: "ca hash",
			Specified: info.CA.Hash.Text(nixhash.Nix32, true), Got: got.Text(nixhash.Nix32, true),
		}
	}
	return nil
}

func contentHash(dir storepath.Dir, info *pathinfo.Info, dump func(io.Writer) error) (nixhash.Hash, error) {
	algo := info.CA.Hash.Algo()
	switch {
	case info.CA.Method == storepath.Flat || info.CA.Method == storepath.Text:
		return fileHash(dir, info, algo, dump)
	case info.CA.Method == storepath.NAR && slices.Contains(info.References, info.Path):
		h := refscan.NewModulo(algo, info.Path)
		err := dump(h)
		sum, _ := h.Sum()
		return sum, err
	case info.CA.Method == storepath.NAR && algo == info.NARHash.Algo():
		return info.NARHash, nil
	case info.CA.Method == storepath.NAR:
		h := nixhash.NewWriter(algo)
		err := dump(h)
		return h.Sum(), err
	}
	return nixhash.Hash{}, fmt.Errorf("cannot check the content address '%s' of path '%s'", info.CA, dir.Join(info.Path))
}

// fileHash returns the hash of the contents of an object that is a file.
func fileHash(dir storepath.Dir, info *pathinfo.Info, algo nixhash.Algorithm, dump func(io.Writer) error) (nixhash.Hash, error) {
	archive, w := io.Pipe()
	go func() { w.CloseWithError(dump(w)) }()
	defer archive.Close()
	r := nar.NewReaderOf(archive, info.NARSize)
	h, err := r.Next()
	if err == nil && h.Type != nar.Regular {
		err = fmt.Errorf("path '%s' is addressed by the contents of a file and is no file", dir.Join(info.Path))
	}
	if err != nil {
		return nixhash.Hash{}, err
	}
	sum := nixhash.NewWriter(algo)
	_, err = r.WriteTo(sum)
	return sum.Sum(), err
}
