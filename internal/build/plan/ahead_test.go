package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"firn/internal/format/derivation"
)

func (w *world) changes(p *Planner) string {
	var list []string
	for _, c := range p.Changes() {
		s := strings.TrimSuffix(w.nameOf(c.Drv), ".drv")
		if c.From != "" {
			s += "=" + strings.TrimSuffix(w.nameOf(c.From), ".drv")
		}
		for _, n := range c.Needs {
			s += "<" + strings.TrimSuffix(w.nameOf(n), ".drv")
		}
		if c.Estimate > 0 {
			s += fmt.Sprint(":", c.Estimate)
		}
		if c.Over {
			s += "."
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

// TestChanges: everything that has to be built is known before anything is.
func TestChanges(t *testing.T) {
	for _, c := range []struct {
		kind, top            derivation.OutputKind
		foreseen, afterwards string
	}{
		{derivation.InputAddressed, derivation.InputAddressed, "top<in<there in:1m0s", "in. top."},
		{derivation.Floating, derivation.Deferred, "top<in<there in:1m0s", "in. top. +top=top +top=top."},
	} {
		w := newWorld(t)
		w.drv("there", derivation.InputAddressed)
		w.valid["there-out"] = true
		w.drv("in", c.kind)
		w.drv("top", c.top, "in", "there")
		w.made["in!out"], w.made["+top!out"] = "in-made", "top-made"
		p := New(Settings{Dir: dir, ContentAddressed: true,
			Estimate: func(name string) time.Duration { return map[string]time.Duration{"in": time.Minute}[name] }})
		p.Want(Target{Path: w.path("top.drv"), All: true})
		for asks := p.Asks(); len(asks) > 0; asks = p.Asks() {
			for _, a := range asks {
				w.answer(p, a)
			}
		}
		if got := w.changes(p); got != c.foreseen && got != strings.Replace(c.foreseen, "<in<there", "<there<in", 1) {
			t.Errorf("foreseen: %s, want %s", got, c.foreseen)
		}
		w.carryOut(p, nil)
		if got := w.changes(p); got != c.afterwards {
			t.Errorf("afterwards: %s, want %s", got, c.afterwards)
		}
	}
}
