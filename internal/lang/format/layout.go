package format

const (
	maxWidth = 100
	indentBy = 2
)

// rest is what follows, as pieces of documents in turn.
type rest struct {
	document
	next *rest
}

// A layouter writes a settled document.
type layouter struct {
	out    []byte
	column int // in the line, without its indentation
	level  *level
	line   []byte // what fits wrote
	// patience is how many elements are placed before no alternatives are tried
	// any more: deep nesting would have them all tried at each level.
	patience int
}

// A level is a depth at which text was written, and the indentation of its
// lines. Depth that is gained inside a line indents the next lines once only.
type level struct {
	indent, nest int
	outer        *level
}

func layout(d document) string {
	l := layouter{level: &level{}, patience: 100_000 + 10*d.count()}
	l.element(&element{what: isGroup, inner: d}, nil)
	return string(l.out)
}

func (d document) count() int {
	n := len(d)
	for i := range d {
		n += d[i].inner.count()
	}
	return n
}

// write puts a text, after the indentation if it begins a line.
func (l *layouter) write(nest, offset int, s string, width int) {
	for nest < l.level.nest {
		l.level = l.level.outer
	}
	if nest > l.level.nest {
		indent := l.level.indent
		if l.column == 0 {
			indent += indentBy
		}
		l.level = &level{indent, nest, l.level}
	}
	if l.column == 0 {
		for range l.level.indent + offset {
			l.out = append(l.out, ' ')
		}
	}
	l.column += width
	l.out = append(l.out, s...)
}

func (l *layouter) breakLine(n int) {
	for range n {
		l.out = append(l.out, '\n')
	}
	l.column = 0
}

// expand writes a document in lines: spaces that may become line breaks do.
func (l *layouter) expand(d document, after *rest) {
	for i := range d {
		l.element(&d[i], &rest{d[i+1:], after})
	}
}

func (l *layouter) element(e *element, after *rest) {
	l.patience--
	switch {
	case e.what == isGroup:
		l.group(e, after)
	case e.what == isText && e.kind == lineEnd && l.column == 2 && nextNest(after) > l.level.nest:
		// Read again, the comment would belong to what is inside the bracket:
		// a second blank keeps it where it is.
		l.out = append(append(l.out, ' '), e.text...)
		l.column += 1 + e.width
	case e.what == isText:
		l.write(e.nest, e.offset, e.text, e.width)
	case l.column == 0: // at the beginning of a line no space counts
	default:
		l.space(e, after)
	}
}

func (l *layouter) space(e *element, after *rest) {
	switch e.space {
	case hardSpace:
		l.blank()
	case emptyLines:
		l.breakLine(2)
	case newlines:
		l.breakLine(e.breaks)
	case softBreak:
		if !lineFits(maxWidth-l.column, after) {
			l.breakLine(1)
		}
	case softSpace:
		if lineFits(maxWidth-l.column-1, after) {
			l.blank()
		} else {
			l.breakLine(1)
		}
	default:
		l.breakLine(1)
	}
}

func (l *layouter) blank() {
	l.out = append(l.out, ' ')
	l.column++
}

// group writes a group on one line if it fits, with one of its preferred groups
// in lines if all else fits, or in lines.
func (l *layouter) group(e *element, after *rest) {
	if l.compact(e.inner, after) {
		return
	}
	if e.priority != transparent && l.patience > 0 {
		all, bounds := preferredGroups(e.inner)
		for i := len(bounds) - 1; i >= 0; i-- {
			from, to := bounds[i][0], bounds[i][1]
			if l.expandOne(all[:from], all[from:to], all[to:], after) {
				return
			}
		}
	}
	l.expand(e.inner, after)
}

// preferredGroups returns a document with its preferred groups opened, those in
// transparent groups too, and where they begin and end.
func preferredGroups(d document) (all document, bounds [][2]int) {
	for i := range d {
		switch e := &d[i]; {
		case e.what == isGroup && e.priority == preferred:
			bounds = append(bounds, [2]int{len(all), len(all) + len(e.inner)})
			all = append(all, e.inner...)
		case e.what == isGroup && e.priority == transparent:
			inner, more := preferredGroups(e.inner)
			for _, b := range more {
				bounds = append(bounds, [2]int{b[0] + len(all), b[1] + len(all)})
			}
			all = append(all, inner...)
		default:
			all = append(all, *e)
		}
	}
	return all, bounds
}

// expandOne writes middle in lines, and what is before and behind it each on one
// line. If that is not possible it writes nothing.
func (l *layouter) expandOne(before, middle, behind document, after *rest) bool {
	if len(behind) > 0 {
		if l.line = l.line[:0]; !l.fits(1, maxWidth, behind) {
			return false
		}
	}
	length, column, lvl := len(l.out), l.column, l.level
	if l.compact(before, &rest{middle, &rest{behind, after}}) {
		l.expand(middle, &rest{onOneLine(behind), after})
		if l.compact(behind, after) {
			return true
		}
	}
	l.out, l.column, l.level = l.out[:length], column, lvl
	return false
}

// onOneLine returns a document that breaks no lines but inside its groups.
func onOneLine(d document) document {
	var out document
	for _, e := range d {
		if e.what == isSpace {
			switch e.space {
			case lineBreak, softBreak:
				continue
			case lineSpace, softSpace:
				e.space = hardSpace
			}
		}
		out = append(out, e)
	}
	return out
}

// compact writes a document on one line, if it fits together with what follows
// up to where a line may break.
func (l *layouter) compact(d document, after *rest) bool {
	if len(d) == 0 {
		return true
	}
	l.line = l.line[:0]
	if l.column > 0 {
		ni := 0
		if nextNest(after) > l.level.nest {
			ni = indentBy
		}
		if !l.fits(ni-l.column, maxWidth-l.column-firstWidth(after), d) {
			return false
		}
		l.out = append(l.out, l.line...)
		l.column += runes(l.line)
		return true
	}
	d = withoutSpace(d)
	first := firstText(d)
	nest := l.level.nest
	if first.nest > nest {
		nest += indentBy
	}
	ni := 0
	if nextNest(after) > nest {
		ni = indentBy
	}
	if !l.fits(ni, maxWidth-firstWidth(after), d) {
		return false
	}
	l.write(first.nest, first.offset, string(l.line), runes(l.line))
	return true
}

func runes(b []byte) int {
	n := 0
	for _, c := range b {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}

// withoutSpace drops a space at the beginning, where it does not count.
func withoutSpace(d document) document {
	switch e := d[0]; {
	case e.what == isSpace:
		return d[1:]
	case e.what == isGroup && e.inner[0].what == isSpace:
		e.inner = e.inner[1:]
		return append(document{e}, d[1:]...)
	}
	return d
}

// firstText returns the first text of a document, or an empty one.
func firstText(d document) *element {
	for i := range d {
		switch e := &d[i]; e.what {
		case isText:
			return e
		case isGroup:
			return firstText(e.inner)
		}
	}
	return &element{}
}

// nextNest returns the depth of the text that follows.
func nextNest(after *rest) int {
	for ; after != nil; after = after.next {
		for i := range after.document {
			switch e := &after.document[i]; e.what {
			case isText:
				return e.nest
			case isGroup:
				return firstText(e.inner).nest
			}
		}
	}
	return 0
}
