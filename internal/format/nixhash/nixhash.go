// Package nixhash holds digests and the texts in which Nix writes them.
//
// A digest has an algorithm and as many bytes as that algorithm makes. Its texts
// are base16, base64, nix32 (package nixbase32), each bare or behind
// "<algorithm>:", and SRI, "<algorithm>-<base64>". A reader that is not told the
// notation finds it from the length of the text, which differs between all three
// for every algorithm.
//
// Error texts are those that Nix prints. Experimental features are the caller's
// business: BLAKE3 is always known here.
//
// See docs/spec/hash.md.
package nixhash

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/zeebo/blake3"

	"firn/internal/format/nixbase32"
)

// A Hash is a digest and the algorithm that made it. Values compare with ==; the
// zero Hash is no digest at all (IsZero).
type Hash struct {
	algo   Algorithm
	digest [maxSize]byte // bytes past the algorithm's size are zero
}

// FromBytes returns the hash with the given digest.
func FromBytes(a Algorithm, digest []byte) (Hash, error) {
	if !a.Valid() {
		return Hash{}, fmt.Errorf("no hash algorithm for a digest of %d bytes", len(digest))
	}
	if len(digest) != a.Size() {
		return Hash{}, fmt.Errorf("%s digest has %d bytes, not %d", a, len(digest), a.Size())
	}
	h := Hash{algo: a}
	copy(h.digest[:], digest)
	return h, nil
}

// Sum returns the digest of data. a must be valid.
func Sum(a Algorithm, data []byte) Hash {
	h := Hash{algo: a}
	switch a {
	case MD5:
		d := md5.Sum(data)
		copy(h.digest[:], d[:])
	case SHA1:
		d := sha1.Sum(data)
		copy(h.digest[:], d[:])
	case SHA256:
		d := sha256.Sum256(data)
		copy(h.digest[:], d[:])
	case SHA512:
		h.digest = sha512.Sum512(data)
	case BLAKE3:
		d := blake3.Sum256(data)
		copy(h.digest[:], d[:])
	default:
		panic("nixhash: Sum without an algorithm")
	}
	return h
}

// SHA256Digest wraps a digest that is already computed.
func SHA256Digest(d [sha256.Size]byte) Hash {
	h := Hash{algo: SHA256}
	copy(h.digest[:], d[:])
	return h
}

// IsZero reports whether h is the zero Hash.
func (h Hash) IsZero() bool { return h.algo == 0 }

// Algo returns the algorithm, 0 for the zero Hash.
func (h Hash) Algo() Algorithm { return h.algo }

// Bytes returns a copy of the digest.
func (h Hash) Bytes() []byte { return bytes.Clone(h.digest[:h.algo.Size()]) }

// AppendBytes appends the digest to dst.
func (h Hash) AppendBytes(dst []byte) []byte { return append(dst, h.digest[:h.algo.Size()]...) }

// Compare orders hashes by length of digest, then digest, then algorithm.
func Compare(a, b Hash) int {
	if c := cmp.Compare(a.algo.Size(), b.algo.Size()); c != 0 {
		return c
	}
	if c := bytes.Compare(a.digest[:], b.digest[:]); c != 0 {
		return c
	}
	return cmp.Compare(a.algo, b.algo)
}

// Base16 returns the digest in hexadecimal, without prefix.
func (h Hash) Base16() string { return h.Text(Base16, false) }

// Nix32 returns the digest in nix32, without prefix.
func (h Hash) Nix32() string { return h.Text(Nix32, false) }

// Base64 returns the digest in padded base64, without prefix.
func (h Hash) Base64() string { return h.Text(Base64, false) }

// SRI returns "<algorithm>-<base64>".
func (h Hash) SRI() string { return h.Text(SRI, true) }

// String returns the SRI text, for messages and tests.
func (h Hash) String() string { return h.SRI() }

// Text returns the digest in the given format. withPrefix puts "<algorithm>:" in
// front; SRI has its own prefix always.
func (h Hash) Text(f Format, withPrefix bool) string {
	var buf [8 + 2*maxSize]byte
	return string(h.AppendText(buf[:0], f, withPrefix))
}

// AppendText appends what Text returns to dst.
func (h Hash) AppendText(dst []byte, f Format, withPrefix bool) []byte {
	if f == SRI || withPrefix {
		dst = append(dst, h.algo.String()...)
		if f == SRI {
			dst = append(dst, '-')
		} else {
			dst = append(dst, ':')
		}
	}
	digest := h.digest[:h.algo.Size()]
	switch f {
	case Base16:
		return hex.AppendEncode(dst, digest)
	case Nix32:
		return nixbase32.AppendEncode(dst, digest)
	default:
		return base64.StdEncoding.AppendEncode(dst, digest)
	}
}

// MarshalText returns the SRI text, the form of hashes in Nix's JSON.
func (h Hash) MarshalText() ([]byte, error) {
	if h.IsZero() {
		return nil, fmt.Errorf("no hash to write")
	}
	return h.AppendText(nil, SRI, true), nil
}

// UnmarshalText reads an SRI text.
func (h *Hash) UnmarshalText(text []byte) error {
	got, err := ParseSRI(string(text))
	if err != nil {
		return err
	}
	*h = got
	return nil
}

// CompressedSize is the length of a compressed digest in bytes.
const CompressedSize = 20

// CompressHash folds a digest to 20 bytes: byte i of the result is the
// exclusive or of all bytes of the digest whose index is i modulo 20.
func CompressHash(digest []byte) (out [CompressedSize]byte) {
	for i, b := range digest {
		out[i%CompressedSize] ^= b
	}
	return out
}

// A Writer digests what is written to it and counts the bytes. Make one with
// NewWriter; it is for one goroutine.
type Writer struct {
	algo Algorithm
	hash hash.Hash
	size uint64
}

// NewWriter returns a Writer for the algorithm, which must be valid.
func NewWriter(a Algorithm) *Writer { return &Writer{algo: a, hash: a.New()} }

// Write never fails.
func (w *Writer) Write(p []byte) (int, error) {
	w.size += uint64(len(p))
	return w.hash.Write(p)
}

// Sum returns the digest of everything written so far; writing may go on.
func (w *Writer) Sum() Hash {
	h := Hash{algo: w.algo}
	w.hash.Sum(h.digest[:0])
	return h
}

// Size returns the number of bytes written so far.
func (w *Writer) Size() uint64 { return w.size }

// Reset starts over.
func (w *Writer) Reset() {
	w.hash.Reset()
	w.size = 0
}
