package format

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A gap is what stands between two tokens, cut into comments and line breaks.
type gapPart struct {
	newlines int // line breaks in a row, blanks aside; or a comment:
	kind     triviumKind
	text     string
	lines    []string
	column   int // where a line comment begins
}

// trailing reports whether a comment may belong to the token before it on its
// line.
func (g *gapPart) trailing() bool {
	return g.newlines == 0 && (g.kind == lineComment || g.kind == blockComment && len(g.lines) <= 1)
}

// gap cuts source[from:to].
func (r *reader) gap(from, to int) []gapPart {
	var parts []gapPart
	for i := from; i < to; {
		switch c := r.source[i]; {
		case c == '\n' || c == '\r':
			if c == '\r' && i+1 < to && r.source[i+1] == '\n' {
				i++
			}
			i++
			if n := len(parts); n > 0 && parts[n-1].newlines > 0 {
				parts[n-1].newlines++
			} else {
				parts = append(parts, gapPart{newlines: 1})
			}
		case c == '#':
			end := i
			for end < to && r.source[end] != '\n' && r.source[end] != '\r' {
				end++
			}
			body := strings.TrimRightFunc(r.source[i+1:end], unicode.IsSpace)
			parts = append(parts, gapPart{kind: lineComment, text: body, column: r.column(i)})
			i = end
		case c == '/':
			end := i + 4 + strings.Index(r.source[i+2:], "*/")
			parts = append(parts, r.comment(i, end))
			i = end
		default:
			i++
		}
	}
	return parts
}

// comment reads the block comment source[i:end].
func (r *reader) comment(i, end int) gapPart {
	body := r.source[i+2 : end-2]
	kind := blockComment
	if len(body) > 0 && body[0] == '*' {
		kind, body = docComment, body[1:]
	}
	lines := blockLines(body, r.column(i)-1)
	if kind == blockComment && len(lines) == 1 && r.beforeString(end) && isLanguage(lines[0]) {
		return gapPart{kind: annotation, text: strings.TrimSpace(lines[0])}
	}
	return gapPart{kind: kind, lines: lines}
}

// beforeString reports whether a string follows, on the next line at the latest.
func (r *reader) beforeString(i int) bool {
	rest := strings.TrimLeft(r.source[i:], " \t")
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n")
	rest = strings.TrimLeft(rest, " \t")
	return strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "''")
}

func isLanguage(s string) bool {
	s = strings.TrimSpace(s)
	for _, c := range s {
		if !unicode.IsLetter(c) && !unicode.IsNumber(c) && !strings.ContainsRune("-+._", c) {
			return false
		}
	}
	return s != "" && utf8.RuneCountInString(s) <= 30
}

// blockLines returns the lines of a block comment that begins in a column,
// without the stars in front of them and without their common indentation.
func blockLines(body string, column int) []string {
	body = strings.ReplaceAll(body, "\r\n", "\n")
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	lines = trimLines(lines)
	if len(lines) == 0 {
		return nil
	}
	dropStars(lines[1:], column)
	lines = trimLines(lines)
	dropIndent(lines, column)
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return lines
}

// trimLines takes blanks off the ends of lines, and empty lines off the end.
func trimLines(lines []string) []string {
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// dropStars makes blanks of the stars below that of the opening, if each line
// has one.
func dropStars(lines []string, column int) {
	star := strings.Repeat(" ", column) + " *"
	for _, l := range lines {
		if !strings.HasPrefix(l, star) {
			return
		}
	}
	for i, l := range lines {
		lines[i] = star[:column] + l[len(star):]
	}
}

// dropIndent takes the common indentation off all lines but the first, at most
// as much as puts them below the text of the first.
func dropIndent(lines []string, column int) {
	if len(lines) == 0 {
		return
	}
	n := column + 2
	if strings.HasPrefix(lines[0], " ") {
		n++
	}
	lines[0] = strings.TrimSpace(lines[0])
	rest := lines[1:]
	for _, l := range rest {
		if trimmed := strings.TrimLeft(l, " "); trimmed != "" {
			n = min(n, len(l)-len(trimmed))
		}
	}
	indent := strings.Repeat(" ", n)
	for i, l := range rest {
		if strings.HasPrefix(l, indent) {
			rest[i] = l[n:]
		} else {
			rest[i] = strings.TrimLeftFunc(l, unicode.IsSpace)
		}
	}
}

// leading turns parts of a gap into what stands before the next token.
func leading(parts []gapPart) []trivium {
	var all []trivium
	for _, g := range parts {
		switch {
		case g.newlines == 1:
		case g.newlines > 1:
			all = append(all, trivium{kind: emptyLine})
		case g.kind == lineComment || g.kind == annotation:
			all = append(all, trivium{kind: g.kind, text: g.text})
		case len(g.lines) == 0:
		case g.kind == blockComment && len(g.lines) == 1:
			all = append(all, trivium{kind: lineComment, text: " " + strings.TrimSpace(g.lines[0])})
		default:
			all = append(all, trivium{kind: g.kind, lines: g.lines})
		}
	}
	return all
}

// divide gives the comments right after a token to it, and the rest to the next
// token, which stands in a column. A comment that forms a block with a comment
// or the token on the next line goes with these.
func divide(parts []gapPart, column int) (after string, before []trivium) {
	n := 0
	for n < len(parts) && parts[n].trailing() {
		n++
	}
	if n == 1 && parts[0].kind == lineComment && len(parts) > 1 && parts[1].newlines == 1 {
		next := column
		if len(parts) > 2 {
			next = 0
			if parts[2].newlines == 0 && parts[2].kind == lineComment {
				next = parts[2].column
			}
		}
		if parts[0].column == next {
			return "", leading(parts)
		}
	}
	var words []string
	for _, g := range parts[:n] {
		word := strings.TrimSpace(g.text)
		if g.kind == blockComment && len(g.lines) == 1 {
			word = strings.TrimSpace(g.lines[0])
		}
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " "), leading(parts[n:])
}
