package git

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// pack is a pack file with its index, both mapped.
type pack struct {
	path  string // of the ".pack"
	index *packIndex
	idx   []byte
	data  []byte
}

func openPack(path string, hash int) (*pack, error) {
	p := &pack{path: path}
	err := p.open(hash)
	if err != nil {
		p.close()
		return nil, fmt.Errorf("read Git pack '%s': %w", path, err)
	}
	return p, nil
}

func (p *pack) open(hash int) (err error) {
	if p.idx, err = mapFile(strings.TrimSuffix(p.path, ".pack") + ".idx"); err != nil {
		return err
	}
	if p.index, err = parsePackIndex(p.idx, hash); err != nil {
		return err
	}
	if p.data, err = mapFile(p.path); err != nil {
		return err
	}
	if len(p.data) < 12+hash || string(p.data[:4]) != "PACK" {
		return errors.New("not a pack")
	}
	if v := binary.BigEndian.Uint32(p.data[4:]); v != 2 && v != 3 {
		return Unsupported{fmt.Sprintf("pack version %d", v)}
	}
	p.data = p.data[:len(p.data):len(p.data)]
	return nil
}

func (p *pack) close() {
	unmapFile(p.idx)
	unmapFile(p.data)
	p.idx, p.data = nil, nil
}

var errPackEntry = errors.New("malformed pack entry")

// entry is the head of one object in a pack.
type entry struct {
	kind Kind
	size int64  // of what data inflates to
	data []byte // deflated, and whatever follows
	base int64  // offset of the base of an offsetDelta
	ref  ID     // name of the base of a referenceDelta
}

// entry reads the head of the object at offset.
func (p *pack) entry(offset int64) (e entry, err error) {
	if offset < 12 || offset >= int64(len(p.data)) {
		return e, errPackEntry
	}
	b := p.data[offset:]
	e.kind = Kind(b[0] >> 4 & 7)
	e.size = int64(b[0] & 15)
	n := 1
	for shift := 4; b[n-1]&0x80 != 0; shift += 7 {
		if n >= len(b) || shift > 56 {
			return e, errPackEntry
		}
		e.size |= int64(b[n]&0x7f) << shift
		n++
	}
	b = b[n:]
	switch e.kind {
	case Commit, Tree, Blob, Tag:
	case offsetDelta:
		back, n := deltaOffset(b)
		if n == 0 || back <= 0 || back > offset {
			return e, errPackEntry
		}
		e.base, b = offset-back, b[n:]
	case referenceDelta:
		if len(b) < p.index.hash {
			return e, errPackEntry
		}
		e.ref, b = MakeID(b[:p.index.hash]), b[p.index.hash:]
	default:
		return e, errPackEntry
	}
	e.data = b
	return e, nil
}

// deltaOffset reads the distance back to a base: big-endian groups of 7 bits, each but the last counted from one.
func deltaOffset(b []byte) (back int64, n int) {
	for n < len(b) && n < 9 {
		c := b[n]
		n++
		back = back<<7 | int64(c&0x7f)
		if c&0x80 == 0 {
			return back, n
		}
		back++
	}
	return 0, 0
}

// inflaters are zlib readers at rest.
var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// inflate returns the size bytes that data begins with, deflated.
func inflate(data []byte, size int64) ([]byte, error) {
	// The size is a claim: let a lie cost no more memory than the data could expand to.
	if size < 0 || size > int64(len(data))*1100+64 {
		return nil, errPackEntry
	}
	out := make([]byte, size)
	return out, unzlib(out, data)
}
