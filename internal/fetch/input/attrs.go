package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Attr is the value of one attribute: a string, a natural number or a Boolean. Values compare with ==; the zero Attr
// is the empty string.
type Attr struct {
	kind   attrKind
	text   string
	number uint64
}

type attrKind uint8

const (
	isString attrKind = iota
	isInt
	isBool
)

// String makes a string attribute.
func String(s string) Attr { return Attr{text: s} }

// Int makes a number attribute.
func Int(n uint64) Attr { return Attr{kind: isInt, number: n} }

// Bool makes a Boolean attribute.
func Bool(b bool) Attr {
	if b {
		return Attr{kind: isBool, number: 1}
	}
	return Attr{kind: isBool}
}

// Str returns the string of a; ok is false if a is not one.
func (a Attr) Str() (s string, ok bool) { return a.text, a.kind == isString }

// Int returns the number of a; ok is false if a is not one.
func (a Attr) Int() (n uint64, ok bool) { return a.number, a.kind == isInt }

// Bool returns the Boolean of a; ok is false if a is not one.
func (a Attr) Bool() (b bool, ok bool) { return a.number != 0, a.kind == isBool }

// Any returns a as string, uint64 or bool.
func (a Attr) Any() any {
	switch a.kind {
	case isInt:
		return a.number
	case isBool:
		return a.number != 0
	}
	return a.text
}

// Param prints a as the value of a URI parameter: Booleans are "1" and "0".
func (a Attr) Param() string {
	if a.kind == isString {
		return a.text
	}
	return strconv.FormatUint(a.number, 10)
}

// Attrs are the attributes of an input by name. Printed and listed, they are in byte order of their names.
type Attrs map[string]Attr

// Clone returns a copy.
func (a Attrs) Clone() Attrs { return maps.Clone(a) }

// Names lists the names in order.
func (a Attrs) Names() []string { return slices.Sorted(maps.Keys(a)) }

// With returns a copy in which name has the given value.
func (a Attrs) With(name string, value Attr) Attrs {
	b := make(Attrs, len(a)+1)
	maps.Copy(b, a)
	b[name] = value
	return b
}

// Str returns the string called name, "" if there is none.
func (a Attrs) Str(name string) (string, error) {
	v, ok := a[name]
	if !ok {
		return "", nil
	}
	s, isStr := v.Str()
	if !isStr {
		return "", fmt.Errorf("input attribute '%s' is not a string %s", name, a.JSON())
	}
	return s, nil
}

// need is Str for an attribute that must be there.
func (a Attrs) need(name string) (string, error) {
	if _, ok := a[name]; !ok {
		return "", fmt.Errorf("input attribute '%s' is missing", name)
	}
	return a.Str(name)
}

// Int returns the number called name; ok is false if there is none.
func (a Attrs) Int(name string) (n uint64, ok bool, err error) {
	v, ok := a[name]
	if !ok {
		return 0, false, nil
	}
	n, isInt := v.Int()
	if !isInt {
		return 0, false, fmt.Errorf("input attribute '%s' is not an integer", name)
	}
	return n, true, nil
}

// Bool returns the Boolean called name; ok is false if there is none.
func (a Attrs) Bool(name string) (b, ok bool, err error) {
	v, ok := a[name]
	if !ok {
		return false, false, nil
	}
	b, isBool := v.Bool()
	if !isBool {
		return false, false, fmt.Errorf("input attribute '%s' is not a Boolean", name)
	}
	return b, true, nil
}

// params prints the attributes as URI parameters.
func (a Attrs) params() map[string]string {
	query := make(map[string]string, len(a))
	for name, v := range a {
		query[name] = v.Param()
	}
	return query
}

// JSON prints the attributes as an object on one line, names in order, as lock files, caches and messages have it.
func (a Attrs) JSON() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range a.Names() {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSONString(&b, name)
		b.WriteByte(':')
		switch v := a[name]; v.kind {
		case isInt:
			b.WriteString(strconv.FormatUint(v.number, 10))
		case isBool:
			b.WriteString(strconv.FormatBool(v.number != 0))
		default:
			writeJSONString(&b, v.text)
		}
	}
	b.WriteByte('}')
	return b.String()
}

// writeJSONString escapes as little as JSON allows; bytes that are not UTF-8 become U+FFFD.
func writeJSONString(b *strings.Builder, s string) {
	const hex = "0123456789abcdef"
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ':
			b.WriteRune(r)
		default:
			if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
				b.WriteByte('\\')
				b.WriteByte("bfnrt"[i])
			} else {
				b.WriteString(`\u00`)
				b.WriteByte(hex[r>>4])
				b.WriteByte(hex[r&15])
			}
		}
	}
	b.WriteByte('"')
}

// MarshalJSON prints a as JSON does.
func (a Attrs) MarshalJSON() ([]byte, error) { return []byte(a.JSON()), nil }

// UnmarshalJSON reads an object whose members are strings, numbers and Booleans.
func (a *Attrs) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	attrs := make(Attrs, len(raw))
	for name, text := range raw {
		v, err := attrFromJSON(text)
		if err != nil {
			return err
		}
		attrs[name] = v
	}
	*a = attrs
	return nil
}

var errAttrType = errors.New("unsupported input attribute type in lock file")

func attrFromJSON(text []byte) (Attr, error) {
	switch text[0] {
	case '"':
		var s string
		err := json.Unmarshal(text, &s)
		return String(s), err
	case 't', 'f':
		return Bool(text[0] == 't'), nil
	case 'n', '[', '{':
		return Attr{}, errAttrType
	}
	if n, err := strconv.ParseUint(string(text), 10, 64); err == nil {
		return Int(n), nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f < 0 || f >= 1<<64 {
		return Attr{}, fmt.Errorf("number %s in lock file is not a natural number", text)
	}
	return Int(uint64(f)), nil
}
