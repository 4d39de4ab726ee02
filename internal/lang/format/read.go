package format

import (
	"strings"
	"unicode/utf8"

	"firn/internal/lang/syntax"
)

// A reader makes nodes of tokens. The text was accepted by the parser, so that
// nothing is checked here.
type reader struct {
	source  string
	tokens  []syntax.Token
	next    int       // token
	pending []trivium // before the next leaf
	lineAt  int       // offset of which line is known
	line    int
	depth   int // of recursion
	// tooDeep is set where reading stops: from there on there is but KindEOF.
	tooDeep bool
	// columnAt is an offset before which there are blanks columns on its line.
	columnAt, blanks int
}

// maxDepth is how deep code may nest, and how many arguments a call may have.
const maxDepth = 2000

func newReader(source string) *reader {
	return &reader{source: source, tokens: syntax.Tokens(source), line: 1}
}

// file reads the whole text.
func (r *reader) file() *whole {
	return r.enclosed(0)
}

// enclosed reads an expression with all that surrounds it; from is where the
// blanks before it begin. What is pending outside stays pending.
func (r *reader) enclosed(from int) *whole {
	outside := r.pending
	r.pending = leading(r.gap(from, r.tokens[r.next].Start))
	w := &whole{expr: r.expr()}
	w.after, r.pending = r.pending, outside
	return w
}

func (r *reader) kind() syntax.Kind { return r.tokens[r.next].Kind }

func (r *reader) kindAfter(n int) syntax.Kind {
	if r.next+n < len(r.tokens) {
		return r.tokens[r.next+n].Kind
	}
	return syntax.KindEOF
}

func (r *reader) is(k syntax.Kind) bool { return r.kind() == k }

// begin starts a leaf at the next token.
func (r *reader) begin() leaf {
	t := r.tokens[r.next]
	l := leaf{kind: t.Kind, line: r.lineOf(t.Start), before: r.pending}
	r.pending = nil
	return l
}

// end ends a leaf that covers the source up to an offset.
func (r *reader) end(l *leaf, at int) {
	next := r.tokens[r.next].Start
	var before []trivium
	l.after, before = divide(r.gap(at, next), r.column(next))
	r.pending = append(r.pending, before...)
}

// leaf reads one token.
func (r *reader) leaf() *leaf {
	l := r.begin()
	t := r.tokens[r.next]
	l.text = r.source[t.Start:t.End]
	r.pass()
	r.end(&l, t.End)
	return &l
}

// pass passes a token, unless it is the last.
func (r *reader) pass() {
	if r.next+1 < len(r.tokens) {
		r.next++
	}
}

// enter counts a level of nesting.
func (r *reader) enter() {
	if r.depth++; r.depth > maxDepth {
		r.tooDeep = true
		r.next = len(r.tokens) - 1
	}
}

// optional reads a token if it is of the kind.
func (r *reader) optional(k syntax.Kind) *leaf {
	if r.is(k) {
		return r.leaf()
	}
	return nil
}

// lineOf returns the line of an offset; offsets come in rising order.
func (r *reader) lineOf(at int) int {
	r.line += strings.Count(r.source[r.lineAt:at], "\n")
	r.lineAt = at
	return r.line
}

// column returns the column of an offset, from 1, with tab stops at every
// eighth. Offsets come in rising order.
func (r *reader) column(at int) int {
	if at < r.columnAt {
		r.columnAt, r.blanks = 0, 0
	}
	if nl := strings.LastIndexByte(r.source[r.columnAt:at], '\n'); nl >= 0 {
		r.columnAt, r.blanks = r.columnAt+nl+1, 0
	}
	for r.columnAt < at {
		c, size := utf8.DecodeRuneInString(r.source[r.columnAt:])
		if c == '\t' {
			r.blanks += 8 - r.blanks%8
		} else {
			r.blanks++
		}
		r.columnAt += size
	}
	return r.blanks + 1
}

// items reads what read reads until one of the closing kinds; comments stand
// between the items.
func (r *reader) items(read func() any, closing syntax.Kind) []item {
	var all []item
	for {
		if len(r.pending) > 0 {
			all = append(all, item{comments: r.pending})
			r.pending = nil
		}
		if r.is(closing) || r.is(syntax.KindEOF) {
			return all
		}
		all = append(all, item{node: read()})
	}
}

func (r *reader) expr() node {
	r.enter()
	n := r.anyExpr()
	r.depth--
	return n
}

func (r *reader) anyExpr() node {
	switch r.kind() {
	case syntax.KindIdent:
		if k := r.kindAfter(1); k == syntax.KindColon || k == syntax.KindAt {
			return r.function()
		}
	case syntax.KindBraceOpen:
		if r.patternAhead() {
			return r.function()
		}
	case syntax.KindWith:
		w := &with{word: r.leaf()}
		w.env = r.expr()
		w.semicolon = r.leaf()
		w.body = r.expr()
		return w
	case syntax.KindAssert:
		a := &assertion{word: r.leaf()}
		a.cond = r.expr()
		a.semicolon = r.leaf()
		a.body = r.expr()
		return a
	case syntax.KindIf:
		return r.conditional()
	case syntax.KindLet:
		if r.kindAfter(1) != syntax.KindBraceOpen {
			l := &let{word: r.leaf()}
			l.items = r.items(r.binding, syntax.KindIn)
			l.in = r.leaf()
			l.body = r.expr()
			return l
		}
	}
	return r.operators(0)
}

func (r *reader) conditional() node {
	c := &conditional{word: r.leaf()}
	c.cond = r.expr()
	c.then = r.leaf()
	c.yes = r.expr()
	c.otherwise = r.leaf()
	c.no = r.expr()
	return c
}

// patternAhead reports whether a brace begins a function's pattern.
func (r *reader) patternAhead() bool {
	switch r.kindAfter(1) {
	case syntax.KindBraceClose:
		k := r.kindAfter(2)
		return k == syntax.KindColon || k == syntax.KindAt
	case syntax.KindEllipsis:
		return true
	case syntax.KindIdent:
		k := r.kindAfter(2)
		return k == syntax.KindComma || k == syntax.KindQuestion || k == syntax.KindBraceClose
	}
	return false
}

func (r *reader) function() node {
	p := &param{}
	if r.is(syntax.KindIdent) {
		p.nameFirst = true
		p.name = r.leaf()
		if p.at = r.optional(syntax.KindAt); p.at != nil {
			p.pattern = r.pattern()
		}
	} else {
		p.pattern = r.pattern()
		if p.at = r.optional(syntax.KindAt); p.at != nil {
			p.name = r.leaf()
		}
	}
	f := &function{param: p, colon: r.leaf()}
	f.body = r.expr()
	return f
}

func (r *reader) pattern() *pattern {
	p := &pattern{open: r.leaf()}
	for !r.is(syntax.KindBraceClose) && !r.is(syntax.KindEOF) {
		a := &paramAttr{ellipsis: r.is(syntax.KindEllipsis), name: r.leaf()}
		if a.question = r.optional(syntax.KindQuestion); a.question != nil {
			a.value = r.expr()
		}
		a.comma = r.optional(syntax.KindComma)
		p.attrs = append(p.attrs, a)
	}
	p.close = r.leaf()
	return p
}

func (r *reader) binding() any {
	if r.is(syntax.KindInherit) {
		in := &inherit{word: r.leaf()}
		if r.is(syntax.KindParenOpen) {
			in.source = r.parens()
		}
		for !r.is(syntax.KindSemicolon) && !r.is(syntax.KindEOF) {
			in.names = append(in.names, r.name())
		}
		in.semicolon = r.leaf()
		return in
	}
	a := &assignment{steps: r.steps(nil)}
	a.is = r.leaf()
	a.value = r.expr()
	a.semicolon = r.leaf()
	return a
}

// steps reads an attribute path after a dot, or without one.
func (r *reader) steps(dot *leaf) []step {
	steps := []step{{dot, r.name()}}
	for r.is(syntax.KindDot) {
		dot := r.leaf()
		steps = append(steps, step{dot, r.name()})
	}
	return steps
}

func (r *reader) name() node {
	switch r.kind() {
	case syntax.KindQuote:
		return r.quoted()
	case syntax.KindInterpolation:
		d := &dynamic{leaf: r.begin()}
		d.piece = r.interpolation()
		r.end(&d.leaf, r.tokens[r.next-1].End)
		return d
	}
	return r.leaf()
}

func (r *reader) parens() *parens {
	p := &parens{open: r.leaf()}
	p.inner = r.expr()
	p.close = r.leaf()
	return p
}
