package config

import (
	"strconv"
	"strings"

	"firn/internal/diag"
)

// A field is where a setting's value lives, and how it is read and written as text.
type field interface {
	// set parses text and stores it; extra appends to what is there.
	// The error is a *diag.Error that names the setting.
	set(v *Values, name, text string, extra bool, warn func(string)) error
	// text writes the value as nix.conf would have it.
	text(v *Values) string
	// json returns the value for encoding/json.
	json(v *Values) any
	kind() string
	appendable() bool
}

// Fields of plain values. Each is a function to the place in a Values, so that
// tables of settings are constant data.
type (
	boolField   func(*Values) *bool
	uint32Field func(*Values) *uint32
	uint64Field func(*Values) *uint64
	int64Field  func(*Values) *int64 // times in seconds and sizes that Nix keeps signed
	jobsField   func(*Values) *uint32
	stringField func(*Values) *string
	fileField   func(*Values) *string // any path, not empty
	pathField   func(*Values) *string // an absolute, canonical path
	noPathField func(*Values) *string // the same, or "" for none
)

func (boolField) appendable() bool   { return false }
func (uint32Field) appendable() bool { return false }
func (uint64Field) appendable() bool { return false }
func (int64Field) appendable() bool  { return false }
func (jobsField) appendable() bool   { return false }
func (stringField) appendable() bool { return false }
func (fileField) appendable() bool   { return false }
func (pathField) appendable() bool   { return false }
func (noPathField) appendable() bool { return false }

func (boolField) kind() string   { return "boolean" }
func (uint32Field) kind() string { return "number" }
func (uint64Field) kind() string { return "number" }
func (int64Field) kind() string  { return "number" }
func (jobsField) kind() string   { return "number or `auto`" }
func (stringField) kind() string { return "string" }
func (fileField) kind() string   { return "path" }
func (pathField) kind() string   { return "absolute path" }
func (noPathField) kind() string { return "absolute path or nothing" }

func (f boolField) text(v *Values) string   { return strconv.FormatBool(*f(v)) }
func (f uint32Field) text(v *Values) string { return strconv.FormatUint(uint64(*f(v)), 10) }
func (f uint64Field) text(v *Values) string { return strconv.FormatUint(*f(v), 10) }
func (f int64Field) text(v *Values) string  { return strconv.FormatInt(*f(v), 10) }
func (f jobsField) text(v *Values) string   { return strconv.FormatUint(uint64(*f(v)), 10) }
func (f stringField) text(v *Values) string { return *f(v) }
func (f fileField) text(v *Values) string   { return *f(v) }
func (f pathField) text(v *Values) string   { return *f(v) }
func (f noPathField) text(v *Values) string { return *f(v) }

func (f boolField) json(v *Values) any   { return *f(v) }
func (f uint32Field) json(v *Values) any { return *f(v) }
func (f uint64Field) json(v *Values) any { return *f(v) }
func (f int64Field) json(v *Values) any  { return *f(v) }
func (f jobsField) json(v *Values) any   { return *f(v) }
func (f stringField) json(v *Values) any { return *f(v) }
func (f fileField) json(v *Values) any   { return *f(v) }
func (f pathField) json(v *Values) any   { return *f(v) }
func (f noPathField) json(v *Values) any {
	if *f(v) == "" {
		return nil
	}
	return *f(v)
}

func (f boolField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	switch text {
	case "true", "yes", "1":
		*f(v) = true
	case "false", "no", "0":
		*f(v) = false
	default:
		return invalid("Boolean setting '%s' has invalid value '%s'", name, text)
	}
	return nil
}

func (f uint32Field) set(v *Values, name, text string, _ bool, _ func(string)) error {
	n, ok := parseUint(text, 32)
	if !ok {
		return invalid("setting '%s' has invalid value '%s'", name, text)
	}
	*f(v) = uint32(n)
	return nil
}

func (f uint64Field) set(v *Values, name, text string, _ bool, _ func(string)) error {
	n, ok := parseUint(text, 64)
	if !ok {
		return invalid("setting '%s' has invalid value '%s'", name, text)
	}
	*f(v) = n
	return nil
}

func (f int64Field) set(v *Values, name, text string, _ bool, _ func(string)) error {
	digits, negative := strings.CutPrefix(text, "-")
	n, ok := parseUint(digits, 63)
	if !ok {
		return invalid("setting '%s' has invalid value '%s'", name, text)
	}
	*f(v) = int64(n)
	if negative {
		*f(v) = -int64(n)
	}
	return nil
}

// jobs are counted without a unit; "auto" is replaced by the number of
// processors when the configuration is used.
func (f jobsField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	if text == "auto" {
		*f(v) = v.General.Processors
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return invalid("configuration setting '%s' should be 'auto' or an integer", name)
	}
	*f(v) = uint32(n)
	return nil
}

func (f stringField) set(v *Values, _, text string, _ bool, _ func(string)) error {
	*f(v) = text
	return nil
}

func (f fileField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	if text == "" {
		return emptyPath(name)
	}
	*f(v) = text
	return nil
}

func (f pathField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	if text == "" {
		return emptyPath(name)
	}
	return setAbsolute(f(v), text)
}

func (f noPathField) set(v *Values, _, text string, _ bool, _ func(string)) error {
	if text == "" {
		*f(v) = ""
		return nil
	}
	return setAbsolute(f(v), text)
}

func emptyPath(name string) error {
	return invalid("setting '%s' is a path and paths cannot be empty", name)
}

func setAbsolute(at *string, text string) error {
	if !strings.HasPrefix(text, "/") {
		return diag.New(diag.InvalidSetting, "not an absolute path: %s", quoted(text))
	}
	*at = canonical(text)
	return nil
}

// parseUint reads a decimal number with an optional binary unit K, M, G or T.
// The unit may push the result beyond 32 bits as far as bits allow.
//
// Nix: multiplies without looking at overflow; here it makes the value invalid.
func parseUint(text string, bits int) (uint64, bool) {
	shift := 0
	if text != "" {
		switch text[len(text)-1] {
		case 'k', 'K':
			shift = 10
		case 'm', 'M':
			shift = 20
		case 'g', 'G':
			shift = 30
		case 't', 'T':
			shift = 40
		}
		if shift > 0 {
			text = text[:len(text)-1]
		}
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil || n > (1<<bits-1)>>shift {
		return 0, false
	}
	return n << shift, true
}

// ParseSize reads a number of bytes as settings and flags have it: decimal, with
// an optional binary unit K, M, G or T.
func ParseSize(text string) (bytes uint64, ok bool) { return parseUint(text, 64) }
