package realisation

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"firn/internal/format/nixhash"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// A LegacyID is the key of releases 2.4 to 2.34: a hash modulo of the derivation
// and the output's name, written "sha256:<base16>!<output>". Derivations that
// make the same thing from the same inputs share it.
type LegacyID struct {
	DrvHash nixhash.Hash
	Output  string
}

// ParseLegacyID reads the written form; the hash may be in any notation.
func ParseLegacyID(text string) (LegacyID, error) {
	hash, output, ok := strings.Cut(text, "!")
	if !ok {
		return LegacyID{}, fmt.Errorf("Invalid derivation output id %s", text)
	}
	h, err := nixhash.ParseAnyPrefixed(hash)
	return LegacyID{h, output}, err
}

// String is the inverse of ParseLegacyID.
func (id LegacyID) String() string { return id.DrvHash.Text(nixhash.Base16, true) + "!" + id.Output }

// CachePath returns the name of the file in a binary cache.
func (id LegacyID) CachePath() string { return "realisations/" + id.String() + ".doi" }

// MarshalText returns the written form.
func (id LegacyID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the written form.
func (id *LegacyID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseLegacyID(string(text))
	return err
}

// A Legacy is a realisation as releases 2.4 to 2.34 exchange it:
//
//	{"dependentRealisations":{<id>:<base name>…},"id":<id>,"outPath":<base name>,"signatures":[<text>…]}
//
// firn reads these and, for peers that know nothing else, passes them on.
type Legacy struct {
	ID         LegacyID
	OutPath    storepath.Path
	Dependent  map[LegacyID]storepath.Path // realisations that the output rests on; 2.34 leaves it empty
	Signatures []signature.Signature       // sorted by signature.Compare
}

type jsonLegacy struct {
	Dependent  map[LegacyID]storepath.Path `json:"dependentRealisations"`
	ID         *LegacyID                   `json:"id"`
	OutPath    *storepath.Path             `json:"outPath"`
	Signatures *[]string                   `json:"signatures,omitempty"`
}

// Fingerprint returns the text that signatures sign.
func (l *Legacy) Fingerprint() string { return string(l.encode(nil)) }

// CheckSignatures returns how many signatures hold.
func (l *Legacy) CheckSignatures(keys signature.PublicKeys) int {
	return keys.Count(l.Fingerprint(), l.Signatures)
}

// MarshalJSON writes the form above.
func (l *Legacy) MarshalJSON() ([]byte, error) {
	texts := make([]string, len(l.Signatures))
	for i, s := range l.Signatures {
		texts[i] = s.String()
	}
	return l.encode(&texts), nil
}

func (l *Legacy) encode(signatures *[]string) []byte {
	v := jsonLegacy{l.Dependent, &l.ID, &l.OutPath, signatures}
	if v.Dependent == nil {
		v.Dependent = map[LegacyID]storepath.Path{}
	}
	return encode(v)
}

// UnmarshalJSON reads the form above; signatures and dependentRealisations may be
// missing.
func (l *Legacy) UnmarshalJSON(data []byte) error {
	var v jsonLegacy
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if v.ID == nil || v.OutPath == nil {
		return errors.New("realisation needs members 'id' and 'outPath'")
	}
	got := Legacy{ID: *v.ID, OutPath: *v.OutPath, Dependent: v.Dependent}
	if v.Signatures != nil {
		for _, text := range *v.Signatures {
			s, err := signature.Parse(text)
			if err != nil {
				return err
			}
			got.Signatures = signature.Insert(got.Signatures, s)
		}
	}
	*l = got
	return nil
}
