package format

// settle brings a document into the form that layout expects: no two spaces or
// texts of a kind in a row, no empty groups, and hard spaces and comments at the
// edge of a group outside of it, so that a comment does not break the group that
// it stands before.
func settle(d document) document {
	// todo is a stack: the next element is the last.
	todo := make(document, 0, len(d))
	push := func(d document) {
		for i := len(d) - 1; i >= 0; i-- {
			todo = append(todo, d[i])
		}
	}
	push(d)
	var out document
	for len(todo) > 0 {
		n := len(todo) - 1
		e := todo[n]
		todo = todo[:n]
		var next *element
		if n > 0 {
			next = &todo[n-1]
		}
		switch {
		case e.what == isGroup:
			before, body, after := open(e)
			if len(body.inner) == 0 {
				push(after)
				push(before)
				continue
			}
			out = append(out, settle(before)...)
			out = append(out, body)
			push(after)
		case next == nil || e.what == isText && (next.what != isText || next.kind != e.kind):
			out = append(out, e)
		case e.what == isText:
			next.text, next.width = e.text+next.text, e.width+next.width
			next.nest, next.offset = e.nest, e.offset
		case next.what == isSpace:
			*next = merge(e, *next)
		case next.what != isGroup:
			out = append(out, e)
		case e.space == hardSpace:
			next.inner = append(document{e}, next.inner...)
		default:
			before, body, after := open(*next)
			todo = todo[:n-1]
			before = append(document{e}, before...)
			if len(body.inner) == 0 {
				push(after)
				push(before)
				continue
			}
			out = append(out, settle(before)...)
			out = append(out, body)
			push(after)
		}
	}
	return out
}

// open settles a group and divides it: what moves out in front, the group, and
// what moves out behind.
func open(e element) (before document, body element, after document) {
	inner := settle(e.inner)
	i := 0
	for i < len(inner) && movesOut(&inner[i]) {
		i++
	}
	j := len(inner)
	for j > i && inner[j-1].what == isSpace && inner[j-1].space.hard() {
		j--
	}
	body = e
	body.inner = inner[i:j:j]
	if len(body.inner) == 1 && body.inner[0].what == isGroup && body.inner[0].priority == e.priority {
		body.inner = body.inner[0].inner
	}
	return inner[:i:i], body, inner[j:]
}

// movesOut reports whether an element consists of hard spaces and comments.
func movesOut(e *element) bool {
	switch e.what {
	case isSpace:
		return e.space.hard()
	case isText:
		return e.kind == comment || e.kind == lineEnd
	}
	for i := range e.inner {
		if !movesOut(&e.inner[i]) {
			return false
		}
	}
	return true
}

// merge makes one space of two.
func merge(a, b element) element {
	if a.space > b.space {
		a, b = b, a
	}
	switch {
	case a.space == lineBreak && (b.space == softSpace || b.space == hardSpace):
		b.space = lineSpace
	case a.space == softBreak && b.space == hardSpace:
		b.space = softSpace
	case b.space == newlines && a.space == newlines:
		b.breaks += a.breaks
	case b.space == newlines && a.space == emptyLines:
		b.breaks += 2
	case b.space == newlines && a.space != hardSpace:
		b.breaks++
	}
	return b
}
