package eval

import (
	"strconv"
	"unsafe"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// Coercion says how values become strings.
type Coercion struct {
	// More allows what toString allows: numbers, Booleans, null and lists.
	More bool
	// Copy copies paths to the store and gives the copy's path.
	Copy bool
}

// CoerceToString turns a value into a string with its context.
func (w *Worker) CoerceToString(v value.Value, pos diag.Pos, ctx Tracer, how Coercion) (string, *value.Context) {
	switch v.Kind() {
	case value.KindString:
		return v.Str(), v.Context()
	case value.KindPath:
		if how.Copy {
			return w.CopyPath(v.Str())
		}
		return v.Str(), nil
	case value.KindAttrs:
		return w.coerceSet(v, pos, ctx, how)
	}
	if how.More {
		switch v.Kind() {
		case value.KindBool:
			if v.Bool() {
				return "1", nil
			}
			return "", nil
		case value.KindInt:
			return strconv.FormatInt(v.Int(), 10), nil
		case value.KindFloat:
			return FormatFixed(v.Float()), nil
		case value.KindNull:
			return "", nil
		case value.KindList:
			return w.coerceList(v, pos, ctx, how)
		}
	}
	w.FailFrom(w.cannotCoerce(w.Cell(v)), ctx, pos)
	return "", nil
}

func (w *Worker) cannotCoerce(c *value.Value) *diag.Error {
	return diag.New(diag.CannotCoerce, "cannot coerce %s to a string: %s", w.Describe(c.Load()), w.Brief(c))
}

// CoerceCell forces a cell and turns it into a string.
func (w *Worker) CoerceCell(c *value.Value, pos diag.Pos, ctx Tracer, how Coercion) (string, *value.Context) {
	w.enterCall(pos)
	v := w.Force(c, pos)
	if v.Kind() == value.KindList && !how.More {
		w.FailFrom(w.cannotCoerce(c), ctx, pos)
	}
	s, context := w.CoerceToString(v, pos, ctx, how)
	w.depth--
	return s, context
}

func (w *Worker) coerceSet(v value.Value, pos diag.Pos, ctx Tracer, how Coercion) (string, *value.Context) {
	m := w.mark()
	peeled := w.peel(v, pos)
	if peeled.Kind() == value.KindAttrs {
		w.FailFrom(w.cannotCoerce(w.Cell(peeled)), ctx, pos)
	}
	s, c := w.CoerceToString(peeled, pos, ctx, how)
	w.frames, w.depth = w.frames[:m.frames], m.depth
	return s, c
}

// peel follows __toString and outPath until there is something else than a set
// with one of them. It leaves its frames for the caller to drop.
func (w *Worker) peel(v value.Value, pos diag.Pos) value.Value {
	for v.Kind() == value.KindAttrs {
		next, more := w.peelOnce(v, &pos)
		if !more {
			return v
		}
		v = next
	}
	return v
}

// peelOnce does one step of peel.
func (w *Worker) peelOnce(v value.Value, pos *diag.Pos) (value.Value, bool) {
	set := v.Attrs()
	if a := set.Get(symbol.ToString); a != nil {
		w.Push(Ctx("while calling the `__toString` attribute"), a.Pos)
		v = w.Call1(w.Force(a.Val, a.Pos), w.Cell(v), a.Pos)
		w.Pop()
		w.Push(Ctx("while using the result of the `__toString` attribute"), a.Pos)
		w.enterCall(*pos)
		*pos = a.Pos
		return v, true
	}
	a := set.Get(symbol.OutPath)
	if a == nil {
		return v, false
	}
	w.Push(Ctx("while evaluating the `outPath` attribute"), a.Pos)
	v = w.Force(a.Val, a.Pos)
	w.Pop()
	w.Push(Ctx("while using the `outPath` attribute"), a.Pos)
	w.enterCall(*pos)
	*pos = a.Pos
	return v, true
}

func (w *Worker) coerceList(v value.Value, pos diag.Pos, ctx Tracer, how Coercion) (string, *value.Context) {
	var set value.ContextSet
	items := v.List()
	base := len(w.texts)
	w.Push(ctx, pos)
	for i, c := range items {
		w.enterCall(pos)
		x := w.Force(c, pos)
		s, sc := w.CoerceToString(x, pos, Ctx("while evaluating one element of the list"), how)
		w.depth--
		w.texts = append(w.texts, s)
		set.Add(sc)
		if i < len(items)-1 && !(x.Kind() == value.KindList && x.Len() == 0) {
			w.texts = append(w.texts, " ")
		}
	}
	w.Pop()
	return w.popTexts(base), set.Context()
}

// popTexts joins the pieces on the text stack from base on, and drops them.
func (w *Worker) popTexts(base int) string {
	pieces := w.texts[base:]
	total := 0
	for _, s := range pieces {
		total += len(s)
	}
	buf := make([]byte, 0, total)
	for _, s := range pieces {
		buf = append(buf, s...)
	}
	clear(pieces)
	w.texts = w.texts[:base]
	return bytesToString(buf)
}

// CoerceToPath turns a value into an absolute canonical path.
func (w *Worker) CoerceToPath(c *value.Value, pos diag.Pos, ctx Tracer) (string, *value.Context) {
	m := w.mark()
	v := w.peel(w.Force(c, pos), pos)
	var s string
	var context *value.Context
	if v.Kind() == value.KindPath {
		s = v.Str()
	} else {
		s, context = w.CoerceToString(v, pos, ctx, Coercion{})
		if s == "" || s[0] != '/' {
			w.FailFrom(diag.New(diag.NotAbsolute, "string '%s' doesn't represent an absolute path", s), ctx, pos)
		}
		s = CanonPath(s)
	}
	w.frames, w.depth = w.frames[:m.frames], m.depth
	return s, context
}

// ForceInt forces a cell that must hold an integer.
func (w *Worker) ForceInt(c *value.Value, pos diag.Pos, ctx Tracer) int64 {
	v := c.Load()
	if v.Kind() != value.KindInt {
		v = w.forceKind(c, value.KindInt, "an integer", pos, ctx)
	}
	return v.Int()
}

// ForceFloat forces a cell that must hold a number.
func (w *Worker) ForceFloat(c *value.Value, pos diag.Pos, ctx Tracer) float64 {
	w.Push(ctx, pos)
	v := w.Force(c, pos)
	switch v.Kind() {
	case value.KindInt:
		w.Pop()
		return float64(v.Int())
	case value.KindFloat:
	default:
		w.Fail(w.wrongCell("a float", c).At(pos))
	}
	w.Pop()
	return v.Float()
}

// ForceBool forces a cell that must hold a Boolean.
func (w *Worker) ForceBool(c *value.Value, pos diag.Pos, ctx Tracer) bool {
	v := c.Load()
	if v.Kind() != value.KindBool {
		v = w.forceKind(c, value.KindBool, "a Boolean", pos, ctx)
	}
	return v.Bool()
}

// ForceString forces a cell that must hold a string.
func (w *Worker) ForceString(c *value.Value, pos diag.Pos, ctx Tracer) (string, *value.Context) {
	v := c.Load()
	if v.Kind() != value.KindString {
		v = w.forceKind(c, value.KindString, "a string", pos, ctx)
	}
	return v.Str(), v.Context()
}

// ForceStringNoCtx is ForceString for a string that must have no context.
func (w *Worker) ForceStringNoCtx(c *value.Value, pos diag.Pos, ctx Tracer) string {
	v := c.Load()
	if v.Kind() != value.KindString {
		v = w.forceKind(c, value.KindString, "a string", pos, ctx)
	}
	return w.stringNoCtx(v, pos, ctx)
}

func (w *Worker) stringNoCtx(v value.Value, pos diag.Pos, ctx Tracer) string {
	if v.Kind() != value.KindString {
		w.Push(ctx, pos)
		w.Fail(w.wrongType("a string", v).At(pos))
	}
	if c := v.Context(); c != nil {
		w.FailFrom(diag.New(diag.ContextNotAllowed,
			"the string '%s' is not allowed to refer to a store path (such as '%s')",
			v.Str(), w.ShowElem(c.Elems()[0])), ctx, pos)
	}
	return v.Str()
}

// forceKind forces a cell under a frame and checks its kind.
func (w *Worker) forceKind(c *value.Value, k value.Kind, want string, pos diag.Pos, ctx Tracer) value.Value {
	w.Push(ctx, pos)
	v := w.Force(c, pos)
	if v.Kind() != k {
		w.Fail(w.wrongCell(want, c).At(pos))
	}
	w.Pop()
	return v
}

// ForceAttrs forces a cell that must hold a set. The frame shows only if it
// holds something else.
func (w *Worker) ForceAttrs(c *value.Value, pos diag.Pos, ctx Tracer) *value.Attrs {
	return w.forceAttrsNode(c, pos, ctx)
}

// ForceList forces a cell that must hold a list, like ForceAttrs.
func (w *Worker) ForceList(c *value.Value, pos diag.Pos, ctx Tracer) []*value.Value {
	v := w.Force(c, pos)
	if v.Kind() != value.KindList {
		w.FailFrom(w.wrongCell("a list", c), ctx, pos)
	}
	return v.List()
}

// ForceFunction forces a cell that must hold something that can be called.
func (w *Worker) ForceFunction(c *value.Value, pos diag.Pos, ctx Tracer) value.Value {
	w.Push(ctx, pos)
	v := w.Force(c, pos)
	switch v.Kind() {
	case value.KindLambda, value.KindBuiltin, value.KindPartial:
	default:
		if v.Kind() != value.KindAttrs || v.Attrs().Get(symbol.Functor) == nil {
			w.Fail(w.wrongType("a function", v).At(pos))
		}
	}
	w.Pop()
	return v
}

// NeedAttr returns an attribute that must be there.
func (w *Worker) NeedAttr(set *value.Attrs, name symbol.Symbol, ctx Tracer) *value.Attr {
	a := set.Get(name)
	if a == nil {
		w.FailFrom(diag.New(diag.MissingAttribute, "attribute '%s' missing", Ident(name)), ctx, 0)
	}
	return a
}

// IsDerivation reports whether a set has type = "derivation".
func (w *Worker) IsDerivation(set *value.Attrs) bool {
	a := set.Get(symbol.Type)
	if a == nil {
		return false
	}
	v := w.Force(a.Val, a.Pos)
	return v.Kind() == value.KindString && v.Str() == "derivation"
}

func (w *Worker) wrongType(want string, v value.Value) *diag.Error {
	return w.wrongCell(want, w.Cell(v))
}

// wrongCell is wrongType for the value in a cell. It makes a difference for lists
// that hold themselves, which print up to where their cell comes again.
func (w *Worker) wrongCell(want string, c *value.Value) *diag.Error {
	return diag.New(diag.WrongType, "expected %s but found %s: %s", diag.Plain(want), w.Describe(c.Load()), w.Brief(c))
}

// describe names the type of a value as messages do.
func describe(v value.Value) string {
	if v.Kind() == value.KindString && v.Context() != nil {
		return "a string with context"
	}
	return v.Kind().Description()
}

// Describe names the type of a value as messages do: "an integer", "a set", ….
// Builtins say which.
func (w *Worker) Describe(v value.Value) string {
	switch v.Kind() {
	case value.KindBuiltin:
		return "the built-in function '" + w.builtins[v.Builtin()].Name + "'"
	case value.KindPartial:
		return "the partially applied built-in function '" + w.builtins[v.Partial().Builtin].Name + "'"
	}
	return describe(v)
}

// bytesToString makes a string of bytes that nobody will change.
func bytesToString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// NeedBool checks that an evaluated value is a Boolean.
func (w *Worker) NeedBool(v value.Value, pos diag.Pos, ctx Tracer) bool {
	if v.Kind() != value.KindBool {
		w.FailFrom(w.wrongType("a Boolean", v).At(pos), ctx, pos)
	}
	return v.Bool()
}

// NeedStringNoCtx checks that an evaluated value is a string without context.
func (w *Worker) NeedStringNoCtx(v value.Value, pos diag.Pos, ctx Tracer) string {
	return w.stringNoCtx(v, pos, ctx)
}

// ForceDeep evaluates a cell and everything in it.
func (w *Worker) ForceDeep(c *value.Value) {
	d := deepForcer{w: w, seen: make(map[*value.Value]bool)}
	d.force(c)
}

type deepForcer struct {
	w    *Worker
	seen map[*value.Value]bool
}

func (d *deepForcer) force(c *value.Value) {
	w := d.w
	w.enterCall(w.PosOf(c.Load(), 0))
	v := w.ForceHere(c)
	switch v.Kind() {
	case value.KindAttrs:
		if d.first(c) {
			for _, a := range v.Attrs().List() {
				w.PushAttr(a.Name, a.Pos)
				d.force(a.Val)
				w.Pop()
			}
		}
	case value.KindList:
		if d.first(c) {
			for i, x := range v.List() {
				w.PushItem(i)
				d.force(x)
				w.Pop()
			}
		}
	}
	w.depth--
}

func (d *deepForcer) first(c *value.Value) bool {
	if d.seen[c] {
		return false
	}
	d.seen[c] = true
	return true
}

// IsBuiltin reports whether f is the builtin of this name, without arguments.
func (w *Worker) IsBuiltin(f value.Value, name string) bool {
	return f.Kind() == value.KindBuiltin && w.builtins[f.Builtin()].Name == name
}

// Enter counts one level of nesting that Leave ends.
func (w *Worker) Enter(pos diag.Pos) { w.enterCall(pos) }

// Leave ends what Enter began.
func (w *Worker) Leave() { w.depth-- }

// PeelString follows __toString and outPath, as coercion to a string does.
// through tells whether a __toString was called: its result must be a string.
// release drops the frames that say how the value was come by.
func (w *Worker) PeelString(v value.Value, pos diag.Pos) (peeled value.Value, through bool, release func()) {
	m := w.mark()
	peeled, through = w.peelStrict(v, pos)
	return peeled, through, func() { w.frames, w.depth = w.frames[:m.frames], m.depth }
}

func (w *Worker) peelStrict(v value.Value, pos diag.Pos) (value.Value, bool) {
	through := false
	for v.Kind() == value.KindAttrs {
		through = through || v.Attrs().Get(symbol.ToString) != nil
		next, more := w.peelOnce(v, &pos)
		if !more {
			break
		}
		v = next
	}
	if !through {
		return v, false
	}
	switch v.Kind() {
	case value.KindString, value.KindPath:
	case value.KindAttrs:
		w.Fail(diag.New(diag.WrongType, "`__toString` must return a string, but got %s: %s", w.Describe(v), w.brief(v)).At(pos))
	default:
		w.Fail(diag.New(diag.WrongType, "`__toString` should return a string, but got %s: %s", w.Describe(v), w.brief(v)).At(pos))
	}
	return v, true
}

// PosOf is where a value was written, as far as it knows.
func (w *Worker) PosOf(v value.Value, fallback diag.Pos) diag.Pos {
	for {
		switch v.Kind() {
		case value.KindLambda:
			id, _ := v.Lambda()
			return w.lambdas.at(id).pos
		case value.KindAttrs:
			return v.Attrs().Pos()
		case value.KindApp:
			v = v.Applied().Load()
		default:
			return fallback
		}
	}
}

// ForceHere forces a cell and says that it was needed where it was written.
func (w *Worker) ForceHere(c *value.Value) value.Value {
	v := c.Load()
	if v.Evaluated() {
		return v
	}
	return w.forceSlow(c, v, w.PosOf(v, 0))
}

// Require fails if an experimental feature is disabled. The reason may be
// empty.
func (w *Worker) Require(feature, reason string) {
	if !w.Features(feature) {
		w.Check(MissingFeature(feature, reason))
	}
}

// MissingFeature is the error of needing a disabled experimental feature.
func MissingFeature(feature, reason string) *diag.Error {
	if reason != "" {
		reason = " (" + reason + ")"
	}
	return diag.New(diag.ExperimentalFeature,
		"experimental Nix feature '%s' is disabled%s; add '--extra-experimental-features %s' to enable it",
		feature, diag.Plain(reason), feature)
}
