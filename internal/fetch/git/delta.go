package git

import "errors"

var errDelta = errors.New("malformed delta")

// deltaSizes reads the head of a delta: the sizes of its base and of its result.
func deltaSizes(delta []byte) (base, result int64, rest []byte, err error) {
	base, rest, ok := deltaSize(delta)
	if !ok {
		return 0, 0, nil, errDelta
	}
	result, rest, ok = deltaSize(rest)
	if !ok {
		return 0, 0, nil, errDelta
	}
	return base, result, rest, nil
}

// deltaSize reads little-endian groups of 7 bits.
func deltaSize(b []byte) (n int64, rest []byte, ok bool) {
	for i := 0; i < len(b) && i < 9; i++ {
		n |= int64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// applyDelta builds an object from its base: a delta copies ranges of the base and inserts bytes of its own.
func applyDelta(base, delta []byte) ([]byte, error) {
	baseSize, size, ops, err := deltaSizes(delta)
	if err != nil || baseSize != int64(len(base)) || size > 1<<40 {
		return nil, errDelta
	}
	out := make([]byte, 0, min(size, 1<<26))
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		if op&0x80 == 0 { // insert; 0 is reserved
			n := int(op)
			if n == 0 || n > len(ops) {
				return nil, errDelta
			}
			out = append(out, ops[:n]...)
			ops = ops[n:]
			continue
		}
		var offset, n int
		for i := range 4 {
			if op&(1<<i) != 0 {
				if len(ops) == 0 {
					return nil, errDelta
				}
				offset |= int(ops[0]) << (8 * i)
				ops = ops[1:]
			}
		}
		for i := range 3 {
			if op&(0x10<<i) != 0 {
				if len(ops) == 0 {
					return nil, errDelta
				}
				n |= int(ops[0]) << (8 * i)
				ops = ops[1:]
			}
		}
		if n == 0 {
			n = 0x10000
		}
		if offset+n > len(base) || int64(len(out)+n) > size {
			return nil, errDelta
		}
		out = append(out, base[offset:offset+n]...)
	}
	if int64(len(out)) != size {
		return nil, errDelta
	}
	return out, nil
}
