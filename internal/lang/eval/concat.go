package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/value"
)

// concatNode is an interpolated string or path, or the operator +.
type concatNode struct {
	delayed
	parts []concatPart
	// force makes the result a string whatever the first part is.
	force bool
}

type concatPart struct {
	pos  diag.Pos
	expr node
}

const operand = Ctx("in an operand of '+'")

func (n *concatNode) eval(w *Worker, env *value.Env) value.Value {
	first := w.evalFor(n.parts[0].expr, env, operand)
	if n.force {
		return n.join(w, env, first, value.KindString)
	}
	switch first.Kind() {
	case value.KindInt, value.KindFloat:
		return n.sum(w, env, first)
	case value.KindPath:
		return n.join(w, env, first, value.KindPath)
	}
	return n.join(w, env, first, value.KindString)
}

// sum adds numbers.
func (n *concatNode) sum(w *Worker, env *value.Env, acc value.Value) value.Value {
	for i := 1; i < len(n.parts); i++ {
		p := &n.parts[i]
		x := w.evalFor(p.expr, env, operand)
		switch {
		case acc.Kind() == value.KindInt && x.Kind() == value.KindInt:
			a, b := acc.Int(), x.Int()
			s := a + b
			if (s > a) != (b > 0) {
				w.Fail(diag.New(diag.IntegerOverflow, "integer overflow in adding %s + %s", a, b).At(p.pos))
			}
			acc = value.Int(s)
		case acc.Kind() == value.KindInt && x.Kind() == value.KindFloat:
			acc = value.Float(float64(acc.Int()) + x.Float())
		case acc.Kind() == value.KindFloat && x.Kind() == value.KindInt:
			acc = value.Float(acc.Float() + float64(x.Int()))
		case acc.Kind() == value.KindFloat && x.Kind() == value.KindFloat:
			acc = value.Float(acc.Float() + x.Float())
		case acc.Kind() == value.KindInt:
			w.Fail(diag.New(diag.WrongType, "cannot add %s to an integer", w.Describe(x)).At(p.pos))
		default:
			w.Fail(diag.New(diag.WrongType, "cannot add %s to a float", w.Describe(x)).At(p.pos))
		}
	}
	return acc
}

// join concatenates texts. The pieces are kept on the worker's text stack: a
// large array here would be paid by every level of a deep recursion.
func (n *concatNode) join(w *Worker, env *value.Env, first value.Value, kind value.Kind) value.Value {
	if len(n.parts) == 1 && first.Kind() == value.KindString {
		return first
	}
	if len(n.parts) == 2 {
		return n.joinTwo(w, env, first, kind)
	}
	base, paths := len(w.texts), n.copies(first)
	var ctx value.ContextSet
	for i := range n.parts {
		v := first
		if i > 0 {
			v = w.evalFor(n.parts[i].expr, env, operand)
		}
		s, c := n.text(w, i, v, kind, paths)
		ctx.Add(c)
		w.texts = append(w.texts, s)
	}
	return n.result(w, w.popTexts(base), ctx.Context(), kind)
}

func (n *concatNode) joinTwo(w *Worker, env *value.Env, first value.Value, kind value.Kind) value.Value {
	paths := n.copies(first)
	a, ca := n.text(w, 0, first, kind, paths)
	b, cb := n.text(w, 1, w.evalFor(n.parts[1].expr, env, operand), kind, paths)
	return n.result(w, a+b, ca.Union(cb), kind)
}

// copies tells whether paths among the parts are copied to the store: to an
// interpolated string, and to a string with +. Nix: not to something else that
// is coerced to a string, such as a set.
func (n *concatNode) copies(first value.Value) bool {
	return n.force || first.Kind() == value.KindString
}

// text coerces the i-th part.
func (n *concatNode) text(w *Worker, i int, v value.Value, kind value.Kind, copies bool) (string, *value.Context) {
	if v.Kind() == value.KindString {
		return v.Str(), v.Context()
	}
	if i == 0 && kind == value.KindPath {
		// Not canonical yet: /foo/${x} begins with the path "/foo/".
		return v.Str(), nil
	}
	return w.CoerceToString(v, n.parts[i].pos, Ctx("while evaluating a path segment"), Coercion{Copy: copies})
}

func (n *concatNode) result(w *Worker, s string, c *value.Context, kind value.Kind) value.Value {
	if kind == value.KindString {
		return value.StringWith(s, c)
	}
	if c != nil {
		w.Fail(diag.New(diag.ContextNotAllowed, "a string that refers to a store path cannot be appended to a path").At(n.pos))
	}
	return value.Path(CanonPath(s))
}
