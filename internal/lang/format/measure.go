package format

// A walk goes through the elements of a document and what follows it, opening
// the groups on its way.
type walk struct {
	stack []document
	after *rest
}

func (w *walk) push(d document) {
	if len(d) > 0 {
		w.stack = append(w.stack, d)
	}
}

// next returns the next element without passing it; a group stays closed.
func (w *walk) next() *element {
	for {
		if n := len(w.stack) - 1; n >= 0 {
			if len(w.stack[n]) > 0 {
				return &w.stack[n][0]
			}
			w.stack = w.stack[:n]
			continue
		}
		if w.after == nil {
			return nil
		}
		w.push(w.after.document)
		w.after = w.after.next
	}
}

// pass passes the next element.
func (w *walk) pass() {
	n := len(w.stack) - 1
	w.stack[n] = w.stack[n][1:]
}

// take passes the next element and returns it; spaces in a row count as one, and
// groups are opened.
func (w *walk) take() (element, bool) {
	for {
		e := w.next()
		switch {
		case e == nil:
			return element{}, false
		case e.what == isGroup:
			w.pass()
			w.push(e.inner)
		case e.what == isText:
			w.pass()
			return *e, true
		default:
			merged := *e
			w.pass()
			for e = w.next(); e != nil && e.what == isSpace; e = w.next() {
				merged = merge(merged, *e)
				w.pass()
			}
			return merged, true
		}
	}
}

// fits writes a document on one line of at most width characters, comments
// aside, to l.line. indent is by how much the next line is indented more, less
// the column: where it comes down to zero, a comment gets a second blank.
func (l *layouter) fits(indent, width int, d document) bool {
	var array [16]document
	w := walk{stack: append(array[:0], d)}
	for width >= 0 {
		e, ok := w.take()
		switch {
		case !ok:
			return true
		case e.what == isSpace && e.space >= hardLine:
			return false
		case e.what == isSpace && (e.space == softBreak || e.space == lineBreak):
		case e.what == isSpace:
			l.line = append(l.line, ' ')
			indent--
			width--
		case e.kind == regular:
			l.line = append(l.line, e.text...)
			indent -= e.width
			width -= e.width
		case e.kind != ifExpanded:
			if e.kind == lineEnd && indent == 0 {
				l.line = append(l.line, ' ')
			}
			l.line = append(l.line, e.text...)
		}
	}
	return false
}

// firstWidth returns the width of what follows up to where a line may break.
func firstWidth(after *rest) int {
	var array [16]document
	w := walk{stack: array[:0], after: after}
	width := 0
	for {
		e, ok := w.take()
		switch {
		case !ok || e.what == isSpace && e.space != hardSpace:
			return width
		case e.what == isSpace:
			width++
		case e.kind == regular || e.kind == ifExpanded:
			width += e.width
		}
	}
}

// lineFits reports whether what follows, up to where its line may break, is at
// most width wide. Groups stay on the line if they fit there as a whole.
func lineFits(width int, after *rest) bool {
	w := walk{after: after}
	var l layouter
	left := maxWidth
	for left >= 0 {
		e := w.next()
		switch {
		case e == nil:
			return maxWidth-left <= width
		case e.what == isGroup:
			w.pass()
			behind := w.rest()
			l.line = l.line[:0]
			if l.fits(0, left-firstWidth(behind), e.inner) {
				left -= runes(l.line)
			} else {
				w.push(e.inner)
			}
		case e.what == isText:
			w.pass()
			if e.kind == regular {
				left -= e.width
			}
		default:
			merged := *e
			w.pass()
			for e = w.next(); e != nil && e.what == isSpace; e = w.next() {
				merged = merge(merged, *e)
				w.pass()
			}
			if merged.space != hardSpace {
				return maxWidth-left <= width
			}
			left--
		}
	}
	return false
}

// rest returns what the walk has before it.
func (w *walk) rest() *rest {
	after := w.after
	for _, d := range w.stack {
		after = &rest{d, after}
	}
	return after
}
