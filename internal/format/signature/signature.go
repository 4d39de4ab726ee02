// Package signature signs texts with named Ed25519 keys and checks detached
// signatures.
//
// Keys and signatures are written "<name>:<base64>". A public key is 32 bytes, a
// signature 64, a secret key the 32 bytes of the seed followed by the public key.
// The name of a signature's key is not itself signed: it only says which key to
// try. What is signed are the fingerprints of packages pathinfo and realisation.
//
// See docs/spec/signature.md.
package signature

import (
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Signature is a detached signature. Values compare with ==.
type Signature struct {
	KeyName string
	Sig     string // raw bytes, 64 of them unless malformed
}

// Parse reads "<name>:<base64>". It does not look at the length of the bytes;
// Verify does.
func Parse(text string) (Signature, error) {
	name, data, err := cutNamed("signature", text)
	return Signature{name, data}, err
}

// String is the inverse of Parse.
func (s Signature) String() string { return joinNamed(s.KeyName, s.Sig) }

// Compare orders signatures by name, then bytes: the order of sets of them.
func Compare(a, b Signature) int {
	return cmp.Or(strings.Compare(a.KeyName, b.KeyName), strings.Compare(a.Sig, b.Sig))
}

// Insert adds a signature to a sorted set and returns the set, which may share
// memory with the one given.
func Insert(set []Signature, s Signature) []Signature {
	i, found := slices.BinarySearchFunc(set, s, Compare)
	if found {
		return set
	}
	return slices.Insert(set, i, s)
}

// MarshalJSON writes {"keyName":<name>,"sig":<base64>}, the form of the JSON
// formats since 2.35. Older ones have String.
func (s Signature) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		KeyName string `json:"keyName"`
		Sig     string `json:"sig"`
	}{s.KeyName, base64.StdEncoding.EncodeToString([]byte(s.Sig))})
}

// UnmarshalJSON reads both forms.
func (s *Signature) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		got, err := Parse(text)
		*s = got
		return err
	}
	var v struct {
		KeyName *string `json:"keyName"`
		Sig     *string `json:"sig"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if v.KeyName == nil || v.Sig == nil {
		return errors.New("signature needs members 'keyName' and 'sig'")
	}
	raw, err := decodeBase64(*v.Sig)
	*s = Signature{*v.KeyName, raw}
	return err
}

// cutNamed splits "<name>:<base64>"; neither part may be empty.
func cutNamed(what, text string) (name, data string, err error) {
	name, encoded, ok := strings.Cut(text, ":")
	if !ok || name == "" {
		return name, "", fmt.Errorf("%s is corrupt", what)
	}
	data, err = decodeBase64(encoded)
	if err == nil && data == "" {
		err = fmt.Errorf("%s is corrupt", what)
	}
	return name, data, err
}

func joinNamed(name, data string) string {
	return name + ":" + base64.StdEncoding.EncodeToString([]byte(data))
}

// decodeBase64 is as lenient about the end of the text as upstream: padding may
// be missing, and nothing behind it counts.
func decodeBase64(text string) (string, error) {
	text, _, _ = strings.Cut(text, "=")
	drop := 0
	if len(text)%4 == 1 {
		text, drop = text+"A", 1 // six bits too many or two too few
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) {
		return "", fmt.Errorf("invalid character in Base64 string: '%s'", text[corrupt:corrupt+1])
	}
	if err != nil {
		return "", err
	}
	return string(data[:len(data)-drop]), nil
}

// What Verify returns for a signature that does not hold.
var (
	ErrUnknownKey = errors.New("signature by an unknown key")
	ErrMalformed  = errors.New("signature is not valid")
	ErrMismatch   = errors.New("signature does not match")
)

// A PublicKey checks signatures of one name.
type PublicKey struct {
	Name string
	key  [ed25519.PublicKeySize]byte
}

// ParsePublicKey reads "<name>:<base64>".
func ParsePublicKey(text string) (PublicKey, error) {
	name, data, err := cutNamed("key", text)
	if err != nil {
		return PublicKey{}, fmt.Errorf("while decoding key named '%s' with raw value '%s': %w", name, text, err)
	}
	k := PublicKey{Name: name}
	if copy(k.key[:], data) != len(data) || len(data) != len(k.key) {
		return PublicKey{}, errors.New("public key is not valid")
	}
	return k, nil
}

// String is the inverse of ParsePublicKey.
func (k PublicKey) String() string { return joinNamed(k.Name, string(k.key[:])) }

// Bytes returns the key without its name.
func (k PublicKey) Bytes() []byte { return slices.Clone(k.key[:]) }

// Verify returns nil if s is this key's signature of text, else one of the
// errors above.
func (k PublicKey) Verify(text string, s Signature) error {
	switch {
	case s.KeyName != k.Name:
		return ErrUnknownKey
	case len(s.Sig) != ed25519.SignatureSize:
		return ErrMalformed
	case !ed25519.Verify(k.key[:], []byte(text), []byte(s.Sig)):
		return ErrMismatch
	}
	return nil
}

// PublicKeys are keys by name.
type PublicKeys map[string]PublicKey

// ParsePublicKeys reads a list of public keys. Of equal names the last counts.
func ParsePublicKeys(texts []string) (PublicKeys, error) {
	keys := make(PublicKeys, len(texts))
	for _, text := range texts {
		k, err := ParsePublicKey(text)
		if err != nil {
			return nil, err
		}
		keys[k.Name] = k
	}
	return keys, nil
}

// Verify is PublicKey.Verify by the key that the signature names.
func (ks PublicKeys) Verify(text string, s Signature) error {
	k, ok := ks[s.KeyName]
	if !ok {
		return ErrUnknownKey
	}
	return k.Verify(text, s)
}

// Count returns how many of the signatures hold.
func (ks PublicKeys) Count(text string, sigs []Signature) int {
	n := 0
	for _, s := range sigs {
		if ks.Verify(text, s) == nil {
			n++
		}
	}
	return n
}

// A SecretKey makes signatures. It prints as its name only.
type SecretKey struct {
	Name string
	key  ed25519.PrivateKey
}

// NewSecretKey returns the key that follows from 32 random bytes.
func NewSecretKey(name string, seed [ed25519.SeedSize]byte) SecretKey {
	return SecretKey{name, ed25519.NewKeyFromSeed(seed[:])}
}

// ParseSecretKey reads "<name>:<base64>". Its messages do not show the text.
func ParseSecretKey(text string) (SecretKey, error) {
	name, data, err := cutNamed("key", text)
	if err != nil {
		return SecretKey{}, fmt.Errorf("while decoding key named '%s': %w", name, err)
	}
	if len(data) != ed25519.PrivateKeySize {
		return SecretKey{}, errors.New("secret key is not valid")
	}
	key := ed25519.NewKeyFromSeed([]byte(data[:ed25519.SeedSize]))
	if string(key) != data {
		return SecretKey{}, errors.New("secret key is not valid: its public half belongs to another")
	}
	return SecretKey{name, key}, nil
}

// Reveal is the inverse of ParseSecretKey.
func (k SecretKey) Reveal() string { return joinNamed(k.Name, string(k.key)) }

// String returns the name.
func (k SecretKey) String() string { return k.Name }

// GoString returns the name.
func (k SecretKey) GoString() string { return k.Name }

// Public returns the key that checks this one's signatures.
func (k SecretKey) Public() PublicKey {
	p := PublicKey{Name: k.Name}
	copy(p.key[:], k.key[ed25519.SeedSize:])
	return p
}

// Sign returns the signature of text; equal texts have equal signatures.
func (k SecretKey) Sign(text string) Signature {
	return Signature{k.Name, string(ed25519.Sign(k.key, []byte(text)))}
}
