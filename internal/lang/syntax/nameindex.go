package syntax

import "firn/internal/lang/symbol"

// A nameIndex finds the place of a name in a long list. The zero nameIndex is
// empty.
type nameIndex struct {
	slots []nameSlot // open addressing; a power of two
	used  int
}

type nameSlot struct {
	name  symbol.Symbol
	place uint32 // plus one; zero is free
}

// longList is the length from which lists are searched through an index.
const longList = 12

func (x *nameIndex) reset() {
	clear(x.slots)
	x.used = 0
}

// find returns the place of name, or -1.
func (x *nameIndex) find(name symbol.Symbol) int {
	if x.used == 0 {
		return -1
	}
	mask := uint32(len(x.slots) - 1)
	for i := spread(name) & mask; ; i = (i + 1) & mask {
		switch s := x.slots[i]; {
		case s.place == 0:
			return -1
		case s.name == name:
			return int(s.place) - 1
		}
	}
}

// add records the place of a name that is not in the index.
func (x *nameIndex) add(name symbol.Symbol, place int) {
	if x.used*2 >= len(x.slots) {
		old := x.slots
		x.slots = make([]nameSlot, max(64, 2*len(old)))
		for _, s := range old {
			if s.place != 0 {
				x.put(s)
			}
		}
	}
	x.put(nameSlot{name, uint32(place) + 1})
	x.used++
}

func (x *nameIndex) put(s nameSlot) {
	mask := uint32(len(x.slots) - 1)
	i := spread(s.name) & mask
	for x.slots[i].place != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

func spread(s symbol.Symbol) uint32 {
	h := uint32(s) * 0x9e3779b1
	return h ^ h>>15
}
