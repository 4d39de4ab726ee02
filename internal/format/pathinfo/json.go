package pathinfo

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"firn/internal/format/nixhash"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// A JSONFormat is a version of the JSON form.
type JSONFormat int

const (
	V1 JSONFormat = 1 // full paths, content address as text; what a missing version means
	V2 JSONFormat = 2 // base names, content address as an object
	V3 JSONFormat = 3 // as V2, signatures as objects
)

// ParseJSONFormat checks a version number.
func ParseJSONFormat(version uint64) (JSONFormat, error) {
	if version < uint64(V1) || version > uint64(V3) {
		return 0, fmt.Errorf("unsupported path info JSON format version %d; supported versions are 1, 2 and 3", version)
	}
	return JSONFormat(version), nil
}

// JSON returns the members of the JSON form but for the path, which its readers
// have as the key of the object. A caller may add members; encoding/json writes
// them sorted. Impure members are those that another store would not agree on:
// deriver, registration time, ultimate, signatures.
func (i *Info) JSON(dir storepath.Dir, f JSONFormat, impure bool) map[string]any {
	path := func(p storepath.Path) any {
		if f == V1 {
			return dir.Join(p)
		}
		return string(p)
	}
	refs := make([]any, len(i.References))
	for n, r := range i.References {
		refs[n] = path(r)
	}
	m := map[string]any{
		"version":    int(f),
		"storeDir":   string(dir),
		"narHash":    i.NARHash,
		"narSize":    i.NARSize,
		"references": refs,
		"ca":         nil,
	}
	switch {
	case i.CA.IsZero():
	case f == V1:
		m["ca"] = i.CA.String()
	default:
		m["ca"] = i.CA
	}
	if !impure {
		return m
	}
	m["deriver"] = nil
	if i.Deriver != "" {
		m["deriver"] = path(i.Deriver)
	}
	m["registrationTime"] = nil
	if i.RegistrationTime != 0 {
		m["registrationTime"] = i.RegistrationTime
	}
	m["ultimate"] = i.Ultimate
	sigs := make([]any, len(i.Signatures))
	for n, s := range i.Signatures {
		if f == V3 {
			sigs[n] = s
		} else {
			sigs[n] = s.String()
		}
	}
	m["signatures"] = sigs
	return m
}

// ParseJSON reads the JSON form of the given path in any version. dir is the
// store directory for a V1 form, which need not have one of its own; the others
// must, and it is returned.
func ParseJSON(dir storepath.Dir, path storepath.Path, data []byte) (*Info, storepath.Dir, error) {
	var v struct {
		Version          *uint64               `json:"version"`
		StoreDir         *string               `json:"storeDir"`
		NARHash          *nixhash.Hash         `json:"narHash"`
		NARSize          *uint64               `json:"narSize"`
		References       *[]string             `json:"references"`
		CA               json.RawMessage       `json:"ca"`
		Deriver          *string               `json:"deriver"`
		RegistrationTime *int64                `json:"registrationTime"`
		Ultimate         bool                  `json:"ultimate"`
		Signatures       []signature.Signature `json:"signatures"`
	}
	fail := func(err error) (*Info, storepath.Dir, error) {
		return nil, "", fmt.Errorf("read path info of '%s': %w", path, err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return fail(err)
	}
	f := V1
	if v.Version != nil {
		var err error
		if f, err = ParseJSONFormat(*v.Version); err != nil {
			return fail(err)
		}
	}
	switch {
	case v.StoreDir != nil:
		var err error
		if dir, err = storepath.ParseDir(*v.StoreDir); err != nil {
			return fail(err)
		}
	case f != V1:
		return fail(errors.New("'storeDir' field is required in path info JSON format version 2"))
	}
	for _, need := range []struct {
		name    string
		missing bool
	}{{"narHash", v.NARHash == nil}, {"narSize", v.NARSize == nil}, {"references", v.References == nil}, {"ca", v.CA == nil}} {
		if need.missing {
			return fail(fmt.Errorf("Expected JSON object to contain key '%s' but it doesn't", need.name))
		}
	}
	info := &Info{Path: path, NARHash: *v.NARHash, NARSize: *v.NARSize, Ultimate: v.Ultimate}
	if v.RegistrationTime != nil {
		info.RegistrationTime = *v.RegistrationTime
	}
	for _, text := range *v.References {
		p, err := parsePath(dir, f, text)
		if err != nil {
			return fail(fmt.Errorf("while reading key 'references': %w", err))
		}
		info.References = append(info.References, p)
	}
	slices.Sort(info.References)
	info.References = slices.Compact(info.References)
	var err error
	if info.CA, err = parseCA(f, v.CA); err != nil {
		return fail(fmt.Errorf("while reading key 'ca': %w", err))
	}
	if v.Deriver != nil {
		if info.Deriver, err = parsePath(dir, f, *v.Deriver); err != nil {
			return fail(err)
		}
	}
	for _, s := range v.Signatures {
		info.Signatures = signature.Insert(info.Signatures, s)
	}
	return info, dir, nil
}

func parsePath(dir storepath.Dir, f JSONFormat, text string) (storepath.Path, error) {
	if f == V1 {
		return dir.Parse(text)
	}
	return storepath.ParseBase(text)
}

func parseCA(f JSONFormat, data []byte) (ca storepath.ContentAddress, err error) {
	if string(data) == "null" {
		return ca, nil
	}
	if f == V1 {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return ca, err
		}
		return storepath.ParseContentAddress(text)
	}
	err = json.Unmarshal(data, &ca)
	return ca, err
}
