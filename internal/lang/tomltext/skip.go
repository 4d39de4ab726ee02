package tomltext

import "strings"

// The methods of this file find a place to go on from after a fault.

// skipTo goes to the next byte that is in set.
func (p *parser[V]) skipTo(set string) {
	if i := strings.IndexAny(p.text[p.pos:], set); i >= 0 {
		p.pos += i
	} else {
		p.pos = len(p.text)
	}
}

// skipComments goes past lines of comments and blank lines, whatever they hold.
func (p *parser[V]) skipComments() {
	for !p.done() {
		p.skipBlanks()
		if p.current() == '#' {
			p.skipTo("\n")
			p.advance()
		} else if !p.take(lineBreak(p.text, p.pos)) {
			return
		}
	}
}

// skipMember goes past a key and what may be its value, or to the end of the line if there is none.
func (p *parser[V]) skipMember() {
	p.skipTo("=\n")
	if p.current() == '=' {
		p.skipValue()
	}
}

// skipToHeader goes to the next line that is a header.
func (p *parser[V]) skipToHeader() {
	for !p.done() {
		p.skipTo("\n")
		if p.done() {
			return
		}
		p.pos++
		start := p.pos
		p.skipBlanks()
		if isHeader(p.text, p.pos) {
			p.pos = start
			return
		}
		p.advance()
	}
}

// skipValue goes past what looks like a value.
func (p *parser[V]) skipValue() {
	switch guess, f := p.guess(); {
	case f == nil && guess == aString:
		p.skipString()
	case f == nil && guess == anArray:
		p.skipArray()
	case f == nil && guess == aTable:
		p.skipInlineTable()
	default:
		p.skipTo("\n,]}")
	}
}

func (p *parser[V]) skipString() {
	for _, quotes := range []string{`"""`, `'''`} {
		if hasPrefix(p.text, p.pos, quotes) {
			p.pos += len(quotes)
			if i := strings.Index(p.text[p.pos:], quotes); i >= 0 {
				p.pos += i + len(quotes)
			} else {
				p.pos = len(p.text)
			}
			return
		}
	}
	set := p.text[p.pos:p.pos+1] + "\n"
	p.pos++
	p.skipTo(set)
	p.advance()
}

// skipArray goes to the bracket that closes an array, or to what looks like the line behind one that is not closed. An
// array inside needs no more care than that: where it ends, so does this one, as far as can be told.
func (p *parser[V]) skipArray() {
	p.advance()
	for p.look() {
		switch p.text[p.pos] {
		case '"', '\'':
			p.skipString()
		case '#':
			p.skipComments()
		case '{':
			p.skipInlineTable()
		case '[':
			if isHeader(p.text, p.pos) {
				return
			}
			p.pos++
		case '=':
			p.pos = strings.LastIndexByte(p.text[:p.pos], '\n') + 1
			return
		case ']':
			return
		default:
			p.pos++
		}
	}
}

// skipInlineTable goes to the brace that closes a table, or to the end of the line.
func (p *parser[V]) skipInlineTable() {
	if p.depth > 2*maxDepth {
		p.pos = len(p.text)
		return
	}
	p.depth++
	defer p.leave()
	p.advance()
	for p.look() {
		switch p.text[p.pos] {
		case '\n', '}':
			return
		case '"', '\'':
			p.skipString()
		case '#':
			p.skipComments()
			return
		case '[':
			if isHeader(p.text, p.pos) {
				return
			}
			p.skipArray()
		case '{':
			p.skipInlineTable()
		default:
			p.pos++
		}
	}
}

// lookFactor is how many times the length of the text skipArray and skipInlineTable may look at a byte.
const lookFactor = 4

// look tells whether there is more to look at. Because skipArray may go back, the same bytes might be looked at again
// and again: at some time the rest of the text is skipped.
func (p *parser[V]) look() bool {
	p.looks++
	if p.looks > lookFactor*len(p.text)+maxDepth {
		p.pos = len(p.text)
	}
	return !p.done()
}
