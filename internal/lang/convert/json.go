// Package convert turns values into JSON and XML and builds values from JSON
// and TOML. The texts themselves are scanned and written by the packages for
// these formats; here is what they mean as values.
package convert

import (
	"strconv"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/jsontext"
	"firn/internal/lang/value"
)

// AppendJSON appends a value as JSON. Paths are copied to the store if copied is
// set; the contexts of all strings are added to set. Strings that are not UTF-8
// fail when everything is evaluated.
func AppendJSON(w *eval.Worker, dst []byte, c *value.Value, pos diag.Pos, copied bool, set *value.ContextSet) []byte {
	p := jsonPrinter{w: w, set: set}
	dst = p.print(dst, c, pos, copied)
	p.check()
	return dst
}

// PrintJSON returns a value as JSON. Unless strict, what is not evaluated yet is
// an error.
func PrintJSON(w *eval.Worker, c *value.Value, pos diag.Pos, strict, copied bool, set *value.ContextSet) []byte {
	p := jsonPrinter{w: w, lazy: !strict, set: set}
	text := p.print(nil, c, pos, copied)
	p.check()
	return text
}

// AppendString appends a string as JSON.
func AppendString(w *eval.Worker, dst []byte, s string) []byte {
	p := jsonPrinter{w: w}
	dst = p.string(dst, s)
	p.check()
	return dst
}

type jsonPrinter struct {
	w    *eval.Worker
	lazy bool // forces nothing
	set  *value.ContextSet
	bad  error // says which string is not UTF-8
}

func (p *jsonPrinter) string(dst []byte, s string) []byte {
	dst, err := jsontext.AppendString(dst, s)
	if err != nil && p.bad == nil {
		p.bad = err
	}
	return dst
}

// check fails if a string was not UTF-8.
func (p *jsonPrinter) check() {
	if p.bad != nil {
		p.w.Fail(diag.New(diag.InvalidArgument, "JSON serialization error: %s", p.bad))
	}
}

func (p *jsonPrinter) print(dst []byte, c *value.Value, pos diag.Pos, copied bool) []byte {
	w := p.w
	w.Enter(pos)
	v := c.Load()
	if !p.lazy {
		v = w.Force(c, pos)
	}
	switch v.Kind() {
	case value.KindInt:
		dst = strconv.AppendInt(dst, v.Int(), 10)
	case value.KindFloat:
		dst = jsontext.AppendFloat(dst, v.Float())
	case value.KindBool:
		dst = strconv.AppendBool(dst, v.Bool())
	case value.KindNull:
		dst = append(dst, "null"...)
	case value.KindString:
		p.set.Add(v.Context())
		dst = p.string(dst, v.Str())
	case value.KindPath:
		dst = p.path(dst, v, copied)
	case value.KindAttrs:
		dst = p.attrs(dst, v, pos, copied)
	case value.KindList:
		dst = p.list(dst, v, pos, copied)
	default:
		w.Fail(diag.New(diag.WrongType, "cannot convert %s to JSON", w.Describe(v)).At(w.PosOf(v, pos)))
	}
	w.Leave()
	return dst
}

func (p *jsonPrinter) path(dst []byte, v value.Value, copied bool) []byte {
	if !copied {
		return p.string(dst, v.Str())
	}
	s, c := p.w.CopyPath(v.Str())
	p.set.Add(c)
	return p.string(dst, s)
}

// attrs prints a set: as what its __toString or outPath gives, or as an object.
//
// Nix: a path that __toString returned is not copied.
func (p *jsonPrinter) attrs(dst []byte, v value.Value, pos diag.Pos, copied bool) []byte {
	w := p.w
	peeled, through, release := w.PeelString(v, pos)
	if peeled.Kind() != value.KindAttrs {
		dst = p.print(dst, w.Cell(peeled), pos, copied && !through)
		release()
		return dst
	}
	dst = append(dst, '{')
	for i, a := range peeled.Attrs().ByName() {
		if i > 0 {
			dst = append(dst, ',')
		}
		w.PushShortAttr(a.Name, a.Pos)
		dst = p.string(dst, a.Name.String())
		dst = append(dst, ':')
		dst = p.print(dst, a.Val, a.Pos, copied)
		w.Pop()
	}
	release()
	return append(dst, '}')
}

func (p *jsonPrinter) list(dst []byte, v value.Value, pos diag.Pos, copied bool) []byte {
	dst = append(dst, '[')
	for i, c := range v.List() {
		if i > 0 {
			dst = append(dst, ',')
		}
		p.w.PushItemAt(i, pos)
		dst = p.print(dst, c, pos, copied)
		p.w.Pop()
	}
	return append(dst, ']')
}
