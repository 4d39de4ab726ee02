// Package symbol interns the names that Nix programs use for variables and
// attributes, so that the evaluator compares numbers instead of strings.
//
// There is one table a process, as with the standard library's unique package:
// symbols from different evaluations are interchangeable, and a symbol is never
// forgotten. The table is safe for concurrent use; reading a symbol's text takes
// no lock.
//
// Symbols are ordered by first use, which means nothing: whatever people see is
// ordered by [Compare], the order of the names' bytes.
package symbol

import (
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"
)

// A Symbol is an interned name. The zero Symbol is none that occurs in a program.
type Symbol uint32

const (
	shardBits = 6
	chunkBits = 12
	maxChunks = 1 << 14 // 64 million names
)

type table struct {
	seed   maphash.Seed
	shards [1 << shardBits]shard
	next   atomic.Uint32
	chunks [maxChunks]atomic.Pointer[[1 << chunkBits]string]
	grow   sync.Mutex
}

type shard struct {
	mu   sync.Mutex
	used int
	// slots is an open-addressed hash of symbols plus one; zero is free.
	slots  []Symbol
	hashes []uint32
	_      [64]byte // keep shards on their own cache lines
}

var global = newTable()

// Intern returns the symbol of name.
func Intern(name string) Symbol {
	h := maphash.String(global.seed, name)
	return global.intern(h, name, nil)
}

// InternBytes is Intern for a byte slice; it allocates only for new names.
func InternBytes(name []byte) Symbol {
	h := maphash.Bytes(global.seed, name)
	return global.intern(h, "", name)
}

// Lookup returns the symbol of a name that was interned before.
func Lookup(name string) (Symbol, bool) {
	h := maphash.String(global.seed, name)
	s := &global.shards[h>>(64-shardBits)]
	s.mu.Lock()
	defer s.mu.Unlock()
	sym, _, ok := s.find(global, uint32(h), name, nil)
	return sym, ok
}

// String returns the name.
func (s Symbol) String() string {
	return global.text(s)
}

// Compare orders symbols by the bytes of their names.
func Compare(a, b Symbol) int {
	if a == b {
		return 0
	}
	return strings.Compare(a.String(), b.String())
}

func (t *table) text(s Symbol) string {
	return t.chunks[s>>chunkBits].Load()[s&(1<<chunkBits-1)]
}

func newTable() *table {
	t := &table{seed: maphash.MakeSeed()}
	for i, name := range wellKnown {
		h := maphash.String(t.seed, name)
		if got := t.intern(h, name, nil); int(got) != i {
			panic("symbol: well-known name listed twice: " + name)
		}
	}
	for _, name := range early {
		t.intern(maphash.String(t.seed, name), name, nil)
	}
	return t
}

// intern finds or adds the name given as string or, if b is not nil, as bytes.
func (t *table) intern(h uint64, name string, b []byte) Symbol {
	s := &t.shards[h>>(64-shardBits)]
	s.mu.Lock()
	defer s.mu.Unlock()
	sym, i, ok := s.find(t, uint32(h), name, b)
	if ok {
		return sym
	}
	if b != nil {
		name = string(b)
	} else {
		name = strings.Clone(name)
	}
	sym = t.add(name)
	if s.used*4 >= len(s.slots)*3 {
		s.resize()
		_, i, _ = s.find(t, uint32(h), name, nil)
	}
	s.slots[i], s.hashes[i] = sym+1, uint32(h)
	s.used++
	return sym
}

// find returns the symbol, or the slot where it belongs.
func (s *shard) find(t *table, h uint32, name string, b []byte) (Symbol, int, bool) {
	if len(s.slots) == 0 {
		return 0, 0, false
	}
	mask := len(s.slots) - 1
	for i := int(h) & mask; ; i = (i + 1) & mask {
		slot := s.slots[i]
		if slot == 0 {
			return 0, i, false
		}
		if s.hashes[i] != h {
			continue
		}
		text := t.text(slot - 1)
		if b != nil && text == string(b) || b == nil && text == name {
			return slot - 1, i, true
		}
	}
}

func (s *shard) resize() {
	old, oldHashes := s.slots, s.hashes
	n := max(16, len(old)*2)
	s.slots, s.hashes = make([]Symbol, n), make([]uint32, n)
	for j, slot := range old {
		if slot == 0 {
			continue
		}
		i := int(oldHashes[j]) & (n - 1)
		for s.slots[i] != 0 {
			i = (i + 1) & (n - 1)
		}
		s.slots[i], s.hashes[i] = slot, oldHashes[j]
	}
}

func (t *table) add(name string) Symbol {
	id := t.next.Add(1) - 1
	c := &t.chunks[id>>chunkBits]
	if c.Load() == nil {
		t.grow.Lock()
		if c.Load() == nil {
			c.Store(new([1 << chunkBits]string))
		}
		t.grow.Unlock()
	}
	c.Load()[id&(1<<chunkBits-1)] = name
	return Symbol(id)
}
