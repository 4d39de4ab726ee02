package packages

import (
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// SplitAttrPath splits a selection path as it is written on command lines:
// names separated by dots, in which parts in double quotes may contain dots.
func SplitAttrPath(s string) ([]string, error) {
	var out []string
	var cur strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '.':
			out = append(out, cur.String())
			cur.Reset()
		case '"':
			end := strings.IndexByte(s[i+1:], '"')
			if end < 0 {
				return nil, diag.New(diag.ParseError, "missing closing quote in selection path '%s'", s)
			}
			cur.WriteString(s[i+1 : i+1+end])
			i += end + 1
		default:
			cur.WriteByte(s[i])
		}
	}
	if cur.Len() > 0 {
		out = append(out, cur.String())
	}
	return out, nil
}

// Select follows a selection path from a value. Names select attributes, numbers
// items of lists; functions on the way are called with autoArgs. It returns the
// cell, which need not be evaluated, and where it was defined.
func Select(w *eval.Worker, root *value.Value, path string, autoArgs *value.Attrs) (*value.Value, diag.Pos) {
	steps, err := SplitAttrPath(path)
	w.Check(err)
	c, pos := root, diag.Pos(0)
	for _, step := range steps {
		v := w.AutoCall(autoArgs, w.Force(c, 0))
		if n, err := strconv.ParseUint(step, 10, 32); err == nil {
			c = selectItem(w, v, path, int(n))
			continue
		}
		a := selectAttr(w, v, path, step)
		c, pos = a.Val, a.Pos
	}
	return c, pos
}

func selectItem(w *eval.Worker, v value.Value, path string, n int) *value.Value {
	if v.Kind() != value.KindList {
		w.Fail(diag.New(diag.WrongType, "the expression selected by the selection path '%s' should be a list but is %s", path, w.Describe(v)))
	}
	if n >= v.Len() {
		w.Fail(diag.New(diag.OutOfRange, "list index %s in selection path '%s' is out of range", n, path))
	}
	return v.List()[n]
}

func selectAttr(w *eval.Worker, v value.Value, path, step string) *value.Attr {
	if v.Kind() != value.KindAttrs {
		w.Fail(diag.New(diag.WrongType, "the expression selected by the selection path '%s' should be a set but is %s", path, w.Describe(v)))
	}
	if step == "" {
		w.Fail(diag.New(diag.MissingAttribute, "empty attribute name in selection path '%s'", path))
	}
	a := v.Attrs().Get(symbol.Intern(step))
	if a == nil {
		e := diag.New(diag.MissingAttribute, "attribute '%s' in selection path '%s' not found", step, path)
		e.Suggestions = diag.Near(step, func(yield func(string) bool) {
			for _, x := range v.Attrs().List() {
				if !yield(x.Name.String()) {
					return
				}
			}
		})
		w.Fail(e)
	}
	return a
}
