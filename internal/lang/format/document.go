package format

import "unicode/utf8"

// A document is what is to be printed, before it is decided where lines break:
// texts, spaces, and groups of these. In a group all spaces that may become line
// breaks do so, or none; soft ones are decided one by one.
type document []element

type element struct {
	what     what
	space    space
	priority priority
	kind     textKind
	breaks   int // of a space that is newlines
	nest     int // depth of a text; lines that begin deeper are indented more
	offset   int // columns that a text is indented besides
	width    int // of a text, in characters
	text     string
	inner    document
}

type what uint8

const (
	isText what = iota
	isSpace
	isGroup
)

// A space is what stands between texts. Of two in a row the later in this list
// counts.
type space uint8

const (
	softBreak  space = iota // nothing, or a line break
	lineBreak               // nothing, or a line break with its whole group
	hardSpace               // a blank
	softSpace               // a blank, or a line break
	lineSpace               // a blank, or a line break with its whole group
	hardLine                // a line break
	emptyLines              // a line break and an empty line
	newlines                // several line breaks
)

func (s space) hard() bool { return s == hardSpace || s >= hardLine }

// A textKind says how a text counts.
type textKind uint8

const (
	regular    textKind = iota
	comment             // takes no width
	lineEnd             // a comment after something on its line
	ifExpanded          // exists only if its group is broken into lines
)

// A priority says which groups are tried first when a group does not fit.
type priority uint8

const (
	ordinary priority = iota
	// preferred: breaking this one alone is tried, with what stands before and
	// after it on the same line.
	preferred
	// transparent: the preferred groups inside count for the group around.
	transparent
)

// A printer makes a document of nodes. Nodes are printed once: it moves comments
// from token to token as it goes.
type printer struct {
	out          document
	nest, offset int
}

func (p *printer) add(e element) { p.out = append(p.out, e) }

func (p *printer) text(s string) { p.textOf(regular, s) }

func (p *printer) textOf(kind textKind, s string) {
	if s != "" {
		p.add(element{kind: kind, text: s, width: utf8.RuneCountInString(s), nest: p.nest, offset: p.offset})
	}
}

func (p *printer) space(s space) { p.add(element{what: isSpace, space: s, breaks: 1}) }

// none is no space where an argument asks for one.
const none space = 255

func (p *printer) spaceUnlessNone(s space) {
	if s != none {
		p.space(s)
	}
}

// nested prints deeper.
func (p *printer) nested(print func()) {
	p.nest++
	print()
	p.nest--
}

// shifted prints further to the right by some columns, whatever the depth.
func (p *printer) shifted(columns int, print func()) {
	p.offset += columns
	print()
	p.offset -= columns
}

// group prints a group.
func (p *printer) group(pr priority, print func()) {
	p.add(element{what: isGroup, priority: pr, inner: p.capture(print)})
}

// capture returns what is printed instead of printing it.
func (p *printer) capture(print func()) document {
	outer := p.out
	p.out = nil
	print()
	inner := p.out
	p.out = outer
	return inner
}

func (p *printer) splice(d document) { p.out = append(p.out, d...) }

// deepen is nested for what was printed already.
func deepen(d document) {
	for i := range d {
		d[i].nest++
		deepen(d[i].inner)
	}
}

// flat returns a document on one line, without its groups, if that is possible
// and at most limit characters wide; a limit below zero is none.
func flat(d document, limit int) (document, bool) {
	var out document
	width := 0
	ok := flatInto(&out, d, &width, limit)
	return out, ok
}

func flatInto(out *document, d document, width *int, limit int) bool {
	for i := range d {
		e := d[i]
		switch {
		case e.what == isGroup:
			if !flatInto(out, e.inner, width, limit) {
				return false
			}
		case e.what == isText:
			*width += e.width
			*out = append(*out, e)
		case e.space >= hardLine:
			return false
		case e.space == hardSpace || e.space == lineSpace || e.space == softSpace:
			*width++
			*out = append(*out, element{what: isSpace, space: hardSpace})
		}
		if limit >= 0 && *width > limit {
			return false
		}
	}
	return true
}
