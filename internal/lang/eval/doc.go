package eval

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/syntax"
)

// DocComment returns the text of a doc comment, given by the positions of its
// start and end, without its marks and indentation.
func (w *Worker) DocComment(at [2]diag.Pos) string {
	text, start, ok := w.Positions.Source(at[0])
	if !ok {
		return ""
	}
	return docText(text[start:min(len(text), start+int(at[1]-at[0]))])
}

// DocCommentAt returns the doc comment right before a position of a file.
func (w *Worker) DocCommentAt(p diag.Pos) string {
	if o := w.Positions.Origin(p); o == nil || o.Kind != diag.FromFile {
		return ""
	}
	text, offset, ok := w.Positions.Source(p)
	if !ok {
		return ""
	}
	start, end, ok := syntax.DocBefore(text, offset)
	if !ok {
		return ""
	}
	return docText(text[start:end])
}

// docText takes the marks from a comment. What stands in the first line counts
// as indented by their width.
func docText(comment string) string {
	text := strings.TrimSuffix(strings.TrimPrefix(comment, "/**"), "*/")
	if text == "" {
		return ""
	}
	return StripIndentation("   " + text)
}

// StripIndentation removes the blanks that all lines of a text begin with, and
// ends it with a newline. Lines of no more than that become empty.
func StripIndentation(s string) string {
	const none = 10000
	least, indent, blank := none, 0, true
	for i := 0; i < len(s); i++ {
		switch {
		case blank && s[i] == ' ':
			indent++
		case s[i] == '\n':
			if blank {
				// Nix: a line of blanks can only raise the indentation
				// (doc-compact pins it).
				least = max(least, indent)
			}
			indent, blank = 0, true
		case blank:
			least, blank = min(least, indent), false
		}
	}
	var b strings.Builder
	for s != "" {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		if len(line) > least {
			b.WriteString(line[least:])
		}
		b.WriteByte('\n')
	}
	return b.String()
}
