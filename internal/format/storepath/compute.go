package storepath

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"firn/internal/format/nixbase32"
	"firn/internal/format/nixhash"
)

// References are the store objects that an object refers to. A reference to
// itself is kept apart, for its path may not be known yet.
type References struct {
	Others []Path // in any order; computing sorts a copy if need be
	Self   bool
}

// Empty reports whether there are none.
func (r References) Empty() bool { return !r.Self && len(r.Others) == 0 }

// MakeText returns the path of a file with the given contents (their SHA-256)
// and references: derivations and builtins.toFile.
func (d Dir) MakeText(name string, contents nixhash.Hash, refs []Path) (Path, error) {
	if contents.Algo() != nixhash.SHA256 {
		return "", fmt.Errorf("text object '%s' needs a SHA-256 hash, not %s", name, contents.Algo())
	}
	return d.make(recipe{kind: "text", refs: refs, hash: contents, name: name})
}

// MakeFixed returns the path of an object with the given content address and
// references. Text and SHA-256 NAR addresses allow references; only the latter
// may refer to itself. Git needs SHA-1 or SHA-256.
func (d Dir) MakeFixed(name string, ca ContentAddress, refs References) (Path, error) {
	algo := ca.Hash.Algo()
	switch {
	case ca.Method == Text && refs.Self:
		return "", errors.New("self-reference not allowed with text hashing")
	case ca.Method == Text:
		return d.MakeText(name, ca.Hash, refs.Others)
	case ca.Method == Git && algo != nixhash.SHA1 && algo != nixhash.SHA256:
		return "", fmt.Errorf("Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: %s", algo)
	case ca.Method == NAR && algo == nixhash.SHA256:
		return d.make(recipe{kind: "source", refs: refs.Others, self: refs.Self, hash: ca.Hash, name: name})
	case !refs.Empty():
		return "", fmt.Errorf("fixed output derivation '%s' is not allowed to refer to other store paths.\n"+
			"You may need to use the 'unsafeDiscardReferences' derivation attribute, see the manual for more details.", name)
	}
	return d.make(recipe{kind: "output:out", hash: FixedDigest(ca, ""), name: name})
}

// FixedDigest returns SHA-256 of "fixed:out:<prefix><algorithm>:<base16>:<path>".
// With an empty path it is what MakeFixed hashes for everything but text and
// SHA-256 NARs; with the full output path it is the hash modulo of a fixed-output
// derivation.
func FixedDigest(ca ContentAddress, outputPath string) nixhash.Hash {
	var stack [512]byte
	b := append(stack[:0], "fixed:out:"...)
	b = append(b, ca.Method.Prefix()...)
	b = ca.Hash.AppendText(b, nixhash.Base16, true)
	b = append(b, ':')
	b = append(b, outputPath...)
	return nixhash.SHA256Digest(sha256.Sum256(b))
}

// MakeOutput returns the path of an output of an input-addressed derivation with
// the given hash modulo and name (without ".drv").
func (d Dir) MakeOutput(hashModulo nixhash.Hash, output, drvName string) (Path, error) {
	return d.make(recipe{kind: "output", output: output, hash: hashModulo, name: drvName})
}

// OutputPathName returns the name of an output's store path: the derivation's
// name, and "-<output>" unless the output is "out".
func OutputPathName(drvName, output string) string {
	if output == "out" {
		return drvName
	}
	return drvName + "-" + output
}

// FromDigest returns the path with the given 160 bits and name.
func FromDigest(digest [nixhash.CompressedSize]byte, name string) (Path, error) {
	return fromDigest(digest, name, "")
}

// A recipe is what a digest is made from:
//
//	<kind>[:<output>]{:<full path of reference>}[:self]:<algorithm>:<base16>:<dir>:<name>
//
// where the name includes the suffix for the output.
type recipe struct {
	kind   string
	output string // only for outputs of input-addressed derivations
	refs   []Path
	self   bool
	hash   nixhash.Hash
	name   string
}

func (d Dir) make(r recipe) (Path, error) {
	h := sha256.New() // stays on the stack, as does the buffer
	var stack [1024]byte
	b := append(stack[:0], r.kind...)
	suffix := ""
	if r.output != "" {
		b = append(append(b, ':'), r.output...)
		if r.output != "out" {
			suffix = r.output
		}
	}
	for _, p := range sortedSet(r.refs) {
		if len(b)+len(d)+len(p)+2 > len(stack) {
			h.Write(b)
			b = stack[:0]
		}
		b = d.AppendJoin(append(b, ':'), p)
	}
	if r.self {
		b = append(b, ":self"...)
	}
	h.Write(b)
	b = append(stack[:0], ':')
	b = append(b, r.hash.Algo().String()...)
	b = append(b, ':')
	var digest [64]byte
	b = hex.AppendEncode(b, r.hash.AppendBytes(digest[:0]))
	b = append(append(b, ':'), d...)
	b = append(append(b, ':'), r.name...)
	if suffix != "" {
		b = append(append(b, '-'), suffix...)
	}
	h.Write(b)
	var sum [sha256.Size]byte
	return fromDigest(nixhash.CompressHash(h.Sum(sum[:0])), r.name, suffix)
}

// fromDigest makes the base name; its only allocation is the result.
func fromDigest(digest [nixhash.CompressedSize]byte, name, suffix string) (Path, error) {
	var stack [HashLen + 1 + MaxNameLen + 1]byte
	b := nixbase32.AppendEncode(stack[:0], digest[:])
	b = append(append(b, '-'), name...)
	if suffix != "" {
		b = append(append(b, '-'), suffix...)
	}
	p := Path(b)
	if err := CheckName(p.Name()); err != nil {
		return "", fmt.Errorf("path '%s' is not a valid store path: %w", p, err)
	}
	return p, nil
}

// sortedSet returns paths in byte order without duplicates, copying only if they
// are not so already.
func sortedSet(paths []Path) []Path {
	for i := 1; i < len(paths); i++ {
		if paths[i-1] >= paths[i] {
			sorted := slices.Clone(paths)
			slices.Sort(sorted)
			return slices.Compact(sorted)
		}
	}
	return paths
}
