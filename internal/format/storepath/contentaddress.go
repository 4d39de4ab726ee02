package storepath

import (
	"encoding/json"
	"fmt"
	"strings"

	"firn/internal/format/nixhash"
)

// A Method says which bytes of an object a content address hashes.
type Method uint8

const (
	Flat Method = iota // the contents of a single, not executable file
	NAR                // the object's NAR; also called recursive
	Git                // the object as a git blob or tree, behind the feature git-hashing
	Text               // as Flat, for files that may have references: derivations, builtins.toFile
)

// methods has one row for each Method: its name in JSON and on command lines,
// and the prefix before the algorithm in a derivation's output.
var methods = [...]struct{ name, prefix string }{
	Flat: {"flat", ""},
	NAR:  {"nar", "r:"},
	Git:  {"git", "git:"},
	Text: {"text", "text:"},
}

// String returns the method's name: flat, nar, git or text.
func (m Method) String() string {
	if int(m) >= len(methods) {
		return "unknown"
	}
	return methods[m].name
}

// ParseMethod is the inverse of Method.String.
func ParseMethod(name string) (Method, error) {
	for m, row := range methods {
		if row.name == name {
			return Method(m), nil
		}
	}
	return 0, fmt.Errorf("Unknown file ingestion method '%s', expect `flat`, `nar`, or `git`", name)
}

// MarshalText returns the name.
func (m Method) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a name.
func (m *Method) UnmarshalText(text []byte) error {
	got, err := ParseMethod(string(text))
	if err != nil {
		return err
	}
	*m = got
	return nil
}

// Prefix returns what stands before the algorithm in the second field of a
// derivation's output: "", "r:", "git:" or "text:".
func (m Method) Prefix() string { return methods[m].prefix }

// CutPrefix takes a method's prefix off text; without one the method is Flat.
func CutPrefix(text string) (m Method, rest string) {
	for _, m := range []Method{NAR, Git, Text} {
		if rest, ok := strings.CutPrefix(text, m.Prefix()); ok {
			return m, rest
		}
	}
	return Flat, text
}

// A ContentAddress is a promise about an object's own bytes: their hash by one
// of the methods. The zero value is no promise.
type ContentAddress struct {
	Method Method
	Hash   nixhash.Hash
}

// IsZero reports whether there is no content address.
func (c ContentAddress) IsZero() bool { return c.Hash.IsZero() }

// String returns the form of path infos, databases and protocols, with the hash
// in nix32: "text:sha256:…", "fixed:sha256:…", "fixed:r:sha256:…" or
// "fixed:git:sha1:…". The zero value gives the empty string.
func (c ContentAddress) String() string {
	if c.IsZero() {
		return ""
	}
	var buf [160]byte
	return string(c.AppendText(buf[:0]))
}

// AppendText appends what String returns to dst.
func (c ContentAddress) AppendText(dst []byte) []byte {
	if c.IsZero() {
		return dst
	}
	if c.Method != Text {
		dst = append(dst, "fixed:"...)
	}
	dst = append(dst, c.Method.Prefix()...)
	return c.Hash.AppendText(dst, nixhash.Nix32, true)
}

// ParseContentAddress reads the form that String writes; the hash may be in any
// notation but SRI. The empty text is not accepted, see ParseContentAddressOpt.
func ParseContentAddress(text string) (ContentAddress, error) {
	m, algo, rest, err := cutMethodAlgo(text, text)
	if err != nil {
		return ContentAddress{}, err
	}
	h, err := nixhash.ParseNonSRIUnprefixed(rest, algo)
	if err != nil {
		return ContentAddress{}, err
	}
	return ContentAddress{Method: m, Hash: h}, nil
}

// ParseContentAddressOpt is ParseContentAddress where an empty text stands for
// no content address.
func ParseContentAddressOpt(text string) (ContentAddress, error) {
	if text == "" {
		return ContentAddress{}, nil
	}
	return ParseContentAddress(text)
}

// MethodAlgo returns the method and algorithm as the daemon protocol writes
// them, "fixed:r:sha256".
func MethodAlgo(m Method, a nixhash.Algorithm) string {
	if m == Text {
		return "text:" + a.String()
	}
	return "fixed:" + m.Prefix() + a.String()
}

// ParseMethodAlgo is the inverse of MethodAlgo.
func ParseMethodAlgo(text string) (Method, nixhash.Algorithm, error) {
	m, a, _, err := cutMethodAlgo(text, text+":")
	return m, a, err
}

// cutMethodAlgo reads up to the colon before the hash. whole is for messages.
func cutMethodAlgo(whole, text string) (m Method, a nixhash.Algorithm, rest string, err error) {
	prefix, rest, ok := strings.Cut(text, ":")
	if !ok {
		return 0, 0, "", fmt.Errorf("not a content address because it is not in the form '<prefix>:<rest>': %s", whole)
	}
	switch prefix {
	case "text":
		m = Text
	case "fixed":
		if m, rest = CutPrefix(rest); m == Text {
			m, rest = Flat, "text:"+rest
		}
	default:
		return 0, 0, "", fmt.Errorf("content address prefix '%s' is unrecognized. Recogonized prefixes are 'text' or 'fixed'", prefix)
	}
	algo, rest, ok := strings.Cut(rest, ":")
	if !ok {
		return 0, 0, "", fmt.Errorf("content address hash must be in form '<algo>:<hash>', but found: %s", whole)
	}
	a, err = nixhash.ParseAlgorithm(algo)
	return m, a, rest, err
}

// MarshalJSON writes {"hash": <SRI>, "method": <name>}.
func (c ContentAddress) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Hash   nixhash.Hash `json:"hash"`
		Method Method       `json:"method"`
	}{c.Hash, c.Method})
}

// UnmarshalJSON reads what MarshalJSON writes; both members are required.
func (c *ContentAddress) UnmarshalJSON(data []byte) error {
	var v struct {
		Hash   *nixhash.Hash `json:"hash"`
		Method *Method       `json:"method"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if v.Hash == nil || v.Method == nil {
		return fmt.Errorf("content address needs members 'hash' and 'method'")
	}
	*c = ContentAddress{Method: *v.Method, Hash: *v.Hash}
	return nil
}
