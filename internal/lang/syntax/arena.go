package syntax

import "firn/internal/diag"

// An Arena owns the nodes of the trees that were parsed into it. The zero Arena
// is ready for use; it serves one parse at a time.
type Arena struct {
	ints     slab[Int]
	floats   slab[Float]
	strings  slab[String]
	paths    slab[Path]
	vars     slab[Var]
	curPos   slab[CurPos]
	selects  slab[Select]
	hasAttrs slab[HasAttr]
	sets     slab[Set]
	lists    slab[List]
	lambdas  slab[Lambda]
	calls    slab[Call]
	lets     slab[Let]
	withs    slab[With]
	ifs      slab[If]
	asserts  slab[Assert]
	nots     slab[Not]
	binaries slab[Binary]
	concats  slab[Concat]
	formals  slab[Formals]

	exprs       slab[Expr]
	attrs       slab[Attr]
	dynamic     slab[DynamicAttr]
	names       slab[AttrName]
	parts       slab[Part]
	formalLists slab[Formal]
	positions   slab[diag.Pos]

	scratch scratch
}

// Reset gives up all trees of the arena, so that their memory serves the next.
func (a *Arena) Reset() {
	a.ints.reset()
	a.floats.reset()
	a.strings.reset()
	a.paths.reset()
	a.vars.reset()
	a.curPos.reset()
	a.selects.reset()
	a.hasAttrs.reset()
	a.sets.reset()
	a.lists.reset()
	a.lambdas.reset()
	a.calls.reset()
	a.lets.reset()
	a.withs.reset()
	a.ifs.reset()
	a.asserts.reset()
	a.nots.reset()
	a.binaries.reset()
	a.concats.reset()
	a.formals.reset()
	a.exprs.reset()
	a.attrs.reset()
	a.dynamic.reset()
	a.names.reset()
	a.parts.reset()
	a.formalLists.reset()
	a.positions.reset()
}

// scratch is memory that one parse needs and the next can have.
type scratch struct {
	exprs   []Expr
	names   []AttrName
	parts   []Part
	formals []Formal
	ind     []indPart
	modes   []mode
	bytes   []byte
	indexes []*nameIndex
	symbols symbolCache
	texts   textCache
}

// index returns the n-th index, empty.
func (s *scratch) index(n int) *nameIndex {
	if n == len(s.indexes) {
		s.indexes = append(s.indexes, new(nameIndex))
	}
	s.indexes[n].reset()
	return s.indexes[n]
}

// A slab hands out values of one type from chunks that it keeps. Fresh and
// recycled memory is zero.
type slab[T any] struct {
	chunks  [][]T
	current int // the chunk in use
	used    int // values of it that are handed out
}

const (
	firstChunk = 32
	maxChunk   = 4096
)

func (s *slab[T]) reset() {
	for i := range s.chunks {
		if i > s.current {
			break
		}
		clear(s.chunks[i])
	}
	s.current, s.used = 0, 0
}

// new returns a zero value.
func (s *slab[T]) new() *T {
	if s.current >= len(s.chunks) || s.used == len(s.chunks[s.current]) {
		s.advance(1)
	}
	v := &s.chunks[s.current][s.used]
	s.used++
	return v
}

// take returns n zero values in a row, nil for none.
func (s *slab[T]) take(n int) []T {
	if n == 0 {
		return nil
	}
	if s.current >= len(s.chunks) || s.used+n > len(s.chunks[s.current]) {
		s.advance(n)
	}
	v := s.chunks[s.current][s.used : s.used+n : s.used+n]
	s.used += n
	return v
}

// copy returns the values of from in the slab.
func (s *slab[T]) copy(from []T) []T {
	to := s.take(len(from))
	copy(to, from)
	return to
}

// append is the built-in one for slices of the slab. Growing the one that was
// handed out last costs no copying.
func (s *slab[T]) append(to []T, v T) []T {
	n := len(to)
	if n < cap(to) {
		to = to[:n+1]
		to[n] = v
		return to
	}
	if n > 0 && s.used < len(s.chunks[s.current]) {
		c := s.chunks[s.current]
		if s.used >= n && &c[s.used-1] == &to[n-1] {
			to = c[s.used-n : s.used+1 : s.used+1]
			to[n] = v
			s.used++
			return to
		}
	}
	room := 1
	if n > 0 {
		room = n + max(n/2, 3)
	}
	grown := s.take(room)
	copy(grown, to)
	grown[n] = v
	return grown[:n+1]
}

// advance makes room for n values in a row.
func (s *slab[T]) advance(n int) {
	size := firstChunk
	if len(s.chunks) > 0 {
		s.current++
		size = min(2*len(s.chunks[min(s.current, len(s.chunks))-1]), maxChunk)
	}
	s.used = 0
	for s.current < len(s.chunks) && len(s.chunks[s.current]) < n {
		s.current++
	}
	if s.current >= len(s.chunks) {
		s.current = len(s.chunks)
		s.chunks = append(s.chunks, make([]T, max(size, n)))
	}
}
