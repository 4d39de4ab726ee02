package storepath

import (
	"crypto/sha256"

	"firn/internal/format/nixbase32"
	"firn/internal/format/nixhash"
)

// HashPlaceholder returns the text that a derivation uses for the path of its
// own output before it is known: a slash and the nix32 text of SHA-256 of
// "nix-output:<output>".
func HashPlaceholder(output string) string {
	var stack [64]byte
	b := append(append(stack[:0], "nix-output:"...), output...)
	return placeholder(sha256.Sum256(b))
}

// A DownstreamPlaceholder is the text that a derivation uses for an output of
// another derivation whose path is known only after that one is built. Values
// compare with ==.
type DownstreamPlaceholder struct {
	digest [sha256.Size]byte
}

// UnknownCAOutput is the placeholder for an output of a derivation at a known
// path: it stands for a floating content-addressed output.
func UnknownCAOutput(drv Path, output string) DownstreamPlaceholder {
	var stack [512]byte
	b := append(stack[:0], "nix-upstream-output:"...)
	b = append(b, drv.HashPart()...)
	b = append(append(b, ':'), drv.DerivationName()...)
	if output != "out" {
		b = append(append(b, '-'), output...)
	}
	return DownstreamPlaceholder{sha256.Sum256(b)}
}

// UnknownDerivation is the placeholder for an output of a derivation that is
// itself an output, whose own placeholder is drv.
func UnknownDerivation(drv DownstreamPlaceholder, output string) DownstreamPlaceholder {
	var stack [128]byte
	compressed := nixhash.CompressHash(drv.digest[:])
	b := append(stack[:0], "nix-computed-output:"...)
	b = nixbase32.AppendEncode(b, compressed[:])
	b = append(append(b, ':'), output...)
	return DownstreamPlaceholder{sha256.Sum256(b)}
}

// String returns the text, a slash and 52 letters.
func (p DownstreamPlaceholder) String() string { return placeholder(p.digest) }

func placeholder(digest [sha256.Size]byte) string {
	var stack [64]byte
	return string(nixbase32.AppendEncode(append(stack[:0], '/'), digest[:]))
}
