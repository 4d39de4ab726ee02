package format

import (
	"reflect"

	"firn/internal/lang/syntax"
)

// join makes one string of the constant pieces that a string in two quotes
// consists of, everywhere in a tree: a formatted string may be cut elsewhere.
func join(e syntax.Expr) syntax.Expr {
	v := reflect.ValueOf(&e).Elem()
	joinAll(v)
	return e
}

func joinAll(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		joinAll(v.Elem())
		if c, ok := v.Interface().(*syntax.Concat); ok && c.ForceString {
			if s := joinParts(c); s != nil {
				v.Set(reflect.ValueOf(s))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			joinAll(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			joinAll(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			joinAll(v.Index(i))
		}
	}
}

// joinParts joins the parts of one string, and returns it if it is constant.
func joinParts(c *syntax.Concat) *syntax.String {
	var parts []syntax.Part
	for _, p := range c.Parts {
		if s, ok := p.Expr.(*syntax.String); ok && len(parts) > 0 {
			if before, ok := parts[len(parts)-1].Expr.(*syntax.String); ok {
				before.Value += s.Value
				continue
			}
		}
		parts = append(parts, p)
	}
	c.Parts = parts
	if len(parts) == 1 {
		s, _ := parts[0].Expr.(*syntax.String)
		return s
	}
	return nil
}
