package syntax

import (
	"errors"
	"path"
	"strings"

	"firn/internal/diag"
)

// ErrPure is an [Options.HomeErr] for pure evaluation: the message then names
// the path.
var ErrPure = errors.New("paths below the home directory can not be resolved in pure mode")

// pathLiteral reads a path, possibly with interpolations.
func (p *parser) pathLiteral() Expr {
	start := p.start
	e := p.arena.paths.new()
	if p.kind == KindHomePath {
		e.Value = p.homePathValue(p.text[p.start:p.end])
	} else {
		e.Value = p.pathValue(p.text[p.start:p.end])
	}
	p.next()
	if p.kind == KindPathEnd {
		p.next()
		return e
	}
	base := len(p.arena.scratch.parts)
	p.part(start, e)
	at := p.start
	if p.kind == KindString { // text needs an interpolation after it
		text := p.stringText()
		p.next()
		p.part(at, p.newString(text))
	}
	if p.kind != KindInterpolation {
		p.unexpected()
	}
	return p.interpolated(start, base, false, KindPathEnd)
}

// pathValue makes a path absolute. The slash at the end of the first part of an
// interpolated path stays.
func (p *parser) pathValue(literal string) string {
	var value string
	if literal[0] == '/' {
		p.lintAbsolute("absolute", literal)
		value = path.Clean(literal)
	} else {
		p.lintShort(literal)
		value = path.Clean("/" + p.o.Base + "/" + literal)
	}
	if len(literal) > 1 && literal[len(literal)-1] == '/' {
		value += "/"
	}
	return strings.Clone(value)
}

func (p *parser) homePathValue(literal string) string {
	if err := p.o.HomeErr; err != nil {
		if errors.Is(err, ErrPure) {
			p.failAt(0, diag.New(diag.ForbiddenPure, "the path '%s' can not be resolved in pure mode", literal))
			p.err.Err = err
		} else if p.err == nil {
			p.err = diag.As(err)
			p.kind = KindEOF
		}
		return ""
	}
	p.lintAbsolute("home", literal)
	return p.o.Home + literal[1:]
}
