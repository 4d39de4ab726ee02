package value

import (
	"slices"
	"strings"

	"firn/internal/format/storepath"
)

// An ElemKind is a way in which a string can refer to a store object.
type ElemKind uint8

const (
	Opaque  ElemKind = iota // the object at Path itself
	DrvDeep                 // the derivation at Path with its whole closure, outputs included
	Built                   // an output of the derivation at Path
)

// An Elem is one reference of a string context. Outputs is empty but for Built:
// the last entry is the output that is meant, and those before it lead there
// through derivations that are themselves outputs (dynamic derivations).
type Elem struct {
	Kind    ElemKind
	Path    storepath.Path
	Outputs string // names joined by "!"
}

// Compare orders elements: by kind, then by text.
func (e Elem) Compare(f Elem) int {
	if e.Kind != f.Kind {
		return int(e.Kind) - int(f.Kind)
	}
	if c := strings.Compare(string(e.Path), string(f.Path)); c != 0 {
		return c
	}
	return strings.Compare(e.Outputs, f.Outputs)
}

// A Context is a non-empty, sorted, immutable set of elements. No context is
// nil.
type Context struct {
	elems []Elem
}

// Elems returns the elements in order; they must not be changed.
func (c *Context) Elems() []Elem {
	if c == nil {
		return nil
	}
	return c.elems
}

// NewContext makes a context; it takes over elems and may reorder it.
func NewContext(elems ...Elem) *Context {
	if len(elems) == 0 {
		return nil
	}
	slices.SortFunc(elems, Elem.Compare)
	return &Context{slices.Compact(elems)}
}

// Union returns the elements of both. It returns an argument itself where that
// is possible, so that equal contexts tend to stay one object.
func (c *Context) Union(d *Context) *Context {
	if c == d || d == nil {
		return c
	}
	if c == nil {
		return d
	}
	if c.includes(d) {
		return c
	}
	if d.includes(c) {
		return d
	}
	out := make([]Elem, 0, len(c.elems)+len(d.elems))
	out = append(append(out, c.elems...), d.elems...)
	return NewContext(out...)
}

// includes reports whether all of d is in c.
func (c *Context) includes(d *Context) bool {
	if len(d.elems) > len(c.elems) {
		return false
	}
	i := 0
	for _, e := range d.elems {
		for i < len(c.elems) && c.elems[i].Compare(e) < 0 {
			i++
		}
		if i == len(c.elems) || c.elems[i] != e {
			return false
		}
	}
	return true
}

// A ContextSet collects contexts; the zero value is empty. It makes the union
// once, at the end.
type ContextSet struct {
	first *Context
	more  []*Context
}

// Add adds a context, which may be nil.
func (s *ContextSet) Add(c *Context) {
	switch {
	case c == nil || c == s.first:
	case s.first == nil:
		s.first = c
	case len(s.more) > 0 && s.more[len(s.more)-1] == c:
	default:
		s.more = append(s.more, c)
	}
}

// Reset empties the set and keeps its memory.
func (s *ContextSet) Reset() { s.first, s.more = nil, s.more[:0] }

// Context returns the union of all that was added.
func (s *ContextSet) Context() *Context {
	if len(s.more) <= 2 {
		c := s.first
		for _, d := range s.more {
			c = c.Union(d)
		}
		return c
	}
	n := len(s.first.elems)
	seen := map[*Context]bool{s.first: true}
	for _, d := range s.more {
		if !seen[d] {
			n += len(d.elems)
		}
	}
	out := make([]Elem, 0, n)
	out = append(out, s.first.elems...)
	for _, d := range s.more {
		if !seen[d] {
			seen[d] = true
			out = append(out, d.elems...)
		}
	}
	return NewContext(out...)
}
