// Package pathinfo holds what a store knows of a valid path: the hash and size of
// its NAR, what it refers to, where it comes from, and who vouches for it.
//
// The fingerprint is the text that signatures sign:
//
//	1;<full path>;<NAR hash, "sha256:" and nix32>;<NAR size>;<full paths of references, sorted, with commas>
//
// A content address vouches for a path without a signature if the path follows
// from it.
//
// See docs/spec/path-info.md.
package pathinfo

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"firn/internal/format/nixhash"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// An Info describes one store object. Values that are shared must not be changed.
type Info struct {
	Path       storepath.Path
	NARHash    nixhash.Hash     // SHA-256 but for very old paths
	NARSize    uint64           // bytes, 0 if unknown
	References []storepath.Path // sorted, may include Path
	Deriver    storepath.Path   // the derivation that made it, empty if unknown

	RegistrationTime int64 // Unix seconds, 0 if unknown; this store's own business
	Ultimate         bool  // built or added here, not copied from elsewhere

	Signatures []signature.Signature // sorted by signature.Compare
	CA         storepath.ContentAddress
}

// FromCA returns the info of an object with a content address, path included.
func FromCA(dir storepath.Dir, name string, ca storepath.ContentAddress, refs storepath.References, narHash nixhash.Hash, narSize uint64) (*Info, error) {
	p, err := dir.MakeFixed(name, ca, refs)
	if err != nil {
		return nil, err
	}
	info := &Info{Path: p, NARHash: narHash, NARSize: narSize, CA: ca, References: slices.Clone(refs.Others)}
	if refs.Self {
		info.References = append(info.References, p)
	}
	slices.Sort(info.References)
	info.References = slices.Compact(info.References)
	return info, nil
}

// Fingerprint returns the text that signatures sign. The size must be known.
func (i *Info) Fingerprint(dir storepath.Dir) (string, error) {
	if i.NARSize == 0 {
		return "", fmt.Errorf("cannot calculate fingerprint of path '%s' because its size is not known", dir.Join(i.Path))
	}
	b := append([]byte(nil), "1;"...)
	b = dir.AppendJoin(b, i.Path)
	b = append(b, ';')
	b = i.NARHash.AppendText(b, nixhash.Nix32, true)
	b = append(b, ';')
	b = strconv.AppendUint(b, i.NARSize, 10)
	b = append(b, ';')
	for n, r := range i.References {
		if n > 0 {
			b = append(b, ',')
		}
		b = dir.AppendJoin(b, r)
	}
	return string(b), nil
}

// Sign adds the signatures of the keys.
func (i *Info) Sign(dir storepath.Dir, keys ...signature.SecretKey) error {
	text, err := i.Fingerprint(dir)
	if err != nil {
		return err
	}
	i.Signatures = slices.Clone(i.Signatures)
	for _, k := range keys {
		i.Signatures = signature.Insert(i.Signatures, k.Sign(text))
	}
	return nil
}

// SplitReferences returns the references with the one to the object itself apart.
func (i *Info) SplitReferences() storepath.References {
	at, self := slices.BinarySearch(i.References, i.Path)
	if !self {
		return storepath.References{Others: i.References}
	}
	return storepath.References{Others: slices.Concat(i.References[:at], i.References[at+1:]), Self: true}
}

// IsContentAddressed reports whether there is a content address and the path
// follows from it. If there is one that it does not follow from, claims is true
// all the same: something worth a warning.
func (i *Info) IsContentAddressed(dir storepath.Dir) (is, claims bool) {
	if i.CA.IsZero() {
		return false, false
	}
	p, err := dir.MakeFixed(i.Path.Name(), i.CA, i.SplitReferences())
	return err == nil && p == i.Path, true
}

// AllSignatures is what CheckSignatures returns for a path that needs none.
const AllSignatures = math.MaxInt

// CheckSignatures returns how many signatures hold, or AllSignatures for a
// content-addressed path.
func (i *Info) CheckSignatures(dir storepath.Dir, keys signature.PublicKeys) (int, error) {
	if is, _ := i.IsContentAddressed(dir); is {
		return AllSignatures, nil
	}
	if len(i.Signatures) == 0 {
		return 0, nil
	}
	text, err := i.Fingerprint(dir)
	if err != nil {
		return 0, err
	}
	return keys.Count(text, i.Signatures), nil
}
