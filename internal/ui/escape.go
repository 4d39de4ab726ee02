package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// filter prepares text for a place that understands only part of what it may
// hold: it expands tabs, drops carriage returns and bells, and drops escape
// sequences, all of them or all but those for colours. If width is above zero
// it cuts the text there, in columns, and keeps the sequences that follow.
//
// Nix: columns are counted through the whole text, not from each line's start.
func filter(s string, all bool, width int) string {
	if width <= 0 && plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	column := 0
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case 0x1b:
			end, colour := escape(s, i)
			if colour && !all {
				b.WriteString(s[i:end])
			}
			i = end
		case '\t':
			for {
				column++
				if width > 0 && column > width {
					return b.String()
				}
				b.WriteByte(' ')
				if column%8 == 0 {
					break
				}
			}
			i++
		case '\r', '\a':
			i++
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			column += runeWidth(r)
			if width > 0 && column > width {
				return b.String()
			}
			b.WriteString(s[i : i+size])
			i += size
		}
	}
	return b.String()
}

// plain tells whether filter would return s as it is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case 0x1b, '\t', '\r', '\a':
			return false
		}
	}
	return true
}

// escape returns the end of the escape sequence at i, and whether it only
// changes colours.
func escape(s string, i int) (end int, colour bool) {
	i++
	if i == len(s) {
		return i, false
	}
	switch s[i] {
	case '[':
		i = span(s, i+1, 0x30, 0x3f)
		i = span(s, i, 0x20, 0x2f)
		if i < len(s) && s[i] >= 0x40 && s[i] <= 0x7e {
			return i + 1, s[i] == 'm'
		}
		return i, false
	case ']':
		for i++; i < len(s) && s[i] != 0x1b && s[i] != '\a'; i++ {
		}
		if i == len(s) {
			return i, false
		}
		if s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\' {
			return i + 2, false
		}
		return i + 1, false
	}
	if s[i] >= 0x40 && s[i] <= 0x5f {
		i++
	}
	return i, false
}

// span returns the end of the bytes from i on that lie between low and high.
func span(s string, i int, low, high byte) int {
	for i < len(s) && s[i] >= low && s[i] <= high {
		i++
	}
	return i
}

// visibleWidth counts the columns of a text without tabs.
func visibleWidth(s string) int {
	n := 0
	for _, r := range filter(s, true, 0) {
		n += runeWidth(r)
	}
	return n
}

// runeWidth returns how many columns a terminal gives to r.
func runeWidth(r rune) int {
	switch {
	case r < 0x20 || r == 0x7f:
		return 0
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	for _, w := range wide {
		if r < w[0] {
			return 1
		}
		if r <= w[1] {
			return 2
		}
	}
	return 1
}

// wide holds the ranges of characters that take two columns (Unicode's East
// Asian Width, classes W and F, in large strokes).
var wide = [...][2]rune{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x25fd, 0x25fe}, {0x2614, 0x2615},
	{0x2648, 0x2653}, {0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x2705, 0x2705}, {0x270a, 0x270b},
	{0x2728, 0x2728}, {0x274c, 0x274c}, {0x2753, 0x2755}, {0x2795, 0x2797}, {0x2b1b, 0x2b1c}, {0x2e80, 0x303e},
	{0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3},
	{0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff},
	{0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320},
	{0x1f32d, 0x1f335}, {0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3e0, 0x1f3f0},
	{0x1f400, 0x1f43e}, {0x1f440, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f567}, {0x1f5fb, 0x1f64f},
	{0x1f680, 0x1f6c5}, {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
}
