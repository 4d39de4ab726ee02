package tomltext

import (
	"strings"
	"unicode/utf8"
)

// basicString looks for a string in double quotes on one line. If it has no end, where tells where that was expected.
func basicString(text string, at int) (end, where int) {
	at++
	for {
		at = plainText(text, at, '"', '\\')
		if at >= len(text) {
			return -1, at
		}
		if text[at] == '"' {
			return at + 1, 0
		}
		next := escape(text, at)
		if next < 0 {
			return -1, at
		}
		at = next
	}
}

// escape looks for an escape sequence but that of a line break.
func escape(text string, at int) int {
	if text[at] != '\\' || at+1 >= len(text) {
		return -1
	}
	digits := 0
	switch text[at+1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return -1
	}
	for at += 2; digits > 0; digits-- {
		if at >= len(text) || !isHex(text[at]) {
			return -1
		}
		at++
	}
	return at
}

// escapedLineBreak looks for a backslash that ends a line, and the blank lines and blanks that follow.
func escapedLineBreak(text string, at int) int {
	if text[at] != '\\' {
		return -1
	}
	at = lineBreak(text, blanks(text, at+1))
	for end := at; end >= 0; end = lineBreak(text, at) {
		at = blanks(text, end)
	}
	return at
}

// literalString looks for a string in single quotes on one line.
func literalString(text string, at int) (end, where int) {
	at = plainText(text, at+1, '\'', '\'')
	if at >= len(text) || text[at] != '\'' {
		return -1, at
	}
	return at + 1, 0
}

// longString looks for a string that begins and ends with three quotes.
func longString(text string, at int, content func(text string, at int) int) (end, where int) {
	quote := text[at]
	at += 3
	for {
		at = content(text, at)
		quotes := 0
		for at+quotes < len(text) && text[at+quotes] == quote && quotes < 5 {
			quotes++
		}
		switch {
		case quotes >= 3:
			return at + quotes, 0
		case quotes == 0:
			return -1, at
		}
		if next := content(text, at+quotes); next == at+quotes {
			return -1, at
		}
		at += quotes
	}
}

// longBasicContent skips what may stand between triple double quotes, but quotes.
func longBasicContent(text string, at int) int {
	for {
		at = plainText(text, at, '"', '\\')
		if at >= len(text) || text[at] == '"' {
			return at
		}
		next := lineBreak(text, at)
		if next < 0 {
			next = escape(text, at)
		}
		if next < 0 {
			next = escapedLineBreak(text, at)
		}
		if next < 0 {
			return at
		}
		at = next
	}
}

// longLiteralContent skips what may stand between triple single quotes, but quotes.
func longLiteralContent(text string, at int) int {
	for {
		at = plainText(text, at, '\'', '\'')
		next := lineBreak(text, at)
		if next < 0 {
			return at
		}
		at = next
	}
}

// str reads a string of any kind.
func (p *parser[V]) str() (string, *fault) {
	switch {
	case hasPrefix(p.text, p.pos, `"""`):
		content, f := p.longString("toml::parse_ml_basic_string: invalid string format", `"""`, longBasicContent)
		if f != nil {
			return "", f
		}
		return unescape(content)
	case p.current() == '"':
		return p.basicString()
	case hasPrefix(p.text, p.pos, `'''`):
		return p.longString("toml::parse_ml_literal_string: invalid string format", `'''`, longLiteralContent)
	}
	return p.literalString()
}

// longString reads a string between triple quotes; a line break at its beginning does not belong to it.
func (p *parser[V]) longString(title, quotes string, content func(string, int) int) (string, *fault) {
	start := p.pos + len(quotes)
	end, where := longString(p.text, p.pos, content)
	if end < 0 {
		return "", p.wanted(title, quotes, where)
	}
	p.pos = end
	if next := lineBreak(p.text, start); next >= 0 {
		start = next
	}
	return p.text[start : end-len(quotes)], nil
}

func (p *parser[V]) basicString() (string, *fault) {
	start := p.pos
	end, where := basicString(p.text, start)
	if end < 0 {
		return "", p.wanted("toml::parse_basic_string: invalid string format", `"`, where)
	}
	p.pos = end
	return unescape(p.text[start+1 : end-1])
}

func (p *parser[V]) literalString() (string, *fault) {
	start := p.pos
	end, where := literalString(p.text, start)
	if end < 0 {
		return "", p.wanted("toml::parse_literal_string: invalid string format", "'", where)
	}
	p.pos = end
	return p.text[start+1 : end-1], nil
}

// unescape replaces the escape sequences of a string, of which only the code points may be wrong.
func unescape(s string) (string, *fault) {
	next := strings.IndexByte(s, '\\')
	if next < 0 {
		return s, nil
	}
	buf := make([]byte, 0, len(s))
	for next >= 0 {
		buf = append(buf, s[:next]...)
		s = s[next:]
		end := escapedLineBreak(s, 0)
		if end < 0 {
			end = escape(s, 0)
			var f *fault
			if buf, f = appendEscaped(buf, s, end); f != nil {
				return "", f
			}
		}
		s = s[end:]
		next = strings.IndexByte(s, '\\')
	}
	return string(append(buf, s...)), nil
}

// appendEscaped appends what an escape sequence, which ends at end, stands for.
func appendEscaped(buf []byte, s string, end int) ([]byte, *fault) {
	switch c := s[1]; c {
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
	case 'u', 'U':
		var r uint32
		for _, c := range []byte(s[2:end]) {
			r = r<<4 | uint32(hexValue(c))
		}
		// toml11 looks at a copy of the rest of the string, and says so.
		at := (&source{name: "internal temporary", text: s}).span(1, end)
		if 0xd800 <= r && r <= 0xdfff {
			return nil, newFault("toml::parse_utf8_codepoint: [0xD800, 0xDFFF] is not a valid UTF-8", at, "here")
		}
		if r > utf8.MaxRune {
			return nil, newFault("toml::parse_utf8_codepoint: input codepoint is too large.", at, "must be in range [0x00, 0x10FFFF]")
		}
		return utf8.AppendRune(buf, rune(r)), nil
	default:
		return append(buf, c), nil
	}
}

func hexValue(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
