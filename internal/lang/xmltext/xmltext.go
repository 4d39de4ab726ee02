// Package xmltext writes XML documents of elements and attributes, one element a line, as builtins.toXML and the
// options --xml print them. It knows nothing of the language's values.
package xmltext

// A Writer holds a document that is being written.
type Writer struct {
	out   []byte
	depth int
}

// NewWriter begins a document behind dst.
func NewWriter(dst []byte) *Writer {
	return &Writer{out: append(dst, "<?xml version='1.0' encoding='utf-8'?>\n"...)}
}

// Bytes returns what was written so far.
func (w *Writer) Bytes() []byte { return w.out }

// Open begins an element that Close ends. Attributes are names and values in turn, and come out sorted by name.
func (w *Writer) Open(name string, attributes ...string) {
	w.start(name, attributes)
	w.out = append(w.out, ">\n"...)
	w.depth++
}

// Close ends the element that was begun last, whose name must be given.
func (w *Writer) Close(name string) {
	w.depth--
	w.indent()
	w.out = append(w.out, "</"...)
	w.out = append(w.out, name...)
	w.out = append(w.out, ">\n"...)
}

// Empty writes an element without contents; see Open for its attributes.
func (w *Writer) Empty(name string, attributes ...string) {
	w.start(name, attributes)
	w.out = append(w.out, " />\n"...)
}

func (w *Writer) indent() {
	for range w.depth {
		w.out = append(w.out, "  "...)
	}
}

func (w *Writer) start(name string, attributes []string) {
	w.indent()
	w.out = append(w.out, '<')
	w.out = append(w.out, name...)
	last := ""
	for range len(attributes) / 2 {
		next := -1
		for i := 0; i+1 < len(attributes); i += 2 {
			if attributes[i] > last && (next < 0 || attributes[i] < attributes[next]) {
				next = i
			}
		}
		if next < 0 {
			return // a name was given twice
		}
		last = attributes[next]
		w.attribute(last, attributes[next+1])
	}
}

func (w *Writer) attribute(name, value string) {
	w.out = append(w.out, ' ')
	w.out = append(w.out, name...)
	w.out = append(w.out, `="`...)
	w.out = AppendEscaped(w.out, value)
	w.out = append(w.out, '"')
}

// AppendEscaped appends an attribute's value. Line breaks are escaped, too: readers would take plain ones for blanks.
// All other bytes stay as they are, even those that XML forbids.
func AppendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		var entity string
		switch s[i] {
		case '"':
			entity = "&quot;"
		case '<':
			entity = "&lt;"
		case '>':
			entity = "&gt;"
		case '&':
			entity = "&amp;"
		case '\n':
			entity = "&#xA;"
		default:
			continue
		}
		dst = append(dst, s[done:i]...)
		dst = append(dst, entity...)
		done = i + 1
	}
	return append(dst, s[done:]...)
}
