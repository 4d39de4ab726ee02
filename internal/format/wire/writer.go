package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A Writer writes values to a stream. It is for one goroutine.
//
// The first failure of the stream sticks: later calls do nothing, and Flush and
// Err return it. So a caller may write a whole message and look once.
type Writer struct {
	dst    io.Writer
	buf    []byte
	offset int64 // in the stream of buf[0]
	err    error
}

// NewWriter returns a Writer with a buffer of BufferSize.
func NewWriter(dst io.Writer) *Writer { return NewWriterSize(dst, BufferSize) }

// NewWriterSize returns a Writer with a buffer of at least 512 bytes.
func NewWriterSize(dst io.Writer, size int) *Writer {
	return &Writer{dst: dst, buf: make([]byte, 0, max(size, 512))}
}

// Reset makes w write to dst, dropping what is not flushed.
func (w *Writer) Reset(dst io.Writer) { *w = Writer{dst: dst, buf: w.buf[:0]} }

// Offset returns the number of bytes written so far, flushed or not.
func (w *Writer) Offset() int64 { return w.offset + int64(len(w.buf)) }

// Err returns the first failure.
func (w *Writer) Err() error { return w.err }

// Flush hands everything to the stream and returns the first failure.
func (w *Writer) Flush() error {
	if len(w.buf) > 0 && w.err == nil {
		n, err := w.dst.Write(w.buf)
		if err == nil && n < len(w.buf) {
			err = io.ErrShortWrite
		}
		w.err = err
	}
	w.offset += int64(len(w.buf))
	w.buf = w.buf[:0]
	return w.err
}

// room makes space for n bytes, n being small.
func (w *Writer) room(n int) {
	if cap(w.buf)-len(w.buf) < n {
		w.Flush()
	}
}

// Uint64 writes an integer.
func (w *Writer) Uint64(v uint64) {
	w.room(WordSize)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, v)
}

// Bool writes a truth value.
func (w *Writer) Bool(v bool) {
	w.room(WordSize)
	w.buf = AppendBool(w.buf, v)
}

// String writes a byte string.
func (w *Writer) String(s string) {
	w.Uint64(uint64(len(s)))
	w.WriteString(s)
	w.Padding(uint64(len(s)))
}

// Bytes writes a byte string.
func (w *Writer) Bytes(b []byte) {
	w.Uint64(uint64(len(b)))
	w.Write(b)
	w.Padding(uint64(len(b)))
}

// Strings writes a list of strings.
func (w *Writer) Strings(list []string) {
	w.Uint64(uint64(len(list)))
	for _, s := range list {
		w.String(s)
	}
}

// Padding writes the zero bytes that follow n bytes of a string.
func (w *Writer) Padding(n uint64) {
	w.room(WordSize)
	w.buf = append(w.buf, zeros[:PaddingLen(n)]...)
}

// Raw writes bytes that are values already.
func (w *Writer) Raw(b []byte) { w.Write(b) }

// Write writes plain bytes, as io.Writer says.
func (w *Writer) Write(p []byte) (int, error) {
	if len(p) > cap(w.buf)-len(w.buf) {
		w.Flush()
		if len(p) >= cap(w.buf) {
			return w.direct(p)
		}
	}
	w.buf = append(w.buf, p...)
	return len(p), w.err
}

// direct writes p past the empty buffer.
func (w *Writer) direct(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.dst.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	w.err = err
	w.offset += int64(n)
	return n, err
}

// WriteString writes plain bytes, as io.StringWriter says.
func (w *Writer) WriteString(s string) (int, error) {
	for n := 0; n < len(s); {
		if len(w.buf) == cap(w.buf) {
			if err := w.Flush(); err != nil {
				return n, err
			}
		}
		m := min(len(s)-n, cap(w.buf)-len(w.buf))
		w.buf = append(w.buf, s[n:n+m]...)
		n += m
	}
	return len(s), w.err
}

// CopyN writes the next n plain bytes of r, reading them straight into the
// buffer. The error says which side failed: io.ErrUnexpectedEOF if r has too few.
func (w *Writer) CopyN(r io.Reader, n int64) error {
	for n > 0 {
		if len(w.buf) == cap(w.buf) {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		free := w.buf[len(w.buf):cap(w.buf)]
		if int64(len(free)) > n {
			free = free[:n]
		}
		m, err := io.ReadAtLeast(r, free, 1)
		w.buf = w.buf[:len(w.buf)+m]
		n -= int64(m)
		if err != nil && n > 0 {
			if inside(err) == io.ErrUnexpectedEOF {
				return fmt.Errorf("%d bytes missing: %w", n, io.ErrUnexpectedEOF)
			}
			return err
		}
	}
	return w.err
}
