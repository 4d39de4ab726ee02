package ui

import (
	"strings"
)

// Markdown lays out the part of Markdown that our own documentation uses for a
// terminal of so many columns: headings, paragraphs, lists, indented and fenced
// code, quotations, and inside of lines `code`, *emphasis*, **strong** and
// [links](…). Without colour it is plain text.
func Markdown(text string, width int, colour bool) string {
	m := &markdown{width: max(width, 20), colour: colour}
	m.blocks(strings.Split(strings.TrimSpace(text), "\n"), "", "")
	return strings.TrimRight(m.b.String(), "\n") + "\n"
}

type markdown struct {
	b      strings.Builder
	width  int
	colour bool
}

// blocks lays out lines. First stands before the first line written, rest
// before all others.
func (m *markdown) blocks(lines []string, first, rest string) {
	lead := first
	for i := 0; i < len(lines); {
		line := lines[i]
		var end int
		switch {
		case strings.TrimSpace(line) == "":
			i++
			continue
		case strings.HasPrefix(line, "```"):
			end = fenceEnd(lines, i)
			m.code(lines[i+1:max(i+1, end-1)], lead, rest)
		case strings.HasPrefix(line, "    "):
			end = blockEnd(lines, i, func(s string) bool { return strings.HasPrefix(s, "    ") || strings.TrimSpace(s) == "" })
			m.code(trimIndent(lines[i:end], 4), lead, rest)
		case strings.HasPrefix(line, "#"):
			end = i + 1
			m.line(lead + m.style(bold, strings.TrimLeft(line, "# ")))
		case strings.HasPrefix(line, ">"):
			end = blockEnd(lines, i, func(s string) bool { return strings.HasPrefix(s, ">") })
			m.quote(lines[i:end], lead, rest)
		case itemIndent(line) > 0:
			end = m.item(lines, i, lead, rest)
			i = end
			lead = rest
			if end < len(lines) && itemIndent(lines[end]) > 0 {
				continue
			}
			m.gap(end < len(lines))
			continue
		default:
			end = blockEnd(lines, i, isProse)
			m.paragraph(lines[i:end], lead, rest)
		}
		i = end
		lead = rest
		m.gap(i < len(lines))
	}
}

func (m *markdown) gap(more bool) {
	if more {
		m.b.WriteByte('\n')
	}
}

func (m *markdown) line(s string) { m.b.WriteString(strings.TrimRight(s, " ") + "\n") }

// fenceEnd returns the line after the fence that closes the one at i.
func fenceEnd(lines []string, i int) int {
	for n := i + 1; n < len(lines); n++ {
		if strings.HasPrefix(lines[n], "```") {
			return n + 1
		}
	}
	return len(lines)
}

// blockEnd returns the first line after i that does not belong to its block.
func blockEnd(lines []string, i int, belongs func(string) bool) int {
	n := i + 1
	for n < len(lines) && belongs(lines[n]) {
		n++
	}
	return n
}

func isProse(s string) bool {
	return strings.TrimSpace(s) != "" && !strings.HasPrefix(s, "```") && !strings.HasPrefix(s, "#") && !strings.HasPrefix(s, ">") && itemIndent(s) == 0
}

// itemIndent returns how far the text of a list item stands from the margin, 0
// for what is none.
func itemIndent(s string) int {
	if strings.HasPrefix(s, "- ") || strings.HasPrefix(s, "* ") {
		return 2
	}
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 && strings.HasPrefix(s[n:], ". ") {
		return n + 2
	}
	return 0
}

// item lays out a list item with what is indented below it, and returns the
// line after it.
func (m *markdown) item(lines []string, i int, lead, rest string) int {
	n := itemIndent(lines[i])
	end := blockEnd(lines, i, func(s string) bool {
		return strings.HasPrefix(s, strings.Repeat(" ", n)) || isProse(s) && s[0] != ' ' && itemIndent(s) == 0
	})
	// Empty lines belong to the item if something indented follows.
	for end < len(lines) && strings.TrimSpace(lines[end]) == "" {
		next := blockEnd(lines, end, func(s string) bool { return strings.TrimSpace(s) == "" })
		if next == len(lines) || !strings.HasPrefix(lines[next], strings.Repeat(" ", n)) {
			break
		}
		end = blockEnd(lines, next, func(s string) bool { return strings.HasPrefix(s, strings.Repeat(" ", n)) })
	}
	body := trimIndent(lines[i:end], n)
	body[0] = lines[i][n:]
	sign := lines[i][:n]
	if n == 2 {
		sign = "· "
	}
	m.blocks(body, lead+sign, rest+strings.Repeat(" ", n))
	return end
}

func (m *markdown) quote(lines []string, lead, rest string) {
	body := make([]string, len(lines))
	for i, l := range lines {
		body[i] = strings.TrimPrefix(strings.TrimPrefix(l, ">"), " ")
	}
	bar := m.style(faint, "│ ")
	m.blocks(body, lead+bar, rest+bar)
}

func (m *markdown) code(lines []string, lead, rest string) {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	for _, l := range lines {
		m.line(lead + "    " + m.style(green, l))
		lead = rest
	}
}

// trimIndent removes up to n blanks from the start of each line.
func trimIndent(lines []string, n int) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		k := 0
		for k < n && k < len(l) && l[k] == ' ' {
			k++
		}
		out[i] = l[k:]
	}
	return out
}

// paragraph lays out lines as one, but for those that end in a backslash: there
// a new line begins.
func (m *markdown) paragraph(lines []string, lead, rest string) {
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && !strings.HasSuffix(lines[n-1], "\\") {
			n++
		}
		m.wrap(strings.TrimSuffix(strings.Join(lines[:n], " "), "\\"), lead, rest)
		lines, lead = lines[n:], rest
	}
}

// wrap breaks a text into lines.
func (m *markdown) wrap(text, lead, rest string) {
	line, column, empty := lead, visibleWidth(lead), true
	for _, word := range strings.Fields(m.inline(text)) {
		w := visibleWidth(word)
		if !empty && column+1+w > m.width {
			m.line(line)
			line, column, empty = rest, visibleWidth(rest), true
		}
		if !empty {
			line += " "
			column++
		}
		line += word
		column += w
		empty = false
	}
	m.line(line)
}

// inline replaces the markup inside of a paragraph. Styles are set anew for
// every word, so that they survive line breaks.
func (m *markdown) inline(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			b.WriteByte(s[i+1])
			i += 2
		case s[i] == '`':
			i = m.span(&b, s, i, "`", green, false)
		case strings.HasPrefix(s[i:], "**"):
			i = m.span(&b, s, i, "**", bold, true)
		case s[i] == '*' && i+1 < len(s) && s[i+1] != ' ':
			i = m.span(&b, s, i, "*", bold, true)
		case s[i] == '[':
			i = m.link(&b, s, i)
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}

// span writes what stands between two marks, and returns where it goes on.
func (m *markdown) span(b *strings.Builder, s string, i int, mark, style string, nested bool) int {
	start := i + len(mark)
	n := strings.Index(s[start:], mark)
	if n < 0 {
		b.WriteString(mark)
		return start
	}
	text := s[start : start+n]
	if nested {
		text = (&markdown{}).inline(text)
	}
	if !m.colour && mark == "`" {
		text = "`" + text + "`"
	}
	for k, word := range strings.Split(text, " ") {
		if k > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(m.style(style, word))
	}
	return start + n + len(mark)
}

// link writes the text of a link.
func (m *markdown) link(b *strings.Builder, s string, i int) int {
	mid := strings.Index(s[i:], "](")
	if mid < 0 {
		b.WriteByte('[')
		return i + 1
	}
	end := strings.IndexByte(s[i+mid:], ')')
	if end < 0 {
		b.WriteByte('[')
		return i + 1
	}
	b.WriteString(m.inline(s[i+1 : i+mid]))
	return i + mid + end + 1
}

func (m *markdown) style(style, s string) string {
	if !m.colour || s == "" {
		return s
	}
	return style + s + normal
}
