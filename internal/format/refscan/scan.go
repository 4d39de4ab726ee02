// Package refscan finds references to store objects in a byte stream, and
// rewrites them.
//
// An object refers to another if the 32 letters of the other's hash part occur
// anywhere in its NAR, whatever stands around them. Scanner looks for a set of
// candidates. Rewriter replaces texts by others of equal length, as is done to
// hash parts when a content-addressed object gets its final path. Modulo hashes a
// stream in which an object's own hash part is blanked out: the hash from which
// that path follows.
//
// See docs/spec/references.md.
package refscan

import (
	"slices"

	"firn/internal/format/nixbase32"
	"firn/internal/format/storepath"
)

const refLen = storepath.HashLen

// A Scanner finds which of a set of paths are referred to by what is written to
// it. It is for one goroutine.
type Scanner struct {
	missing map[[refLen]byte]storepath.Path // candidates not yet found
	starts  pairSet                         // first two letters of candidates
	found   []storepath.Path
	tail    []byte // the last bytes written, at most refLen-1 of them
}

// NewScanner returns a Scanner for the given paths. Of several paths with the
// same hash part one is found.
func NewScanner(candidates []storepath.Path) *Scanner {
	s := &Scanner{missing: make(map[[refLen]byte]storepath.Path, len(candidates)), tail: make([]byte, 0, 2*refLen)}
	for _, p := range candidates {
		s.missing[[refLen]byte([]byte(p.HashPart()))] = p
		s.starts.add(p[0], p[1])
	}
	return s
}

// Write never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	if len(s.missing) == 0 {
		return len(p), nil
	}
	if len(s.tail) > 0 { // for references across the border
		s.search(append(s.tail, p[:min(len(p), refLen-1)]...))
	}
	s.search(p)
	last := p[max(0, len(p)-(refLen-1)):]
	keep := s.tail[max(0, len(s.tail)-(refLen-1-len(last))):]
	s.tail = append(append(s.tail[:0], keep...), last...)
	return len(p), nil
}

// Found returns the paths found so far, sorted.
func (s *Scanner) Found() []storepath.Path {
	found := slices.Clone(s.found)
	slices.Sort(found)
	return found
}

// search looks at every run of 32 letters in data. It goes from the end of such
// a window backwards to the first byte that is no letter, past which the next
// window begins, so that most bytes of other data are never looked at, and none
// twice.
func (s *Scanner) search(data []byte) {
	known := 0 // data[i:known] are letters
	for i := 0; i+refLen <= len(data); {
		j := i + refLen - 1
		for j >= known && nixbase32.IsLetter(data[j]) {
			j--
		}
		broken := j >= known
		known = i + refLen
		if broken {
			i = j + 1
			continue
		}
		if s.starts.has(data[i], data[i+1]) {
			s.match([refLen]byte(data[i : i+refLen]))
		}
		i++
	}
}

func (s *Scanner) match(ref [refLen]byte) {
	if p, ok := s.missing[ref]; ok {
		s.found = append(s.found, p)
		delete(s.missing, ref)
	}
}

// A pairSet is a set of pairs of bytes.
type pairSet [1 << 16 / 64]uint64

func (s *pairSet) add(a, b byte) {
	i := uint(a)<<8 | uint(b)
	s[i/64] |= 1 << (i % 64)
}

func (s *pairSet) has(a, b byte) bool {
	i := uint(a)<<8 | uint(b)
	return s[i/64]>>(i%64)&1 != 0
}
