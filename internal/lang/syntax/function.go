package syntax

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// patternAhead reports whether the brace just read begins a function's pattern
// and no set: { }:, { }@, { ..., { a, { a ? or { a }.
func (p *parser) patternAhead() bool {
	var look scanner
	look.text, look.pos = p.text, p.pos
	switch c := look.peek(); {
	case c == '}':
		look.pos++
		c = look.peek()
		return c == ':' || c == '@'
	case c == '.':
		return true
	case class[c]&identStart != 0:
		look.pos = look.run(look.pos+1, identPart)
		c = look.peek()
		return c == ',' || c == '?' || c == '}'
	}
	return false
}

// function reads a: body and a @ { … }: body.
func (p *parser) function() Expr {
	start, doc := p.start, p.docAtStart()
	arg := p.text[p.start:p.end]
	p.next()
	if p.kind == KindColon {
		p.next()
		return p.lambda(start, doc, arg, nil)
	}
	p.expect(KindAt)
	if p.kind != KindBraceOpen {
		p.unexpected()
	}
	f := p.pattern()
	p.expect(KindColon)
	return p.lambda(start, doc, arg, f)
}

// patternFunction reads { … }: body and { … } @ a: body.
func (p *parser) patternFunction() Expr {
	start, doc := p.start, p.docAtStart()
	f := p.pattern()
	arg := ""
	if p.kind == KindAt {
		p.next()
		if p.kind == KindIdent {
			arg = p.text[p.start:p.end]
		}
		p.expect(KindIdent)
	}
	p.expect(KindColon)
	return p.lambda(start, doc, arg, f)
}

// lambda reads the body. The name of the argument becomes a symbol after those
// in the body, for symbols are ordered by first use: attributes of a set are
// evaluated in that order.
func (p *parser) lambda(start int, doc [2]diag.Pos, arg string, f *Formals) Expr {
	e := p.arena.lambdas.new()
	e.At, e.Name, e.Formals = p.at(start), symbol.Empty, f
	e.Body = p.expr()
	e.Arg = p.symbols.intern(arg)
	if f != nil {
		p.checkFormals(f, start, e.Arg)
	}
	setDoc(e, doc)
	return e
}

// setDoc gives a function its doc comment unless it has one, and likewise the
// function that it returns, and so on.
func setDoc(e Expr, doc [2]diag.Pos) {
	if doc[1] == 0 {
		return
	}
	for l, ok := e.(*Lambda); ok && l.Doc[1] == 0; l, ok = l.Body.(*Lambda) {
		l.Doc = doc
	}
}

// setName tells a function, and those that it returns, how it is called.
func setName(e Expr, name symbol.Symbol) {
	for l, ok := e.(*Lambda); ok; l, ok = l.Body.(*Lambda) {
		l.Name = name
	}
}

// pattern reads { a, b ? default, ... }.
func (p *parser) pattern() *Formals {
	f := p.arena.formals.new()
	p.next()
	base := len(p.arena.scratch.formals)
	for p.kind != KindBraceClose {
		if p.kind == KindEllipsis {
			f.Ellipsis = true
			p.next()
			break
		}
		p.formal()
		if p.kind != KindComma {
			break
		}
		p.next()
	}
	read := p.arena.scratch.formals[base:]
	f.List = p.arena.formalLists.copy(read)
	clear(read)
	p.arena.scratch.formals = p.arena.scratch.formals[:base]
	p.expect(KindBraceClose)
	return f
}

func (p *parser) formal() {
	f := Formal{At: p.at(p.start)}
	name := p.text[p.start:p.end]
	p.expect(KindIdent)
	if p.kind == KindQuestion {
		p.next()
		f.Default = p.expr()
	}
	f.Name = p.symbols.intern(name)
	p.arena.scratch.formals = append(p.arena.scratch.formals, f)
}

// checkFormals fails if a name stands twice in a pattern, or is that of the
// whole argument too.
func (p *parser) checkFormals(f *Formals, start int, arg symbol.Symbol) {
	if len(f.List) > longList {
		p.checkManyFormals(f, start, arg)
		return
	}
	isArg := false
	for i := range f.List {
		name := f.List[i].Name
		for j := i + 1; j < len(f.List); j++ {
			if f.List[j].Name == name {
				p.duplicateFormal(f.List[j].At, name)
				return
			}
		}
		isArg = isArg || name == arg
	}
	if isArg {
		p.duplicateFormal(p.at(start), arg)
	}
}

func (p *parser) checkManyFormals(f *Formals, start int, arg symbol.Symbol) {
	var x nameIndex
	first := -1 // of a name that stands twice, where it stands first
	var second diag.Pos
	for i, formal := range f.List {
		if at := x.find(formal.Name); at < 0 {
			x.add(formal.Name, i)
		} else if first < 0 || at < first {
			first, second = at, formal.At
		}
	}
	if first >= 0 {
		p.duplicateFormal(second, f.List[first].Name)
	} else if arg != symbol.Empty && x.find(arg) >= 0 {
		p.duplicateFormal(p.at(start), arg)
	}
}

func (p *parser) duplicateFormal(at diag.Pos, name symbol.Symbol) {
	p.failAt(at, diag.New(diag.DuplicateArgument, "duplicate formal function argument '%s'", identifier(name)))
}

// identifier is a name as messages show it.
func identifier(name symbol.Symbol) string {
	return string(AppendIdentifier(nil, name.String()))
}
