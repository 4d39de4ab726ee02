package lzma2

import (
	"encoding/binary"
	"math/bits"
)

// finder finds for each position in turn the longest match before it.
type finder struct {
	src   []byte
	pos   int
	level Level
	near  []uint32 // by hash of two bytes: where they stood last, plus one
	short []uint32 // the same of three bytes
	long  []uint32 // by hash of four bytes: Ways places, plus one, each with more of the hash
	heads []uint8  // which of the places is the next to be replaced
	// what hashes of three and four bytes are shifted by
	shortShift, longShift uint
}

const (
	nearBits  = 10
	shortBits = 14
	leastBits = 8
	mostBits  = 16 // of hashes of four bytes
	// Short matches from far away cost more than their bytes.
	nearDistance  = 1 << 7
	shortDistance = 1 << 12
)

// reset prepares for other bytes. Tables are as large as the bytes call for.
func (f *finder) reset(src []byte, l Level) {
	n := min(max(bits.Len(uint(len(src)))-bits.Len(uint(l.Ways))+2, leastBits), mostBits)
	f.src, f.pos, f.level, f.longShift, f.shortShift = src, 0, l, uint(32-n), uint(32-min(n, shortBits))
	f.near = cleared(f.near, 1<<nearBits)
	f.short = cleared(f.short, 1<<min(n, shortBits))
	f.long = cleared(f.long, l.Ways<<n)
	f.heads = cleared(f.heads, 1<<n)
}

func cleared[T uint8 | uint32](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

const factor = 2654435761 // the golden ratio of 32 bits

func (f *finder) hashNear(v uint32) uint32  { return (v & 0xffff) * factor >> (32 - nearBits) }
func (f *finder) hashShort(v uint32) uint32 { return (v << 8) * factor >> f.shortShift }

// hashLong returns the hash of four bytes and further bits of it, where a place keeps them: they tell without a look at the
// place that something else stands there.
func (f *finder) hashLong(v uint32) (hash int, tag uint32) {
	h := v * factor
	return int(h >> f.longShift), h << (32 - f.longShift) &^ placeMask
}

const placeMask = 1<<27 - 1

// next enters the position in the tables and returns the best match there.
func (f *finder) next() (best found) {
	pos := f.pos
	f.pos++
	if pos+4 > len(f.src) {
		return best
	}
	src := f.src[pos:min(pos+maxMatch, len(f.src))]
	v := binary.LittleEndian.Uint32(src)
	near, short := &f.near[f.hashNear(v)], &f.short[f.hashShort(v)]
	f.consider(&best, src, pos, int(*near), nearDistance)
	f.consider(&best, src, pos, int(*short), shortDistance)
	*near, *short = uint32(pos+1), uint32(pos+1)
	h, tag := f.hashLong(v)
	places := f.long[h*f.level.Ways:][:f.level.Ways]
	head := int(f.heads[h])
	for i := range places {
		entry := places[(head-1-i)&(len(places)-1)]
		if entry&placeMask == 0 {
			break
		}
		if entry&^placeMask != tag {
			continue
		}
		place := int(entry & placeMask)
		if before := f.src[place-1:]; binary.LittleEndian.Uint32(before) != v || best.length > 0 && int(best.length) < len(src) && before[best.length] != src[best.length] {
			continue
		}
		f.consider(&best, src, pos, place, len(f.src))
		if int(best.length) >= f.level.Nice {
			break
		}
	}
	places[head] = uint32(pos+1) | tag
	f.heads[h] = uint8((head + 1) & (len(places) - 1))
	return best
}

// consider takes a place for a match if it is better.
func (f *finder) consider(best *found, src []byte, pos, place, farthest int) {
	if place == 0 || pos+1-place > farthest {
		return
	}
	n := sameBytes(src, f.src[place-1:])
	if m := (found{int32(n), noRep, uint32(pos - place)}); n >= minMatch && m.gain() > best.gain() {
		*best = m
	}
}

// skip enters positions in the tables without looking for matches.
func (f *finder) skip(n int) {
	end := f.pos + n
	for ; f.pos < end; f.pos++ {
		if f.pos+4 > len(f.src) {
			f.pos = end
			return
		}
		v := binary.LittleEndian.Uint32(f.src[f.pos:])
		f.near[f.hashNear(v)], f.short[f.hashShort(v)] = uint32(f.pos+1), uint32(f.pos+1)
		h, tag := f.hashLong(v)
		head := int(f.heads[h])
		f.long[h*f.level.Ways+head] = uint32(f.pos+1) | tag
		f.heads[h] = uint8((head + 1) & (f.level.Ways - 1))
	}
}

// sameBytes returns how many bytes a and b, which is not shorter, begin with in common.
func sameBytes(a, b []byte) int {
	n := 0
	b = b[:len(a)]
	for len(a)-n >= 8 {
		if d := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); d != 0 {
			return n + bits.TrailingZeros64(d)/8
		}
		n += 8
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}
