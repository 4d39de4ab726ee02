// Package export reads and writes the stream of `nix-store --export`: store
// objects with what is needed to register them elsewhere.
//
// The stream is words and byte strings (package wire):
//
//	stream = { 1 object } 0
//	object = NAR magic path references deriver signature
//
// magic is the integer 0x4558494e. path is a full path, references a list of
// them, deriver a full path or empty. signature is the integer 0; of old streams
// it may be 1 and a byte string, which is ignored. An object comes after
// everything that it refers to.
//
// Nothing in the stream vouches for its contents.
//
// See docs/spec/export.md.
package export

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"firn/internal/format/nar"
	"firn/internal/format/storepath"
	"firn/internal/format/wire"
)

const magic = 0x4558494e // "NIXE" in memory

// Limits on what is read.
const (
	maxPath       = 4096    // bytes in a full path
	maxReferences = 1 << 20 // of one object
	maxSignature  = 1 << 16 // bytes
)

// An Object is what the stream says of a store object behind its NAR.
type Object struct {
	Path       storepath.Path
	References []storepath.Path // sorted
	Deriver    storepath.Path   // empty if unknown
}

// A Writer writes a stream. It is for one goroutine.
type Writer struct {
	dir storepath.Dir
	dst *wire.Writer
	own bool
}

// NewWriter returns a Writer to w, whose paths are in dir. A *wire.Writer is not
// flushed.
func NewWriter(w io.Writer, dir storepath.Dir) *Writer {
	dst, ok := w.(*wire.Writer)
	if !ok {
		dst = wire.NewWriter(w)
	}
	return &Writer{dir: dir, dst: dst, own: !ok}
}

// Object writes an object. dump must write the object's NAR to the writer that
// it is given, and should fail if it is not what the store says it is.
func (w *Writer) Object(o Object, dump func(io.Writer) error) error {
	w.dst.Uint64(1)
	if err := dump(w.dst); err != nil {
		return fmt.Errorf("export '%s': %w", w.dir.Join(o.Path), err)
	}
	w.dst.Uint64(magic)
	w.dst.String(w.dir.Join(o.Path))
	w.dst.Uint64(uint64(len(o.References)))
	for _, r := range o.References {
		w.dst.String(w.dir.Join(r))
	}
	if o.Deriver == "" {
		w.dst.String("")
	} else {
		w.dst.String(w.dir.Join(o.Deriver))
	}
	w.dst.Uint64(0)
	return w.dst.Err()
}

// Close ends the stream.
func (w *Writer) Close() error {
	w.dst.Uint64(0)
	if w.own {
		return w.dst.Flush()
	}
	return w.dst.Err()
}

// A Reader reads a stream. It is for one goroutine.
type Reader struct {
	dir storepath.Dir
	src *wire.Reader
}

// NewReader returns a Reader of paths in dir. If r is a *wire.Reader, it is left
// behind the end of the stream.
func NewReader(r io.Reader, dir storepath.Dir) *Reader {
	src, ok := r.(*wire.Reader)
	if !ok {
		src = wire.NewReader(r)
	}
	return &Reader{dir: dir, src: src}
}

// Next copies the NAR of the next object to w, checked as nar.Reader does, and
// returns what comes behind it, or io.EOF at the end of the stream. Only then is
// known which object it was.
func (r *Reader) Next(w io.Writer) (Object, error) {
	more, err := r.src.Uint64()
	switch {
	case err == io.EOF:
		return Object{}, fmt.Errorf("read export stream: %w", io.ErrUnexpectedEOF)
	case err != nil:
		return Object{}, fmt.Errorf("read export stream: %w", err)
	case more == 0:
		return Object{}, io.EOF
	case more != 1:
		return Object{}, errors.New("input doesn't look like something created by 'nix-store --export'")
	}
	if err := nar.Copy(w, r.src); err != nil {
		return Object{}, err
	}
	o, err := r.object()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Object{}, fmt.Errorf("read export stream: %w", err)
	}
	return o, nil
}

func (r *Reader) object() (o Object, err error) {
	m, err := r.src.Uint64()
	if err != nil {
		return o, err
	}
	if m != magic {
		return o, errors.New("Nix archive cannot be imported; wrong format")
	}
	if o.Path, err = r.path(); err != nil {
		return o, err
	}
	n, err := r.src.Count(maxReferences)
	if err != nil {
		return o, err
	}
	for range n {
		ref, err := r.path()
		if err != nil {
			return o, err
		}
		o.References = append(o.References, ref)
	}
	slices.Sort(o.References)
	o.References = slices.Compact(o.References)
	deriver, err := r.src.String(maxPath)
	if err != nil {
		return o, err
	}
	if deriver != "" {
		if o.Deriver, err = r.dir.Parse(deriver); err != nil {
			return o, err
		}
	}
	signed, err := r.src.Uint64()
	if err == nil && signed == 1 {
		_, err = r.src.String(maxSignature)
	}
	return o, err
}

func (r *Reader) path() (storepath.Path, error) {
	full, err := r.src.String(maxPath)
	if err != nil {
		return "", err
	}
	return r.dir.Parse(full)
}
