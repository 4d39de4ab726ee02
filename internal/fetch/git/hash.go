package git

import (
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"strconv"
)

// newHash makes the hash for names of size bytes.
func newHash(size int) hash.Hash {
	if size == sha256.Size {
		return sha256.New()
	}
	return sha1.New()
}

// startObject begins the hash of an object of n bytes.
func startObject(h hash.Hash, kind Kind, n int64) {
	h.Reset()
	var buf [32]byte
	b := append(buf[:0], kindNames[kind]...)
	b = append(b, ' ')
	b = strconv.AppendInt(b, n, 10)
	h.Write(append(b, 0))
}

// hashObject names an object.
func hashObject(kind Kind, data []byte, size int) ID {
	h := newHash(size)
	startObject(h, kind, int64(len(data)))
	h.Write(data)
	return MakeID(h.Sum(nil))
}
