package derivation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON values as upstream's JSON library sees and writes them: objects sorted by
// key, numbers in one spelling, no white space. A value is nil, bool, string,
// jsonNumber, []any or jsonObject.

// A jsonNumber is the canonical spelling of a number.
type jsonNumber string

// A jsonObject has its members sorted by key, no key twice.
type jsonObject []jsonMember

type jsonMember struct {
	key   string
	value any
}

// get returns the member's value, nil if there is none.
func (o jsonObject) get(key string) any {
	v, _ := o.lookup(key)
	return v
}

func (o jsonObject) lookup(key string) (any, bool) {
	i, ok := slices.BinarySearchFunc(o, key, func(m jsonMember, k string) int { return strings.Compare(m.key, k) })
	if !ok {
		return nil, false
	}
	return o[i].value, true
}

// maxJSONDepth bounds how deep values nest, for the stack's sake.
const maxJSONDepth = 10_000

// parseJSON reads one value and nothing behind it. Of equal keys the last wins.
func parseJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("invalid JSON: not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := readValue(dec, 0)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = fmt.Errorf("text after the value at byte %d", dec.InputOffset())
		}
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("invalid JSON: %w", err)
	}
	return v, nil
}

func readValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxJSONDepth {
		return nil, errors.New("values nest too deep")
	}
	switch t := token.(type) {
	case json.Number:
		return canonicalNumber(string(t))
	case json.Delim:
		if t == '[' {
			return readArray(dec, depth)
		}
		return readObject(dec, depth)
	}
	return token, nil
}

func readArray(dec *json.Decoder, depth int) (any, error) {
	list := []any{}
	for dec.More() {
		v, err := readValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := dec.Token()
	return list, err
}

func readObject(dec *json.Decoder, depth int) (any, error) {
	o := jsonObject{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		v, err := readValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		o = append(o, jsonMember{key.(string), v})
	}
	slices.SortStableFunc(o, func(a, b jsonMember) int { return strings.Compare(a.key, b.key) })
	kept := 0
	for i := range o {
		if i+1 < len(o) && o[i+1].key == o[i].key {
			continue
		}
		o[kept] = o[i]
		kept++
	}
	_, err := dec.Token()
	return o[:kept], err
}

// canonicalNumber keeps what fits 64 bits as an integer and makes the rest a
// double.
func canonicalNumber(text string) (any, error) {
	if !strings.ContainsAny(text, ".eE") {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return jsonNumber(strconv.FormatInt(n, 10)), nil
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return jsonNumber(strconv.FormatUint(n, 10)), nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("number overflow parsing '%s'", text)
	}
	return jsonNumber(formatDouble(f)), nil
}

// formatDouble writes the shortest digits that give the same double: plainly,
// with at least one digit after the point, if the point comes at most 15 digits
// after the first or 3 zeros before it, else with an exponent of at least two
// digits.
func formatDouble(f float64) string {
	if f == 0 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	point, _ := strconv.Atoi(exponent)
	if point >= 15 || point < -4 {
		return mantissa + "e" + exponent
	}
	plain := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(plain, ".") {
		plain += ".0"
	}
	return plain
}

// appendJSON writes a value.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return appendJSONString(dst, v)
	case jsonNumber:
		return append(dst, v...)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			dst = appendJSON(separate(dst, i), item)
		}
		return append(dst, ']')
	case jsonObject:
		dst = append(dst, '{')
		for i, m := range v {
			dst = appendJSONString(separate(dst, i), m.key)
			dst = appendJSON(append(dst, ':'), m.value)
		}
		return append(dst, '}')
	}
	panic(fmt.Sprintf("derivation: %T is no JSON value", v))
}

// appendJSONString escapes quotes, backslashes and control characters only.
func appendJSONString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		if at := strings.IndexByte("\"\\\b\f\n\r\t", c); at >= 0 {
			dst = append(dst, '\\', `"\bfnrt`[at])
		} else {
			dst = append(dst, `\u00`...)
			dst = append(dst, digits[c>>4], digits[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
