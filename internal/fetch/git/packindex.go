package git

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
)

// packIndex finds the offset of an object in a pack (".idx", version 1 or 2).
type packIndex struct {
	hash    int    // bytes in a name
	fanout  []byte // 256 big-endian counts: names whose first byte is at most i
	count   int
	names   []byte // version 2: sorted names
	offsets []byte // version 2: 4 bytes each; the top bit says that the rest is a row of large
	large   []byte // 8 bytes each
	entries []byte // version 1: 4 bytes of offset and a name each
}

var indexMagic = []byte("\xfftOc\x00\x00\x00\x02")

func parsePackIndex(data []byte, hash int) (*packIndex, error) {
	x := &packIndex{hash: hash}
	v2 := bytes.HasPrefix(data, indexMagic)
	if v2 {
		data = data[len(indexMagic):]
	}
	if len(data) < 1024 {
		return nil, fmt.Errorf("pack index is truncated")
	}
	x.fanout, data = data[:1024], data[1024:]
	last := uint32(0)
	for i := range 256 {
		n := binary.BigEndian.Uint32(x.fanout[4*i:])
		if n < last {
			return nil, fmt.Errorf("pack index has a fan-out table out of order")
		}
		last = n
	}
	x.count = int(last)
	row := 4 + hash
	if v2 {
		row = hash + 4 + 4
	}
	if len(data) < x.count*row+2*hash {
		return nil, fmt.Errorf("pack index is truncated")
	}
	data = data[:len(data)-2*hash]
	if !v2 {
		x.entries = data
		return x, nil
	}
	x.names, data = data[:x.count*hash], data[x.count*(hash+4):]
	x.offsets, x.large = data[:x.count*4], data[x.count*4:]
	return x, nil
}

// name returns the i-th name.
func (x *packIndex) name(i int) []byte {
	if x.entries != nil {
		at := i*(4+x.hash) + 4
		return x.entries[at : at+x.hash]
	}
	return x.names[i*x.hash : (i+1)*x.hash]
}

// find returns the offset of id in the pack.
func (x *packIndex) find(id *ID) (offset int64, ok bool) {
	if int(id.size) != x.hash {
		return 0, false
	}
	first := int(id.bytes[0])
	low, high := 0, int(binary.BigEndian.Uint32(x.fanout[4*first:]))
	if first > 0 {
		low = int(binary.BigEndian.Uint32(x.fanout[4*(first-1):]))
	}
	want := id.raw()
	i := low + sort.Search(high-low, func(i int) bool { return bytes.Compare(x.name(low+i), want) >= 0 })
	if i >= high || !bytes.Equal(x.name(i), want) {
		return 0, false
	}
	return x.offset(i)
}

func (x *packIndex) offset(i int) (int64, bool) {
	if x.entries != nil {
		return int64(binary.BigEndian.Uint32(x.entries[i*(4+x.hash):])), true
	}
	n := binary.BigEndian.Uint32(x.offsets[4*i:])
	if n&(1<<31) == 0 {
		return int64(n), true
	}
	row := int(n&^(1<<31)) * 8
	if row+8 > len(x.large) {
		return 0, false
	}
	offset := binary.BigEndian.Uint64(x.large[row:])
	return int64(offset), offset < 1<<62
}
