// Package format lays out Nix code in the official style, that of RFC 166.
//
// Format reads a text into nodes that keep every token and comment (cst.go,
// read.go), prints these as a document of texts, spaces and groups (print.go,
// document.go), and decides where its lines break (settle.go, layout.go). The
// result depends on the text alone; some line breaks in it are kept, which the
// style leaves to the author. The rules are in docs/spec/format.md.
//
// Not here: files, options, and the language itself, which package syntax reads.
package format

import (
	"strings"
	"unicode"

	"firn/internal/diag"
	"firn/internal/lang/syntax"
)

// Format returns an expression in the official style. It need not mean anything:
// that names are defined twice is none of its business. The error is that of
// [syntax.Parse]; of the options, Positions and Origin are used for it.
func Format(source string, o syntax.Options) (string, error) {
	if i := strings.IndexByte(source, 0); i >= 0 {
		// Outside of comments the language stops there: all behind would be lost.
		return "", diag.New(diag.ParseError, "text with a NUL byte, at byte %d, can not be formatted", i)
	}
	o = syntax.Options{Base: "/", Positions: o.Positions, Origin: o.Origin, PipeOperators: true}
	if err := syntax.Check(source, o); err != nil {
		return "", err
	}
	// Rarely a comment ends up where it means something else to the next run.
	for range 4 {
		formatted, err := layOut(source)
		if err != nil || formatted == source {
			return formatted, err
		}
		source = formatted
	}
	return source, nil
}

// layOut formats once.
func layOut(source string) (string, error) {
	r := newReader(source)
	w := r.file()
	if r.tooDeep {
		return "", diag.New(diag.ParseError, "expression is nested too deeply to be formatted: more than %d levels", maxDepth)
	}
	l := first(w.expr)
	for len(l.before) > 0 && l.before[0].kind == emptyLine {
		l.before = l.before[1:]
	}
	p := &printer{}
	p.whole(w)
	return strings.TrimFunc(layout(settle(p.out)), unicode.IsSpace) + "\n", nil
}
