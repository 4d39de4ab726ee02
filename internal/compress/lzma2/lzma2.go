// Package lzma2 compresses blocks of bytes by LZMA2, the method of xz files.
//
// It looks for matches in a table of the most recent places where the same four bytes stood, and decides between a match and
// what begins a byte or two later by how much each saves: not the smallest result there is, but one within about a tenth of it,
// several times as fast as the search for the best. There is no decoder here.
//
// The format is described in the LZMA specification of Igor Pavlov and in doc/xz-file-format.txt of XZ Utils.
package lzma2

import "slices"

// Level says how hard to look for matches.
type Level struct {
	Ways int // places that are remembered for each hash, a power of two
	Nice int // length of a match that ends the search
	Lazy int // how many bytes later a better match may begin, 0 to 2
}

// The properties of all streams: literals depend on the three highest bits of the byte before, and the rest on the two lowest
// bits of the position.
const (
	literalContext = 3
	positionBits   = 2
	properties     = positionBits*5*9 + literalContext
	positionMask   = 1<<positionBits - 1
)

const (
	minMatch = 2
	maxMatch = 273

	maxChunk  = 1 << 21 // bytes that a chunk may stand for
	maxPacked = 1 << 16 // bytes that a chunk may have
	maxStored = 1 << 16 // bytes of a chunk that is not compressed
	// roomy is how many bytes one more match may take at most, and the end of a chunk after it.
	roomy = 64
)

// The first byte of a chunk.
const (
	endOfStream      = 0x00
	storedFirst      = 0x01 // nothing before it may be referred to
	stored           = 0x02
	packed           = 0x80
	resetState       = 1 << 5
	resetProperties  = 2 << 5
	resetEverything  = 3 << 5
	highBitsOfChunks = 16
)

// Encoder compresses blocks. It keeps its tables for the next one; several goroutines need one each.
type Encoder struct {
	level Level
	match finder
	model model
	coder rangeCoder

	src     []byte
	pos     int
	reps    [4]uint32 // distances of the last matches, less one
	ahead   []found   // matches at pos and behind it that are known already
	pending byte      // what has to be reset before the next compressed chunk
}

// NewEncoder returns an encoder.
func NewEncoder(l Level) *Encoder { return &Encoder{level: l} }

// Append compresses a block, which refers to nothing outside of it, and appends it to dst. A dictionary of the size of src, or
// more, is needed to read it.
func (e *Encoder) Append(dst, src []byte) []byte {
	e.src, e.pos = src, 0
	e.match.reset(src, e.level)
	e.pending = resetEverything
	e.ahead = e.ahead[:0]
	for e.pos < len(src) {
		dst = e.appendChunk(dst)
	}
	e.src = nil
	e.match.src = nil
	return append(dst, endOfStream)
}

// appendChunk appends as much as fits a chunk, without compression if that makes it no smaller.
func (e *Encoder) appendChunk(dst []byte) []byte {
	first := e.pos == 0
	if e.pending != 0 {
		e.model.reset()
		e.reps = [4]uint32{}
	}
	start := e.pos
	e.coder.reset()
	for e.pos < len(e.src) && e.pos-start <= maxChunk-maxMatch && e.coder.size() <= maxPacked-roomy {
		e.step()
	}
	out := e.coder.finish()
	n := e.pos - start
	dst = e.room(dst, min(len(out), n), start)
	if len(out) >= n {
		return e.appendStored(dst, e.src[start:e.pos], first)
	}
	dst = append(dst, packed|e.pending|byte((n-1)>>highBitsOfChunks), byte((n-1)>>8), byte(n-1), byte((len(out)-1)>>8), byte(len(out)-1))
	if e.pending >= resetProperties {
		dst = append(dst, properties)
	}
	e.pending = 0
	return append(dst, out...)
}

// room makes room in dst for n bytes and, if there is none yet, for as many as the rest of the block may need, going by n bytes
// since start: growing a little at a time would leave copies of megabytes behind.
func (e *Encoder) room(dst []byte, n, start int) []byte {
	const around = 64 // chunks have headers, blocks an end
	if cap(dst)-len(dst) >= n+around {
		return dst
	}
	rest := len(e.src) - e.pos
	guess := int(float64(n) / float64(e.pos-start) * float64(rest) * 1.1)
	return slices.Grow(dst, n+min(guess, rest)+around+(len(e.src)>>12))
}

func (e *Encoder) appendStored(dst, data []byte, first bool) []byte {
	for len(data) > 0 {
		n := min(len(data), maxStored)
		kind := byte(stored)
		if first {
			kind, first = storedFirst, false
		}
		dst = append(dst, kind, byte((n-1)>>8), byte(n-1))
		dst = append(dst, data[:n]...)
		data = data[n:]
	}
	// Nobody has seen the properties yet if no chunk had them.
	e.pending = max(e.pending&^resetState, resetState)
	return dst
}

// step encodes one literal or match.
func (e *Encoder) step() {
	m := e.choose()
	if m.length < minMatch {
		e.literal()
		return
	}
	state := e.pos & positionMask
	e.model.encodeMatch(&e.coder, m, state)
	e.remember(m)
	e.pos += int(m.length)
}

// literal encodes a byte; one that equals the byte at the last distance is a match of length one.
func (e *Encoder) literal() {
	at := e.pos
	e.pos++
	var last byte
	if d := int(e.reps[0]) + 1; d <= at {
		if last = e.src[at-d]; last == e.src[at] && at > 0 {
			e.model.encodeShortRep(&e.coder, at&positionMask)
			return
		}
	}
	var before byte
	if at > 0 {
		before = e.src[at-1]
	}
	e.model.encodeLiteral(&e.coder, e.src[at], before, last, at&positionMask)
}

// remember makes the distance of a match the last one.
func (e *Encoder) remember(m found) {
	n := int(m.rep)
	if m.rep == noRep {
		n = 3
	}
	copy(e.reps[1:n+1], e.reps[:n])
	e.reps[0] = m.distance
}
