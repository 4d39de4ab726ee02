package nar

import (
	"errors"
	"fmt"
	"io"
	"math"

	"firn/internal/format/wire"
)

// A Reader reads one archive, node by node, and refuses every archive that a
// Writer would not have written. It is for one goroutine; its memory does not
// grow with the archive but for the names of open directories.
//
// Once Next has returned io.EOF exactly the archive has been consumed.
type Reader struct {
	// CaseHack makes names that differ only in case from an earlier name of the
	// same directory end in "~nix~case~hack~<n>". Set it before the first Next.
	CaseHack bool

	src   *wire.Reader
	base  int64 // offset in src of the archive
	state readerState
	dirs  []openDir // from the root to the directory of the current node
	name  string    // of the current node, unless it is the last of dirs
	left  uint64    // bytes of contents not yet read
	size  uint64    // bytes of contents in all
	err   error     // sticky: what Next returned last
}

type readerState uint8

const (
	atStart     readerState = iota // before the magic
	inContents                     // within a regular file
	inDirectory                    // between the entries of dirs' last
	atEnd                          // after the root
)

// openDir is a directory whose end has not been seen.
type openDir struct {
	name     string         // of the directory itself
	previous string         // name of the entry seen last
	folded   map[string]int // with CaseHack: lower-case names and how often they were hacked
}

// NewReader returns a Reader. If r is a *wire.Reader, reading starts at its
// position and leaves it behind the archive; any other r may be read further.
func NewReader(r io.Reader) *Reader {
	src, ok := r.(*wire.Reader)
	if !ok {
		size := wire.BufferSize
		if memory, ok := r.(interface{ Len() int }); ok {
			size = min(size, memory.Len())
		}
		src = wire.NewReaderSize(r, size)
	}
	return &Reader{src: src, base: src.Offset()}
}

// NewReaderOf is [NewReader] of an archive of about size bytes, 0 for not known. Small ones get by with a small buffer.
func NewReaderOf(r io.Reader, size uint64) *Reader {
	if size == 0 {
		return NewReader(r)
	}
	return NewReader(wire.NewReaderSize(r, int(min(size, wire.BufferSize))))
}

// Offset returns the number of bytes of the archive consumed so far.
func (r *Reader) Offset() int64 { return r.src.Offset() - r.base }

// Next skips what is left of the current file and returns the next node, or
// io.EOF after the last. Bad archives give an *Error; what the stream itself
// reports is wrapped, an archive that breaks off as io.ErrUnexpectedEOF. Errors
// are final.
func (r *Reader) Next() (Header, error) {
	if r.err != nil {
		return Header{}, r.err
	}
	h, err := r.next()
	if err != nil && (err != io.EOF || r.state != atEnd) {
		err = r.describe(err)
	}
	r.err = err
	return h, err
}

func (r *Reader) next() (Header, error) {
	switch r.state {
	case atStart:
		magic, err := r.src.Token(len(Magic))
		var malformed *wire.OffsetError
		if err != nil && !errors.As(err, &malformed) {
			return Header{}, err
		}
		if string(magic) != Magic {
			return Header{}, bad("input doesn't look like a Nix archive")
		}
		return r.node("", 0)
	case inContents:
		if err := r.endContents(); err != nil {
			return Header{}, err
		}
	}
	for r.state == inDirectory {
		r.name = ""
		tag, err := r.src.Token(maxTag)
		if err != nil {
			return Header{}, err
		}
		switch string(tag) {
		case "entry":
			return r.entry()
		case ")":
			r.dirs = r.dirs[:len(r.dirs)-1]
			if err := r.endNode(); err != nil {
				return Header{}, err
			}
		default:
			return Header{}, bad("expected tag 'entry' or ')', got '%s'", tag)
		}
	}
	return Header{}, io.EOF
}

// entry reads from after "entry" to after the type of its node.
func (r *Reader) entry() (Header, error) {
	if err := r.expect("(", "name"); err != nil {
		return Header{}, err
	}
	token, err := r.src.Token(MaxName)
	if err != nil {
		return Header{}, err
	}
	name := string(token)
	dir := &r.dirs[len(r.dirs)-1]
	if err := checkName(name, dir.previous); err != nil {
		return Header{}, &Error{Err: err}
	}
	dir.previous = name
	if r.CaseHack {
		if name, err = dir.hack(name); err != nil {
			return Header{}, &Error{Err: err}
		}
	}
	if err := r.expect("node"); err != nil {
		return Header{}, err
	}
	return r.node(name, len(r.dirs))
}

// node reads from "(" to where the contents of the node begin.
func (r *Reader) node(name string, depth int) (Header, error) {
	r.name = name
	h := Header{Depth: depth, Name: name}
	if depth >= MaxDepth {
		return h, bad("NAR directory nesting exceeds maximum depth of %d", MaxDepth)
	}
	if err := r.expect("(", "type"); err != nil {
		return h, err
	}
	tag, err := r.src.Token(maxTag)
	if err != nil {
		return h, err
	}
	switch string(tag) {
	case "regular":
		return r.regular(h)
	case "directory":
		h.Type = Directory
		r.name = ""
		r.dirs = append(r.dirs, openDir{name: name})
		r.state = inDirectory
		return h, nil
	case "symlink":
		return r.symlink(h)
	}
	return h, bad("unknown file type '%s'", tag)
}

func (r *Reader) regular(h Header) (Header, error) {
	h.Type = Regular
	tag, err := r.src.Token(maxTag)
	if err != nil {
		return h, err
	}
	if string(tag) == "executable" {
		h.Executable = true
		if tag, err = r.src.Token(0); err == nil {
			tag, err = r.src.Token(maxTag)
		}
		if err != nil {
			return h, err
		}
	}
	if string(tag) != "contents" {
		return h, bad("expected tag 'contents', got '%s'", tag)
	}
	if h.Size, err = r.src.Uint64(); err != nil {
		return h, err
	}
	if h.Size > math.MaxInt64 {
		return h, bad("file of %d bytes", h.Size)
	}
	h.Offset = r.Offset()
	r.state, r.left, r.size = inContents, h.Size, h.Size
	return h, nil
}

func (r *Reader) symlink(h Header) (Header, error) {
	h.Type = Symlink
	if err := r.expect("target"); err != nil {
		return h, err
	}
	var err error
	if h.Target, err = r.src.String(MaxTarget); err != nil {
		return h, err
	}
	if err := checkTarget(h.Target); err != nil {
		return h, &Error{Err: err}
	}
	if err := r.expect(")"); err != nil {
		return h, err
	}
	return h, r.endNode()
}

// endContents skips to the end of the current file.
func (r *Reader) endContents() error {
	if err := r.src.Discard(int64(r.left)); err != nil {
		return err
	}
	r.left = 0
	if err := r.src.Padding(r.size); err != nil {
		return err
	}
	if err := r.expect(")"); err != nil {
		return err
	}
	return r.endNode()
}

// endNode goes on after the ")" of a node.
func (r *Reader) endNode() error {
	if len(r.dirs) == 0 {
		r.state = atEnd
		return nil
	}
	r.state = inDirectory
	return r.expect(")")
}

func (r *Reader) expect(tags ...string) error {
	for _, want := range tags {
		tag, err := r.src.Token(maxTag)
		if err != nil {
			return err
		}
		if string(tag) != want {
			return bad("expected tag '%s', got '%s'", want, tag)
		}
	}
	return nil
}

// Read reads the contents of the regular file that Next returned last; it
// returns io.EOF at their end and for every other node.
func (r *Reader) Read(p []byte) (int, error) {
	if r.state != inContents || r.left == 0 {
		return 0, io.EOF
	}
	if r.err != nil {
		return 0, r.err
	}
	if uint64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.src.Read(p)
	r.left -= uint64(n)
	if err != nil {
		r.err = r.describe(err)
		return n, r.err
	}
	return n, nil
}

// WriteTo writes the rest of the contents to w without copying them in between.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	if r.state != inContents || r.left == 0 {
		return 0, nil
	}
	if r.err != nil {
		return 0, r.err
	}
	out := &countWriter{w: w}
	err := r.src.CopyN(out, int64(r.left))
	r.left -= uint64(out.n)
	if err != nil {
		if out.err == nil {
			err = r.describe(err)
		}
		r.err = err
	}
	return out.n, err
}

// countWriter tells how much arrived and which side failed.
type countWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *countWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	c.err = err
	return n, err
}

// Path returns the path of the node that Next returned last, or of the one it
// failed in: "/a/b" with "/" for the root.
func (r *Reader) Path() string {
	names := make([]string, len(r.dirs))
	for i, d := range r.dirs {
		names[i] = d.name
	}
	return joinPath(names, r.name)
}

// bad is an error of the archive, which describe completes.
func bad(format string, args ...any) error { return &Error{Err: fmt.Errorf(format, args...)} }

// describe adds path and offset to what went wrong.
func (r *Reader) describe(err error) error {
	var bad *Error
	if errors.As(err, &bad) {
		bad.Path, bad.Offset = r.Path(), r.Offset()
		return bad
	}
	var malformed *wire.OffsetError
	if errors.As(err, &malformed) {
		return &Error{Path: r.Path(), Offset: malformed.Offset - r.base, Err: malformed.Err}
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read archive at '%s', byte %d: %w", r.Path(), r.Offset(), err)
}
