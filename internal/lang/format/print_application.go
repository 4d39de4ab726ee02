package format

import "firn/internal/lang/syntax"

// An appStyle is how a call is placed.
type appStyle struct {
	pre    space // before the function, or none
	indent bool  // the function is indented if it begins a line
	post   bool  // the line may break after the last argument
}

// application prints a call. Each argument may take several lines while the
// others stay on one: the last is tried first.
func (p *printer) application(n *application, style appStyle) {
	easy := isSimple(n)
	comments := hoist(first(n.fun))
	p.before(comments)
	if style.indent && len(comments) > 0 {
		style.indent = false
	}
	outer, isApp := n.fun.(*application)
	l1, l2 := (*list)(nil), (*list)(nil)
	if isApp {
		l1, _ = outer.arg.(*list)
		l2, _ = n.arg.(*list)
	}
	if l1 != nil && l2 != nil {
		p.twoLists(outer.fun, l1, l2, style)
	} else {
		p.call(n, style, easy)
	}
	if style.post && len(comments) > 0 {
		p.space(hardLine)
	}
}

// hoist takes the comments of the first token off, to print them before the
// call; annotations of strings stay.
func hoist(l *leaf) []trivium {
	l.raiseComment()
	var stay, leave []trivium
	for _, t := range l.before {
		if t.kind == annotation {
			stay = append(stay, t)
		} else {
			leave = append(leave, t)
		}
	}
	l.before = stay
	return leave
}

func (p *printer) call(n *application, style appStyle, easy bool) {
	fun := p.capture(func() {
		p.spaceUnlessNone(style.pre)
		p.group(transparent, func() { p.callee(n.fun, style) })
	})
	if easy {
		if oneLine, ok := flat(fun, -1); ok {
			p.group(ordinary, func() {
				p.splice(oneLine)
				p.space(hardSpace)
				p.lastArg(n.arg)
			})
			return
		}
	}
	p.group(ordinary, func() {
		p.splice(fun)
		p.space(lineSpace)
		p.lastArg(n.arg)
		if style.post {
			p.space(lineBreak)
		}
	})
}

// twoLists prints a call whose last two arguments are lists: either both take
// several lines, or neither.
func (p *printer) twoLists(fun node, l1, l2 *list, style appStyle) {
	p.group(ordinary, func() {
		p.spaceUnlessNone(style.pre)
		p.group(transparent, func() { p.callee(fun, style) })
		for _, l := range []*list{l1, l2} {
			p.space(lineSpace)
			p.nested(func() { p.group(ordinary, func() { p.innerArg(l) }) })
		}
		if style.post {
			p.space(lineBreak)
		}
	})
}

// callee prints the function and all arguments but the last.
func (p *printer) callee(n node, style appStyle) {
	a, ok := n.(*application)
	if !ok {
		if !style.indent {
			p.expr(n)
			return
		}
		p.nested(func() {
			p.group(ordinary, func() {
				p.space(lineBreak)
				p.expr(n)
			})
		})
		return
	}
	if inner, ok := a.fun.(*application); ok {
		l1, ok1 := inner.arg.(*list)
		l2, ok2 := a.arg.(*list)
		if ok1 && ok2 {
			p.group(transparent, func() {
				p.group(transparent, func() { p.callee(inner.fun, style) })
				p.nested(func() {
					p.group(ordinary, func() {
						for _, l := range []*list{l1, l2} {
							p.space(lineSpace)
							p.group(ordinary, func() { p.innerArg(l) })
						}
					})
				})
			})
			return
		}
	}
	p.group(transparent, func() { p.callee(a.fun, style) })
	p.space(lineSpace)
	pr := preferred
	if _, ok := a.arg.(*selection); ok {
		pr = ordinary // else the line would break before its dot
	}
	p.nested(func() { p.group(pr, func() { p.innerArg(a.arg) }) })
}

// innerArg prints an argument that is not the last. A short list of simple items
// stays on one line.
func (p *printer) innerArg(n node) {
	l, ok := n.(*list)
	if !ok || len(l.items) > 6 {
		p.expr(n)
		return
	}
	for _, it := range l.items {
		if it.node != nil && !isSimple(it.node) {
			p.expr(n)
			return
		}
	}
	p.listWith(l, lineSpace)
}

func (p *printer) lastArg(n node) {
	if isTerm(n) && hugs(n) {
		p.group(preferred, func() { p.nested(func() { p.term(n) }) })
		return
	}
	par, ok := n.(*parens)
	if !ok {
		p.group(ordinary, func() { p.nested(func() { p.expr(n) }) })
		return
	}
	switch e := par.inner.(type) {
	case *function: // (x: { … })
		if e.param.pattern == nil && isTerm(e.body) && hugs(e.body) && par.open.bare() && e.param.name.bare() && e.colon.bare() {
			p.lastParens(par, e.body, func() {
				p.leaf(e.param.name)
				p.leaf(e.colon)
			})
			return
		}
	case *application: // (f { … })
		name, ok := e.fun.(*leaf)
		if ok && name.kind == syntax.KindIdent && isTerm(e.arg) && hugs(e.arg) && par.open.bare() && name.bare() && par.close.bare() {
			p.lastParens(par, e.arg, func() { p.leaf(name) })
			return
		}
	}
	p.huggedParens(par)
}

func (p *printer) lastParens(n *parens, body node, head func()) {
	p.group(preferred, func() {
		p.nested(func() {
			p.leaf(n.open)
			head()
			p.space(hardSpace)
			p.wideTerm(body)
			p.leaf(n.close)
		})
	})
}

// isSimple reports whether an expression is a name, number, string or path
// without comments, or a selection or call of such with at most two arguments.
func isSimple(n node) bool {
	switch n := n.(type) {
	case *leaf:
		return n.bare() && n.kind != syntax.KindAssert
	case *text:
		return n.leaf.bare()
	case *path:
		return n.bare()
	case *selection:
		return isSimple(n.subject) && plainSteps(n.steps) && n.other == nil
	case *parens:
		return n.open.bare() && isSimple(n.inner) && n.close.bare()
	case *application:
		if f, ok := n.fun.(*application); ok {
			if _, ok := f.fun.(*application); ok {
				return false
			}
		}
		return isSimple(n.fun) && isSimple(n.arg)
	}
	return false
}

// operation prints a row of one operator, each with its operand on a line.
func (p *printer) operation(n *operation, wideFirst bool) {
	var ops []*leaf
	var operands []node
	var flatten func(op *leaf, e node)
	flatten = func(op *leaf, e node) {
		if o, ok := e.(*operation); ok && o.op.kind == n.op.kind {
			flatten(op, o.left)
			flatten(o.op, o.right)
			return
		}
		ops, operands = append(ops, op), append(operands, e)
	}
	flatten(nil, n)
	sep := lineSpace
	if (n.op.kind == syntax.KindPipeInto || n.op.kind == syntax.KindPipeFrom) && len(operands) > 3 {
		sep = hardLine
	}
	p.group(ordinary, func() {
		for i, e := range operands {
			if i > 0 {
				p.space(sep)
				ops[i].raiseComment()
				p.leaf(ops[i])
				p.nested(func() { p.operand(e) })
			} else if wideFirst && isTerm(e) && hugs(e) {
				p.wideTerm(e)
			} else {
				p.expr(e)
			}
		}
	})
}

// operand prints an operand after its operator.
func (p *printer) operand(n node) {
	switch e := n.(type) {
	case *operation:
		p.group(ordinary, func() {
			p.space(lineSpace)
			p.expr(n)
		})
	case *application:
		p.group(ordinary, func() {
			p.space(hardSpace)
			p.application(e, appStyle{pre: lineSpace})
		})
	default:
		p.space(hardSpace)
		p.expr(n)
	}
}
