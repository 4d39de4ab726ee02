package syntax

import (
	"strings"

	"firn/internal/lang/symbol"
)

// A symbolCache remembers names met last, so that most identifiers cost no look
// in the table that all share.
type symbolCache [1 << 11]struct {
	name   string
	symbol symbol.Symbol
}

func (c *symbolCache) intern(name string) symbol.Symbol {
	slot := &c[hashEnds(name)&uint64(len(c)-1)]
	if slot.name != name || name == "" {
		slot.symbol = symbol.Intern(name)
		slot.name = slot.symbol.String()
	}
	return slot.symbol
}

// A textCache holds short strings of which there are many alike.
type textCache [1 << 9]string

// copy returns the text in memory of its own.
func (c *textCache) copy(text string) string {
	if len(text) > 16 {
		return strings.Clone(text)
	}
	slot := &c[hashEnds(text)&uint64(len(c)-1)]
	if *slot != text {
		*slot = strings.Clone(text)
	}
	return *slot
}

// hashEnds hashes the first and last eight bytes of a name, and its length.
func hashEnds(s string) uint64 {
	n := len(s)
	h := uint64(n)
	switch {
	case n >= 8:
		h += load8(s) ^ load8(s[n-8:])<<1
	case n >= 4:
		h += load4(s) ^ load4(s[n-4:])<<24
	default:
		for i := 0; i < n; i++ {
			h = h<<8 + uint64(s[i])
		}
	}
	h *= 0x9e3779b97f4a7c15
	return h >> 40
}

func load8(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load4(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
