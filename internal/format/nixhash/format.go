package nixhash

import "fmt"

// A Format is a way to write the bytes of a digest.
type Format uint8

const (
	Base64 Format = iota // standard alphabet, padded
	Nix32                // see package nixbase32
	Base16               // lower-case hexadecimal
	SRI                  // "<algorithm>-<base64>", always with its prefix
)

var formatNames = [...]string{Base64: "base64", Nix32: "nix32", Base16: "base16", SRI: "sri"}

// String returns the name of the format as commands and builtins spell it.
func (f Format) String() string {
	if int(f) >= len(formatNames) {
		return "unknown"
	}
	return formatNames[f]
}

// ParseFormat is the inverse of Format.String.
//
// Nix: "base32" is a deprecated name of nix32; callers that can warn do so when
// they see it (TestParseFormat).
func ParseFormat(name string) (Format, error) {
	if name == "base32" {
		return Nix32, nil
	}
	for f, n := range formatNames {
		if n == name {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("unknown hash format '%s', expect 'base16', 'base32', 'base64', or 'sri'", name)
}
