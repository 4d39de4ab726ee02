package syntax

import "firn/internal/lang/symbol"

// A symbolCache remembers the symbols met last, so that most identifiers cost
// no look in the table that all share.
type symbolCache [1 << 10]symbol.Symbol

func (c *symbolCache) intern(name string) symbol.Symbol {
	h := uint32(len(name))
	for i := 0; i < len(name); i++ {
		h = (h ^ uint32(name[i])) * 0x01000193
	}
	slot := &c[(h^h>>15)&uint32(len(c)-1)]
	if s := *slot; s.String() == name {
		return s
	}
	*slot = symbol.Intern(name)
	return *slot
}
