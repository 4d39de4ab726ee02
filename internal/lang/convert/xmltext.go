package convert

import "strings"

// XML writes an indented XML document. Attributes are given as names and values
// in turn and come out sorted by name.
type XML struct {
	out   []byte
	depth int
}

// NewXML begins a document.
func NewXML() *XML { return &XML{out: []byte("<?xml version='1.0' encoding='utf-8'?>\n")} }

// Bytes returns the document so far.
func (x *XML) Bytes() []byte { return x.out }

// Open begins an element that Close ends.
func (x *XML) Open(name string, attrs ...string) {
	x.start(name, attrs)
	x.out = append(x.out, ">\n"...)
	x.depth++
}

// Close ends an element.
func (x *XML) Close(name string) {
	x.depth--
	x.indent()
	x.out = append(append(append(x.out, "</"...), name...), ">\n"...)
}

// Empty writes an element without contents.
func (x *XML) Empty(name string, attrs ...string) {
	x.start(name, attrs)
	x.out = append(x.out, " />\n"...)
}

func (x *XML) indent() {
	for range x.depth {
		x.out = append(x.out, "  "...)
	}
}

func (x *XML) start(name string, attrs []string) {
	x.indent()
	x.out = append(append(x.out, '<'), name...)
	for i := 2; i < len(attrs); i += 2 {
		for j := i; j > 0 && attrs[j] < attrs[j-2]; j -= 2 {
			attrs[j], attrs[j-2] = attrs[j-2], attrs[j]
			attrs[j+1], attrs[j-1] = attrs[j-1], attrs[j+1]
		}
	}
	for i := 0; i < len(attrs); i += 2 {
		x.out = append(append(x.out, ' '), attrs[i]...)
		x.out = append(x.out, `="`...)
		x.out = append(x.out, xmlEscaper.Replace(attrs[i+1])...)
		x.out = append(x.out, '"')
	}
}

// xmlEscaper escapes attribute values; line ends too, which readers would
// otherwise turn into blanks.
var xmlEscaper = strings.NewReplacer(`"`, "&quot;", "<", "&lt;", ">", "&gt;", "&", "&amp;", "\n", "&#xA;")
