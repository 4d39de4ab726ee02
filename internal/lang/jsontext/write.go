package jsontext

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// An EncodingError says that a string is not UTF-8 and therefore not JSON, in the words of nlohmann/json.
type EncodingError struct{ message string }

func (e *EncodingError) Error() string { return "[json.exception.type_error.316] " + e.message }

// AppendString appends s with quotes. What is not ASCII stays as it is. An error is of type *EncodingError; dst is then
// returned with a part of s.
func AppendString(dst []byte, s string) ([]byte, error) {
	dst = append(dst, '"')
	done := 0
	for i := plain(s, 0); i < len(s); i = plain(s, i) {
		c := s[i]
		if c >= utf8.RuneSelf {
			n, err := character(s, i)
			if err != nil {
				return dst, err
			}
			i += n
			continue
		}
		if c < ' ' || c == '"' || c == '\\' {
			dst = append(dst, s[done:i]...)
			dst = appendEscape(dst, c)
			done = i + 1
		}
		i++
	}
	return append(append(dst, s[done:]...), '"'), nil
}

func appendEscape(dst []byte, c byte) []byte {
	if c == '"' || c == '\\' {
		return append(dst, '\\', c)
	}
	if short := shortEscape(c); short != 0 {
		return append(dst, '\\', short)
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// character returns the length of the UTF-8 sequence at i.
func character(s string, i int) (int, error) {
	size, low, high := sequence(s[i])
	if size == 0 {
		return 0, invalidByte(s, i)
	}
	for n := 1; n < size; n++ {
		if i+n == len(s) {
			return 0, &EncodingError{fmt.Sprintf("incomplete UTF-8 string; last byte: 0x%02X", s[len(s)-1])}
		}
		if c := s[i+n]; c < low || c > high {
			return 0, invalidByte(s, i+n)
		}
		low, high = 0x80, 0xbf
	}
	return size, nil
}

func invalidByte(s string, i int) error {
	return &EncodingError{fmt.Sprintf("invalid UTF-8 byte at index %d: 0x%02X", i, s[i])}
}

// AppendFloat appends a float so that it reads back as the same one and cannot be taken for an integer: 1.0, 1e+20,
// 1e-07. What is not finite becomes null.
func AppendFloat(dst []byte, x float64) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(dst, "null"...)
	}
	if math.Signbit(x) {
		dst = append(dst, '-')
		x = -x
	}
	if x == 0 {
		return append(dst, "0.0"...)
	}
	var buf [20]byte
	digits, exponent := appendDigits(buf[:0], x)
	return appendDecimal(dst, digits, exponent)
}

// appendDecimal appends digits × 10^exponent. The point goes among up to 15 digits before it and four zeros behind it.
func appendDecimal(dst, digits []byte, exponent int) []byte {
	const (
		mostBefore  = 15
		mostZeros   = 4
		zeros       = "00000000000000000"
		leadingZero = "0."
	)
	point := len(digits) + exponent
	switch {
	case exponent >= 0 && point <= mostBefore:
		dst = append(dst, digits...)
		dst = append(dst, zeros[:exponent]...)
		return append(dst, ".0"...)
	case 0 < point && point <= mostBefore:
		dst = append(dst, digits[:point]...)
		dst = append(dst, '.')
		return append(dst, digits[point:]...)
	case -mostZeros < point && point <= 0:
		dst = append(dst, leadingZero...)
		dst = append(dst, zeros[:-point]...)
		return append(dst, digits...)
	}
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	dst = append(dst, 'e')
	point--
	sign := byte('+')
	if point < 0 {
		sign, point = '-', -point
	}
	dst = append(dst, sign)
	if point < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(point), 10)
}
