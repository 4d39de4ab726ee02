package convert

import (
	"errors"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/tomltext"
	"firn/internal/lang/value"
)

// FromTOML returns the value of a document. Dates and times become sets with _type = "timestamp" if timestamps is set,
// and are errors otherwise.
func FromTOML(w *eval.Worker, text string, timestamps bool) (value.Value, *diag.Error) {
	c, err := tomltext.Read[*value.Value](text, &tomlBuilder{w, timestamps})
	if err != nil {
		reason := err.Error()
		if _, ok := errors.AsType[*diag.Error](err); ok {
			reason = "error: " + reason // Nix: shows its own errors inside of this one with their heading
		}
		return value.Value{}, diag.New(diag.InvalidTOML, "while parsing TOML: %s", reason)
	}
	return c.Load(), nil
}

// A tomlBuilder makes values.
type tomlBuilder struct {
	w          *eval.Worker
	timestamps bool
}

func (b *tomlBuilder) Bool(x bool) *value.Value     { return b.w.Cell(value.Bool(x)) }
func (b *tomlBuilder) Int(i int64) *value.Value     { return b.w.Cell(value.Int(i)) }
func (b *tomlBuilder) Float(f float64) *value.Value { return b.w.Cell(value.Float(f)) }

func (b *tomlBuilder) String(s string) (*value.Value, error) {
	return b.w.Cell(value.String(s)), noNUL(s, diag.InvalidTOML)
}

func (b *tomlBuilder) Time(text string) (*value.Value, error) {
	if !b.timestamps {
		return nil, errors.New("Dates and times are not supported")
	}
	return b.Table([]tomltext.Member[*value.Value]{
		{Key: "_type", Value: b.w.Cell(value.String("timestamp"))},
		{Key: "value", Value: b.w.Cell(value.String(text))},
	})
}

func (b *tomlBuilder) Array(elements []*value.Value) *value.Value {
	return b.w.Cell(value.List(elements))
}

func (b *tomlBuilder) Table(members []tomltext.Member[*value.Value]) (*value.Value, error) {
	list := b.w.AttrSlots(len(members))
	for _, m := range members {
		if err := noNUL(m.Key, diag.InvalidTOML); err != nil {
			return nil, err
		}
		list = append(list, value.Attr{Name: symbol.Intern(m.Key), Val: m.Value})
	}
	value.SortAttrs(list)
	return b.w.Cell(value.FromAttrs(b.w.NewAttrs(list))), nil
}
