package nar

import (
	"errors"
	"fmt"
	"io"

	"firn/internal/format/wire"
)

// A Writer writes one archive from headers in the order that Reader returns
// them: a directory before its entries, entries by name. It is for one
// goroutine.
type Writer struct {
	dst      *wire.Writer
	own      bool     // dst is ours to flush
	started  bool     // the root's header has been written
	file     bool     // the current node is a regular file
	size     uint64   // of the current file
	left     uint64   // bytes of it still to come
	previous []string // for each open directory the name of its last entry
	names    []string // for each open directory its own name
	name     string   // of the current node, unless it is a directory
	err      error    // sticky
}

// The runs of keywords between values, as they stand in the archive.
var (
	magicText      = tokens(Magic)
	entryText      = tokens("entry", "(", "name")
	nodeText       = tokens("node")
	closeText      = tokens(")")
	directoryText  = tokens("(", "type", "directory")
	symlinkText    = tokens("(", "type", "symlink", "target")
	regularText    = tokens("(", "type", "regular", "contents")
	executableText = tokens("(", "type", "regular", "executable", "", "contents")
)

func tokens(list ...string) (b []byte) {
	for _, s := range list {
		b = wire.AppendString(b, s)
	}
	return b
}

// NewWriter returns a Writer. If w is a *wire.Writer, Close does not flush it.
func NewWriter(w io.Writer) *Writer {
	if dst, ok := w.(*wire.Writer); ok {
		return &Writer{dst: dst}
	}
	return &Writer{dst: wire.NewWriter(w), own: true}
}

// WriteHeader begins a node, after ending the one before and every directory
// that it is not in. The contents of a regular file follow by Write or ReadFrom.
func (w *Writer) WriteHeader(h Header) error {
	if w.err == nil {
		w.err = w.header(h)
	}
	return w.err
}

func (w *Writer) header(h Header) error {
	if err := w.open(h); err != nil {
		return err
	}
	w.name = h.Name
	switch h.Type {
	case Directory:
		w.dst.Raw(directoryText)
		w.previous = append(w.previous, "")
		w.names = append(w.names, h.Name)
		w.name = ""
	case Symlink:
		if err := checkTarget(h.Target); err != nil {
			return w.fail(err)
		}
		w.dst.Raw(symlinkText)
		w.dst.String(h.Target)
		w.endNode()
	case Regular:
		if h.Executable {
			w.dst.Raw(executableText)
		} else {
			w.dst.Raw(regularText)
		}
		w.dst.Uint64(h.Size)
		w.file, w.size, w.left = true, h.Size, h.Size
	default:
		return fmt.Errorf("file '%s' has an unsupported type", w.Path())
	}
	return w.dst.Err()
}

// open writes everything up to where the node begins.
func (w *Writer) open(h Header) error {
	if !w.started {
		if h.Depth != 0 || h.Name != "" {
			return errors.New("write archive: the first node is not the root")
		}
		w.started = true
		w.dst.Raw(magicText)
		return nil
	}
	if err := w.endFile(); err != nil {
		return err
	}
	switch {
	case h.Depth >= MaxDepth:
		w.name = h.Name
		return fmt.Errorf("path '%s' exceeds maximum NAR directory depth of %d", w.Path(), MaxDepth)
	case h.Depth < 1:
		return errors.New("write archive: second root")
	case h.Depth > len(w.previous):
		return w.fail(fmt.Errorf("entry '%s' at depth %d has no directory", h.Name, h.Depth))
	}
	w.closeTo(h.Depth)
	w.name = ""
	if err := checkName(h.Name, w.previous[h.Depth-1]); err != nil {
		return w.fail(err)
	}
	w.previous[h.Depth-1] = h.Name
	w.dst.Raw(entryText)
	w.dst.String(h.Name)
	w.dst.Raw(nodeText)
	return nil
}

// endFile ends the current regular file, if there is one.
func (w *Writer) endFile() error {
	if !w.file {
		return nil
	}
	if w.left > 0 {
		return fmt.Errorf("write archive: file '%s' of %d bytes: %d missing", w.Path(), w.size, w.left)
	}
	w.file = false
	w.dst.Padding(w.size)
	w.endNode()
	return nil
}

// endNode closes a node and the entry that it is in.
func (w *Writer) endNode() {
	w.dst.Raw(closeText)
	if len(w.previous) > 0 {
		w.dst.Raw(closeText)
	}
}

// closeTo closes directories until depth are open.
func (w *Writer) closeTo(depth int) {
	for len(w.previous) > depth {
		w.previous = w.previous[:len(w.previous)-1]
		w.names = w.names[:len(w.names)-1]
		w.endNode()
	}
}

// Write writes contents of the current file; more than its size is an error.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if uint64(len(p)) > w.left {
		w.err = fmt.Errorf("write archive: file '%s' of %d bytes: %d too many", w.Path(), w.size, uint64(len(p))-w.left)
		return 0, w.err
	}
	n, err := w.dst.Write(p)
	w.left -= uint64(n)
	w.err = err
	return n, err
}

// ReadFrom reads exactly the rest of the current file from r, into the buffer it
// is written from. It does not look whether r has more.
func (w *Writer) ReadFrom(r io.Reader) (int64, error) {
	if w.err != nil {
		return 0, w.err
	}
	start := w.dst.Offset()
	err := w.dst.CopyN(r, int64(w.left))
	n := w.dst.Offset() - start
	w.left -= uint64(n)
	if err != nil {
		w.err = fmt.Errorf("write archive: file '%s' of %d bytes: %w", w.Path(), w.size, err)
	}
	return n, w.err
}

// Close ends the archive. It fails if there is none or if a file is not whole.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if !w.started {
		w.err = errors.New("write archive: no root")
		return w.err
	}
	if w.err = w.endFile(); w.err != nil {
		return w.err
	}
	w.closeTo(0)
	if w.own {
		w.err = w.dst.Flush()
	} else {
		w.err = w.dst.Err()
	}
	if w.err != nil {
		return w.err
	}
	w.err = errors.New("write archive: it is closed")
	return nil
}

// Path returns the path of the current node, "/a/b" with "/" for the root.
func (w *Writer) Path() string { return joinPath(w.names, w.name) }

func (w *Writer) fail(err error) error {
	return fmt.Errorf("write archive at '%s': %w", w.Path(), err)
}

// joinPath renders the path of name in nested directories, the first the root.
func joinPath(dirs []string, name string) string {
	var b []byte
	for _, d := range dirs {
		if d != "" {
			b = append(append(b, '/'), d...)
		}
	}
	if name != "" || len(b) == 0 {
		b = append(append(b, '/'), name...)
	}
	return string(b)
}
