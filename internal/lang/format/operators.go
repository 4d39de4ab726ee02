package format

import "firn/internal/lang/syntax"

// levels of the binary operators, loosest first; unary ! is at notLevel.
var levels = map[syntax.Kind]int{
	syntax.KindPipeFrom: 1, syntax.KindPipeInto: 2, syntax.KindImpl: 3, syntax.KindOr: 4, syntax.KindAnd: 5,
	syntax.KindEq: 6, syntax.KindNotEq: 6, syntax.KindLess: 7, syntax.KindGreater: 7, syntax.KindLessEq: 7,
	syntax.KindGreaterEq: 7, syntax.KindUpdate: 8, syntax.KindPlus: 10, syntax.KindMinus: 10,
	syntax.KindTimes: 11, syntax.KindSlash: 11, syntax.KindConcat: 12, syntax.KindQuestion: 13,
}

const notLevel = 9

// operators reads operators of at least a level. Rows of // ++ and <| lean to
// the right, and so do rows of + alone, whatever they mean: the layout of such a
// row begins with its first operand. Rows of -> lean to the left.
func (r *reader) operators(level int) node {
	left := r.unary()
	for {
		k := r.kind()
		l := levels[k]
		if l == 0 || l < level {
			return left
		}
		op := r.leaf()
		if k == syntax.KindQuestion {
			left = &hasAttr{left, op, r.steps(nil)}
			continue
		}
		next := l + 1
		if k == syntax.KindUpdate || k == syntax.KindConcat || k == syntax.KindPipeFrom {
			next = l
		}
		r.enter()
		right := r.operators(next)
		r.depth--
		if row, ok := left.(*operation); ok && k == syntax.KindPlus && row.op.kind == k {
			left = &operation{row.left, row.op, &operation{row.right, op, right}}
			continue
		}
		left = &operation{left, op, right}
	}
}

func (r *reader) unary() node {
	switch r.kind() {
	case syntax.KindNot, syntax.KindMinus:
		r.enter()
		not := r.is(syntax.KindNot)
		u := &unary{op: r.leaf()}
		if not {
			u.operand = r.operators(notLevel)
		} else {
			u.operand = r.unary()
		}
		r.depth--
		return u
	}
	f := r.term()
	depth := r.depth
	for startsTerm[r.kind()] {
		r.enter()
		f = &application{f, r.term()}
	}
	r.depth = depth
	return f
}

// startsTerm are the tokens that begin an argument or list item. The word or is
// one where it follows no selection.
var startsTerm = map[syntax.Kind]bool{
	syntax.KindIdent: true, syntax.KindInt: true, syntax.KindFloat: true, syntax.KindQuote: true,
	syntax.KindIndOpen: true, syntax.KindPath: true, syntax.KindHomePath: true, syntax.KindSearchPath: true,
	syntax.KindURI: true, syntax.KindParenOpen: true, syntax.KindLet: true, syntax.KindRec: true,
	syntax.KindBraceOpen: true, syntax.KindBracketOpen: true, syntax.KindOrWord: true,
}

// term reads a term with its selections.
func (r *reader) term() node {
	r.enter()
	defer func() { r.depth-- }()
	t := r.simple()
	if !r.is(syntax.KindDot) {
		return t
	}
	dot := r.leaf()
	s := &selection{subject: t, steps: r.steps(dot)}
	if s.or = r.optional(syntax.KindOrWord); s.or != nil {
		s.other = r.term()
	}
	return s
}

func (r *reader) simple() node {
	switch r.kind() {
	case syntax.KindQuote:
		return r.quoted()
	case syntax.KindIndOpen:
		return r.indented()
	case syntax.KindURI:
		t := &text{leaf: r.begin()}
		uri := r.tokens[r.next]
		t.lines = [][]piece{{{text: r.source[uri.Start:uri.End]}}}
		r.pass()
		r.end(&t.leaf, uri.End)
		return t
	case syntax.KindPath, syntax.KindHomePath:
		return r.path()
	case syntax.KindParenOpen:
		return r.parens()
	case syntax.KindBracketOpen:
		l := &list{open: r.leaf()}
		l.items = r.items(func() any { return r.term() }, syntax.KindBracketClose)
		l.close = r.leaf()
		return l
	case syntax.KindRec, syntax.KindLet, syntax.KindBraceOpen:
		s := &set{}
		if !r.is(syntax.KindBraceOpen) {
			s.recursive = r.leaf()
		}
		s.open = r.leaf()
		s.items = r.items(r.binding, syntax.KindBraceClose)
		s.close = r.leaf()
		return s
	}
	return r.leaf()
}
