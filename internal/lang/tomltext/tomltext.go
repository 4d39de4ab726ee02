// Package tomltext reads TOML 1.0 and has a [Builder] make values of what it finds. It knows nothing of the language's
// values.
//
// What is accepted is what the C++ library toml11 4.4 accepts, in the two places where it is more lenient than the
// specification too: a table header may follow a key and its value on the same line, and a table that dotted keys
// defined may get subtables by headers. Its messages, which Nix shows to people, are made here in the same words and
// with the same excerpts of the text, and reading continues behind an error in the same way to find more. Only where
// toml11 never comes back from that (a comment that follows a bad one) does this package.
//
// Tables, arrays and inline tables may be nested maxDepth deep.
package tomltext

// A Builder makes values. An error of one of its methods is returned by Read if the text itself has no errors, which
// are all looked for first; the value is not used then.
type Builder[V any] interface {
	Bool(b bool) V
	Int(i int64) V
	// Float gets infinities and not-a-number, too.
	Float(f float64) V
	// String gets what may be a piece of the text; it may hold NUL, if escaped.
	String(s string) (V, error)
	// Time gets a date, a time, or both with or without an offset, as RFC 3339 writes them, with a capital T, and with
	// no, 3, 6 or 9 digits behind the seconds.
	Time(text string) (V, error)
	// Array gets the elements in order, and may keep the slice.
	Array(elements []V) V
	// Table gets members in the order of the text, and may not keep the slice. No key is there twice.
	Table(members []Member[V]) (V, error)
}

// A Member is a key of a table and its value.
type Member[V any] struct {
	Key   string
	Value V
}

// maxDepth bounds the nesting of tables and arrays.
const maxDepth = 10000

// A SyntaxError lists the errors of a text.
type SyntaxError struct{ message string }

// Error returns one or several messages of several lines, each of which ends with a line break. Between excerpts of
// the text it names it fromTOML.
func (e *SyntaxError) Error() string { return e.message }

// Read reads a text that is a TOML document. Its own errors are of type *SyntaxError.
func Read[V any](text string, b Builder[V]) (V, error) {
	var none V
	if text == "" {
		return b.Table(nil)
	}
	if last := text[len(text)-1]; last != '\n' && last != '\r' {
		text += "\n"
	}
	p := &parser[V]{source: source{name: "fromTOML", text: text}, text: text, build: b}
	if len(text) >= len(byteOrderMark) && text[:len(byteOrderMark)] == byteOrderMark {
		p.pos = len(byteOrderMark)
	}
	root := p.document()
	if len(p.faults) > 0 {
		return none, &SyntaxError{format(p.faults)}
	}
	if p.failed != nil {
		return none, p.failed
	}
	return p.finish(root)
}

const byteOrderMark = "\xef\xbb\xbf"
