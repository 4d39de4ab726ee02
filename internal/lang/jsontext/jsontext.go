// Package jsontext reads JSON as a sequence of calls of a [Handler], and writes its strings and numbers. It knows
// nothing of the language's values.
//
// What is accepted, what is refused and how that is worded is what the C++ library nlohmann/json does, as Nix shows its
// messages to people: RFC 8259 with an optional byte order mark, without comments, over UTF-8 that must be well-formed;
// integers that fit neither int64 nor uint64 become floats, and floats beyond the largest one are an error. A NUL
// outside of a string ends the text. Nesting has no limit and costs one bit a level.
package jsontext

// A Handler is told what a text contains, in order. When a method returns an error, reading ends with that error.
type Handler interface {
	Null() error
	Bool(b bool) error
	Int(i int64) error
	// Uint is called for what is too large for Int.
	Uint(u uint64) error
	Float(f float64) error
	// String gets a string's content. If inText is set it is a piece of the text, which it keeps in memory, and
	// holds no control characters; otherwise it was made up because it holds escapes.
	String(s string, inText bool) error

	BeginArray() error
	EndArray() error
	BeginObject() error
	// Key precedes each value of an object; see String. Keys may repeat.
	Key(s string, inText bool) error
	EndObject() error
}

// Read reads a text that is one JSON value. Its own errors are of type *SyntaxError.
func Read(text string, h Handler) error {
	p := parser{text: text, handler: h}
	return p.read()
}
