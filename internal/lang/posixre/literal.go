package posixre

import "strings"

// eachLiteral yields the places of a text that is not empty.
func eachLiteral(text, literal string, yield func([]Span) bool) {
	var span [1]Span
	for at := 0; ; at = span[0].End {
		n := strings.Index(text[at:], literal)
		if n < 0 {
			return
		}
		span[0] = Span{at + n, at + n + len(literal)}
		if !yield(span[:]) {
			return
		}
	}
}

// indexByte returns the first place of c at or after at, or -1.
func indexByte(text string, at int, c byte) int {
	n := strings.IndexByte(text[at:], c)
	if n < 0 {
		return -1
	}
	return at + n
}
