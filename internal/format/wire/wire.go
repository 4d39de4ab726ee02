// Package wire reads and writes the primitive values of Nix's binary formats:
// NAR, the export stream and the daemon protocols are sequences of them.
//
// An integer is 64 bits, little-endian. A byte string is its length as an
// integer, its bytes, and zero bytes up to the next multiple of 8. A list is a
// count followed by that many values. Nothing in the bytes says which of these
// comes next; the format above decides.
//
// Reader and Writer buffer. What lies behind a value in the underlying stream
// may be in a Reader's buffer already, so one Reader serves a stream for its
// whole life.
//
// See docs/spec/wire.md.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// WordSize is the size of an integer and the alignment of byte strings.
const WordSize = 8

// BufferSize is the default size of the buffers of Reader and Writer in bytes.
const BufferSize = 64 << 10

// PaddingLen returns the number of zero bytes that follow n bytes of a string.
func PaddingLen(n uint64) int { return int(-n & (WordSize - 1)) }

// StringLen returns the number of bytes that a string of n bytes takes.
func StringLen(n uint64) uint64 { return WordSize + n + uint64(PaddingLen(n)) }

// AppendUint64 appends an integer to dst.
func AppendUint64(dst []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(dst, v) }

// AppendString appends a byte string to dst.
func AppendString[S ~string | ~[]byte](dst []byte, s S) []byte {
	dst = AppendUint64(dst, uint64(len(s)))
	dst = append(dst, s...)
	return append(dst, zeros[:PaddingLen(uint64(len(s)))]...)
}

// AppendBool appends a truth value, an integer 0 or 1.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return AppendUint64(dst, 1)
	}
	return AppendUint64(dst, 0)
}

var zeros [WordSize]byte

// The kinds of malformed input; errors.Is finds them. A stream that ends inside
// a value is io.ErrUnexpectedEOF.
var (
	ErrPadding = errors.New("non-zero padding")
	ErrTooLong = errors.New("string is too long")
	ErrTooBig  = errors.New("serialised integer is too large")
)

// An OffsetError tells where in the stream a value is malformed.
type OffsetError struct {
	Offset int64 // of the first byte of the value, from the start of the stream
	Err    error
}

func (e *OffsetError) Error() string { return fmt.Sprintf("%v (at byte %d)", e.Err, e.Offset) }

func (e *OffsetError) Unwrap() error { return e.Err }
