package convert

import (
	"errors"
	"slices"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/jsontext"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// FromJSON returns the value of a text. Of keys that an object repeats, the last one counts. Text that is not JSON is
// an error that wraps a *jsontext.SyntaxError; integers and strings that values cannot hold are other ones.
func FromJSON(w *eval.Worker, text string) (value.Value, *diag.Error) {
	b := jsonBuilder{w: w}
	err := jsontext.Read(text, &b)
	if err == nil {
		return b.root, nil
	}
	var syntax *jsontext.SyntaxError
	if errors.As(err, &syntax) {
		e := diag.New(diag.InvalidJSON, "%s", syntax.Error())
		e.Err = err
		return value.Value{}, e
	}
	return value.Value{}, diag.As(err)
}

// A jsonBuilder is told of a text and makes its value. The members of what is not closed yet are on two stacks.
type jsonBuilder struct {
	w     *eval.Worker
	root  value.Value
	open  []jsonOpen
	attrs []value.Attr
	items []*value.Value
}

// A jsonOpen is an object or an array whose end was not read yet.
type jsonOpen struct {
	object bool
	key    symbol.Symbol // of the member that comes next
	base   int           // where its members start on their stack
}

func (b *jsonBuilder) add(v value.Value) error {
	if len(b.open) == 0 {
		b.root = v
		return nil
	}
	b.addCell(b.w.Cell(v))
	return nil
}

func (b *jsonBuilder) addCell(c *value.Value) {
	if o := &b.open[len(b.open)-1]; o.object {
		b.attrs = append(b.attrs, value.Attr{Name: o.key, Val: c})
	} else {
		b.items = append(b.items, c)
	}
}

func (b *jsonBuilder) Null() error           { return b.add(value.Null()) }
func (b *jsonBuilder) Bool(x bool) error     { return b.add(value.Bool(x)) }
func (b *jsonBuilder) Int(i int64) error     { return b.add(value.Int(i)) }
func (b *jsonBuilder) Float(f float64) error { return b.add(value.Float(f)) }

func (b *jsonBuilder) Uint(u uint64) error {
	return diag.New(diag.InvalidJSON, "unsigned json number %d outside of Nix integer range", u)
}

func (b *jsonBuilder) String(s string, inText bool) error {
	if !inText {
		if err := noNUL(s, diag.InvalidJSON); err != nil {
			return err
		}
	}
	return b.add(value.String(s))
}

func (b *jsonBuilder) Key(s string, inText bool) error {
	if !inText {
		if err := noNUL(s, diag.InvalidJSON); err != nil {
			return err
		}
	}
	b.open[len(b.open)-1].key = symbol.Intern(s)
	return nil
}

func (b *jsonBuilder) BeginArray() error {
	b.open = append(b.open, jsonOpen{base: len(b.items)})
	return nil
}

func (b *jsonBuilder) EndArray() error {
	items := b.items[b.close().base:]
	list := b.w.List(len(items))
	copy(list, items)
	b.items = b.items[:len(b.items)-len(items)]
	return b.add(value.List(list))
}

func (b *jsonBuilder) BeginObject() error {
	b.open = append(b.open, jsonOpen{object: true, base: len(b.attrs)})
	return nil
}

func (b *jsonBuilder) EndObject() error {
	base := b.close().base
	members := lastOfEach(b.attrs[base:])
	list := append(b.w.AttrSlots(len(members)), members...)
	b.attrs = b.attrs[:base]
	return b.add(value.FromAttrs(b.w.NewAttrs(list)))
}

func (b *jsonBuilder) close() jsonOpen {
	last := len(b.open) - 1
	o := b.open[last]
	b.open = b.open[:last]
	return o
}

// lastOfEach sorts members and keeps the last one of each name, in place.
func lastOfEach(members []value.Attr) []value.Attr {
	value.SortAttrs(members)
	if len(members) == 0 {
		return members
	}
	n := 0
	for _, a := range members[1:] {
		if a.Name != members[n].Name {
			n++
		}
		members[n] = a
	}
	return slices.Clip(members[:n+1])
}

// noNUL refuses text that is no string of the language.
func noNUL(s string, code diag.Code) error {
	if strings.IndexByte(s, 0) < 0 {
		return nil
	}
	return diag.New(code, "input string '%s' cannot be represented as Nix string because it contains null bytes",
		strings.ReplaceAll(s, "\x00", "␀"))
}
