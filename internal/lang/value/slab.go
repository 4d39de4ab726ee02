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
	// Bytes counts the memory of all chunks taken.
	Bytes int
	// Small keeps chunks small, for long-lived processes.
	Small bool
}

const (
	chunkBytes      = 32 << 10
	smallChunkBytes = 2 << 10
)

func (s *Slab) chunk() int {
	if s.Small {
		s.Bytes += smallChunkBytes
		return smallChunkBytes
	}
	s.Bytes += chunkBytes
	return chunkBytes
}

// Cell returns a new cell holding v.
func (s *Slab) Cell(v Value) *Value {
	if len(s.cells) == 0 {
		s.cells = make([]Value, s.chunk()/int(unsafe.Sizeof(Value{})))
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
	if n > 256 {
		s.Bytes += 8 * n
		return &make([]unsafe.Pointer, n)[0]
	}
	s.ptrs = make([]unsafe.Pointer, s.chunk()/8)
	p := &s.ptrs[0]
	s.ptrs = s.ptrs[n:]
	return p
}

// AttrSlots returns a slice of length 0 with room for n attributes.
func (s *Slab) AttrSlots(n int) []Attr {
	if n > len(s.attrs) {
		if n > 256 {
			s.Bytes += 16 * n
			return make([]Attr, 0, n)
		}
		s.attrs = make([]Attr, s.chunk()/int(unsafe.Sizeof(Attr{})))
	}
	a := s.attrs[:0:n]
	s.attrs = s.attrs[n:]
	return a
}

// newSet returns an empty attribute set header.
func (s *Slab) newSet() *Attrs {
	if len(s.sets) == 0 {
		s.sets = make([]Attrs, s.chunk()/int(unsafe.Sizeof(Attrs{})))
	}
	a := &s.sets[0]
	s.sets = s.sets[1:]
	return a
}
