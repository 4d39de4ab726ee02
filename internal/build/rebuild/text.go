package rebuild

import (
	"fmt"
	"strings"

	"firn/internal/format/storepath"
)

// shown is how many changes of one cause, and how much of a text, are worth showing.
const (
	shownChanges = 8
	shownText    = 100
)

// Text words a report for people.
func (r *Report) Text(dir storepath.Dir) string {
	var b strings.Builder
	for _, c := range r.Causes {
		fmt.Fprintf(&b, "%s\n  was %s\n", dir.Join(c.New), dir.Join(c.Old))
		for i, ch := range c.Changes {
			if i == shownChanges {
				fmt.Fprintf(&b, "  and %d more changes\n", len(c.Changes)-i)
				break
			}
			b.WriteString("  " + ch.text() + "\n")
		}
		if c.Affects > 1 {
			fmt.Fprintf(&b, "  causes %d builds\n", c.Affects)
		}
	}
	if len(r.New) > 0 {
		b.WriteString("never built before:\n")
		for _, p := range r.New {
			b.WriteString("  " + dir.Join(p) + "\n")
		}
	}
	if r.Follow > 0 {
		fmt.Fprintf(&b, "%d of %d builds only follow from these\n", r.Follow, r.Builds)
	}
	return b.String()
}

func (c *Change) text() string {
	switch {
	case c.Old == "":
		return c.What + " is new: " + short(c.New, 0)
	case c.New == "":
		return c.What + " is gone: " + short(c.Old, 0)
	}
	at := difference(c.Old, c.New)
	return fmt.Sprintf("%s: %s → %s", c.What, short(c.Old, at), short(c.New, at))
}

// difference is where two texts begin to differ, hashes apart.
func difference(a, b string) int {
	x, y := Blank(a), Blank(b)
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	return i
}

// short shows a part of a text, from somewhat before a place.
func short(text string, at int) string {
	from := 0
	if at > shownText/2 {
		from = at - shownText/4
	}
	to := min(len(text), from+shownText)
	part := fmt.Sprintf("%q", strings.ToValidUTF8(text[min(from, len(text)):to], ""))
	if from > 0 {
		part = "…" + part
	}
	if to < len(text) {
		part += "…"
	}
	return part
}
