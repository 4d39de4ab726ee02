package git

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"math/bits"
	"sync"
)

// This is a decoder for zlib (RFC 1950, RFC 1951) from memory to memory, for results of known size. It is several times
// as fast as a stream decoder, and objects of a pack are small and many.

var errFlate = errors.New("malformed zlib data")

// Codes are looked up in a first table by the next litBits or distBits bits; those that are longer have a second table
// behind it. An entry has, from the lowest bit:
//
//	5 bits   length of the code, or of what the second table wants before it
//	3 bits   kind
//	8 bits   extra bits of a length or distance, or index bits of a second table
//	16 bits  literal, base of a length or distance, or start of a second table
const (
	litBits  = 11
	distBits = 9

	kindLiteral = 0 << 5
	kindBase    = 1 << 5 // a length or a distance
	kindEnd     = 2 << 5
	kindTable   = 3 << 5
	kindInvalid = 4 << 5
	kindMask    = 7 << 5
)

// flateTables are the tables of one block.
type flateTables struct {
	lit  [1<<litBits + 144<<(15-litBits)]uint32 // a second table for each two of the symbols at most
	dist [1<<distBits + 16<<(15-distBits)]uint32
	lens [288 + 32]uint8
}

var flatePool = sync.Pool{New: func() any { return new(flateTables) }}

// lengthBase and distBase have what symbols stand for: base << 16 | extra bits << 8.
var lengthBase, distBase = func() (l [29]uint32, d [30]uint32) {
	base := uint32(3)
	for i := range l {
		extra := uint32(0)
		if i >= 8 && i < 28 {
			extra = uint32(i/4 - 1)
		}
		if i == 28 {
			base = 258
		}
		l[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	base = 1
	for i := range d {
		extra := uint32(0)
		if i >= 4 {
			extra = uint32(i/2 - 1)
		}
		d[i] = base<<16 | extra<<8
		base += 1 << extra
	}
	return l, d
}()

// codeOrder is the order in which the lengths of the code for code lengths are sent.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// buildTable makes the tables for the given lengths of codes, 0 for symbols without one. entry says what a symbol
// stands for.
//
// The first table is built for codes of one bit, then for two by writing it twice, and so on: each symbol is written
// once, and copying does the rest.
func buildTable(table []uint32, lens []uint8, first uint, entry func(symbol int) uint32) error {
	var count, start [17]int
	for _, n := range lens {
		count[n]++
	}
	used := len(lens) - count[0]
	count[0] = 0
	left, longest := 1, uint(0)
	for n := 1; n <= 15; n++ {
		if left = left<<1 - count[n]; left < 0 {
			return errFlate // more codes than there is room for
		}
		if count[n] > 0 {
			longest = uint(n)
		}
		start[n+1] = start[n] + count[n]
	}
	if left > 0 && used > 1 {
		return errFlate // less, which only a single code may be
	}
	var sorted [288]uint16 // symbols by length, then by number: the order of their codes
	for symbol, n := range lens {
		if n != 0 {
			sorted[start[n]] = uint16(symbol)
			start[n]++
		}
	}
	table[0] = kindInvalid | 1
	code, done := uint32(0), 0
	for n := uint(1); n <= first; n++ {
		copy(table[1<<(n-1):1<<n], table[:1<<(n-1)])
		for range count[n] {
			table[bits.Reverse32(code)>>(32-n)] = entry(int(sorted[done])) | uint32(n)
			code, done = code+1, done+1
		}
		code <<= 1
	}
	return longCodes(table, sorted[done:used], lens, code, first, longest, entry)
}

// longCodes makes the second tables, for the symbols given, which begin with code. They are all as wide as the longest
// code needs.
func longCodes(table []uint32, symbols []uint16, lens []uint8, code uint32, first, longest uint, entry func(int) uint32) error {
	end, n := uint32(1)<<first, first+1
	width := longest - first
	for _, symbol := range symbols {
		for ; n < uint(lens[symbol]); n++ {
			code <<= 1
		}
		reversed := bits.Reverse32(code) >> (32 - n)
		code++
		head := &table[reversed&(1<<first-1)]
		if *head&kindMask != kindTable {
			if end+1<<width > uint32(len(table)) {
				return errFlate
			}
			*head = end<<16 | uint32(width)<<8 | kindTable | uint32(first)
			for i := range table[end : end+1<<width] {
				table[end+uint32(i)] = kindInvalid | 1
			}
			end += 1 << width
		}
		second := table[*head>>16:][:1<<width]
		for i := reversed >> first; i < 1<<width; i += 1 << (n - first) {
			second[i] = entry(int(symbol)) | uint32(n-first)
		}
	}
	return nil
}

func litEntry(symbol int) uint32 {
	switch {
	case symbol < 256:
		return uint32(symbol)<<16 | kindLiteral
	case symbol == 256:
		return kindEnd
	case symbol-257 < len(lengthBase):
		return lengthBase[symbol-257] | kindBase
	}
	return kindInvalid
}

func distEntry(symbol int) uint32 {
	if symbol < len(distBase) {
		return distBase[symbol] | kindBase
	}
	return kindInvalid
}

// bitReader takes bits from the front of src, the lowest of each byte first.
type bitReader struct {
	src []byte
	at  int
	buf uint64
	n   uint // bits in buf
}

// fill makes sure of 56 bits, as far as there are any; beyond the end there are zeros, and over counts them.
func (r *bitReader) fill() {
	if r.at+8 <= len(r.src) {
		r.buf |= binary.LittleEndian.Uint64(r.src[r.at:]) << r.n
		r.at += int((63 - r.n) >> 3)
		r.n |= 56
		return
	}
	for r.n < 56 && r.at < len(r.src) {
		r.buf |= uint64(r.src[r.at]) << r.n
		r.at++
		r.n += 8
	}
}

// take returns the next k bits, at most 16.
func (r *bitReader) take(k uint) (uint32, bool) {
	if r.n < k {
		r.fill()
		if r.n < k {
			return 0, false
		}
	}
	v := uint32(r.buf) & (1<<k - 1)
	r.buf >>= k
	r.n -= k
	return v, true
}

// lookup finds the entry for the next code and takes its bits.
func (r *bitReader) lookup(table []uint32, first uint) (uint32, bool) {
	if r.n < 15 {
		r.fill()
	}
	e := table[uint(r.buf)&(1<<first-1)]
	if e&kindMask == kindTable {
		if r.n < first {
			return 0, false
		}
		r.buf >>= first
		r.n -= first
		e = table[e>>16+uint32(r.buf)&(1<<(e>>8&0xff)-1)]
	}
	k := uint(e & 31)
	if e&kindMask == kindInvalid || r.n < k {
		return 0, false
	}
	r.buf >>= k
	r.n -= k
	return e, true
}

// unzlib inflates the zlib stream at the front of src into dst, which must be exactly as long as what comes out.
func unzlib(dst, src []byte) error {
	if len(src) < 6 || src[0]&0x0f != 8 || src[0]>>4 > 7 || (int(src[0])<<8|int(src[1]))%31 != 0 || src[1]&0x20 != 0 {
		return errFlate
	}
	t := flatePool.Get().(*flateTables)
	defer flatePool.Put(t)
	r := bitReader{src: src, at: 2}
	out := 0
	for final := false; !final; {
		head, ok := r.take(3)
		if !ok {
			return errFlate
		}
		final = head&1 != 0
		var err error
		switch head >> 1 {
		case 0:
			out, err = r.stored(dst, out)
		case 1:
			out, err = r.block(fixedTables(), dst, out)
		case 2:
			if err = t.dynamic(&r); err == nil {
				out, err = r.block(t, dst, out)
			}
		default:
			err = errFlate
		}
		if err != nil {
			return err
		}
	}
	if out != len(dst) {
		return errFlate
	}
	// The checksum begins at the next whole byte; bytes in the buffer were taken too early.
	end := r.at - int(r.n/8)
	if len(src)-end < 4 || binary.BigEndian.Uint32(src[end:]) != adler32.Checksum(dst) {
		return errFlate
	}
	return nil
}

// stored copies a block that is not compressed.
func (r *bitReader) stored(dst []byte, out int) (int, error) {
	at := r.at - int(r.n/8)
	r.buf, r.n = 0, 0
	if at+4 > len(r.src) {
		return 0, errFlate
	}
	n, check := binary.LittleEndian.Uint16(r.src[at:]), binary.LittleEndian.Uint16(r.src[at+2:])
	at += 4
	if n != ^check || at+int(n) > len(r.src) || out+int(n) > len(dst) {
		return 0, errFlate
	}
	copy(dst[out:], r.src[at:at+int(n)])
	r.at = at + int(n)
	return out + int(n), nil
}

// fixedTables are those that need not be sent.
var fixedTables = sync.OnceValue(func() *flateTables {
	var lens [288]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	t := &flateTables{}
	buildTable(t.lit[:], lens[:], litBits, litEntry)
	for i := range 32 {
		lens[i] = 5
	}
	buildTable(t.dist[:], lens[:32], distBits, distEntry)
	return t
})

// dynamic reads the lengths of codes, which are themselves coded, and makes the tables.
func (t *flateTables) dynamic(r *bitReader) error {
	sizes, ok := r.take(14)
	if !ok {
		return errFlate
	}
	literals, distances, codes := int(sizes&31)+257, int(sizes>>5&31)+1, int(sizes>>10)+4
	if literals > 286 || distances > 30 {
		return errFlate
	}
	var lens [19]uint8
	for _, at := range codeOrder[:codes] {
		n, ok := r.take(3)
		if !ok {
			return errFlate
		}
		lens[at] = uint8(n)
	}
	if err := buildTable(t.dist[:], lens[:], distBits, func(s int) uint32 { return uint32(s) << 16 }); err != nil {
		return err
	}
	all := t.lens[:literals+distances]
	for i := 0; i < len(all); {
		e, ok := r.lookup(t.dist[:], distBits)
		if !ok {
			return errFlate
		}
		symbol := e >> 16
		if symbol < 16 {
			all[i] = uint8(symbol)
			i++
			continue
		}
		value, base, extra := uint8(0), 3, uint(3)
		switch symbol {
		case 16:
			if i == 0 {
				return errFlate
			}
			value, extra = all[i-1], 2
		case 18:
			base, extra = 11, 7
		}
		more, ok := r.take(extra)
		end := i + base + int(more)
		if !ok || end > len(all) {
			return errFlate
		}
		for ; i < end; i++ {
			all[i] = value
		}
	}
	if all[256] == 0 {
		return errFlate // the block could not end
	}
	if err := buildTable(t.lit[:], all[:literals], litBits, litEntry); err != nil {
		return err
	}
	return buildTable(t.dist[:], all[literals:], distBits, distEntry)
}

// block decodes a compressed block.
func (r *bitReader) block(t *flateTables, dst []byte, out int) (int, error) {
	for {
		// Fast while neither side is near its end: one fill serves a length, a distance and their extra bits (48).
		for r.at+8 <= len(r.src) && out+258+8 <= len(dst) {
			r.buf |= binary.LittleEndian.Uint64(r.src[r.at:]) << r.n
			r.at += int((63 - r.n) >> 3)
			r.n |= 56
			e := t.lit[r.buf&(1<<litBits-1)]
			if e&kindMask == kindLiteral {
				r.buf >>= e & 31
				r.n -= uint(e & 31)
				dst[out] = byte(e >> 16)
				out++
				if e = t.lit[r.buf&(1<<litBits-1)]; e&kindMask == kindLiteral { // 56-11-11 bits are left for a third
					r.buf >>= e & 31
					r.n -= uint(e & 31)
					dst[out] = byte(e >> 16)
					out++
				}
				continue
			}
			if e&kindMask == kindTable {
				r.buf >>= litBits
				r.n -= litBits
				e = t.lit[e>>16+uint32(r.buf)&(1<<(e>>8&0xff)-1)]
			}
			r.buf >>= e & 31
			r.n -= uint(e & 31)
			switch e & kindMask {
			case kindLiteral:
				dst[out] = byte(e >> 16)
				out++
				continue
			case kindEnd:
				return out, nil
			case kindInvalid:
				return 0, errFlate
			}
			extra := uint(e >> 8 & 0xff)
			length := int(e>>16) + int(r.buf&(1<<extra-1))
			r.buf >>= extra
			r.n -= extra
			e = t.dist[r.buf&(1<<distBits-1)]
			if e&kindMask == kindTable {
				r.buf >>= distBits
				r.n -= distBits
				e = t.dist[e>>16+uint32(r.buf)&(1<<(e>>8&0xff)-1)]
			}
			if e&kindMask != kindBase {
				return 0, errFlate
			}
			r.buf >>= e & 31
			r.n -= uint(e & 31)
			extra = uint(e >> 8 & 0xff)
			distance := int(e>>16) + int(r.buf&(1<<extra-1))
			r.buf >>= extra
			r.n -= extra
			if distance > out {
				return 0, errFlate
			}
			copyMatch(dst, out, distance, length)
			out += length
		}
		done, next, err := r.step(t, dst, out)
		if done || err != nil {
			return next, err
		}
		out = next
	}
}

// copyMatch copies length bytes from distance back; up to 7 bytes behind them are overwritten too.
func copyMatch(dst []byte, out, distance, length int) {
	if distance >= 8 {
		from, to := dst[out-distance:], dst[out:out+length+7]
		for i := 0; i < length; i += 8 {
			binary.LittleEndian.PutUint64(to[i:], binary.LittleEndian.Uint64(from[i:]))
		}
		return
	}
	from, to := dst[out-distance:], dst[out:out+length]
	for i := range to {
		to[i] = from[i]
	}
}

// step decodes one symbol with care for both ends.
func (r *bitReader) step(t *flateTables, dst []byte, out int) (done bool, next int, err error) {
	e, ok := r.lookup(t.lit[:], litBits)
	if !ok {
		return false, 0, errFlate
	}
	switch e & kindMask {
	case kindEnd:
		return true, out, nil
	case kindLiteral:
		if out == len(dst) {
			return false, 0, errFlate
		}
		dst[out] = byte(e >> 16)
		return false, out + 1, nil
	}
	more, ok1 := r.take(uint(e >> 8 & 0xff))
	d, ok2 := r.lookup(t.dist[:], distBits)
	if !ok1 || !ok2 || d&kindMask != kindBase {
		return false, 0, errFlate
	}
	back, ok := r.take(uint(d >> 8 & 0xff))
	length, distance := int(e>>16+more), int(d>>16+back)
	if !ok || distance > out || out+length > len(dst) {
		return false, 0, errFlate
	}
	for range length {
		dst[out] = dst[out-distance]
		out++
	}
	return false, out, nil
}
