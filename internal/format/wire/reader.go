package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// A Reader reads values from a stream. It is for one goroutine.
//
// Every method that reads a value returns io.EOF if the stream ends right before
// it and io.ErrUnexpectedEOF if it ends inside; malformed values give an
// *OffsetError. After an error the position in the stream is undefined.
type Reader struct {
	src        io.Reader
	buf        []byte
	start, end int   // buf[start:end] is read and not consumed
	base       int64 // offset in the stream of buf[0]
	err        error // what src returned, once; reported when the buffer is empty
}

// NewReader returns a Reader with a buffer of BufferSize.
func NewReader(src io.Reader) *Reader { return NewReaderSize(src, BufferSize) }

// NewReaderSize returns a Reader with a buffer of at least 512 bytes.
func NewReaderSize(src io.Reader, size int) *Reader {
	return &Reader{src: src, buf: make([]byte, max(size, 512))}
}

// Reset makes r read src from the beginning, keeping its buffer.
func (r *Reader) Reset(src io.Reader) { *r = Reader{src: src, buf: r.buf} }

// Offset returns the number of bytes consumed so far.
func (r *Reader) Offset() int64 { return r.base + int64(r.start) }

// Buffered returns the number of bytes that can be consumed without reading.
func (r *Reader) Buffered() int { return r.end - r.start }

// fill makes at least n bytes available, n being at most len(r.buf). It returns
// io.EOF if there are none and io.ErrUnexpectedEOF if there are too few.
func (r *Reader) fill(n int) error {
	if r.end-r.start >= n {
		return nil
	}
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.base += int64(r.start)
		r.end -= r.start
		r.start = 0
	}
	for empty := 0; r.end < n; {
		if r.err != nil {
			return r.short()
		}
		m, err := r.src.Read(r.buf[r.end:])
		r.end += m
		r.err = err
		if m > 0 {
			empty = 0
		} else if empty++; empty == 100 && err == nil {
			r.err = io.ErrNoProgress
		}
	}
	return nil
}

// short is the error for a stream that ended before what was asked for.
func (r *Reader) short() error {
	if r.err == io.EOF && r.end > r.start {
		return io.ErrUnexpectedEOF
	}
	return r.err
}

// inside turns the end of the stream into its end inside a value.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *Reader) malformed(offset int64, err error) error {
	return &OffsetError{Offset: offset, Err: err}
}

// Uint64 reads an integer.
func (r *Reader) Uint64() (uint64, error) {
	if err := r.fill(WordSize); err != nil {
		return 0, err
	}
	v := binary.LittleEndian.Uint64(r.buf[r.start:])
	r.start += WordSize
	return v, nil
}

// Uint32 reads an integer that must fit 32 bits.
func (r *Reader) Uint32() (uint32, error) {
	at := r.Offset()
	v, err := r.Uint64()
	if err == nil && v > math.MaxUint32 {
		return 0, r.malformed(at, fmt.Errorf("%w: %d does not fit 32 bits", ErrTooBig, v))
	}
	return uint32(v), err
}

// Bool reads a truth value; every integer but 0 is true.
func (r *Reader) Bool() (bool, error) {
	v, err := r.Uint64()
	return v != 0, err
}

// length reads the length of a string of at most limit bytes.
func (r *Reader) length(limit int) (int, error) {
	at := r.Offset()
	n, err := r.Uint64()
	if err == nil && n > uint64(limit) {
		return 0, r.malformed(at, fmt.Errorf("%w: %d bytes, at most %d allowed", ErrTooLong, n, limit))
	}
	return int(n), err
}

// Token reads a string of at most limit bytes, limit being far below the size of
// the buffer, and returns its bytes within the buffer: they are valid until the
// next call.
func (r *Reader) Token(limit int) ([]byte, error) {
	n, err := r.length(limit)
	if err != nil {
		return nil, err
	}
	padded := n + PaddingLen(uint64(n))
	if padded > len(r.buf) {
		panic("wire: token limit exceeds the buffer")
	}
	if err := r.fill(padded); err != nil {
		return nil, inside(err)
	}
	token := r.buf[r.start : r.start+n : r.start+n]
	for _, b := range r.buf[r.start+n : r.start+padded] {
		if b != 0 {
			return nil, r.malformed(r.Offset()+int64(n), ErrPadding)
		}
	}
	r.start += padded
	return token, nil
}

// String reads a string of at most limit bytes.
func (r *Reader) String(limit int) (string, error) {
	if limit <= len(r.buf)-WordSize {
		token, err := r.Token(limit)
		return string(token), err
	}
	b, err := r.AppendBytes(nil, limit)
	return string(b), err
}

// AppendBytes reads a string of at most limit bytes and appends it to dst. A
// length that the stream does not keep costs no more memory than what the
// stream has.
func (r *Reader) AppendBytes(dst []byte, limit int) ([]byte, error) {
	n, err := r.length(limit)
	if err != nil {
		return dst, err
	}
	const step = 1 << 20
	for left := n; left > 0; {
		m := min(left, step)
		at := len(dst)
		if cap(dst)-at < m {
			grown := make([]byte, at, min(max(2*at, at+m), at+left))
			copy(grown, dst)
			dst = grown
		}
		dst = dst[:at+m]
		if _, err := io.ReadFull(r, dst[at:]); err != nil {
			return dst[:at], inside(err)
		}
		left -= m
	}
	return dst, r.Padding(uint64(n))
}

// Strings reads a list of at most maxCount strings of at most limit bytes each.
func (r *Reader) Strings(maxCount, limit int) ([]string, error) {
	n, err := r.Count(maxCount)
	if err != nil || n == 0 {
		return nil, err
	}
	list := make([]string, 0, min(n, 1024))
	for range n {
		s, err := r.String(limit)
		if err != nil {
			return nil, inside(err)
		}
		list = append(list, s)
	}
	return list, nil
}

// Count reads the length of a list of at most limit values.
func (r *Reader) Count(limit int) (int, error) {
	at := r.Offset()
	n, err := r.Uint64()
	if err == nil && n > uint64(limit) {
		return 0, r.malformed(at, fmt.Errorf("%w: list of %d values, at most %d allowed", ErrTooBig, n, limit))
	}
	return int(n), err
}

// Padding reads the zero bytes that follow n bytes of a string.
func (r *Reader) Padding(n uint64) error {
	p := PaddingLen(n)
	if p == 0 {
		return nil
	}
	if err := r.fill(p); err != nil {
		return inside(err)
	}
	for _, b := range r.buf[r.start : r.start+p] {
		if b != 0 {
			return r.malformed(r.Offset(), ErrPadding)
		}
	}
	r.start += p
	return nil
}

// Read reads plain bytes, as io.Reader says.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.start == r.end {
		if r.err != nil {
			return 0, r.err
		}
		if len(p) >= len(r.buf) {
			n, err := r.src.Read(p)
			r.base += int64(n)
			r.err = err
			if n > 0 {
				err = nil
			}
			return n, err
		}
		if err := r.fill(1); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.start:r.end])
	r.start += n
	return n, nil
}

// CopyN writes the next n plain bytes to w, straight from the buffer.
func (r *Reader) CopyN(w io.Writer, n int64) error {
	for n > 0 {
		if err := r.fill(1); err != nil {
			return inside(err)
		}
		chunk := r.buf[r.start:r.end]
		if int64(len(chunk)) > n {
			chunk = chunk[:n]
		}
		if _, err := w.Write(chunk); err != nil {
			return err
		}
		r.start += len(chunk)
		n -= int64(len(chunk))
	}
	return nil
}

// Discard skips the next n plain bytes.
func (r *Reader) Discard(n int64) error { return r.CopyN(io.Discard, n) }
