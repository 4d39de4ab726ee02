// Package format lays out Nix code in the official style, that of RFC 166.
//
// Format reads a text into nodes that keep every token and comment (cst.go,
// read.go), prints these as a document of texts, spaces and groups (print.go,
// document.go), and decides where its lines break (settle.go, layout.go). The
// result depends on the text alone; some line breaks in it are kept, which the
// style leaves to the author.
//
// Not here: files, options, and the language itself, which package syntax reads.
package format

import (
	"strings"
	"unicode"

	"firn/internal/lang/syntax"
)

// Format returns an expression in the official style. The error is that of
// [syntax.Parse]; positions and Origin are used for it.
func Format(source string, o syntax.Options, a *syntax.Arena) (string, error) {
	o.PipeOperators = true
	if o.Base == "" {
		o.Base = "/"
	}
	if _, err := syntax.Parse(source, o, a); err != nil {
		return "", err
	}
	w := newReader(source).file()
	l := first(w.expr)
	for len(l.before) > 0 && l.before[0].kind == emptyLine {
		l.before = l.before[1:]
	}
	p := &printer{}
	p.whole(w)
	return strings.TrimFunc(layout(settle(p.out)), unicode.IsSpace) + "\n", nil
}
