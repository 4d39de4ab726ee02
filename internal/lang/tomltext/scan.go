package tomltext

// The functions of this file look at a text from a place on and return the place behind what they look for, or -1 if
// it is not there.

func blanks(text string, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return at
}

func lineBreak(text string, at int) int {
	switch {
	case at >= len(text):
	case text[at] == '\n':
		return at + 1
	case text[at] == '\r' && at+1 < len(text) && text[at+1] == '\n':
		return at + 2
	}
	return -1
}

// comment looks for a comment without its line break. It ends before the first character that it must not hold.
func comment(text string, at int) int {
	if at >= len(text) || text[at] != '#' {
		return -1
	}
	return plainText(text, at+1, 0, 0)
}

// plainText skips tabs, printable ASCII but the two given bytes, and well-formed UTF-8.
func plainText(text string, at int, without, orWithout byte) int {
	for at < len(text) {
		c := text[at]
		switch {
		case c >= 0x80:
			next := nonASCII(text, at)
			if next < 0 {
				return at
			}
			at = next
		case c == without || c == orWithout || c < ' ' && c != '\t' || c == 0x7f:
			return at
		default:
			at++
		}
	}
	return at
}

// nonASCII looks for one character beyond ASCII in UTF-8.
func nonASCII(text string, at int) int {
	c := text[at]
	low, high, size := byte(0x80), byte(0xbf), 0
	switch {
	case c < 0xc2 || c > 0xf4:
		return -1
	case c < 0xe0:
		size = 2
	case c < 0xf0:
		size = 3
		if c == 0xe0 {
			low = 0xa0
		} else if c == 0xed {
			high = 0x9f
		}
	default:
		size = 4
		if c == 0xf0 {
			low = 0x90
		} else if c == 0xf4 {
			high = 0x8f
		}
	}
	if at+size > len(text) {
		return -1
	}
	for i := at + 1; i < at+size; i++ {
		if text[i] < low || text[i] > high {
			return -1
		}
		low, high = 0x80, 0xbf
	}
	return at + size
}

func hasPrefix(text string, at int, prefix string) bool {
	return len(text)-at >= len(prefix) && text[at:at+len(prefix)] == prefix
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isHex(c byte) bool { return isDigit(c) || c|0x20-'a' <= 5 }

func isBareKey(c byte) bool {
	return isDigit(c) || c|0x20-'a' <= 25 || c == '-' || c == '_'
}

// bareKey looks for a key without quotes.
func bareKey(text string, at int) int {
	start := at
	for at < len(text) && isBareKey(text[at]) {
		at++
	}
	if at == start {
		return -1
	}
	return at
}

// simpleKey looks for one part of a key.
func simpleKey(text string, at int) int {
	if at < len(text) {
		switch text[at] {
		case '"':
			end, _ := basicString(text, at)
			return end
		case '\'':
			end, _ := literalString(text, at)
			return end
		}
	}
	return bareKey(text, at)
}

// key looks for a key, its parts joined by dots.
func key(text string, at int) int {
	at = simpleKey(text, at)
	for at >= 0 {
		dot := blanks(text, at)
		if !hasPrefix(text, dot, ".") {
			break
		}
		next := simpleKey(text, blanks(text, dot+1))
		if next < 0 {
			break
		}
		at = next
	}
	return at
}

// header looks for a key between brackets. If it is not there, it returns what was expected instead of it, and where.
func header(text string, at int, open, closing string) (end int, expected string, where int) {
	if !hasPrefix(text, at, open) {
		return -1, open, at
	}
	at = blanks(text, at+len(open))
	next := key(text, at)
	if next < 0 {
		return -1, `basic key([a-zA-Z0-9_-]) or quoted key(" or ')`, at
	}
	at = blanks(text, next)
	if !hasPrefix(text, at, closing) {
		return -1, closing, at
	}
	return at + len(closing), "", 0
}

func tableHeader(text string, at int) (end int, expected string, where int) {
	return header(text, at, "[", "]")
}

func arrayHeader(text string, at int) (end int, expected string, where int) {
	return header(text, at, "[[", "]]")
}

// isHeader tells whether a header of either kind begins at a place.
func isHeader(text string, at int) bool {
	if end, _, _ := tableHeader(text, at); end >= 0 {
		return true
	}
	end, _, _ := arrayHeader(text, at)
	return end >= 0
}
