package lzma2

import "math/bits"

// found is a match: length bytes that stand distance+1 bytes before as well.
type found struct {
	length   int32
	rep      int32 // which of the last distances it is, or noRep
	distance uint32
}

const noRep = -1

// Guesses of what is saved and spent, in bits.
const (
	savedByByte  = 5
	spentOnMatch = 4 // besides the distance
	spentOnRep   = 2
)

// gain compares matches: how many bits a match saves, roughly.
func (f found) gain() int {
	switch {
	case f.length < minMatch:
		return 0
	case f.rep != noRep:
		return int(f.length)*savedByByte - spentOnRep
	}
	return int(f.length)*savedByByte - bits.Len32(f.distance+1) - spentOnMatch
}

// choose returns the match to be taken at the current position; none is one of length 0.
func (e *Encoder) choose() found {
	best := e.at(0)
	if best.length < minMatch || best.length >= int32(e.level.Nice) {
		e.drop(max(int(best.length), 1))
		return best
	}
	// A match that begins later has to save what the bytes before it cost.
	for later := 1; later <= e.level.Lazy && e.pos+later < len(e.src); later++ {
		if e.at(later).gain() > best.gain()+later {
			e.drop(1)
			return found{}
		}
	}
	e.drop(int(best.length))
	return best
}

// at returns the best match that begins some bytes after the current position.
func (e *Encoder) at(later int) found {
	for len(e.ahead) <= later {
		e.ahead = append(e.ahead, e.match.next())
	}
	best := e.ahead[later]
	if best.gain() <= 0 {
		best = found{}
	}
	pos := e.pos + later
	most := min(len(e.src)-pos, maxMatch)
	for i, d := range e.reps {
		if int(d)+1 > pos {
			continue
		}
		n := sameBytes(e.src[pos:pos+most], e.src[pos-int(d)-1:])
		if r := (found{int32(n), int32(i), d}); n >= minMatch && r.gain() >= best.gain() {
			best = r
		}
	}
	return best
}

// drop forgets what is known of the next n positions, and enters those in the table that have not been yet.
func (e *Encoder) drop(n int) {
	if known := len(e.ahead); n >= known {
		e.ahead = e.ahead[:0]
		e.match.skip(n - known)
		return
	}
	e.ahead = e.ahead[:copy(e.ahead, e.ahead[n:])]
}
