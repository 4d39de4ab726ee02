// Package nixbase32 encodes bytes in the base-32 notation of store paths.
//
// The alphabet is the ten digits and the lower-case letters without e, o, u and
// t, in that order; letter number v stands for the five bits of value v. The
// bytes are read as one little-endian number: bit k of the number is bit k%8 of
// byte k/8. Letters are written with the most significant group first, so the
// last letter carries the lowest five bits of the first byte. n bytes need
// ⌈8n/5⌉ letters and the unused high bits of the first letter are zero; this
// decoder refuses texts where they are not.
//
// See docs/spec/nixbase32.md.
package nixbase32

import "fmt"

// Alphabet holds the letter for each value from 0 to 31.
const Alphabet = "0123456789abcdfghijklmnpqrsvwxyz"

// invalid marks bytes of values that are no letter.
const invalid = 0xff

// values maps a byte to the value of that letter, or to invalid.
var values = func() (t [256]byte) {
	for i := range t {
		t[i] = invalid
	}
	for v := range len(Alphabet) {
		t[Alphabet[v]] = byte(v)
	}
	return t
}()

// EncodedLen returns the number of letters that n bytes take.
func EncodedLen(n int) int { return (n*8 + 4) / 5 }

// DecodedLen returns the number of whole bytes that n letters hold.
func DecodedLen(n int) int { return n * 5 / 8 }

// IsLetter reports whether c is one of the 32 letters.
func IsLetter(c byte) bool { return values[c] != invalid }

// AppendEncode appends the text of src to dst and returns the longer slice.
func AppendEncode(dst, src []byte) []byte {
	n := EncodedLen(len(src))
	start := len(dst)
	if cap(dst)-start < n {
		grown := make([]byte, start, 2*start+n)
		copy(grown, dst)
		dst = grown
	}
	dst = dst[:start+n]
	encode(dst[start:], src)
	return dst
}

// EncodeToString returns the text of src.
func EncodeToString(src []byte) string {
	var buf [104]byte // room for 64 bytes, the longest digest
	return string(AppendEncode(buf[:0], src))
}

// encode fills text, of exactly EncodedLen(len(src)) bytes, from its end.
func encode(text, src []byte) {
	var acc, bits uint
	at := len(text) - 1
	for _, b := range src {
		acc |= uint(b) << bits
		bits += 8
		for bits >= 5 {
			text[at] = Alphabet[acc&31]
			at--
			acc >>= 5
			bits -= 5
		}
	}
	if bits > 0 {
		text[at] = Alphabet[acc&31]
	}
}

// A CharError reports a byte that is no letter of the alphabet.
type CharError struct {
	Char   byte
	Offset int // position in the text, from 0
}

func (e *CharError) Error() string {
	return fmt.Sprintf("invalid character in Nix32 (Nix's Base32 variation) string: '%s'", string([]byte{e.Char}))
}

// A PaddingError reports a first letter whose unused high bits are not zero.
type PaddingError struct {
	Text string
}

func (e *PaddingError) Error() string {
	return fmt.Sprintf("invalid Nix32 string '%s': padding bits of '%c' are not zero", e.Text, e.Text[0])
}

// A LengthError reports a number of letters that no number of bytes has.
type LengthError struct {
	Text string
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("invalid Nix32 string '%s': no bytes encode to %d letters", e.Text, len(e.Text))
}

// DecodeString returns the bytes that text stands for. It accepts only what
// EncodeToString makes: errors are *CharError, *LengthError or *PaddingError,
// looked for in this order.
func DecodeString(text string) ([]byte, error) {
	dst := make([]byte, DecodedLen(len(text)))
	if err := Decode(dst, text); err != nil {
		return nil, err
	}
	return dst, nil
}

// Decode is DecodeString into dst, which must have DecodedLen(len(text)) bytes.
func Decode(dst []byte, text string) error {
	if len(dst) != DecodedLen(len(text)) {
		panic("nixbase32: destination has the wrong length")
	}
	var acc, bits uint
	n := 0
	for at := len(text) - 1; at >= 0; at-- {
		v := values[text[at]]
		if v == invalid {
			return &CharError{Char: text[at], Offset: at}
		}
		acc |= uint(v) << bits
		bits += 5
		if bits >= 8 {
			dst[n] = byte(acc)
			n++
			acc >>= 8
			bits -= 8
		}
	}
	switch {
	case EncodedLen(len(dst)) != len(text):
		return &LengthError{Text: text}
	case acc != 0:
		return &PaddingError{Text: text}
	}
	return nil
}
