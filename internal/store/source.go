package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/format/wire"
)

// Source is an object to be added under its content address.
type Source struct {
	Name       string
	Method     storepath.Method  // Flat or NAR
	Algo       nixhash.Algorithm // SHA-256 if not given
	References []storepath.Path  // only for NAR with SHA-256

	// Write writes what the method hashes: for Flat the contents of a file, for
	// NAR the archive. It is called once, on the goroutine that adds the source.
	Write func(w io.Writer) error
}

// Algorithm returns the algorithm with its default.
func (s *Source) Algorithm() nixhash.Algorithm {
	if s.Algo == 0 {
		return nixhash.SHA256
	}
	return s.Algo
}

// Check refuses methods that objects cannot be added by.
func (s *Source) Check() error {
	if s.Method != storepath.Flat && s.Method != storepath.NAR {
		return fmt.Errorf("cannot add '%s' by the method '%s'", s.Name, s.Method)
	}
	return storepath.CheckName(s.Name)
}

// Info returns the path info that follows from the hashes of what Write wrote.
func (s *Source) Info(dir storepath.Dir, hash, narHash nixhash.Hash, narSize uint64) (*pathinfo.Info, error) {
	ca := storepath.ContentAddress{Method: s.Method, Hash: hash}
	return pathinfo.FromCA(dir, s.Name, ca, storepath.References{Others: s.References}, narHash, narSize)
}

// Compute returns the path that a source would have, and adds it nowhere.
func Compute(dir storepath.Dir, s Source) (storepath.Path, error) {
	if err := s.Check(); err != nil {
		return "", err
	}
	h := nixhash.NewWriter(s.Algorithm())
	if err := s.Write(h); err != nil {
		return "", err
	}
	return dir.MakeFixed(s.Name, storepath.ContentAddress{Method: s.Method, Hash: h.Sum()}, storepath.References{Others: s.References})
}

// FileNAR writes the archive of a plain file of the given size, whose contents
// r gives.
func FileNAR(w io.Writer, r io.Reader, size uint64) error {
	n := nar.NewWriter(w)
	if err := n.WriteHeader(nar.Header{Type: nar.Regular, Size: size}); err != nil {
		return err
	}
	if _, err := n.ReadFrom(r); err != nil {
		return err
	}
	return n.Close()
}

// FileNARHash returns hash and size of the archive of a plain file.
func FileNARHash(contents []byte) (nixhash.Hash, uint64) {
	empty := emptyFileNAR()
	// The archive of an empty file ends with a size of zero and a closing
	// parenthesis; contents and padding go between these two.
	const size, end = 8, 16
	var buf [256]byte
	head := wire.AppendUint64(append(buf[:0], empty[:len(empty)-size-end]...), uint64(len(contents)))
	h := sha256.New()
	h.Write(head)
	h.Write(contents)
	tail := append(buf[:0], make([]byte, wire.PaddingLen(uint64(len(contents))))...)
	tail = append(tail, empty[len(empty)-end:]...)
	h.Write(tail)
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return nixhash.SHA256Digest(sum), uint64(len(head) + len(contents) + len(tail))
}

var emptyFileNAR = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	if err := FileNAR(&b, nil, 0); err != nil {
		panic("the archive of an empty file cannot be written: " + err.Error())
	}
	return b.Bytes()
})
