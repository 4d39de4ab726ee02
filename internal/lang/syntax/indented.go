package syntax

// An indPart is a piece of an indented string as it stands in the text.
type indPart struct {
	at   int
	expr Expr   // an interpolation, or nil
	text string // raw text, or what an escape stands for
	raw  bool   // counts for the indentation
}

// indented reads an indented string.
func (p *parser) indented() Expr {
	start := p.start
	p.next()
	base := len(p.arena.scratch.ind)
	for {
		part := indPart{at: p.start}
		if p.kind == KindIndString {
			p.indText(&part)
			p.next()
		} else if p.kind == KindInterpolation {
			p.next()
			part.expr = p.expr()
			p.expect(KindBraceClose)
		} else {
			break
		}
		p.arena.scratch.ind = append(p.arena.scratch.ind, part)
	}
	e := p.unindent(start, p.arena.scratch.ind[base:])
	clear(p.arena.scratch.ind[base:])
	p.arena.scratch.ind = p.arena.scratch.ind[:base]
	p.expect(KindIndClose)
	return e
}

// indText sets the text of a part. Escapes are ”$, ”' and ”\x; a lone $ or '
// counts as an escape of itself.
func (p *parser) indText(part *indPart) {
	raw := p.text[p.start:p.end]
	switch {
	case raw == "$" || raw == "''$":
		part.text = "$"
	case raw == "'":
		part.text = "'"
	case raw == "'''":
		part.text = "''"
	case len(raw) == 4 && raw[:3] == `''\`:
		part.text = p.text0([]byte{escaped(raw[3])})
	default:
		part.text, part.raw = raw, true
		if hasNUL(raw) {
			p.text0([]byte(raw))
		}
	}
}

func hasNUL(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == 0 {
			return true
		}
	}
	return false
}

// unindent takes the common indentation off and makes a node of what remains.
func (p *parser) unindent(start int, parts []indPart) Expr {
	indent := indentation(parts)
	base := len(p.arena.scratch.parts)
	atLineStart, dropped := true, 0
	for i, part := range parts {
		if part.expr != nil {
			atLineStart, dropped = false, 0
			p.part(part.at, part.expr)
			continue
		}
		b := p.arena.scratch.bytes[:0]
		b, atLineStart, dropped = dropIndent(b, part.text, indent, atLineStart, dropped)
		if i == len(parts)-1 {
			b = dropBlankEnd(b)
		}
		p.arena.scratch.bytes = b
		if len(b) > 0 {
			p.part(part.at, p.newString(string(b)))
		}
	}
	made := p.arena.scratch.parts[base:]
	if len(made) == 0 {
		return p.newString("")
	}
	if s, ok := made[0].Expr.(*String); ok && len(made) == 1 {
		p.arena.scratch.parts = p.arena.scratch.parts[:base]
		return s
	}
	return p.concat(start, base, true)
}

// indentation returns the least number of blanks that a line begins with. Lines
// of blanks alone don't count; interpolations and escapes end the blanks.
func indentation(parts []indPart) int {
	least, current := 1000000, 0
	atLineStart := true
	for _, part := range parts {
		if !part.raw {
			if atLineStart {
				atLineStart, least = false, min(least, current)
			}
			continue
		}
		for j := 0; j < len(part.text); j++ {
			c := part.text[j]
			switch {
			case c == '\n':
				atLineStart, current = true, 0
			case !atLineStart:
			case c == ' ':
				current++
			default:
				atLineStart, least = false, min(least, current)
			}
		}
	}
	return least
}

// dropIndent appends text without up to indent blanks at each line's start.
// The last two say, before and after, whether the text is at the start of a
// line, and how many blanks of it were seen.
func dropIndent(dst []byte, text string, indent int, atLineStart bool, seen int) ([]byte, bool, int) {
	for j := 0; j < len(text); j++ {
		c := text[j]
		switch {
		case c == '\n':
			if atLineStart {
				seen = 0
			}
			atLineStart = true
		case !atLineStart:
		case c == ' ':
			seen++
			if seen <= indent {
				continue
			}
		default:
			atLineStart, seen = false, 0
		}
		dst = append(dst, c)
	}
	return dst, atLineStart, seen
}

// dropBlankEnd takes off what follows the last line break if that is blank.
func dropBlankEnd(b []byte) []byte {
	for n := len(b); n > 0; n-- {
		switch b[n-1] {
		case ' ':
		case '\n':
			return b[:n]
		default:
			return b
		}
	}
	return b
}
