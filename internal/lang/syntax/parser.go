package syntax

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// maxDepth is how deep expressions may nest: what is read recursively, and
// apart from that the operators that lean to the left and the attribute paths.
const maxDepth = 50_000

// A parser reads one text by recursive descent, with precedence climbing for
// operators. It looks one token ahead, and a second time only to see whether a
// name or brace begins a function.
//
// After the first failure the scanner delivers nothing but KindEOF, so that all
// loops end by themselves; what is returned then is not used, but never nil.
type parser struct {
	scanner
	arena *Arena
	o     *Options
	base  diag.Pos // of the first byte
	err   *diag.Error

	depth  int // of recursion
	height int // of what was read last, as far as it grew without recursion

	indexes  map[*Set]*nameIndex // of long sets
	bindings bool                // the text is bindings
	bad      String              // stands for what could not be read
	symbols  *symbolCache
	orEnd    int // end of the "a or" read last, or 0
}

// Parse reads one expression. Its nodes belong to a. The error is a *diag.Error
// with the position of the failure.
func Parse(text string, o Options, a *Arena) (Expr, error) {
	p := newParser(text, &o, a)
	p.next()
	e := p.expr()
	p.expect(KindEOF)
	if err := p.finish(); err != nil {
		return nil, err
	}
	return e, nil
}

// ParseBindings reads bindings as they stand between braces, at least one, and
// returns them as a set.
func ParseBindings(text string, o Options, a *Arena) (*Set, error) {
	p := newParser(text, &o, a)
	p.bindings = true
	p.next()
	set := p.arena.sets.new()
	if p.kind == KindEOF {
		p.unexpected()
	}
	p.binds(set)
	p.expect(KindEOF)
	if err := p.finish(); err != nil {
		return nil, err
	}
	return set, nil
}

func newParser(text string, o *Options, a *Arena) *parser {
	p := &parser{arena: a, o: o}
	p.scanner.init(text, a.scratch.modes)
	p.noPipes = !o.PipeOperators
	p.symbols = &a.scratch.symbols
	if o.Positions != nil {
		p.base = o.Positions.Add(o.Origin, len(text))
	}
	return p
}

// finish gives the scratch memory back and returns the first failure.
func (p *parser) finish() error {
	p.arena.scratch.modes = p.outer[:0]
	if p.err != nil {
		return p.err
	}
	return nil
}

// next reads a token.
func (p *parser) next() {
	if p.err != nil {
		p.kind = KindEOF
		return
	}
	p.scanner.next()
}

// at returns the position of an offset.
func (p *parser) at(offset int) diag.Pos {
	if p.o.Positions == nil {
		return 0
	}
	return p.base + diag.Pos(offset)
}

// expect passes a token of the given kind.
func (p *parser) expect(k Kind) {
	if p.kind != k {
		p.unexpected()
		return
	}
	if k != KindEOF {
		p.next()
	}
}

// fail records the first failure, which is at an offset of the text.
func (p *parser) fail(offset int, e *diag.Error) { p.failAt(p.at(offset), e) }

func (p *parser) failAt(at diag.Pos, e *diag.Error) {
	if p.err == nil {
		p.err = e.At(at)
	}
	p.kind = KindEOF
}

// unexpected fails because of the current token.
func (p *parser) unexpected() {
	if p.err == nil {
		offset, e := p.explain()
		p.fail(offset, e)
	}
	p.kind = KindEOF
}

// enter counts one level of recursion; leave undoes it.
func (p *parser) enter() {
	p.depth++
	p.checkDepth(p.depth)
}

func (p *parser) leave() { p.depth-- }

func (p *parser) checkDepth(n int) {
	if n > maxDepth && p.err == nil {
		p.fail(p.start, diag.New(diag.ParseError, "expression is nested too deeply: more than %d levels", maxDepth))
	}
}

// symbol returns the current token, an identifier, as a symbol.
func (p *parser) symbol() symbol.Symbol {
	return p.symbols.intern(p.text[p.start:p.end])
}

// Incomplete reports whether a syntax error says that the text ended too early,
// so that more text could mend it.
func Incomplete(err error) bool {
	e, ok := err.(*diag.Error)
	return ok && strings.HasPrefix(e.Msg, "syntax error, unexpected end of file")
}

// DocBefore returns where in a text the doc comment is that stands right before
// the token at an offset.
func DocBefore(text string, offset int) (start, end int, ok bool) {
	var s scanner
	s.init(text, nil)
	for {
		s.next()
		switch {
		case s.kind == KindEOF, s.kind == kindError, s.start > offset:
			return 0, 0, false
		case s.start == offset && s.docAt == offset:
			return s.doc[0], s.doc[1], true
		}
	}
}

// docAtStart returns the doc comment right before the current token.
func (p *parser) docAtStart() [2]diag.Pos {
	if p.docAt != p.start {
		return [2]diag.Pos{}
	}
	return [2]diag.Pos{p.at(p.doc[0]), p.at(p.doc[1])}
}
