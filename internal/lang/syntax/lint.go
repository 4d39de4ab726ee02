package syntax

import (
	"fmt"
	"strings"

	"firn/internal/diag"
)

// lint reports what a setting discourages: the current token.
func (p *parser) lint(level Lint, setting, message string) {
	if level == Ignore {
		return
	}
	e := &diag.Error{Code: diag.DiscouragedSyntax, Msg: message + " (\x1b[1m" + diag.Msgf("%s", setting) + "\x1b[0m)"}
	if level == Fatal {
		p.fail(p.start, e)
		return
	}
	p.warn(e.At(p.at(p.start)))
}

func (p *parser) warn(e *diag.Error) {
	if p.o.Warn != nil && p.err == nil {
		p.o.Warn(e)
	}
}

func (p *parser) lintURL() {
	level := p.o.LintURLLiterals
	if level == Ignore {
		return
	}
	word := "discouraged"
	if level == Fatal {
		word = "disallowed"
	}
	p.lint(level, "lint-url-literals", diag.Msgf("URL literals are %s. Consider using a string literal \"%s\" instead",
		word, p.text[p.start:p.end]))
}

func (p *parser) lintShort(literal string) {
	if p.o.LintShortPaths == Ignore || literal[0] == '.' {
		return
	}
	p.lint(p.o.LintShortPaths, "lint-short-path-literals",
		diag.Msgf("relative path literal '%s' should be prefixed with '.' for clarity: './%s'", literal, literal))
}

func (p *parser) lintAbsolute(which diag.Plain, literal string) {
	if p.o.LintAbsolutePaths == Ignore {
		return
	}
	p.lint(p.o.LintAbsolutePaths, "lint-absolute-path-literals", diag.Msgf(
		"%s path literals are not portable. Consider replacing path literal '%s' by a string, relative path, or parameter",
		which, literal))
}

// warnOrWord warns of an argument, list item or default that is "a or": it
// started at an offset and was read just now.
func (p *parser) warnOrWord(start int, e Expr) {
	if p.orEnd == 0 || p.o.Warn == nil || p.err != nil {
		return
	}
	p.warn(&diag.Error{Code: diag.DiscouragedSyntax, Bare: true, Msg: fmt.Sprintf(`at %s: This expression uses `+"`or`"+
		` as an identifier in a way that will change in a future Nix release.
Wrap this entire expression in parentheses to preserve its current meaning:
    (%s)
Give feedback at https://github.com/NixOS/nix/pull/11121`, p.place(e.Pos()), snippet(p.text[start:p.orEnd]))})
	p.orEnd = 0
}

// snippet is a piece of source with the line breaks that messages have.
func snippet(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// place is a position of this text as messages spell it.
func (p *parser) place(at diag.Pos) string {
	offset := int(at - p.base)
	line, start := 1, 0
	for i := 0; i < offset; i++ {
		if c := p.text[i]; c == '\n' || c == '\r' && p.byte(i+1) != '\n' {
			line, start = line+1, i+1
		}
	}
	return fmt.Sprintf("%s:%d:%d", p.o.Origin.String(), line, offset-start+1)
}
