package nixhash

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"firn/internal/format/nixbase32"
)

// ParseAny reads a hash in any notation: SRI, or base16, nix32 or base64 with or
// without "<algorithm>:". A text without a prefix needs algo; where both are
// present they must agree. algo 0 means not known from context.
func ParseAny(text string, algo Algorithm) (Hash, error) {
	h, _, err := ParseAnyFormat(text, algo)
	return h, err
}

// ParseAnyFormat is ParseAny and also tells the notation that was found.
func ParseAnyFormat(text string, algo Algorithm) (Hash, Format, error) {
	found, rest, sri, err := splitPrefix(text)
	switch {
	case err != nil:
		return Hash{}, 0, err
	case found == 0 && algo == 0:
		return Hash{}, 0, fmt.Errorf("hash '%s' does not include a type, nor is the type otherwise known from context", text)
	case found != 0 && algo != 0 && found != algo:
		return Hash{}, 0, fmt.Errorf("hash '%s' should have type '%s'", text, algo)
	case found == 0:
		found = algo
	}
	return parseRest(rest, found, sri)
}

// ParseAnyPrefixed reads a hash in any notation that names its own algorithm.
func ParseAnyPrefixed(text string) (Hash, error) {
	found, rest, sri, err := splitPrefix(text)
	if err != nil {
		return Hash{}, err
	}
	if found == 0 {
		return Hash{}, fmt.Errorf("hash '%s' does not include a type", text)
	}
	h, _, err := parseRest(rest, found, sri)
	return h, err
}

// ParseSRI reads "<algorithm>-<base64>".
//
// Nix: the padding may be missing and a line may be broken, see decodeBase64.
func ParseSRI(text string) (Hash, error) {
	name, rest, ok := strings.Cut(text, "-")
	if !ok {
		return Hash{}, fmt.Errorf("hash '%s' is not SRI", text)
	}
	algo, err := ParseAlgorithm(name)
	if err != nil {
		return Hash{}, err
	}
	return ParseUnprefixed(rest, algo, SRI)
}

// ParseNonSRIUnprefixed reads base16, nix32 or base64 without any prefix.
func ParseNonSRIUnprefixed(text string, algo Algorithm) (Hash, error) {
	f, err := formatBySize(text, algo)
	if err != nil {
		return Hash{}, err
	}
	return ParseUnprefixed(text, algo, f)
}

// ParseUnprefixed reads a text without prefix whose notation is known. With SRI
// the text is what follows the dash.
//
// Nix: a letter outside the notation's alphabet is reported as a decoded length
// of 0, because upstream swallows the decoder's own message (2.34, 2.36-pre;
// TestParseErrors).
func ParseUnprefixed(text string, algo Algorithm, f Format) (Hash, error) {
	if !algo.Valid() {
		return Hash{}, fmt.Errorf("hash '%s' has no algorithm", text)
	}
	h := Hash{algo: algo}
	var n int
	switch f {
	case Base16:
		n = decodeBase16(&h.digest, text)
	case Nix32:
		n = decodeNix32(&h.digest, text, algo.Size())
	default:
		n = decodeBase64(&h.digest, text)
	}
	if n != algo.Size() {
		name := [...]string{Base64: "Base64", Nix32: "nix32", Base16: "base16", SRI: "SRI"}[f]
		return Hash{}, fmt.Errorf("invalid %s hash '%s', length %d != expected length %d", name, text, n, algo.Size())
	}
	return h, nil
}

// splitPrefix takes "<algorithm>:" or "<algorithm>-" off the text. The colon is
// looked for first. algo is 0 if there is neither.
func splitPrefix(text string) (algo Algorithm, rest string, sri bool, err error) {
	name, rest, ok := strings.Cut(text, ":")
	if !ok {
		name, rest, sri = strings.Cut(text, "-")
		if !sri {
			return 0, text, false, nil
		}
	}
	algo, err = ParseAlgorithm(name)
	return algo, rest, sri, err
}

func parseRest(rest string, algo Algorithm, sri bool) (Hash, Format, error) {
	f := SRI
	if !sri {
		var err error
		if f, err = formatBySize(rest, algo); err != nil {
			return Hash{}, 0, err
		}
	}
	h, err := ParseUnprefixed(rest, algo, f)
	return h, f, err
}

// formatBySize finds the notation of a bare text from its length.
func formatBySize(text string, algo Algorithm) (Format, error) {
	size := algo.Size()
	switch len(text) {
	case size * 2:
		return Base16, nil
	case nixbase32.EncodedLen(size):
		return Nix32, nil
	case (size + 2) / 3 * 4:
		return Base64, nil
	}
	return 0, fmt.Errorf("hash '%s' has wrong length for hash algorithm '%s'", text, algo)
}

// The decoders below fill the digest, as far as it goes, and return the length
// that upstream's decoders would report, 0 for a text they cannot read.

func decodeBase16(digest *[maxSize]byte, text string) int {
	if len(text) != hex.EncodedLen(len(text)/2) {
		return 0
	}
	if len(text) > 2*maxSize {
		return len(text) / 2
	}
	n, err := hex.Decode(digest[:], []byte(text))
	if err != nil {
		return 0
	}
	return n
}

func decodeNix32(digest *[maxSize]byte, text string, size int) int {
	if len(text) == nixbase32.EncodedLen(size) {
		err := nixbase32.Decode(digest[:size], text)
		var padding *nixbase32.PaddingError
		switch {
		case err == nil:
			return size
		case errors.As(err, &padding):
			return size + 1 // the bits spill into one byte more
		}
		return 0
	}
	for i := range len(text) {
		if !nixbase32.IsLetter(text[i]) {
			return 0
		}
	}
	return (len(text)*5 + 7) / 8
}

// decodeBase64 reads base64 as leniently as upstream does.
//
// Nix: reading stops at the first '=', so padding may be missing or in excess;
// line feeds are skipped; left-over bits are dropped (hash-convert.sh of its
// test suite relies on missing padding; TestParseLenientBase64).
func decodeBase64(digest *[maxSize]byte, text string) int {
	var acc, bits uint
	n := 0
	for i := 0; i < len(text) && text[i] != '='; i++ {
		if text[i] == '\n' {
			continue
		}
		v, ok := base64Value(text[i])
		if !ok {
			return 0
		}
		acc = acc<<6 | v
		if bits += 6; bits >= 8 {
			bits -= 8
			if n < maxSize {
				digest[n] = byte(acc >> bits)
			}
			n++
		}
	}
	return n
}

func base64Value(c byte) (uint, bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return uint(c - 'A'), true
	case 'a' <= c && c <= 'z':
		return uint(c-'a') + 26, true
	case '0' <= c && c <= '9':
		return uint(c-'0') + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}
