package nixhash

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"

	"github.com/zeebo/blake3"
)

// An Algorithm names a digest function. The zero value names none; where an
// argument is optional it stands for "not given".
type Algorithm uint8

// The algorithms, in the order in which Compare ranks them.
const (
	MD5 Algorithm = iota + 1
	SHA1
	SHA256
	SHA512
	BLAKE3 // behind the experimental feature blake3-hashes, which callers check
)

// maxSize is the length of the longest digest in bytes.
const maxSize = 64

// algorithms has one row for each Algorithm, at its own index.
var algorithms = [...]struct {
	name string
	size int
	make func() hash.Hash
}{
	MD5:    {"md5", md5.Size, md5.New},
	SHA1:   {"sha1", sha1.Size, sha1.New},
	SHA256: {"sha256", sha256.Size, sha256.New},
	SHA512: {"sha512", sha512.Size, sha512.New},
	BLAKE3: {"blake3", 32, func() hash.Hash { return blake3.New() }},
}

// Valid reports whether a is one of the named algorithms.
func (a Algorithm) Valid() bool { return a >= MD5 && a <= BLAKE3 }

// String returns the name in lower case, as every text form spells it.
func (a Algorithm) String() string {
	if !a.Valid() {
		return "unknown"
	}
	return algorithms[a].name
}

// Size returns the length of a digest in bytes, 0 for no algorithm.
func (a Algorithm) Size() int {
	if !a.Valid() {
		return 0
	}
	return algorithms[a].size
}

// New returns a fresh digest state. a must be valid.
func (a Algorithm) New() hash.Hash { return algorithms[a].make() }

// ParseAlgorithm is the inverse of Algorithm.String.
func ParseAlgorithm(name string) (Algorithm, error) {
	for a := MD5; a <= BLAKE3; a++ {
		if algorithms[a].name == name {
			return a, nil
		}
	}
	return 0, fmt.Errorf("unknown hash algorithm '%s', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'", name)
}

// MarshalText returns the name.
func (a Algorithm) MarshalText() ([]byte, error) {
	if !a.Valid() {
		return nil, fmt.Errorf("no hash algorithm to write")
	}
	return []byte(a.String()), nil
}

// UnmarshalText reads a name.
func (a *Algorithm) UnmarshalText(text []byte) error {
	got, err := ParseAlgorithm(string(text))
	if err != nil {
		return err
	}
	*a = got
	return nil
}
