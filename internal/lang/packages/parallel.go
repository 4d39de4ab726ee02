package packages

import (
	"sync"
	"sync/atomic"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

// A Visit looks at one package on the worker that found it and returns whatever
// the caller wants to keep of it.
type Visit func(w *eval.Worker, p *Package) any

// A Visited is a package with what its visit returned. Err is the failure of
// the visit.
type Visited struct {
	Package
	Result any
	Err    *diag.Error
}

// VisitAll finds all packages in a value and visits each, on several workers
// if the evaluator is shared. The outcome is the same as on one: packages come
// in the order of their paths, and of several failures of the search the first
// in that order is returned.
//
// Each worker runs on a goroutine of its own; start runs one, so that the caller
// decides about stacks.
func VisitAll(workers []*eval.Worker, c *value.Value, o Options, start func(func()), visit Visit) ([]Visited, *diag.Error) {
	var attrs []value.Attr
	combine := false
	err := workers[0].Try(func() {
		s := search{w: workers[0], o: o}
		v := s.call(c)
		if v.Kind() == value.KindAttrs && !workers[0].IsDerivation(v.Attrs()) {
			attrs = v.Attrs().ByName()
			combine = v.Attrs().Get(combineChannels()) != nil
		}
	})
	if err != nil {
		return nil, err
	}
	if attrs == nil {
		return visitOne(workers[0], c, o, visit)
	}
	return visitAttrs(workers, attrs, combine, o, start, visit)
}

// visitOne is VisitAll for a value whose parts can't be told apart beforehand.
func visitOne(w *eval.Worker, c *value.Value, o Options, visit Visit) ([]Visited, *diag.Error) {
	var found []Package
	if err := w.Try(func() { found = Find(w, c, o) }); err != nil {
		return nil, err
	}
	return visitList(w, found, visit), nil
}

func visitList(w *eval.Worker, found []Package, visit Visit) []Visited {
	out := make([]Visited, len(found))
	for i := range found {
		out[i].Package = found[i]
		out[i].Err = w.Try(func() { out[i].Result = visit(w, &out[i].Package) })
	}
	return out
}

// A part is the outcome of one attribute.
type part struct {
	visited []Visited
	err     *diag.Error
}

func visitAttrs(workers []*eval.Worker, attrs []value.Attr, combine bool, o Options, start func(func()), visit Visit) ([]Visited, *diag.Error) {
	parts := make([]part, len(attrs))
	var next, failed atomic.Int64
	failed.Store(int64(len(attrs)))
	var wait sync.WaitGroup
	for _, w := range workers {
		wait.Add(1)
		start(func() {
			defer wait.Done()
			for {
				i := next.Add(1) - 1
				// What comes after a failure is not wanted; what comes before is.
				if i >= failed.Load() {
					return
				}
				parts[i] = visitAttr(w, attrs[i], combine, o, visit)
				if parts[i].err != nil {
					lower(&failed, i)
				}
			}
		})
	}
	wait.Wait()
	if i := failed.Load(); i < int64(len(attrs)) {
		return nil, parts[i].err
	}
	return gather(parts), nil
}

func lower(n *atomic.Int64, to int64) {
	for {
		old := n.Load()
		if old <= to || n.CompareAndSwap(old, to) {
			return
		}
	}
}

func visitAttr(w *eval.Worker, a value.Attr, combine bool, o Options, visit Visit) (p part) {
	s := search{w: w, o: o}
	if p.err = w.Try(func() { s.attribute(a, "", combine) }); p.err != nil {
		return p
	}
	p.visited = visitList(w, s.found, visit)
	return p
}

// gather joins the parts and drops what was found before under another path.
func gather(parts []part) []Visited {
	n := 0
	for i := range parts {
		n += len(parts[i].visited)
	}
	seen := make(map[*value.Attrs]bool, n)
	out := make([]Visited, 0, n)
	for i := range parts {
		for _, v := range parts[i].visited {
			if !seen[v.Attrs] {
				seen[v.Attrs] = true
				out = append(out, v)
			}
		}
	}
	return out
}
