package syntax

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// expr reads an expression of any kind.
func (p *parser) expr() Expr {
	p.enter()
	e := p.anyExpr()
	p.leave()
	return e
}

func (p *parser) anyExpr() Expr {
	switch p.kind {
	case KindIdent:
		if c := p.peek(); c == ':' || c == '@' {
			return p.function()
		}
	case KindBraceOpen:
		if p.patternAhead() {
			return p.patternFunction()
		}
	case KindAssert:
		return p.assert()
	case KindWith:
		return p.with()
	case KindLet:
		if p.peek() != '{' {
			return p.let()
		}
	case KindIf:
		return p.ifThenElse()
	}
	return p.pipeline()
}

func (p *parser) assert() Expr {
	at := p.at(p.start)
	p.next()
	cond := p.expr()
	p.expect(KindSemicolon)
	e := p.arena.asserts.new()
	e.At, e.Cond, e.Body = at, cond, p.expr()
	return e
}

func (p *parser) with() Expr {
	at := p.at(p.start)
	p.next()
	env := p.expr()
	p.expect(KindSemicolon)
	e := p.arena.withs.new()
	e.At, e.Env, e.Body = at, env, p.expr()
	return e
}

func (p *parser) ifThenElse() Expr {
	at := p.at(p.start)
	p.next()
	e := p.arena.ifs.new()
	e.At = at
	e.Cond = p.expr()
	p.expect(KindThen)
	e.Then = p.expr()
	p.expect(KindElse)
	e.Else = p.expr()
	return e
}

func (p *parser) let() Expr {
	start := p.start
	p.next()
	set := p.arena.sets.new()
	p.binds(set)
	p.expect(KindIn)
	e := p.arena.lets.new()
	e.Bindings, e.Body = set, p.expr()
	if len(set.Dynamic) > 0 {
		p.fail(start, diag.New(diag.DynamicAttribute, "dynamic attributes not allowed in let"))
	}
	return e
}

// pipeline reads operators, a |> f |> g or f <| g <| a. The two kinds of pipe
// don't mix.
func (p *parser) pipeline() Expr {
	left := p.operators(levelImpl)
	switch p.kind {
	case KindPipeInto:
		for p.kind == KindPipeInto {
			at := p.start
			p.next()
			f := p.operators(levelImpl)
			left = p.call(at, f, left)
			p.height++
			p.checkDepth(p.depth + p.height)
		}
	case KindPipeFrom:
		at := p.start
		p.next()
		return p.call(at, left, p.pipeFrom())
	}
	return left
}

func (p *parser) pipeFrom() Expr {
	p.enter()
	defer p.leave()
	left := p.operators(levelImpl)
	if p.kind != KindPipeFrom {
		return left
	}
	at := p.start
	p.next()
	return p.call(at, left, p.pipeFrom())
}

// call applies f to one more argument. What already is a call, with or without
// parentheses or written as an operator, becomes a longer one and keeps its
// position.
func (p *parser) call(at int, f, arg Expr) Expr {
	if c, ok := f.(*Call); ok {
		c.Args = p.arena.exprs.append(c.Args, arg)
		return c
	}
	c := p.arena.calls.new()
	c.At, c.Fun = p.at(at), f
	c.Args = p.arena.exprs.take(1)
	c.Args[0] = arg
	return c
}

// global makes a call of a name that the language itself uses, as it is bound
// where the call stands.
func (p *parser) global(at int, name symbol.Symbol, args ...Expr) Expr {
	f := p.arena.vars.new()
	f.Name = name
	c := p.arena.calls.new()
	c.At, c.Fun = p.at(at), f
	c.Args = p.arena.exprs.copy(args)
	return c
}
