package format

// items prints list items or bindings.
func (p *printer) items(items []item, sep space) {
	for i := 0; i < len(items); i++ {
		it := items[i]
		if n := len(it.comments); n > 0 && it.comments[n-1].kind == annotation && i+1 < len(items) && items[i+1].node != nil {
			p.before(it.comments[:n-1])
			p.trivium(&it.comments[n-1])
			p.space(hardSpace)
			i++
			p.item(items[i])
		} else {
			p.item(it)
		}
		if i+1 < len(items) {
			p.space(sep)
		}
	}
}

func (p *printer) item(it item) {
	if it.node == nil {
		p.before(it.comments)
		return
	}
	p.group(ordinary, func() {
		switch n := it.node.(type) {
		case *assignment:
			p.assignment(n)
		case *inherit:
			p.inherit(n)
		default:
			p.expr(n)
		}
	})
}

func onlyComments(items []item) bool {
	for _, it := range items {
		if it.node != nil {
			return false
		}
	}
	return len(items) > 0
}

// list prints a list; more than one item take a line each.
func (p *printer) list(n *list) {
	if len(n.items) == 0 && n.open.after == "" && len(n.close.before) == 0 {
		p.leaf(n.open)
		p.space(betweenBraces(n.open, n.close))
		p.leaf(n.close)
		return
	}
	p.listWith(n, hardLine)
}

// listWith prints a list with something inside.
func (p *printer) listWith(n *list, sep space) {
	edge := lineSpace
	switch {
	case n.open.line != n.close.line || onlyComments(n.items):
		edge = hardLine
	case len(n.items) == 0 && !n.open.bare():
		edge = hardLine
	case len(n.items) == 0:
		edge = hardSpace
	}
	p.bracketed(n.open, n.close, n.items, edge, sep)
}

func (p *printer) bracketed(open, close *leaf, items []item, edge, sep space) {
	after := open.after
	open.after = ""
	p.leaf(open)
	p.space(edge)
	p.nested(func() {
		p.after(after)
		p.items(items, sep)
	})
	p.space(edge)
	p.leaf(close)
}

// set prints a set. One with a single binding may stand on one line, unless it
// is to be wide or its braces were on different lines.
func (p *printer) set(n *set, wide bool) {
	if n.recursive != nil {
		p.leaf(n.recursive)
		p.space(hardSpace)
	}
	if len(n.items) == 0 && n.open.bare() && len(n.close.before) == 0 {
		p.leaf(n.open)
		p.space(betweenBraces(n.open, n.close))
		p.leaf(n.close)
		return
	}
	edge := lineSpace
	if wide && len(n.items) > 0 || n.open.line != n.close.line {
		edge = hardLine
	}
	p.bracketed(n.open, n.close, n.items, edge, hardLine)
}

// inherit prints inherit. Names stay on one line if they were and are few.
func (p *printer) inherit(n *inherit) {
	sep, end := hardLine, hardLine
	if n.word.line == n.semicolon.line && len(n.names) < 4 {
		sep, end = lineSpace, lineBreak
	}
	names := func() {
		for i, name := range n.names {
			if i > 0 {
				p.space(sep)
			}
			p.name(name)
		}
		p.space(end)
		p.leaf(n.semicolon)
	}
	p.group(ordinary, func() {
		p.leaf(n.word)
		if n.source == nil {
			p.space(sep)
			p.nested(names)
			return
		}
		p.nested(func() {
			p.group(ordinary, func() {
				p.space(lineSpace)
				p.expr(n.source)
			})
			p.space(sep)
			names()
		})
	})
}

func (p *printer) assignment(n *assignment) {
	p.group(ordinary, func() {
		p.steps(n.steps)
		p.nested(func() {
			p.space(hardSpace)
			p.leaf(n.is)
			if n.short() {
				p.value(n.value)
				return
			}
			p.space(lineBreak)
			p.group(preferred, func() { p.value(n.value) })
		})
		p.leaf(n.semicolon)
	})
}

// short reports whether the left side is at most four plain names, so that a
// line break after the sign would gain little.
func (n *assignment) short() bool {
	return len(n.steps) <= 4 && plainSteps(n.steps)
}

func plainSteps(steps []step) bool {
	for _, s := range steps {
		if _, ok := s.name.(*leaf); !ok {
			return false
		}
	}
	return true
}
