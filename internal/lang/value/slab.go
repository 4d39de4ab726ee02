package value

import "unsafe"

// A Slab hands out cells, environments, attribute and list slots from chunks,
// which is several times cheaper than single allocations. It belongs to one
// worker. What it hands out keeps its whole chunk alive.
type Slab struct {
	cells []Value
	ptrs  []unsafe.Pointer
	attrs []Attr
	sets  []Attrs
	spare *Env // the first of those that were given back, linked by up
	// Bytes counts the memory of all chunks taken.
	Bytes int
	// Small keeps chunks small, for long-lived processes.
	Small bool
	// Fresh, if not nil, is told where each chunk is before anything is written there.
	Fresh func(address uintptr)
}

const (
	chunkBytes      = 32 << 10
	smallChunkBytes = 2 << 10
	// What takes more than maxShared slots is allocated by itself: it would
	// waste the rest of a chunk, or not fit into a small one.
	maxShared      = 256
	maxSharedSmall = 32
)

// shares tells whether n slots come from a chunk.
func (s *Slab) shares(n int) bool { return n <= maxSharedSmall || n <= maxShared && !s.Small }

// chunk takes the memory for many T.
func chunk[T any](s *Slab) []T {
	size := chunkBytes
	if s.Small {
		size = smallChunkBytes
	}
	s.Bytes += size
	var t T
	c := make([]T, size/int(unsafe.Sizeof(t)))
	if s.Fresh != nil {
		s.Fresh(uintptr(unsafe.Pointer(unsafe.SliceData(c))))
	}
	return c
}

// Cell returns a new cell holding v.
func (s *Slab) Cell(v Value) *Value {
	if len(s.cells) == 0 {
		s.cells = chunk[Value](s)
	}
	c := &s.cells[0]
	s.cells = s.cells[1:]
	*c = v
	return c
}

// List returns n empty list slots.
func (s *Slab) List(n int) []*Value {
	if n == 0 {
		return nil
	}
	p := s.pointers(n)
	return unsafe.Slice((**Value)(unsafe.Pointer(p)), n)
}

func (s *Slab) pointers(n int) *unsafe.Pointer {
	if n > len(s.ptrs) {
		return s.morePointers(n)
	}
	p := &s.ptrs[0]
	s.ptrs = s.ptrs[n:]
	return p
}

func (s *Slab) morePointers(n int) *unsafe.Pointer {
	if !s.shares(n) {
		s.Bytes += 8 * n
		return &make([]unsafe.Pointer, n)[0]
	}
	s.ptrs = chunk[unsafe.Pointer](s)
	p := &s.ptrs[0]
	s.ptrs = s.ptrs[n:]
	return p
}

// AttrSlots returns a slice of length 0 with room for n attributes.
func (s *Slab) AttrSlots(n int) []Attr {
	if n > len(s.attrs) {
		if !s.shares(n) {
			s.Bytes += 16 * n
			return make([]Attr, 0, n)
		}
		s.attrs = chunk[Attr](s)
	}
	a := s.attrs[:0:n]
	s.attrs = s.attrs[n:]
	return a
}

// newSet returns an empty attribute set header.
func (s *Slab) newSet() *Attrs {
	if len(s.sets) == 0 {
		s.sets = chunk[Attrs](s)
	}
	a := &s.sets[0]
	s.sets = s.sets[1:]
	return a
}
