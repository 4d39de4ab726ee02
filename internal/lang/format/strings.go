package format

import (
	"strings"

	"firn/internal/lang/syntax"
)

// interpolation reads ${ … }; nothing after it is taken.
func (r *reader) interpolation() piece {
	open := r.tokens[r.next]
	r.pass()
	w := r.enclosed(open.End)
	r.pass()
	return piece{interp: w}
}

// pieces reads the parts of a string or path up to its closing token; text
// begins at an offset. exact is true if the indentation of the string can't be
// changed: a line break that is written as an escape makes blanks after it part
// of the indentation, but only when it is taken off.
func (r *reader) pieces(from int, closing syntax.Kind) (all []piece, exact bool) {
	add := func(to int) {
		if to > from {
			all = append(all, piece{text: r.source[from:to]})
		}
	}
	for {
		t := r.tokens[r.next]
		switch t.Kind {
		case closing, syntax.KindEOF:
			add(t.Start)
			return all, exact
		case syntax.KindInterpolation:
			add(t.Start)
			all = append(all, r.interpolation())
			from = r.tokens[r.next-1].End
		default:
			if escape := r.source[t.Start:t.End]; escape == "''\\\n" || escape == `''\n` && r.source[t.End] == ' ' {
				exact = true
			}
			r.pass()
		}
	}
}

func (r *reader) path() node {
	p := &path{leaf: r.begin()}
	p.pieces, _ = r.pieces(r.tokens[r.next].Start, syntax.KindPathEnd)
	end := r.tokens[r.next].End
	r.pass()
	r.end(&p.leaf, end)
	return p
}

func (r *reader) quoted() node {
	t := &text{leaf: r.begin()}
	from := r.tokens[r.next].End
	r.pass()
	pieces, _ := r.pieces(from, syntax.KindQuote)
	t.lines = splitLines(pieces)
	end := r.tokens[r.next].End
	r.pass()
	r.end(&t.leaf, end)
	return t
}

// indented reads a string in two quotes. One that is short and plain becomes one
// in ordinary quotes.
func (r *reader) indented() node {
	t := &text{leaf: r.begin(), indented: true}
	from := r.tokens[r.next].Start + 2
	r.pass()
	pieces, exact := r.pieces(from, syntax.KindIndClose)
	lines := splitLines(pieces)
	end := r.tokens[r.next].End
	r.pass()
	if exact {
		t.exact, t.lines = true, lines
		r.end(&t.leaf, end)
		return t
	}
	t.lines = unindent(lines)
	if len(t.lines) == 1 && plain(t.lines[0]) {
		t.indented = false
		for i := range t.lines[0] {
			t.lines[0][i].text = plainEscapes(t.lines[0][i].text)
		}
	}
	r.end(&t.leaf, end)
	return t
}

// splitLines cuts pieces at the line breaks of their text. There is at least
// one line; no piece is empty.
func splitLines(pieces []piece) [][]piece {
	lines := [][]piece{nil}
	for _, p := range pieces {
		if p.interp != nil {
			lines[len(lines)-1] = append(lines[len(lines)-1], p)
			continue
		}
		for i, part := range strings.Split(p.text, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			if part != "" {
				lines[len(lines)-1] = append(lines[len(lines)-1], piece{text: part})
			}
		}
	}
	return lines
}

// unindent takes the first line off if it is blank, empties the last if it is,
// and takes off the common indentation.
func unindent(lines [][]piece) [][]piece {
	if len(lines) > 1 && blank(lines[0]) {
		lines = lines[1:]
	}
	if n := len(lines) - 1; blank(lines[n]) {
		lines[n] = nil
	}
	least := -1
	for _, l := range lines {
		if blank(l) {
			continue
		}
		n := 0
		if l[0].interp == nil {
			n = len(l[0].text) - len(strings.TrimLeft(l[0].text, " "))
		}
		if least < 0 || n < least {
			least = n
		}
	}
	for i, l := range lines {
		if least < 0 {
			lines[i] = nil
			continue
		}
		if len(l) == 0 || l[0].interp != nil {
			continue
		}
		rest := l[0].text[min(least, len(l[0].text)):]
		if rest == "" {
			lines[i] = l[1:]
		} else {
			lines[i] = append([]piece{{text: rest}}, l[1:]...)
		}
	}
	return lines
}

func blank(line []piece) bool {
	return len(line) == 0 || len(line) == 1 && line[0].interp == nil && strings.Trim(line[0].text, " ") == ""
}

// plain reports whether a line means the same in ordinary quotes, but for the
// escapes that plainEscapes knows.
func plain(line []piece) bool {
	for _, p := range line {
		if strings.ContainsAny(p.text, `"\`) {
			return false
		}
	}
	return true
}

func plainEscapes(s string) string {
	var b strings.Builder
	for s != "" {
		switch {
		case strings.HasPrefix(s, "''$"):
			b.WriteString(`\$`)
			s = s[3:]
		case strings.HasPrefix(s, "'''"):
			b.WriteString("''")
			s = s[3:]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String()
}
