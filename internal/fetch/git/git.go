// Package git reads Git repositories without the git program, and runs that program for what only it can do: talking to
// remotes, counting history, applying filters.
//
// A [Repo] is a repository on disk: its references ([Repo.Head], [Repo.Resolve]), its objects ([Objects]: loose, packed,
// from alternates), trees of them as io/fs ([Repo.Tree]), and its work tree ([Repo.Status], [Workdir]). A [Packer]
// writes objects into a new pack; it keeps trees that never were in Git.
//
// What is understood, besides the plain formats: packed-refs, linked work trees, alternates, index versions 2 to 4,
// pack index versions 1 and 2, SHA-256 repositories. What is not makes an [Unsupported] error: split and sparse
// indexes, reftable. Replace refs and grafts are ignored. Nothing here checks signatures or the hashes of objects that
// are read.
//
// Reading is safe for concurrent use. Formats: gitformat-pack(5), gitformat-index(5), gitrepository-layout(5),
// gitattributes(5), git-config(1).
package git

import (
	"encoding/hex"
	"fmt"
)

// ID names an object: 20 bytes of SHA-1 or 32 of SHA-256. The zero ID names none.
type ID struct {
	size  uint8
	bytes [32]byte
}

// ParseID reads the hexadecimal form.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 40 && len(s) != 64 {
		return id, fmt.Errorf("object name '%s' has %d digits", s, len(s))
	}
	if _, err := hex.Decode(id.bytes[:], []byte(s)); err != nil {
		return ID{}, fmt.Errorf("object name '%s' is not hexadecimal", s)
	}
	id.size = uint8(len(s) / 2)
	return id, nil
}

// MakeID copies 20 or 32 bytes.
func MakeID(b []byte) ID {
	id := ID{size: uint8(len(b))}
	copy(id.bytes[:], b)
	return id
}

// String returns the hexadecimal form.
func (id ID) String() string { return hex.EncodeToString(id.bytes[:id.size]) }

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// isNull reports whether all bytes are zero, as in an empty slot.
func (id ID) isNull() bool { return id.bytes == [32]byte{} }

// raw returns the bytes; they belong to id.
func (id *ID) raw() []byte { return id.bytes[:id.size] }

// Kind is the type of an object, by its number in a pack.
type Kind uint8

// The kinds of objects.
const (
	Commit Kind = 1
	Tree   Kind = 2
	Blob   Kind = 3
	Tag    Kind = 4

	offsetDelta    Kind = 6
	referenceDelta Kind = 7
)

var kindNames = [...]string{Commit: "commit", Tree: "tree", Blob: "blob", Tag: "tag"}

func (k Kind) String() string {
	if int(k) < len(kindNames) && k != 0 {
		return kindNames[k]
	}
	return "unknown"
}

func kindByName(s string) Kind {
	for k, name := range kindNames {
		if name == s {
			return Kind(k)
		}
	}
	return 0
}

// NotFound is the error about an object that a repository lacks.
type NotFound struct{ ID ID }

func (e NotFound) Error() string { return fmt.Sprintf("object %s not found", e.ID) }

// Unsupported is the error about a repository that only the git program can read.
type Unsupported struct{ What string }

func (e Unsupported) Error() string { return "unsupported Git repository: " + e.What }
