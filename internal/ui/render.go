package ui

import (
	"fmt"
	"strings"

	"firn/internal/activity"
	"firn/internal/diag"
)

// A Renderer turns errors into text. The text holds colours; whoever writes it
// where there are none filters them out.
type Renderer struct {
	// Positions resolves the positions in errors; nil leaves them out.
	Positions *diag.Table
	// ShowTrace shows all frames.
	ShowTrace bool

	// Extended chooses our own form over that of Nix: frames of the user's own
	// files, others folded, the place underlined, notes and what to read next.
	Extended bool
	// Library tells which files are not the user's own; nil says none. It only
	// matters to the extended form.
	Library func(path string) bool
}

// Error renders an error, without a line end.
func (r *Renderer) Error(e *diag.Error) string {
	if r.Extended && !r.ShowTrace {
		return r.extended(e)
	}
	return r.Report(activity.Error, e, false)
}

// Report renders an error as Nix renders messages of a level. FromExpr marks
// warnings that an expression asked for.
func (r *Renderer) Report(level activity.Level, e *diag.Error, fromExpr bool) string {
	prefix := levelPrefix(level, fromExpr)
	var b strings.Builder
	if len(e.Frames) > 0 {
		r.trace(&b, e.Frames)
		b.WriteString("\n" + prefix)
	}
	b.WriteString(e.Msg + "\n")
	r.position(&b, "", e.Pos)
	if len(e.Suggestions) > 0 {
		b.WriteString("Did you mean " + suggestions(e.Suggestions) + "?\n")
	}
	rest := strings.Repeat(" ", len(diag.Strip(prefix)))
	if fromExpr && strings.HasPrefix(e.Msg, "\n") {
		rest = ""
	}
	return indent(prefix, rest, strings.TrimRight(b.String(), blanks))
}

const blanks = " \n\r\t"

// levelPrefix is what stands before a report.
func levelPrefix(level activity.Level, fromExpr bool) string {
	switch level {
	case activity.Error:
		return red + "error:" + normal + " "
	case activity.Warn:
		if fromExpr {
			return warning + "evaluation warning:" + normal + " "
		}
		return warning + "warning:" + normal + " "
	case activity.Notice:
		return red + "note:" + normal + " "
	case activity.Info:
		return green + "info:" + normal + " "
	case activity.Talkative:
		return green + "talk:" + normal + " "
	case activity.Chatty:
		return green + "chat:" + normal + " "
	case activity.Debug:
		return warning + "debug:" + normal + " "
	}
	return green + "vomit:" + normal + " "
}

// indent puts first before the first line and rest before the others, and takes
// blanks from the ends of all.
func indent(first, rest, s string) string {
	var b strings.Builder
	lead := first
	for line := range strings.SplitSeq(s, "\n") {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(lead+line, blanks))
		lead = rest
	}
	return b.String()
}

// seenFrame is what makes two frames duplicates.
type seenFrame struct {
	pos diag.Position
	msg string
}

// tracer prints frames, as few as Nix does without --show-trace: it stops after
// the fourth, where a frame with a position counts twice. Frames that came
// before are left out when there are more than five of them in a row.
//
// Nix: means to forget which frames it has seen after such a row, and does not
// (eval-fail-mutual-recursion pins it).
type tracer struct {
	r       *Renderer
	b       *strings.Builder
	count   int
	seen    map[seenFrame]bool
	skipped []diag.Frame
}

func (r *Renderer) trace(b *strings.Builder, frames []diag.Frame) {
	t := tracer{r: r, b: b, seen: make(map[seenFrame]bool, len(frames))}
	truncated := false
	for _, f := range frames {
		if f.Msg == "" {
			continue
		}
		truncated = truncated || !r.ShowTrace && t.count > 3
		if truncated && !f.Always {
			continue
		}
		key := seenFrame{r.resolve(f.Pos), f.Msg}
		if t.seen[key] {
			t.skipped = append(t.skipped, f)
			continue
		}
		t.seen[key] = true
		t.flush()
		t.count++
		t.frame(f)
	}
	t.flush()
	if truncated {
		b.WriteString("\n" + warning + "(stack trace truncated; use '--show-trace' to show the full, detailed trace)" + normal + "\n")
	}
}

func (t *tracer) flush() {
	if len(t.skipped) > 5 {
		fmt.Fprintf(t.b, "\n"+warning+"(%d duplicate frames omitted)"+normal+"\n", len(t.skipped))
	} else {
		for _, f := range t.skipped {
			t.frame(f)
		}
	}
	t.skipped = t.skipped[:0]
}

func (t *tracer) frame(f diag.Frame) {
	t.b.WriteString("\n… " + f.Msg + "\n")
	if t.r.position(t.b, "  ", f.Pos) {
		t.count++
	}
}

// resolve returns the place of p, or none.
func (r *Renderer) resolve(p diag.Pos) diag.Position {
	if r.Positions == nil || p == 0 {
		return diag.Position{}
	}
	return r.Positions.Resolve(p)
}

// position writes "at FILE:LINE:COLUMN:" and the lines around it, and reports
// whether there was anything to write.
func (r *Renderer) position(b *strings.Builder, lead string, p diag.Pos) bool {
	at := r.resolve(p)
	if !at.Valid() || at.Line == 0 {
		return false
	}
	b.WriteString(lead + blue + "at " + warning + place(at) + normal + ":")
	if r.code(b, p, at) {
		b.WriteString("\n")
	}
	return true
}

// Place returns a position with the lines around it, for results; "" if there is
// none.
func (r *Renderer) Place(p diag.Pos) string {
	at := r.resolve(p)
	if !at.Valid() || at.Line == 0 {
		return ""
	}
	var code strings.Builder
	if !r.code(&code, p, at) {
		return place(at)
	}
	return place(at) + "\n" + code.String() + "\n"
}

// code writes the line of a position and those around it, each after a line
// end, and reports whether they could be read.
func (r *Renderer) code(b *strings.Builder, p diag.Pos, at diag.Position) bool {
	code, ok := r.Positions.Line(p, at.Line)
	if !ok {
		return false
	}
	if before, ok := r.Positions.Line(p, at.Line-1); ok {
		codeLine(b, at.Line-1, before)
	}
	codeLine(b, at.Line, code)
	if at.Column > 0 {
		b.WriteString("\n      |" + strings.Repeat(" ", at.Column) + red + "^" + normal)
	}
	if after, ok := r.Positions.Line(p, at.Line+1); ok {
		codeLine(b, at.Line+1, after)
	}
	return true
}

func codeLine(b *strings.Builder, n int, code string) {
	fmt.Fprintf(b, "\n %5d| %s", n, code)
}

// place prints a position as file:line:column.
func place(p diag.Position) string {
	if p.Column > 0 {
		return fmt.Sprintf("%s:%d:%d", p.Origin, p.Line, p.Column)
	}
	return fmt.Sprintf("%s:%d", p.Origin, p.Line)
}

// suggestions joins near names: "a", "one of a or b", "one of a, b or c".
func suggestions(names []string) string {
	var b strings.Builder
	if len(names) > 1 {
		b.WriteString("one of ")
	}
	for i, name := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(warning + filter(name, false, 0) + normal)
	}
	return b.String()
}
