package options

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"firn/internal/format/derivation"
)

// source is where simple options are looked up.
type source interface {
	text(name string) (string, bool, error)
	bool(name string) (value, ok bool, err error)
	list(name string) ([]string, bool, error)
}

// reader keeps the first error.
type reader struct {
	source
	err error
}

func (r *reader) fail(name string, err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("while parsing attribute \"%s\": %w", name, err)
	}
}

func (r *reader) text(name string) string {
	v, _, err := r.source.text(name)
	r.fail(name, err)
	return v
}

func (r *reader) bool(name string, otherwise bool) bool {
	v, ok, err := r.source.bool(name)
	r.fail(name, err)
	if !ok {
		return otherwise
	}
	return v
}

func (r *reader) set(name string) []string {
	v, _, err := r.source.list(name)
	r.fail(name, err)
	return set(v)
}

// env is the environment of a derivation.
type env struct{ *derivation.Derivation }

func (e env) text(name string) (string, bool, error) {
	v, ok := e.EnvValue(name)
	return v, ok, nil
}

func (e env) bool(name string) (bool, bool, error) {
	v, ok := e.EnvValue(name)
	return v == "1", ok, nil
}

func (e env) list(name string) ([]string, bool, error) {
	v, ok := e.EnvValue(name)
	return strings.Fields(v), ok, nil
}

// structured is the JSON object of a derivation.
type structured map[string]json.RawMessage

func parseStructured(text string) (structured, error) {
	var s structured
	if err := json.Unmarshal([]byte(text), &s); err != nil || s == nil {
		if err == nil {
			err = typeError("object", []byte(text))
		}
		return nil, fmt.Errorf("cannot process %s attribute: %w", derivation.StructuredAttrs, err)
	}
	return s, nil
}

func (s structured) text(name string) (v string, ok bool, err error) {
	raw, ok := s[name]
	if ok {
		v, err = stringOf(raw)
	}
	return v, ok, err
}

func (s structured) bool(name string) (v, ok bool, err error) {
	raw, ok := s[name]
	if ok {
		v, err = boolOf(raw)
	}
	return v, ok, err
}

func (s structured) list(name string) (v []string, ok bool, err error) {
	raw, ok := s[name]
	if ok {
		v, err = stringsOf(raw)
	}
	return v, ok, err
}

func (o *Options) readStructured() error {
	if raw, ok := o.Structured["outputChecks"]; ok {
		outputs, err := objectOf(raw)
		if err != nil {
			return err
		}
		o.PerOutput = make(map[string]Checks, len(outputs))
		for name, raw := range outputs {
			if o.PerOutput[name], err = readChecks(name, raw); err != nil {
				return err
			}
		}
	}
	if raw, ok := o.Structured["unsafeDiscardReferences"]; ok {
		if err := o.readDiscards(raw); err != nil {
			return fmt.Errorf("while parsing attribute 'unsafeDiscardReferences': %w", err)
		}
	}
	if raw, ok := o.Structured["exportReferencesGraph"]; ok {
		return o.readGraphs(raw)
	}
	return nil
}

func (o *Options) readDiscards(raw json.RawMessage) error {
	outputs, err := objectOf(raw)
	if err != nil {
		return err
	}
	o.UnsafeDiscardReferences = make(map[string]bool, len(outputs))
	for name, raw := range outputs {
		if o.UnsafeDiscardReferences[name], err = boolOf(raw); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) readGraphs(raw json.RawMessage) error {
	graphs, err := objectOf(raw)
	if err != nil {
		o.Warnings = append(o.Warnings, "'exportReferencesGraph' in structured attrs is not a JSON object, ignoring")
		return nil
	}
	m := make(map[string][]string, len(graphs))
	for name, raw := range graphs {
		var list []string
		if err := flatten(raw, &list); err != nil {
			return err
		}
		m[name] = set(list)
	}
	o.setGraphs(m)
	return nil
}

// flatten collects the strings of nested lists.
func flatten(raw json.RawMessage, list *[]string) error {
	var elems []json.RawMessage
	if json.Unmarshal(raw, &elems) == nil && elems != nil {
		for _, e := range elems {
			if err := flatten(e, list); err != nil {
				return err
			}
		}
		return nil
	}
	s, err := stringOf(raw)
	if err != nil {
		return fmt.Errorf("'exportReferencesGraph' value is not an array or a string")
	}
	*list = append(*list, s)
	return nil
}

func readChecks(output string, raw json.RawMessage) (Checks, error) {
	m, err := objectOf(raw)
	if err != nil {
		return Checks{}, err
	}
	var c Checks
	for name, to := range map[string]*[]string{
		"allowedReferences": &c.AllowedReferences, "allowedRequisites": &c.AllowedRequisites,
		"disallowedReferences": &c.DisallowedReferences, "disallowedRequisites": &c.DisallowedRequisites,
	} {
		if raw, ok := m[name]; ok {
			list, err := stringsOf(raw)
			if err != nil {
				return Checks{}, fmt.Errorf("while parsing attribute 'outputChecks.\"%s\".%s': %w", output, name, err)
			}
			*to = set(list)
		}
	}
	for name, to := range map[string]**uint64{"maxSize": &c.MaxSize, "maxClosureSize": &c.MaxClosureSize} {
		if raw, ok := m[name]; ok {
			if err := json.Unmarshal(raw, to); err != nil {
				return Checks{}, fmt.Errorf("while parsing attribute 'outputChecks.\"%s\".%s': %w", output, name, typeError("number", raw))
			}
		}
	}
	return c, nil
}

func stringOf(raw json.RawMessage) (s string, err error) {
	if kind(raw) != "string" || json.Unmarshal(raw, &s) != nil {
		return "", typeError("string", raw)
	}
	return s, nil
}

func boolOf(raw json.RawMessage) (b bool, err error) {
	if kind(raw) != "boolean" || json.Unmarshal(raw, &b) != nil {
		return false, typeError("boolean", raw)
	}
	return b, nil
}

// stringsOf reads a list of strings and gives a list that is not nil.
func stringsOf(raw json.RawMessage) ([]string, error) {
	var elems []json.RawMessage
	if kind(raw) != "array" || json.Unmarshal(raw, &elems) != nil {
		return nil, typeError("array", raw)
	}
	list := make([]string, len(elems))
	for i, e := range elems {
		var err error
		if list[i], err = stringOf(e); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func objectOf(raw json.RawMessage) (m map[string]json.RawMessage, err error) {
	if kind(raw) != "object" || json.Unmarshal(raw, &m) != nil {
		return nil, typeError("object", raw)
	}
	return m, nil
}

// kind tells the type of a JSON value by its first byte.
func kind(raw []byte) string {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func typeError(want string, raw []byte) error {
	return fmt.Errorf("Expected JSON value to be of type '%s' but it is of type '%s': %s", want, kind(raw), raw)
}
