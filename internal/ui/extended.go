package ui

import (
	"fmt"
	"strings"

	"firn/internal/diag"
)

// maxOwnFrames is how many frames of the user's own files are shown: the ones
// nearest to the error.
const maxOwnFrames = 6

// extended renders an error for a person at a terminal: the frames of their own
// files with one line of source each, the others counted; then the message, the
// place with the word it means underlined, near names, notes, and where to read
// more.
func (r *Renderer) extended(e *diag.Error) string {
	prefix := red + "error:" + normal + " "
	var b strings.Builder
	hidden := r.ownFrames(&b, e.Frames)
	if b.Len() > 0 {
		b.WriteString("\n" + prefix)
	}
	b.WriteString(e.Msg + "\n")
	r.excerpt(&b, "", e.Pos, 1)
	if len(e.Suggestions) > 0 {
		b.WriteString("Did you mean " + suggestions(e.Suggestions) + "?\n")
	}
	for _, note := range e.Notes {
		b.WriteString(note + "\n")
	}
	if more := readMore(e.Code, hidden); more != "" {
		b.WriteString(faint + more + normal + "\n")
	}
	return indent(prefix, "       ", strings.TrimRight(b.String(), blanks))
}

// readMore tells what else there is to see.
func readMore(code diag.Code, hidden int) string {
	var parts []string
	if hidden > 0 {
		parts = append(parts, "'--show-trace' shows "+count(hidden, "more frame"))
	}
	if _, ok := diag.Explain(code); ok && code != diag.Thrown && code != diag.Aborted && code != diag.Usage {
		parts = append(parts, "'firn explain "+string(code)+"' explains this error")
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, "; ") + ")"
}

// ownFrames writes the frames of the user's own files, and those that the
// program asked to be shown, and returns how many it left out.
func (r *Renderer) ownFrames(b *strings.Builder, frames []diag.Frame) (hidden int) {
	seen := make(map[seenFrame]bool, len(frames))
	show := make([]bool, len(frames))
	own := 0
	// From the innermost on, because these are the ones that are shown.
	for i := len(frames) - 1; i >= 0; i-- {
		f := frames[i]
		at := r.resolve(f.Pos)
		key := seenFrame{at, f.Msg}
		if f.Msg == "" || seen[key] {
			continue
		}
		seen[key] = true
		switch {
		case f.Always:
			show[i] = true
		case at.Valid() && own < maxOwnFrames && !r.inLibrary(at):
			show[i] = true
			own++
		}
	}
	library := 0
	for i, f := range frames {
		if !show[i] {
			if f.Msg != "" {
				hidden++
				if at := r.resolve(f.Pos); at.Valid() && r.inLibrary(at) {
					library++
				}
			}
			continue
		}
		folded(b, &library)
		b.WriteString("\n… " + f.Msg + "\n")
		r.excerpt(b, "  ", f.Pos, 0)
	}
	if b.Len() > 0 {
		folded(b, &library)
	}
	return hidden
}

// folded writes how many frames of libraries stand here.
func folded(b *strings.Builder, n *int) {
	if *n > 0 {
		b.WriteString("\n" + faint + "(" + count(*n, "frame") + " in libraries)" + normal + "\n")
	}
	*n = 0
}

func (r *Renderer) inLibrary(at diag.Position) bool {
	return at.Origin.Kind == diag.FromFile && r.Library != nil && r.Library(at.Origin.Name)
}

// excerpt writes a place and its line, with so many lines before and after it.
func (r *Renderer) excerpt(b *strings.Builder, lead string, p diag.Pos, around int) {
	at := r.resolve(p)
	if !at.Valid() || at.Line == 0 {
		return
	}
	b.WriteString(lead + blue + "at " + warning + place(at) + normal + ":")
	for n := at.Line - around; n <= at.Line+around; n++ {
		code, ok := r.Positions.Line(p, n)
		if !ok {
			continue
		}
		codeLine(b, n, expandTabs(code))
		if n == at.Line && at.Column > 0 && at.Column <= len(code)+1 {
			blank := visibleWidth(expandTabs(code[:at.Column-1]))
			mark := strings.Repeat("^", max(1, visibleWidth(code[at.Column-1:][:tokenLen(code[at.Column-1:])])))
			b.WriteString("\n      | " + strings.Repeat(" ", blank) + red + mark + normal)
		}
	}
	b.WriteString("\n")
}

// expandTabs makes tabs four blanks wide, wherever they stand.
func expandTabs(s string) string { return strings.ReplaceAll(s, "\t", "    ") }

// tokenLen returns how many bytes at the start of s belong together: a word, a
// number, a path, a string on one line, an operator.
func tokenLen(s string) int {
	if s == "" {
		return 0
	}
	switch c := s[0]; {
	case isWord(c) && c != '-' && c != '\'':
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		return n
	case c == '"':
		for n := 1; n < len(s); n++ {
			if s[n] == '\\' {
				n++
			} else if s[n] == '"' {
				return n + 1
			}
		}
		return len(s)
	case strings.HasPrefix(s, "./"), strings.HasPrefix(s, "../"), strings.HasPrefix(s, "~/"):
		n := 1
		for n < len(s) && (isWord(s[n]) || strings.IndexByte("./+", s[n]) >= 0) {
			n++
		}
		return n
	}
	for _, op := range [...]string{"...", "==", "!=", "<=", ">=", "&&", "||", "->", "//", "++", "|>", "<|", "${", "''"} {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	return 1
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '\''
}

// count prints a number with its noun.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
