package syntax

import "firn/internal/lang/symbol"

// How tight operators bind, loosest first. Unary minus is the tightest.
const (
	loose uint8 = iota // no operator
	levelImpl
	levelOr
	levelAnd
	levelEqual
	levelCompare
	levelUpdate
	levelNot
	levelSum
	levelProduct
	levelConcat
	levelHasAttr
	levelNegate
)

// An assoc is the side that a row of equal operators leans to.
type assoc uint8

const (
	leansLeft assoc = iota
	leansRight
	leansNowhere // a row is an error
)

type precedence struct {
	level uint8
	assoc assoc
}

// precedences are those of the binary operators, and of the unary ones under
// their names in the grammar.
var precedences = [kinds]precedence{
	KindImpl:      {levelImpl, leansRight},
	KindOr:        {levelOr, leansLeft},
	KindAnd:       {levelAnd, leansLeft},
	KindEq:        {levelEqual, leansNowhere},
	KindNotEq:     {levelEqual, leansNowhere},
	KindLess:      {levelCompare, leansNowhere},
	KindGreater:   {levelCompare, leansNowhere},
	KindLessEq:    {levelCompare, leansNowhere},
	KindGreaterEq: {levelCompare, leansNowhere},
	KindUpdate:    {levelUpdate, leansRight},
	unaryNot:      {levelNot, leansLeft},
	KindPlus:      {levelSum, leansLeft},
	KindMinus:     {levelSum, leansLeft},
	KindTimes:     {levelProduct, leansLeft},
	KindSlash:     {levelProduct, leansLeft},
	KindConcat:    {levelConcat, leansRight},
	KindQuestion:  {levelHasAttr, leansLeft},
	unaryMinus:    {levelNegate, leansNowhere},
}

// operators reads operators that bind at least as tight as min, and their
// operands.
func (p *parser) operators(min uint8) Expr {
	outer := p.height
	p.height = 0
	start := p.start
	l := p.unary()
	for {
		k := p.kind
		op := precedences[k]
		if op.level < min || op.level == loose {
			break
		}
		at := p.start
		p.next()
		if k == KindQuestion {
			l = p.hasAttr(l)
		} else {
			atLeast := op.level + 1
			if op.assoc == leansRight {
				atLeast = op.level
			}
			rightStart := p.start
			r := p.operand(atLeast)
			l = p.binary(k, at, l, r, start, rightStart)
		}
		p.height++
		p.checkDepth(p.depth + p.height)
		if op.assoc == leansNowhere && precedences[p.kind].level == op.level {
			p.unexpected()
		}
	}
	p.height = max(p.height, outer)
	return l
}

// operand reads the right side of an operator.
func (p *parser) operand(min uint8) Expr {
	p.enter()
	e := p.operators(min)
	p.leave()
	return e
}

// binary makes the node of an operator at offset at.
func (p *parser) binary(k Kind, at int, l, r Expr, lStart, rStart int) Expr {
	switch k {
	case KindPlus:
		e := p.arena.concats.new()
		e.At = p.at(at)
		e.Parts = p.arena.parts.take(2)
		e.Parts[0] = Part{p.at(lStart), l}
		e.Parts[1] = Part{p.at(rStart), r}
		return e
	case KindMinus:
		return p.global(at, symbol.Sub, l, r)
	case KindTimes:
		return p.global(at, symbol.Mul, l, r)
	case KindSlash:
		return p.global(at, symbol.Div, l, r)
	case KindLess:
		return p.global(at, symbol.LessThan, l, r)
	case KindGreater:
		return p.global(at, symbol.LessThan, r, l)
	case KindLessEq:
		return p.not(p.global(at, symbol.LessThan, r, l))
	case KindGreaterEq:
		return p.not(p.global(at, symbol.LessThan, l, r))
	}
	e := p.arena.binaries.new()
	e.At, e.Op, e.Left, e.Right = p.at(at), opOf[k], l, r
	return e
}

// opOf are the operators that have nodes of their own.
var opOf = [kinds]Op{
	KindEq: OpEq, KindNotEq: OpNotEq, KindAnd: OpAnd, KindOr: OpOr, KindImpl: OpImpl, KindUpdate: OpUpdate,
	KindConcat: OpConcat,
}

func (p *parser) not(operand Expr) Expr {
	e := p.arena.nots.new()
	e.At, e.Operand = operand.Pos(), operand
	return e
}

func (p *parser) hasAttr(subject Expr) Expr {
	e := p.arena.hasAttrs.new()
	e.At, e.Subject = subject.Pos(), subject
	e.Path = p.attrPath()
	return e
}

// unary reads !a and -a, which may follow any operator: the operand of !
// extends over all that binds tighter than it.
func (p *parser) unary() Expr {
	switch p.kind {
	case KindNot:
		p.enter()
		defer p.leave()
		p.next()
		return p.not(p.operators(levelNot + 1))
	case KindMinus:
		p.enter()
		defer p.leave()
		at := p.start
		p.next()
		operand := p.unary()
		return p.global(at, symbol.Sub, p.arena.ints.new(), operand)
	}
	return p.application()
}

// application reads f a b.
func (p *parser) application() Expr {
	start := p.start
	f := p.selection()
	if !startsOperand[p.kind] {
		return f
	}
	args := p.arena.scratch.exprs
	first := len(args)
	for startsOperand[p.kind] {
		at := p.start
		e := p.selection()
		p.warnOrWord(at, e)
		p.arena.scratch.exprs = append(p.arena.scratch.exprs, e)
	}
	args = p.arena.scratch.exprs[first:]
	if c, ok := f.(*Call); ok {
		for _, e := range args {
			c.Args = p.arena.exprs.append(c.Args, e)
		}
	} else {
		c = p.arena.calls.new()
		c.At, c.Fun, c.Args = p.at(start), f, p.arena.exprs.copy(args)
		f = c
	}
	clear(args)
	p.arena.scratch.exprs = p.arena.scratch.exprs[:first]
	return f
}

// startsOperand are the tokens that begin an argument or list item.
var startsOperand = [kinds]bool{
	KindIdent: true, KindInt: true, KindFloat: true, KindQuote: true, KindIndOpen: true, KindPath: true,
	KindHomePath: true, KindSearchPath: true, KindURI: true, KindParenOpen: true, KindLet: true, KindRec: true,
	KindBraceOpen: true, KindBracketOpen: true,
}

// selection reads a, a.b.c, a.b.c or d, and the old "a or", which applies a to
// a variable named or; that one sets orEnd.
func (p *parser) selection() Expr {
	start := p.start
	e := p.simple()
	p.orEnd = 0
	switch p.kind {
	case KindDot:
		p.next()
		s := p.arena.selects.new()
		s.At, s.Subject = p.at(start), e
		s.Path = p.attrPath()
		if p.kind == KindOrWord {
			p.next()
			p.enter()
			at := p.start
			s.Default = p.selection()
			p.leave()
			p.warnOrWord(at, s.Default)
			p.orEnd = 0
		}
		return s
	case KindOrWord:
		v := p.arena.vars.new()
		v.At, v.Name = p.at(start), symbol.Or
		c := p.arena.calls.new()
		c.At, c.Fun = p.at(start), e
		c.Args = p.arena.exprs.take(1)
		c.Args[0] = v
		end := p.end
		p.next()
		p.orEnd = end
		return c
	}
	return e
}
