package tomltext

import (
	"fmt"
	"strconv"
	"strings"
)

// A source is a text and what messages call it.
type source struct {
	name, text string
	// seen is the last place whose line was asked for, and breaks the number of line breaks before it.
	seen, breaks int
}

// A spot is a part of a source that a message points at.
type spot struct {
	source    *source
	first     int // first byte
	last      int // behind the last byte
	firstLine int // of first
	lastLine  int // of last
}

// A remark says something about a spot.
type remark struct {
	spot
	text string
}

// A fault is an error in a text.
type fault struct {
	title   string
	remarks []remark
	hint    string // whole lines
}

// line returns the number of the line of a place.
func (s *source) line(at int) int {
	if at < s.seen {
		s.breaks -= strings.Count(s.text[at:s.seen], "\n")
	} else {
		s.breaks += strings.Count(s.text[s.seen:at], "\n")
	}
	s.seen = at
	return 1 + s.breaks
}

// at is the byte at a place, or the one before it at the end of the text.
func (s *source) at(place int) spot {
	switch {
	case place < len(s.text):
		line := s.line(place)
		return spot{s, place, place + 1, line, line}
	case place == 0:
		return spot{s, 0, 0, 0, 0}
	}
	return s.span(place-1, place)
}

func (s *source) span(first, last int) spot {
	return spot{s, first, last, s.line(first), s.line(last)}
}

func newFault(title string, at spot, text string) *fault {
	return &fault{title: title, remarks: []remark{{at, text}}}
}

func (f *fault) with(at spot, text string) *fault {
	f.remarks = append(f.remarks, remark{at, text})
	return f
}

func (f *fault) hinting(lines string) *fault {
	f.hint = lines
	return f
}

// format words faults as toml11 does without colours.
func format(faults []*fault) string {
	var b strings.Builder
	for _, f := range faults {
		b.WriteString("[error] " + f.title + "\n")
		width := 0
		for _, r := range f.remarks {
			if r.lastLine > 0 {
				width = max(width, len(strconv.Itoa(r.lastLine)))
			}
		}
		e := excerpt{&b, width}
		for i, r := range f.remarks {
			if i > 0 {
				e.margin(" ...\n")
				e.margin("\n")
			}
			if i == 0 || f.remarks[i-1].source.name != r.source.name {
				b.WriteString(" --> " + r.source.name + "\n")
				e.margin("\n")
			}
			e.remark(r)
		}
		b.WriteString(f.hint)
	}
	return b.String()
}

// An excerpt writes lines of a source, with their numbers in a column of some width.
type excerpt struct {
	*strings.Builder
	width int
}

// margin writes a line without a number.
func (e excerpt) margin(rest string) {
	e.WriteString(strings.Repeat(" ", e.width+1) + " |" + rest)
}

func (e excerpt) line(number int, text string) {
	fmt.Fprintf(e, " %*d | ", e.width, number)
	for i := 0; i < len(text); i++ {
		if text[i] == ' ' {
			e.WriteByte(' ')
		} else {
			e.WriteString(showChar(text[i]))
		}
	}
	e.WriteByte('\n')
}

// underline marks a number of columns from one on, counted from 1.
func (e excerpt) underline(column, length int, text string) {
	e.margin(" " + strings.Repeat(" ", max(column-1, 0)) + strings.Repeat("^", max(length, 0)) + "-- " + text + "\n")
}

// remark writes the lines of a spot, but at most the first two and the last one.
func (e excerpt) remark(r remark) {
	lines := r.lines()
	first, last := lines[0], lines[len(lines)-1]
	toEnd := len(first.text) - first.column + 1
	if len(lines) == 1 {
		e.line(r.firstLine, first.text)
		e.underline(first.column, min(max(toEnd, 1), r.last-r.first), r.text)
		return
	}
	e.line(r.firstLine, first.text)
	if len(lines) == 2 {
		e.underline(first.column, toEnd, "")
	} else {
		e.underline(first.column, toEnd, "and")
		e.line(r.firstLine+1, lines[1].text)
		e.underline(1, len(lines[1].text), "and")
	}
	e.line(r.lastLine, last.text)
	e.underline(1, last.column, r.text)
}

// A sourceLine is a line, cut down to the surroundings of a spot, and a column in it, from 1.
type sourceLine struct {
	text   string
	column int
}

// lines returns the lines of a spot. Between two that do not follow each other stands one of dots.
//
// toml11 looks for the beginning of the last line from its own far end on, within limits, and so it may find an earlier
// one; as people see that, it is the same here.
func (s spot) lines() []sourceLine {
	if s.first == s.last {
		return []sourceLine{{"", 1}}
	}
	text, end := s.source.text, s.last-1
	if s.firstLine == s.lastLine {
		return []sourceLine{s.take(s.first, end)}
	}
	const (
		far  = 60
		near = 50
	)
	limit, from := len(text), 0
	if len(text)-s.first > far {
		limit = s.first + near
	}
	if end > far {
		from = end - near
	}
	first := s.take(s.first, find(text, s.first, limit))
	last := s.take(find(text, from, end), end)
	if s.firstLine+1 == s.lastLine {
		return []sourceLine{first, last}
	}
	return []sourceLine{first, {"...", 1}, last}
}

// find returns the place of the first line break from at on, or limit.
func find(text string, at, limit int) int {
	if at < limit {
		if i := strings.IndexByte(text[at:limit], '\n'); i >= 0 {
			return at + i
		}
	}
	return limit
}

// take returns the line around the bytes from begin to end, with at most 30 more bytes on either side.
func (s spot) take(begin, end int) sourceLine {
	const around = 30
	text := s.source.text
	from := max(begin-around, 0)
	from += strings.LastIndexByte(text[from:begin], '\n') + 1
	to := find(text, end, min(end+around, len(text)))
	line := sourceLine{text[from:to], begin - from + 1}
	if from > 0 && text[from-1] != '\n' {
		line.text = "... " + line.text
		line.column += 4
	}
	if to < len(text) && text[to] != '\n' {
		line.text += " ..."
	}
	return line
}

// showChar makes a byte visible.
func showChar(c byte) string {
	if ' ' < c && c < 0x7f {
		return string(c)
	}
	name := map[byte]string{
		0: "NUL", ' ': "SPACE", '\n': "LINE FEED", '\r': "CARRIAGE RETURN", '\t': "TAB", '\v': "VERTICAL TAB",
		'\f': "FORM FEED", 0x1b: "ESCAPE",
	}[c]
	if name != "" {
		name = "(" + name + ")"
	}
	return fmt.Sprintf("0x%02x%s", c, name)
}
