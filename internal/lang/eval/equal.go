package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// Equal compares two cells as == does. The same cell equals itself, even if it
// holds a function.
func (w *Worker) Equal(a, b *value.Value, pos diag.Pos) bool {
	w.enterCall(pos)
	same := w.equalCells(a, b, pos)
	w.depth--
	return same
}

func (w *Worker) equalCells(a, b *value.Value, pos diag.Pos) bool {
	x, y := w.Force(a, pos), w.Force(b, pos)
	return a == b || w.equal(x, y, pos)
}

func (w *Worker) equal(a, b value.Value, pos diag.Pos) bool {
	k := a.Kind()
	if k != b.Kind() {
		switch {
		case k == value.KindInt && b.Kind() == value.KindFloat:
			return float64(a.Int()) == b.Float()
		case k == value.KindFloat && b.Kind() == value.KindInt:
			return a.Float() == float64(b.Int())
		}
		return false
	}
	switch k {
	case value.KindInt:
		return a.Int() == b.Int()
	case value.KindFloat:
		return a.Float() == b.Float()
	case value.KindBool:
		return a.Bool() == b.Bool()
	case value.KindNull:
		return true
	case value.KindString, value.KindPath:
		return a.Str() == b.Str()
	case value.KindList:
		return w.equalLists(a.List(), b.List(), pos)
	case value.KindAttrs:
		return w.equalSets(a.Attrs(), b.Attrs(), pos)
	}
	return false // functions
}

func (w *Worker) equalLists(a, b []*value.Value, pos diag.Pos) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !w.Equal(a[i], b[i], pos) {
			return false
		}
	}
	return true
}

func (w *Worker) equalSets(a, b *value.Attrs, pos diag.Pos) bool {
	if x, y, ok := w.bothDerivations(a, b); ok {
		return w.Equal(x.Val, y.Val, pos)
	}
	if a == b && a.Empty() {
		return true
	}
	l, r := a.List(), b.List()
	if len(l) != len(r) {
		return false
	}
	for i := range l {
		if l[i].Name != r[i].Name || !w.Equal(l[i].Val, r[i].Val, pos) {
			return false
		}
	}
	return true
}

// bothDerivations returns the outPaths of two derivations.
func (w *Worker) bothDerivations(a, b *value.Attrs) (x, y *value.Attr, ok bool) {
	if !w.IsDerivation(a) || !w.IsDerivation(b) {
		return nil, nil, false
	}
	x, y = a.Get(symbol.OutPath), b.Get(symbol.OutPath)
	return x, y, x != nil && y != nil
}

// assertEqual raises a failure that says where two unequal values differ. It
// follows the steps of Equal.
func (w *Worker) assertEqual(ca, cb *value.Value, pos diag.Pos) {
	w.enterCall(pos)
	w.Force(ca, pos)
	w.Force(cb, pos)
	if ca != cb {
		w.assertEqualValues(ca, cb, pos)
	}
	w.depth--
}

func number(v value.Value) bool { return v.Kind() == value.KindInt || v.Kind() == value.KindFloat }

func (w *Worker) unequal(format string, args ...any) {
	w.Fail(diag.New(diag.AssertionFailed, format, args...))
}

// assertEqualValues compares two evaluated cells.
func (w *Worker) assertEqualValues(ca, cb *value.Value, pos diag.Pos) {
	a, b := ca.Load(), cb.Load()
	ta, tb := w.Describe(a), w.Describe(b)
	if number(a) && number(b) {
		if !w.equal(a, b, pos) {
			w.unequal("%s with value '%s' is not equal to %s with value '%s'", ta, w.Brief(ca), tb, w.Brief(cb))
		}
		return
	}
	if a.Kind().TypeName() != b.Kind().TypeName() {
		w.unequal("%s of value '%s' is not equal to %s of value '%s'", ta, w.Brief(ca), tb, w.Brief(cb))
	}
	switch a.Kind() {
	case value.KindBool, value.KindString, value.KindPath:
		if !w.equal(a, b, pos) {
			name := map[value.Kind]string{value.KindBool: "boolean", value.KindString: "string", value.KindPath: "path"}[a.Kind()]
			w.unequal(name+" '%s' is not equal to "+name+" '%s'", w.Brief(ca), w.Brief(cb))
		}
	case value.KindNull:
	case value.KindList:
		w.assertEqualLists(ca, cb, pos)
	case value.KindAttrs:
		w.assertEqualSets(a, b, pos)
	default:
		w.unequal("distinct functions and immediate comparisons of identical functions compare as unequal")
	}
}

func (w *Worker) assertEqualLists(ca, cb *value.Value, pos diag.Pos) {
	a, b := ca.Load(), cb.Load()
	if a.Len() != b.Len() {
		w.unequal("list of size '%s' is not equal to list of size '%s', left hand side is '%s', right hand side is '%s'",
			a.Len(), b.Len(), w.Brief(ca), w.Brief(cb))
	}
	for i := range a.List() {
		w.Push(&Step{Pos: pos, Msg: diag.Msgf("while comparing list element %s", i)}, pos)
		w.assertEqual(a.List()[i], b.List()[i], pos)
		w.Pop()
	}
}

func (w *Worker) assertEqualSets(a, b value.Value, pos diag.Pos) {
	if x, y, ok := w.bothDerivations(a.Attrs(), b.Attrs()); ok {
		w.Push(&Step{Pos: pos, Msg: diag.Msgf("while comparing a derivation by its '%s' attribute", "outPath")}, pos)
		w.assertEqual(x.Val, y.Val, pos)
		w.Pop()
		return
	}
	l, r := a.Attrs().List(), b.Attrs().List()
	if len(l) != len(r) {
		w.unequal("attribute names of attribute set '%s' differs from attribute set '%s'", w.brief(a), w.brief(b))
	}
	for i := range l {
		if l[i].Name != r[i].Name {
			w.unequalNames(a, b, l[i].Name, r[i].Name)
		}
		w.Push(&Step{Pos: pos, Msg: diag.Msgf("while comparing attribute '%s'", Ident(l[i].Name))}, pos)
		w.Push(hand("where left hand side is"), l[i].Pos)
		w.Push(hand("where right hand side is"), r[i].Pos)
		w.assertEqual(l[i].Val, r[i].Val, pos)
		w.Pop()
		w.Pop()
		w.Pop()
	}
}

// hand is a frame that shows only with a position.
type hand string

func (h hand) frames(_ *Worker, n uint64, out []diag.Frame) []diag.Frame {
	if n == 0 {
		return out
	}
	return append(out, diag.Frame{Pos: diag.Pos(n), Msg: string(h)})
}

func (w *Worker) unequalNames(a, b value.Value, x, y symbol.Symbol) {
	if b.Attrs().Get(x) == nil {
		w.unequal("attribute name '%s' is contained in '%s', but not in '%s'", Ident(x), w.brief(a), w.brief(b))
	}
	w.unequal("attribute name '%s' is missing in '%s', but is contained in '%s'", Ident(y), w.brief(a), w.brief(b))
}

// Less orders two cells as < does.
func (w *Worker) Less(a, b *value.Value, pos diag.Pos, ctx Tracer) bool {
	return w.less(w.Force(a, pos), w.Force(b, pos), a, b, pos, ctx)
}

// LessValues orders two evaluated values.
func (w *Worker) LessValues(a, b value.Value, pos diag.Pos, ctx Tracer) bool {
	return w.less(a, b, nil, nil, pos, ctx)
}

// less orders two values; the cells that they are from, if not nil, are for
// messages.
func (w *Worker) less(a, b value.Value, ca, cb *value.Value, pos diag.Pos, ctx Tracer) bool {
	switch {
	case a.Kind() == value.KindInt && b.Kind() == value.KindInt:
		return a.Int() < b.Int()
	case a.Kind() == value.KindFloat && b.Kind() == value.KindInt:
		return a.Float() < float64(b.Int())
	case a.Kind() == value.KindInt && b.Kind() == value.KindFloat:
		return float64(a.Int()) < b.Float()
	case a.Kind().TypeName() != b.Kind().TypeName():
	case a.Kind() == value.KindFloat:
		return a.Float() < b.Float()
	case a.Kind() == value.KindString, a.Kind() == value.KindPath:
		return a.Str() < b.Str()
	case a.Kind() == value.KindList:
		w.Push(ctx, 0)
		less := w.lessLists(a.List(), b.List(), pos)
		w.Pop()
		return less
	default:
		w.cannotCompare("cannot compare %s with %s; values of that type are incomparable (values are %s and %s)", a, b, ca, cb, ctx)
	}
	w.cannotCompare("cannot compare %s with %s; values are %s and %s", a, b, ca, cb, ctx)
	return false
}

func (w *Worker) cannotCompare(format string, a, b value.Value, ca, cb *value.Value, ctx Tracer) {
	if ca == nil {
		ca, cb = w.Cell(a), w.Cell(b)
	}
	w.FailFrom(diag.New(diag.CannotCompare, format, w.Describe(a), w.Describe(b), w.Brief(ca), w.Brief(cb)), ctx, 0)
}

func (w *Worker) lessLists(a, b []*value.Value, pos diag.Pos) bool {
	for i := 0; ; i++ {
		switch {
		case i == len(b):
			return false
		case i == len(a):
			return true
		}
		w.enterCall(pos)
		same := w.Equal(a[i], b[i], pos)
		if !same {
			r := w.Less(a[i], b[i], pos, Ctx("while comparing two list elements"))
			w.depth--
			return r
		}
		w.depth--
	}
}
