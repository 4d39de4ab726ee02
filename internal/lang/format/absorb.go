package format

import (
	"slices"

	"firn/internal/lang/syntax"
)

// Some expressions hug what is before them: they begin on its line although
// they take several.

// hugs reports whether a term does: strings of several lines, sets and lists
// with something inside, and these in parentheses.
func hugs(n node) bool {
	switch n := n.(type) {
	case *text:
		return n.indented && len(n.lines) > 1
	case *set:
		return len(n.items) > 0 || n.open.line != n.close.line || !n.open.bare()
	case *list:
		return len(n.items) > 0 || n.open.line != n.close.line || !n.open.bare()
	case *parens:
		if !n.open.bare() || !isTerm(n.inner) {
			return false
		}
		for _, t := range first(n.inner).before {
			if t.kind != annotation {
				return false
			}
		}
		return hugs(n.inner)
	}
	return false
}

// hugsExpr reports whether an expression does: such terms, also after with, and
// functions of simple parameters that return them.
func hugsExpr(n node) bool {
	switch n := n.(type) {
	case *with:
		return hugs(n.body)
	case *function:
		if n.param.pattern == nil {
			if _, ok := n.body.(*function); ok || isTerm(n.body) {
				return hugsExpr(n.body)
			}
			return false
		}
		open := n.param.pattern.open
		return n.param.name == nil && n.param.pattern.short() && open.bare() &&
			n.colon.line == first(n.body).line && hugsExpr(n.body)
	}
	return hugs(n)
}

// hugged prints an expression that hugs; wide makes a set take several lines.
func (p *printer) hugged(n node, wide bool) {
	if w, ok := n.(*with); ok && hugs(w.body) {
		p.group(ordinary, func() {
			p.space(lineBreak)
			p.withHead(w)
			p.space(hardSpace)
			p.group(preferred, func() { p.wideTerm(w.body) })
		})
		return
	}
	switch {
	case !hugs(n):
		p.expr(n)
	case wide:
		p.wideTerm(n)
	default:
		p.term(n)
	}
}

// value prints what follows = or ?.
func (p *printer) value(n node) {
	attached := func(print func()) {
		p.nested(func() {
			p.space(hardSpace)
			p.group(ordinary, print)
		})
	}
	switch e := n.(type) {
	case *set:
		if len(e.items) == 1 {
			if _, ok := e.items[0].node.(*inherit); ok {
				attached(func() { p.hugged(n, false) })
				return
			}
		}
	}
	if hugsExpr(n) {
		attached(func() { p.hugged(n, true) })
		return
	}
	switch e := n.(type) {
	case *parens:
		p.nested(func() {
			p.space(hardSpace)
			p.huggedParens(e)
		})
		return
	case *text, *path:
		attached(func() { p.expr(n) })
		return
	case *application:
		p.nested(func() { p.application(e, appStyle{pre: lineSpace}) })
		return
	case *operation:
		if p.operationValue(e) {
			return
		}
	}
	p.nested(func() {
		if _, ok := n.(*with); ok || isTerm(n) {
			p.group(ordinary, func() {
				p.space(lineSpace)
				p.expr(n)
			})
			return
		}
		p.space(lineSpace)
		p.grouped(n)
	})
}

// operationValue prints the rows of // ++ + that begin or end with a term that
// hugs, and reports whether n is one.
func (p *printer) operationValue(n *operation) bool {
	switch n.op.kind {
	case syntax.KindUpdate, syntax.KindConcat, syntax.KindPlus:
	default:
		return false
	}
	if isTerm(n.left) && hugs(n.left) && len(first(n.left).before) == 0 {
		p.space(hardSpace)
		p.operation(n, true)
		return true
	}
	if !n.op.bare() || !isTerm(n.right) || !hugs(n.right) {
		return false
	}
	p.nested(func() {
		p.group(ordinary, func() {
			p.space(lineSpace)
			p.expr(n.left)
			p.space(lineSpace)
			p.group(transparent, func() {
				p.leaf(n.op)
				p.space(hardSpace)
				p.group(preferred, func() { p.wideTerm(n.right) })
			})
		})
	})
	return true
}

// huggedParens prints parentheses that begin on the line before them. Comments
// at the edges go inside.
func (p *printer) huggedParens(n *parens) {
	p.group(preferred, func() {
		p.nested(func() {
			open := *n.open
			if open.after != "" {
				l := first(n.inner)
				l.before = slices.Concat([]trivium{{kind: lineComment, text: " " + open.after}}, l.before)
				open.after = ""
			}
			p.leaf(&open)
			p.space(lineBreak)
			before := n.close.before
			n.close.before = nil
			p.group(ordinary, func() {
				p.nested(func() {
					p.expr(n.inner)
					p.before(before)
				})
			})
			p.space(lineBreak)
			p.leaf(n.close)
		})
	})
}
