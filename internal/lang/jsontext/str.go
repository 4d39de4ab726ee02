package jsontext

import (
	"math/bits"
	"unicode/utf8"
)

const (
	everyByte = 0x0101010101010101
	highBits  = everyByte * 0x80
)

// plain returns the first place at or after i of a byte that is a quote, a backslash, a control character or not
// ASCII, or the length of s.
func plain(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, backslash := w^everyByte*'"', w^everyByte*'\\'
		// A borrow may set the bit of a byte too high, never one too low, and the lowest is the one that counts.
		found := (w - everyByte*0x20) | (quote - everyByte) | (backslash - everyByte) | w
		if found &= highBits; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

// str reads a string, behind its opening quote.
func (p *parser) str() (s string, inText bool, err error) {
	start := p.pos
	p.token = start - 1
	for {
		p.pos = plain(p.text, p.pos)
		c, ok := p.get()
		switch {
		case !ok:
			return "", false, p.bad("invalid string: " + "missing closing quote")
		case c == '"':
			return p.text[start : p.pos-1], true, nil
		case c == '\\':
			s, err := p.escaped(start)
			return s, false, err
		default:
			if err := p.special(c); err != nil {
				return "", false, err
			}
		}
	}
}

// special reads the rest of a character that is not ASCII, or refuses a control character.
func (p *parser) special(c byte) error {
	if c < ' ' {
		return p.bad("invalid string: " + controlCharacter(c))
	}
	if c < utf8.RuneSelf {
		return nil // one that plain stopped at for nothing
	}
	size, low, high := sequence(c)
	if size == 0 {
		return p.bad("invalid string: " + illFormed)
	}
	for ; size > 1; size-- {
		if c, ok := p.get(); !ok || c < low || c > high {
			return p.bad("invalid string: " + illFormed)
		}
		low, high = 0x80, 0xbf
	}
	return nil
}

const illFormed = "ill-formed UTF-8 byte"

// sequence returns the length of the UTF-8 sequence that begins with c, 0 if none does, and the range of its second
// byte.
func sequence(c byte) (size int, low, high byte) {
	switch {
	case c < 0xc2 || c > 0xf4:
		return 0, 0, 0
	case c < 0xe0:
		return 2, 0x80, 0xbf
	case c == 0xe0:
		return 3, 0xa0, 0xbf
	case c == 0xed:
		return 3, 0x80, 0x9f
	case c < 0xf0:
		return 3, 0x80, 0xbf
	case c == 0xf0:
		return 4, 0x90, 0xbf
	case c == 0xf4:
		return 4, 0x80, 0x8f
	}
	return 4, 0x80, 0xbf
}

// escaped reads the rest of a string that begins at start, behind its first backslash.
func (p *parser) escaped(start int) (string, error) {
	buf := append(p.scratch[:0], p.text[start:p.pos-1]...)
	for {
		var err error
		if buf, err = p.escape(buf); err != nil {
			return "", err
		}
		piece := p.pos
		for {
			p.pos = plain(p.text, p.pos)
			c, ok := p.get()
			if !ok {
				return "", p.bad("invalid string: " + "missing closing quote")
			}
			if c == '"' || c == '\\' {
				buf = append(buf, p.text[piece:p.pos-1]...)
				if c == '\\' {
					break
				}
				p.scratch = buf
				return string(buf), nil
			}
			if err := p.special(c); err != nil {
				return "", err
			}
		}
	}
}

// escape reads an escape sequence, behind its backslash.
func (p *parser) escape(buf []byte) ([]byte, error) {
	c, _ := p.get()
	switch c {
	case '"', '\\', '/':
		return append(buf, c), nil
	case 'b':
		return append(buf, '\b'), nil
	case 'f':
		return append(buf, '\f'), nil
	case 'n':
		return append(buf, '\n'), nil
	case 'r':
		return append(buf, '\r'), nil
	case 't':
		return append(buf, '\t'), nil
	case 'u':
		r, err := p.codePoint()
		return utf8.AppendRune(buf, r), err
	}
	return nil, p.bad("invalid string: " + "forbidden character after backslash")
}

// codePoint reads the digits behind \u, and a second escape if they are the first half of a surrogate pair.
func (p *parser) codePoint() (rune, error) {
	r, err := p.fourDigits()
	if err != nil || r < 0xd800 || r > 0xdfff {
		return r, err
	}
	if r >= 0xdc00 {
		return 0, p.bad("invalid string: " + "surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF")
	}
	const alone = "surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF"
	for _, want := range []byte(`\u`) {
		if c, _ := p.get(); c != want {
			return 0, p.bad("invalid string: " + alone)
		}
	}
	low, err := p.fourDigits()
	if err != nil {
		return 0, err
	}
	if low < 0xdc00 || low > 0xdfff {
		return 0, p.bad("invalid string: " + alone)
	}
	return 0x10000 + (r-0xd800)<<10 + (low - 0xdc00), nil
}

func (p *parser) fourDigits() (rune, error) {
	var r rune
	for range 4 {
		c, _ := p.get()
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, p.bad("invalid string: " + `'\u' must be followed by 4 hex digits`)
		}
		r = r<<4 | rune(c)
	}
	return r, nil
}
