package value

import "testing"

// TestSlabRoom takes slots in every number around the sizes of chunks: each has
// room for what was asked for, and none overlaps another.
func TestSlabRoom(t *testing.T) {
	for _, small := range []bool{false, true} {
		s := &Slab{Small: small}
		for n := range 600 {
			attrs, next := s.AttrSlots(n), s.AttrSlots(1)
			for range n {
				attrs = append(attrs, Attr{Name: 1})
			}
			if len(next) != 0 || next[:1][0].Name != 0 {
				t.Fatalf("small %v: %d attributes overlap what comes next", small, n)
			}
			list, after := s.List(n), s.List(1)
			for i := range list {
				list[i] = new(Value)
			}
			if len(list) != n || after[0] != nil {
				t.Fatalf("small %v: %d slots overlap what comes next", small, n)
			}
		}
	}
}
