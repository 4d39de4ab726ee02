package format

import (
	"slices"

	"firn/internal/lang/syntax"
)

// leaf prints a token with what is around it.
func (p *printer) leaf(l *leaf) {
	p.before(l.before)
	p.text(l.text)
	p.after(l.after)
}

// before prints what stands before a token, on lines of its own.
func (p *printer) before(list []trivium) {
	if len(list) == 1 && list[0].kind == annotation {
		p.trivium(&list[0])
	} else if len(list) > 0 {
		p.space(hardLine)
		p.trivia(list)
	}
}

func (p *printer) trivia(list []trivium) {
	for i := range list {
		p.trivium(&list[i])
	}
}

func (p *printer) trivium(t *trivium) {
	switch t.kind {
	case emptyLine:
		p.space(emptyLines)
	case lineComment:
		p.textOf(comment, "#"+t.text)
		p.space(hardLine)
	case annotation:
		p.textOf(comment, "/* "+t.text+" */")
		p.space(hardSpace)
	default:
		sign := "/*"
		if t.kind == docComment {
			sign = "/**"
		}
		p.textOf(comment, sign)
		p.space(hardLine)
		p.shifted(2, func() {
			for _, l := range t.lines {
				if l == "" {
					p.space(emptyLines)
				} else {
					p.textOf(comment, l)
					p.space(hardLine)
				}
			}
		})
		p.textOf(comment, "*/")
		p.space(hardLine)
	}
}

// after prints the comment after a token on its line.
func (p *printer) after(s string) {
	if s != "" {
		p.space(hardSpace)
		p.textOf(lineEnd, "# "+s)
		p.space(hardLine)
	}
}

// expr prints an expression.
func (p *printer) expr(n node) {
	switch n := n.(type) {
	case *list:
		p.group(ordinary, func() { p.term(n) })
	case *with:
		p.with(n)
	case *let:
		p.let(n)
	case *assertion:
		p.assertion(n)
	case *conditional:
		p.group(ordinary, func() {
			first(n).raiseComment()
			p.conditional(n, lineSpace)
		})
	case *function:
		p.function(n)
	case *application:
		p.application(n, appStyle{pre: none})
	case *operation:
		if n.compares() {
			p.expr(n.left)
			p.space(softSpace)
			p.leaf(n.op)
			p.space(hardSpace)
			p.expr(n.right)
		} else {
			p.operation(n, false)
		}
	case *hasAttr:
		p.expr(n.subject)
		p.space(softSpace)
		p.leaf(n.question)
		p.space(hardSpace)
		p.steps(n.steps)
	case *unary:
		p.leaf(n.op)
		if n.op.kind == syntax.KindMinus && beginsPath(n.operand) {
			p.space(hardSpace)
		}
		p.expr(n.operand)
	default:
		p.term(n)
	}
}

// beginsPath reports whether a path is the first of an expression. A minus sign
// before it would belong to it.
func beginsPath(n node) bool {
	switch n := n.(type) {
	case *path:
		return true
	case *selection:
		return beginsPath(n.subject)
	case *application:
		return beginsPath(n.fun)
	}
	return false
}

func (n *operation) compares() bool {
	switch n.op.kind {
	case syntax.KindLess, syntax.KindGreater, syntax.KindLessEq, syntax.KindGreaterEq, syntax.KindEq, syntax.KindNotEq:
		return true
	}
	return false
}

// grouped prints an expression as a group.
func (p *printer) grouped(n node) { p.group(ordinary, func() { p.expr(n) }) }

func (p *printer) steps(steps []step) {
	for _, s := range steps {
		if s.dot != nil {
			p.leaf(s.dot)
		}
		p.name(s.name)
	}
}

func (p *printer) name(n node) {
	switch n := n.(type) {
	case *leaf:
		p.leaf(n)
	case *text:
		p.term(n)
	case *dynamic:
		p.before(n.before)
		p.piece(n.piece)
		p.leaf(&leaf{after: n.after})
	}
}

// term prints a term without making it a group.
func (p *printer) term(n node) {
	switch n := n.(type) {
	case *leaf:
		p.leaf(n)
	case *text:
		p.before(n.before)
		switch {
		case n.exact:
			p.quoted("''", n.lines)
		case n.indented:
			p.indented(n.lines)
		default:
			p.quoted(`"`, n.lines)
		}
		p.after(n.leaf.after)
	case *path:
		p.before(n.before)
		p.line(n.pieces)
		p.after(n.after)
	case *list:
		p.list(n)
	case *set:
		p.set(n, false)
	case *selection:
		p.selection(n)
	case *parens:
		p.parens(n)
	}
}

// wideTerm is term, but a set always takes several lines.
func (p *printer) wideTerm(n node) {
	if s, ok := n.(*set); ok {
		p.set(s, true)
	} else {
		p.term(n)
	}
}

// selection prints a.b.c or d. What does not begin with a name may break the
// line before the first dot; a number or path needs a blank there.
func (p *printer) selection(n *selection) {
	p.expr(n.subject)
	switch s := n.subject.(type) {
	case *leaf:
		if s.kind == syntax.KindInt || s.kind == syntax.KindFloat {
			p.space(hardSpace)
		}
	case *parens:
		p.space(softBreak)
	case *path: // else the dot would belong to it
		p.space(hardSpace)
	default:
		p.space(lineBreak)
	}
	p.steps(n.steps)
	if n.or != nil {
		p.space(softSpace)
		p.nested(func() {
			p.leaf(n.or)
			p.space(hardSpace)
			p.expr(n.other)
		})
	}
}

func (p *printer) parens(n *parens) {
	p.group(ordinary, func() {
		n.open.raiseComment()
		p.leaf(n.open)
		before := n.close.before
		n.close.before = nil
		p.nested(func() {
			p.enclosed(n.inner)
			p.before(before)
		})
		p.leaf(n.close)
	})
}

// enclosed prints an expression between parentheses.
func (p *printer) enclosed(n node) {
	switch e := n.(type) {
	case *application:
		p.application(e, appStyle{pre: none, indent: true, post: true})
		return
	case *selection:
		if !hugs(e.subject) {
			p.grouped(n)
			p.space(lineBreak)
			return
		}
	}
	if hugsExpr(n) {
		p.group(ordinary, func() { p.hugged(n, false) })
		return
	}
	p.space(lineBreak)
	p.grouped(n)
	p.space(lineBreak)
}

func (p *printer) with(n *with) {
	p.group(ordinary, func() { p.withHead(n) })
	p.space(lineSpace)
	p.expr(n.body)
}

func (p *printer) withHead(n *with) {
	p.leaf(n.word)
	p.space(hardSpace)
	p.nested(func() { p.grouped(n.env) })
	p.leaf(n.semicolon)
}

// let prints let … in …; comments around in go to the body.
func (p *printer) let(n *let) {
	p.group(ordinary, func() {
		p.leaf(n.word)
		p.space(hardLine)
		p.nested(func() { p.items(n.items, hardLine) })
	})
	p.space(hardLine)
	p.group(ordinary, func() {
		p.text(n.in.text)
		p.space(hardLine)
		n.in.raiseComment()
		l := first(n.body)
		l.before = slices.Concat(n.in.before, l.before)
		p.expr(n.body)
	})
}

// assertion prints assert as if it were a function that is called.
func (p *printer) assertion(n *assertion) {
	p.group(ordinary, func() {
		p.application(called(n.word, n.cond), appStyle{pre: none})
		p.leaf(n.semicolon)
		p.space(hardLine)
		p.expr(n.body)
	})
}

// called makes an expression the arguments of a word.
func called(word *leaf, n node) *application {
	if a, ok := n.(*application); ok {
		return &application{called(word, a.fun), a.arg}
	}
	return &application{word, n}
}

// conditional prints if … then … else …; an if after else continues it.
func (p *printer) conditional(n *conditional, sep space) {
	p.group(ordinary, func() {
		p.leaf(n.word)
		p.space(lineSpace)
		p.nested(func() { p.expr(n.cond) })
		p.space(lineSpace)
		p.leaf(n.then)
	})
	p.space(sep)
	p.nested(func() { p.grouped(n.yes) })
	p.space(sep)
	n.otherwise.raiseComment()
	p.leaf(n.otherwise)
	p.space(hardSpace)
	if more, ok := n.no.(*conditional); ok {
		p.conditional(more, hardLine)
		return
	}
	p.space(lineSpace)
	p.nested(func() { p.grouped(n.no) })
}
