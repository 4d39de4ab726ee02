package format

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func (p *printer) quoted(quote string, lines [][]piece) {
	p.group(ordinary, func() {
		p.text(quote)
		for i, l := range lines {
			if i > 0 {
				p.text("\n") // a text, so that the next line is not indented
			}
			p.line(l)
		}
		p.text(quote)
	})
}

func (p *printer) indented(lines [][]piece) {
	p.group(ordinary, func() {
		p.text("''")
		if len(lines) > 1 {
			p.space(lineBreak)
		}
		p.nested(func() {
			for i, l := range lines {
				if i > 0 {
					p.space(newlines)
				}
				p.line(l)
			}
		})
		p.text("''")
	})
}

// line prints one line of a string, or a path.
func (p *printer) line(line []piece) {
	if len(line) == 0 {
		return
	}
	indent, rest := "", line
	if line[0].interp == nil {
		indent, rest = line[0].text, line[1:]
	}
	if len(rest) == 1 && rest[0].interp != nil && strings.Trim(indent, " ") == "" {
		p.lone(indent, rest[0].interp)
		return
	}
	if line[0].interp != nil {
		p.pieces(line)
		return
	}
	blank := strings.TrimLeftFunc(indent, unicode.IsSpace)
	p.text(indent)
	p.shifted(utf8.RuneCountInString(indent)-utf8.RuneCountInString(blank), func() { p.pieces(rest) })
}

func (p *printer) pieces(pieces []piece) {
	for _, piece := range pieces {
		p.piece(piece)
	}
}

// lone prints an interpolation that is alone on its line.
func (p *printer) lone(indent string, w *whole) {
	if len(w.after) > 0 {
		if indent != "" {
			p.text(indent)
			p.shifted(len(indent), func() { p.piece(piece{interp: w}) })
			return
		}
		p.group(ordinary, func() {
			p.text("${")
			p.space(lineBreak)
			p.nested(func() { p.whole(w) })
			p.space(lineBreak)
			p.text("}")
		})
		return
	}
	p.text(indent)
	p.shifted(len(indent), func() {
		p.group(ordinary, func() {
			p.text("${")
			p.nested(func() { p.enclosed(w.expr) })
			p.text("}")
		})
	})
}

// piece prints text or an interpolation. Simple ones, and those of at most 30
// characters, stay on their line however long it gets.
func (p *printer) piece(part piece) {
	if part.interp == nil {
		p.text(part.text)
		return
	}
	e := part.interp.expr
	alone := len(part.interp.after) == 0
	switch {
	case alone && isTerm(e) && hugs(e):
		p.group(ordinary, func() {
			p.text("${")
			p.term(e)
			p.text("}")
		})
	case alone && isSimple(e):
		d := p.capture(func() { p.expr(e) })
		if oneLine, ok := flat(d, -1); ok {
			d = oneLine
		}
		p.text("${")
		p.splice(d)
		p.text("}")
	default:
		d := p.capture(func() { p.whole(part.interp) })
		p.group(ordinary, func() {
			p.text("${")
			if oneLine, ok := flat(d, 30); ok {
				p.splice(oneLine)
			} else {
				deepen(d)
				p.space(lineBreak)
				p.splice(d)
				p.space(lineBreak)
			}
			p.text("}")
		})
	}
}

// whole prints an expression with the comments after it.
func (p *printer) whole(w *whole) {
	p.group(ordinary, func() {
		p.expr(w.expr)
		p.before(w.after)
	})
}
