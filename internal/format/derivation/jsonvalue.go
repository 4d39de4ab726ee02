package derivation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"firn/internal/lang/jsontext"
)

// JSON values as upstream's JSON library holds and writes them: objects sorted by
// key, no white space, numbers in one spelling. A value is nil, bool, string,
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

// maxJSONDepth bounds how deep values nest, for the sake of the stack when they
// are written.
const maxJSONDepth = 10_000

// parseJSON reads a text that is one value. Of equal keys the last wins.
func parseJSON(text string) (any, error) {
	var b jsonBuilder
	if err := jsontext.Read(text, &b); err != nil {
		return nil, err
	}
	return b.value, nil
}

// A jsonBuilder makes a value out of the calls of jsontext.Read.
type jsonBuilder struct {
	value any // the last complete one
	open  []jsonContainer
}

// A jsonContainer is an array or object whose end has not come.
type jsonContainer struct {
	list   []any
	object jsonObject // not nil for an object
}

func (b *jsonBuilder) add(v any) error {
	if len(b.open) == 0 {
		b.value = v
		return nil
	}
	c := &b.open[len(b.open)-1]
	if c.object == nil {
		c.list = append(c.list, v)
	} else {
		c.object[len(c.object)-1].value = v
	}
	return nil
}

func (b *jsonBuilder) begin(c jsonContainer) error {
	if len(b.open) == maxJSONDepth {
		return errors.New("JSON values nest too deep")
	}
	b.open = append(b.open, c)
	return nil
}

func (b *jsonBuilder) end() jsonContainer {
	c := b.open[len(b.open)-1]
	b.open = b.open[:len(b.open)-1]
	return c
}

func (b *jsonBuilder) Null() error                   { return b.add(nil) }
func (b *jsonBuilder) Bool(v bool) error             { return b.add(v) }
func (b *jsonBuilder) Int(v int64) error             { return b.add(jsonNumber(strconv.FormatInt(v, 10))) }
func (b *jsonBuilder) Uint(v uint64) error           { return b.add(jsonNumber(strconv.FormatUint(v, 10))) }
func (b *jsonBuilder) Float(v float64) error         { return b.add(jsonNumber(jsontext.AppendFloat(nil, v))) }
func (b *jsonBuilder) String(s string, _ bool) error { return b.add(s) }
func (b *jsonBuilder) BeginArray() error             { return b.begin(jsonContainer{list: []any{}}) }
func (b *jsonBuilder) EndArray() error               { return b.add(b.end().list) }
func (b *jsonBuilder) BeginObject() error            { return b.begin(jsonContainer{object: jsonObject{}}) }

func (b *jsonBuilder) Key(s string, _ bool) error {
	c := &b.open[len(b.open)-1]
	c.object = append(c.object, jsonMember{key: s})
	return nil
}

func (b *jsonBuilder) EndObject() error {
	o := b.end().object
	slices.SortStableFunc(o, func(a, b jsonMember) int { return strings.Compare(a.key, b.key) })
	kept := 0
	for i := range o {
		if i+1 < len(o) && o[i+1].key == o[i].key {
			continue
		}
		o[kept] = o[i]
		kept++
	}
	return b.add(o[:kept])
}

// appendJSON writes a value that parseJSON returned, whose texts are UTF-8.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case string:
		return appendJSONText(dst, v)
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
			dst = appendJSONText(separate(dst, i), m.key)
			dst = appendJSON(append(dst, ':'), m.value)
		}
		return append(dst, '}')
	}
	panic(fmt.Sprintf("derivation: %T is no JSON value", v))
}

func appendJSONText(dst []byte, s string) []byte {
	dst, err := jsontext.AppendString(dst, s)
	if err != nil {
		panic(err) // jsontext.Read accepts UTF-8 only
	}
	return dst
}
