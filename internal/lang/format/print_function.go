package format

import "slices"

// function prints a function. Several in a row that take names are one.
func (p *printer) function(n *function) {
	if n.param.pattern == nil {
		p.group(ordinary, func() {
			p.space(lineBreak)
			p.named(n, 1)
		})
		return
	}
	onColonLine := n.colon.line == first(n.body).line
	switch {
	case n.param.name == nil && onColonLine && n.param.pattern.short() && hugsExpr(n.body):
		p.param(n)
		p.space(hardSpace)
		p.group(preferred, func() { p.expr(n.body) })
	case n.param.name == nil && !onColonLine:
		p.param(n)
		p.space(hardLine)
		p.expr(n.body)
	case isTerm(n.body) && hugs(n.body):
		p.param(n)
		p.space(lineSpace)
		p.group(ordinary, func() { p.wideTerm(n.body) })
	default:
		p.param(n)
		p.space(lineSpace)
		p.expr(n.body)
	}
}

// named prints functions that take names, the outermost being the depth-th.
func (p *printer) named(n *function, depth int) {
	p.leaf(n.param.name)
	p.leaf(n.colon)
	if inner, ok := n.body.(*function); ok && inner.param.pattern == nil {
		p.space(hardSpace)
		p.named(inner, depth+1)
		return
	}
	switch {
	case hugsExpr(n.body):
		p.space(hardSpace)
		p.group(preferred, func() { p.hugged(n.body, false) })
		return
	case depth <= 2:
		p.space(lineSpace)
	default:
		p.space(hardLine)
	}
	p.expr(n.body)
}

// param prints a parameter with a pattern, and the colon.
func (p *printer) param(n *function) {
	if n.param.name != nil && n.param.nameFirst {
		p.leaf(n.param.name)
		p.leaf(n.param.at)
	}
	p.pattern(n.param.pattern)
	if n.param.name != nil && !n.param.nameFirst {
		p.leaf(n.param.at)
		p.leaf(n.param.name)
	}
	p.leaf(n.colon)
}

func (p *printer) pattern(n *pattern) {
	if len(n.attrs) == 0 {
		p.group(ordinary, func() {
			n.open.raiseComment()
			p.leaf(n.open)
			p.space(betweenBraces(n.open, n.close))
			p.leaf(n.close)
		})
		return
	}
	sep := hardLine
	if n.short() {
		sep = lineSpace
	}
	p.group(ordinary, func() {
		n.open.raiseComment()
		p.leaf(n.open)
		p.space(sep)
		before := n.close.before
		n.close.before = nil
		p.nested(func() {
			n.tidy()
			for i, a := range n.attrs {
				if i > 0 {
					p.space(sep)
				}
				p.paramAttr(a, i == len(n.attrs)-1)
			}
		})
		p.space(sep)
		p.nested(func() { p.before(before) })
		p.leaf(n.close)
	})
}

// betweenBraces is what stands between brackets with nothing inside: lines that
// are there stay.
func betweenBraces(open, close *leaf) space {
	if open.line != close.line {
		return hardLine
	}
	return hardSpace
}

func (p *printer) paramAttr(a *paramAttr, last bool) {
	// The last comma is there only if each name has its line.
	vanishes := last && a.comma != nil && a.comma.bare()
	print := func() {
		p.leaf(a.name)
		if a.question != nil {
			p.space(hardSpace)
			p.nested(func() {
				p.leaf(a.question)
				p.value(a.value)
			})
		}
		if a.comma != nil && !vanishes {
			p.leaf(a.comma)
		}
	}
	if a.question != nil {
		p.group(ordinary, print)
	} else {
		print()
	}
	if vanishes {
		p.textOf(ifExpanded, ",")
	}
}

// short reports whether a pattern may stand on one line: at most two names
// without defaults or comments, on one line in the source.
func (n *pattern) short() bool {
	if n.open.line != n.close.line || !n.close.bare() {
		return false
	}
	names := 0
	for _, a := range n.attrs {
		if !a.name.bare() || a.comma != nil && !a.comma.bare() || a.question != nil {
			return false
		}
		if !a.ellipsis {
			names++
		}
	}
	return names <= 2
}

// tidy gives each name a comma after it, and moves comments to where they belong
// then: those before a comma to the next name, those after a name behind its
// comma.
func (n *pattern) tidy() {
	for i, a := range n.attrs {
		if a.ellipsis {
			continue
		}
		if a.comma == nil {
			a.comma = &leaf{text: ",", line: a.name.line}
		} else if i+1 < len(n.attrs) && a.comma.after == "" {
			next := n.attrs[i+1].name
			next.before = slices.Concat(a.comma.before, next.before)
			a.comma.before = nil
		}
	}
	for _, a := range n.attrs {
		if a.ellipsis || !a.comma.bare() {
			continue
		}
		l := a.name
		if a.question != nil {
			l = last(a.value)
		}
		l.after, a.comma.after = "", l.after
	}
}
