// Package realisation holds statements that an output of a derivation was built
// and became a certain store path. They are needed where the path does not
// follow from the derivation: floating content-addressed outputs. Upstream's
// newer documents call a set of them a build trace.
//
// Only resolved derivations, which have no input derivations, are recorded. The
// key is the derivation's store path and the output's name. As JSON:
//
//	{"key":{"drvPath":<base name>,"outputName":<name>},
//	 "value":{"outPath":<base name>,"signatures":[<signature>…]}}
//
// A signature signs the fingerprint: this text without the signatures, members
// sorted, no white space. A binary cache has the value alone in a file named
// after the key (ID.CachePath).
//
// Releases before 2.35 keyed by a hash of the derivation instead; legacy.go has
// their form.
//
// See docs/spec/realisation.md.
package realisation

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// An ID names an output of a derivation. Values compare with ==.
type ID struct {
	Drv    storepath.Path
	Output string
}

// ParseID reads "<full path>^<output>".
func ParseID(dir storepath.Dir, text string) (ID, error) {
	at := strings.LastIndexByte(text, '^')
	if at < 0 {
		return ID{}, fmt.Errorf("Invalid derivation output id '%s': missing '^'", text)
	}
	drv, err := dir.Parse(text[:at])
	return ID{drv, text[at+1:]}, err
}

// Text is the inverse of ParseID.
func (id ID) Text(dir storepath.Dir) string { return dir.Join(id.Drv) + "^" + id.Output }

// String returns "<base name>^<output>".
func (id ID) String() string { return string(id.Drv) + "^" + id.Output }

// CachePath returns the name of the file in a binary cache that has the value.
func (id ID) CachePath() string { return "build-trace-v2/" + string(id.Drv) + "/" + id.Output + ".doi" }

// MarshalJSON writes the key.
func (id ID) MarshalJSON() ([]byte, error) {
	return encode(jsonID{(*string)(&id.Drv), &id.Output}), nil
}

// UnmarshalJSON reads the key.
func (id *ID) UnmarshalJSON(data []byte) error {
	var v jsonID
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if v.Drv == nil || v.Output == nil {
		return errors.New("realisation key needs members 'drvPath' and 'outputName'")
	}
	drv, err := storepath.ParseBase(*v.Drv)
	*id = ID{drv, *v.Output}
	return err
}

type jsonID struct {
	Drv    *string `json:"drvPath"`
	Output *string `json:"outputName"`
}

// A Realisation says that an output became a path.
type Realisation struct {
	ID         ID
	OutPath    storepath.Path
	Signatures []signature.Signature // sorted by signature.Compare
}

// Fingerprint returns the text that signatures sign.
func (r *Realisation) Fingerprint() string {
	var v struct {
		Key   ID `json:"key"`
		Value struct {
			OutPath storepath.Path `json:"outPath"`
		} `json:"value"`
	}
	v.Key, v.Value.OutPath = r.ID, r.OutPath
	return string(encode(v))
}

// Sign adds the signatures of the keys.
func (r *Realisation) Sign(keys ...signature.SecretKey) {
	text := r.Fingerprint()
	set := append([]signature.Signature(nil), r.Signatures...)
	for _, k := range keys {
		set = signature.Insert(set, k.Sign(text))
	}
	r.Signatures = set
}

// CheckSignatures returns how many signatures hold.
func (r *Realisation) CheckSignatures(keys signature.PublicKeys) int {
	return keys.Count(r.Fingerprint(), r.Signatures)
}

// MarshalJSON writes key and value.
func (r *Realisation) MarshalJSON() ([]byte, error) {
	return encode(struct {
		Key   ID              `json:"key"`
		Value json.RawMessage `json:"value"`
	}{r.ID, r.ValueJSON()}), nil
}

// ValueJSON returns the value alone, the contents of a binary cache's file:
// {"outPath":<base name>,"signatures":[…]}.
func (r *Realisation) ValueJSON() []byte {
	return encode(struct {
		OutPath    storepath.Path        `json:"outPath"`
		Signatures []signature.Signature `json:"signatures"`
	}{r.OutPath, append([]signature.Signature{}, r.Signatures...)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Realisation) UnmarshalJSON(data []byte) error {
	var v struct {
		Key   *ID             `json:"key"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	if v.Key == nil || v.Value == nil {
		return errors.New("realisation needs members 'key' and 'value'")
	}
	got, err := ParseValue(*v.Key, v.Value)
	if err == nil {
		*r = *got
	}
	return err
}

// ParseValue reads what ValueJSON writes, for a known key. Signatures may be
// missing, and may be written as texts.
func ParseValue(id ID, data []byte) (*Realisation, error) {
	var v struct {
		OutPath    *storepath.Path       `json:"outPath"`
		Signatures []signature.Signature `json:"signatures"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("read realisation of '%s': %w", id, err)
	}
	if v.OutPath == nil {
		return nil, fmt.Errorf("read realisation of '%s': no member 'outPath'", id)
	}
	r := &Realisation{ID: id, OutPath: *v.OutPath}
	for _, s := range v.Signatures {
		r.Signatures = signature.Insert(r.Signatures, s)
	}
	return r, nil
}

// encode writes JSON without escaping more than JSON asks for. The struct types
// above declare their members in sorted order.
func encode(v any) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // these types always encode
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
