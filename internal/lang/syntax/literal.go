package syntax

import (
	"math/big"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// simple reads what stands between operators and arguments: a name, a literal,
// or something in brackets.
func (p *parser) simple() Expr {
	start := p.start
	switch p.kind {
	case KindIdent:
		return p.variable()
	case KindQuote:
		p.next()
		text, e := p.quoted(KindQuote)
		if e != nil {
			return e
		}
		return p.newString(text)
	case KindInt:
		return p.integer()
	case KindFloat:
		return p.float()
	case KindIndOpen:
		return p.indented()
	case KindPath, KindHomePath:
		return p.pathLiteral()
	case KindSearchPath:
		name := p.newString(strings.Clone(p.text[p.start+1 : p.end-1]))
		nixPath := p.arena.vars.new()
		nixPath.Name = symbol.NixPath
		p.next()
		return p.global(start, symbol.FindFile, nixPath, name)
	case KindURI:
		p.lintURL()
		s := p.newString(strings.Clone(p.text[p.start:p.end]))
		p.next()
		return s
	case KindParenOpen:
		p.next()
		e := p.expr()
		p.expect(KindParenClose)
		return e
	case KindBracketOpen:
		return p.list()
	}
	return p.set()
}

func (p *parser) newString(text string) *String {
	s := p.arena.strings.new()
	s.Value = text
	return s
}

func (p *parser) variable() Expr {
	name := p.symbol()
	at := p.at(p.start)
	p.next()
	if name == symbol.CurPos {
		e := p.arena.curPos.new()
		e.At = at
		return e
	}
	e := p.arena.vars.new()
	e.At, e.Name = at, name
	return e
}

// set reads { … }, rec { … } and let { … }, which is short for
// (rec { … }).body.
func (p *parser) set() Expr {
	at := p.at(p.start)
	first := p.kind
	if first == KindRec || first == KindLet {
		p.next()
	}
	p.expect(KindBraceOpen)
	set := p.arena.sets.new()
	set.At, set.Rec = at, first != KindBraceOpen
	p.binds(set)
	p.expect(KindBraceClose)
	if first != KindLet {
		return set
	}
	e := p.arena.selects.new()
	e.At, e.Subject = at, set
	e.Path = p.arena.names.take(1)
	e.Path[0] = AttrName{Name: symbol.Body, At: at}
	return e
}

func (p *parser) list() Expr {
	p.next()
	p.enter()
	first := len(p.arena.scratch.exprs)
	for startsOperand[p.kind] {
		at := p.start
		e := p.selection()
		p.warnOrWord(at, e)
		p.arena.scratch.exprs = append(p.arena.scratch.exprs, e)
	}
	p.leave()
	items := p.arena.scratch.exprs[first:]
	l := p.arena.lists.new()
	l.Items = p.arena.exprs.copy(items)
	if len(items) > 0 {
		l.At = items[0].Pos()
	}
	clear(items)
	p.arena.scratch.exprs = p.arena.scratch.exprs[:first]
	p.expect(KindBracketClose)
	return l
}

func (p *parser) integer() Expr {
	e := p.arena.ints.new()
	e.Value = p.checkInteger()
	p.next()
	return e
}

func (p *parser) checkInteger() int64 {
	text := p.text[p.start:p.end]
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		p.fail(p.start, diag.New(diag.ParseError, "invalid integer '%s'", text))
	}
	return n
}

func (p *parser) float() Expr {
	e := p.arena.floats.new()
	e.Value = p.checkFloat()
	p.next()
	return e
}

func (p *parser) checkFloat() float64 {
	text := p.text[p.start:p.end]
	f, ok := parseFloat(text)
	if !ok {
		p.fail(p.start, diag.New(diag.ParseError, "invalid float '%s'", text))
	}
	return f
}

// parseFloat fails for what is too large, and for what is too small to be a
// normal number unless it is one exactly: strtod reports these as out of range.
func parseFloat(text string) (float64, bool) {
	const smallestNormal = 0x1p-1022
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	if f >= smallestNormal {
		return f, true
	}
	digits, _, _ := strings.Cut(strings.ToLower(text), "e")
	if f == 0 {
		return 0, strings.Trim(digits, "0.") == ""
	}
	exact, ok := new(big.Rat).SetString(text)
	return f, ok && new(big.Rat).SetFloat64(f).Cmp(exact) == 0
}

// quoted reads the rest of a string in quotes: the text if it is constant, else
// the interpolation.
func (p *parser) quoted(closing Kind) (string, Expr) {
	start := p.start
	switch p.kind {
	case closing:
		p.next()
		return "", nil
	case KindString:
		text := p.stringText()
		p.next()
		if p.kind == closing {
			p.next()
			return text, nil
		}
		base := len(p.arena.scratch.parts)
		p.part(start, p.newString(text))
		if p.kind != KindInterpolation {
			p.unexpected()
		}
		return "", p.interpolated(start, base, true, closing)
	}
	return "", p.interpolated(start, len(p.arena.scratch.parts), true, closing)
}

// interpolated reads the rest of a string or path; the parts from base on the
// scratch stack are its first.
func (p *parser) interpolated(start, base int, force bool, closing Kind) Expr {
	for {
		at := p.start
		if p.kind == KindString {
			text := p.stringText()
			p.next()
			p.part(at, p.newString(text))
		} else if p.kind == KindInterpolation {
			p.next()
			e := p.expr()
			p.expect(KindBraceClose)
			p.part(at, e)
		} else {
			break
		}
	}
	e := p.concat(start, base, force)
	p.expect(closing)
	return e
}

// part pushes a piece of a string on the scratch stack.
func (p *parser) part(at int, e Expr) {
	p.arena.scratch.parts = append(p.arena.scratch.parts, Part{p.at(at), e})
}

// concat makes a node of the parts from base on.
func (p *parser) concat(start, base int, force bool) Expr {
	parts := p.arena.scratch.parts[base:]
	e := p.arena.concats.new()
	e.At, e.ForceString, e.Parts = p.at(start), force, p.arena.parts.copy(parts)
	clear(parts)
	p.arena.scratch.parts = p.arena.scratch.parts[:base]
	return e
}

// stringText returns the value of a part of a string or path. In a path no
// byte is special, and those that are in a string can't occur.
func (p *parser) stringText() string {
	raw := p.text[p.start:p.end]
	if strings.IndexByte(raw, '\\') < 0 && strings.IndexByte(raw, '\r') < 0 && strings.IndexByte(raw, 0) < 0 {
		return p.arena.scratch.texts.copy(raw)
	}
	p.arena.scratch.bytes = unescape(p.arena.scratch.bytes[:0], raw)
	return p.text0(p.arena.scratch.bytes)
}

// text0 makes a string, which must not hold NUL.
func (p *parser) text0(b []byte) string {
	text := string(b)
	if strings.IndexByte(text, 0) >= 0 {
		p.fail(p.start, diag.New(diag.ParseError,
			"input string '%s' cannot be represented as Nix string because it contains null bytes",
			strings.ReplaceAll(text, "\x00", "␀")))
	}
	return text
}

// unescape appends the value of raw: \n, \r and \t are what they are in C, any
// other byte after a backslash is itself, and line breaks become \n.
func unescape(dst []byte, raw string) []byte {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '\\' && i+1 < len(raw):
			i++
			dst = append(dst, escaped(raw[i]))
		case c == '\r':
			dst = append(dst, '\n')
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func escaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}
