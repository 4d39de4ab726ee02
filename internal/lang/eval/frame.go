package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// A frame is one step of the way down to what is being evaluated. A frame with
// a cell is a force: n is the word to restore. Otherwise trace words it, and n
// is for trace to interpret.
type frame struct {
	cell  *value.Value
	n     uint64
	trace Tracer
}

// A Tracer words one frame of a trace. Implementations are constants or nodes,
// so that pushing a frame allocates nothing.
type Tracer interface {
	frames(w *Worker, n uint64, out []diag.Frame) []diag.Frame
}

// Ctx says what a value was wanted for, as in "while evaluating the first
// argument passed to builtins.add". Pass constants: converting one to a Tracer
// then costs nothing.
type Ctx string

func (c Ctx) frames(_ *Worker, n uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Pos: diag.Pos(n), Msg: string(c)})
}

// Step is a frame whose text needs arguments; for slow paths.
type Step struct {
	Pos    diag.Pos
	Msg    string
	Always bool
}

func (s *Step) frames(_ *Worker, _ uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Pos: s.Pos, Msg: s.Msg, Always: s.Always})
}

// silent is a frame that only a debugger or a profiler sees.
type silent struct{}

func (silent) frames(_ *Worker, _ uint64, out []diag.Frame) []diag.Frame { return out }

// lambdaCall is the frame of a function's body; n is the lambda's number and
// the position of the call.
type lambdaCall struct{}

func (lambdaCall) frames(w *Worker, n uint64, out []diag.Frame) []diag.Frame {
	if !w.ShowTrace {
		return out
	}
	l, pos := w.lambdas.at(uint32(n>>32)), diag.Pos(n)
	if pos != 0 {
		out = append(out, diag.Frame{Pos: pos, Msg: "from call site"})
	}
	return append(out, diag.Frame{Pos: l.pos, Msg: diag.Msgf("while calling %s", l.quotedName())})
}

// lambdaArg is the frame while the argument of a function with a pattern is
// forced.
type lambdaArg struct{}

func (lambdaArg) frames(w *Worker, n uint64, out []diag.Frame) []diag.Frame {
	if pos := diag.Pos(n); pos != 0 {
		out = append(out, diag.Frame{Pos: pos, Msg: "from call site"})
	}
	return out
}

// builtinCall is the frame of a builtin; n is its number and the position of
// the call.
type builtinCall struct{}

func (builtinCall) frames(w *Worker, n uint64, out []diag.Frame) []diag.Frame {
	b := &w.builtins[n>>32]
	if b.NoTrace {
		return out
	}
	return append(out, diag.Frame{Pos: diag.Pos(n), Msg: diag.Msgf("while calling the '%s' builtin", b.Name)})
}

// attrFrame words "while evaluating the attribute"; n is symbol and position.
type attrFrame struct{}

func (attrFrame) frames(_ *Worker, n uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{
		Pos: diag.Pos(n), Msg: diag.Msgf("while evaluating the attribute '%s'", Ident(symbol.Symbol(n>>32))),
	})
}

// itemFrame words "while evaluating list element"; n is the index.
type itemFrame struct{}

func (itemFrame) frames(_ *Worker, n uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Msg: diag.Msgf("while evaluating list element at index %s", n)})
}

func call(number uint32, pos diag.Pos) uint64 { return uint64(number)<<32 | uint64(pos) }

// Push enters a frame that Pop leaves. Between the two, failures carry it.
func (w *Worker) Push(t Tracer, pos diag.Pos) {
	w.frames = append(w.frames, frame{n: uint64(pos), trace: t})
}

// PushAttr enters the frame of evaluating an attribute.
func (w *Worker) PushAttr(name symbol.Symbol, pos diag.Pos) {
	w.frames = append(w.frames, frame{n: call(uint32(name), pos), trace: attrFrame{}})
}

// PushItem enters the frame of evaluating a list element.
func (w *Worker) PushItem(i int) {
	w.frames = append(w.frames, frame{n: uint64(i), trace: itemFrame{}})
}

// Pop leaves the innermost frame.
func (w *Worker) Pop() { w.frames = w.frames[:len(w.frames)-1] }

// Fail raises an error. It does not return; the result type is for callers that
// need one.
func (w *Worker) Fail(e *diag.Error) value.Value {
	if w.debug != nil {
		w.debug.onError(w, e)
	}
	panic(e)
}

// FailFrom raises an error with one more frame, the innermost.
func (w *Worker) FailFrom(e *diag.Error, ctx Tracer, pos diag.Pos) value.Value {
	w.Push(ctx, pos)
	return w.Fail(e)
}

// Check raises err if it is not nil.
func (w *Worker) Check(err error) {
	if err != nil {
		w.Fail(diag.As(err))
	}
}

// Ident is a name as messages show it: in quotes if it is no identifier.
func Ident(s symbol.Symbol) string { return string(syntax.AppendIdentifier(nil, s.String())) }

// Advise prints a warning that is one line of text.
func (w *Worker) Advise(format string, args ...any) {
	if w.World.Warn != nil {
		w.World.Warn(&diag.Error{Bare: true, Msg: diag.Msgf(format, args...)})
	}
}

// textFrame is a frame that always shows.
type textFrame string

func (t textFrame) frames(_ *Worker, _ uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Msg: string(t), Always: true})
}

// NoFrame is a frame without words.
var NoFrame Tracer = silent{}

// elementFrame words a frame that shows a value.
type elementFrame struct {
	format string
	c      *value.Value
}

func (e *elementFrame) frames(w *Worker, _ uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Msg: diag.Msgf(e.format, w.Brief(e.c))})
}

// PushElement enters a frame whose text shows the value in a cell.
func (w *Worker) PushElement(format string, c *value.Value) {
	w.frames = append(w.frames, frame{trace: &elementFrame{format, c}})
}

// derivationFrame names the derivation that is being evaluated. It always
// shows, so that the chain of derivations can be followed.
type derivationFrame struct{ name string }

func (d *derivationFrame) frames(w *Worker, n uint64, out []diag.Frame) []diag.Frame {
	where := w.Where(diag.Pos(n))
	return append(out, diag.Frame{Always: true, Msg: diag.Msgf(
		"while evaluating derivation '%s'\n  whose name attribute is located at %s", d.name, where)})
}

// PushDerivation enters the frame of writing a derivation whose name was
// defined at pos.
func (w *Worker) PushDerivation(name string, pos diag.Pos) { w.Push(&derivationFrame{name}, pos) }

// A DrvAttrFrame names an attribute of the derivation Drv. One serves all its
// attributes.
type DrvAttrFrame struct{ Drv string }

func (d *DrvAttrFrame) frames(_ *Worker, n uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Pos: diag.Pos(n), Msg: diag.Msgf(
		"while evaluating attribute '%s' of derivation '%s'", Ident(symbol.Symbol(n>>32)), d.Drv)})
}

// PushDrvAttr enters the frame of an attribute of a derivation.
func (w *Worker) PushDrvAttr(f *DrvAttrFrame, name symbol.Symbol, pos diag.Pos) {
	w.frames = append(w.frames, frame{n: call(uint32(name), pos), trace: f})
}

// shortAttrFrame words "while evaluating attribute"; n is symbol and position.
type shortAttrFrame struct{}

func (shortAttrFrame) frames(_ *Worker, n uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{
		Pos: diag.Pos(n), Msg: diag.Msgf("while evaluating attribute '%s'", Ident(symbol.Symbol(n>>32))),
	})
}

// PushShortAttr enters the frame of converting an attribute.
func (w *Worker) PushShortAttr(name symbol.Symbol, pos diag.Pos) {
	w.frames = append(w.frames, frame{n: call(uint32(name), pos), trace: shortAttrFrame{}})
}

// itemAtFrame is itemFrame with a position; n is index and position.
type itemAtFrame struct{}

func (itemAtFrame) frames(_ *Worker, n uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Pos: diag.Pos(n), Msg: diag.Msgf("while evaluating list element at index %s", n>>32)})
}

// PushItemAt enters the frame of converting a list element.
func (w *Worker) PushItemAt(i int, pos diag.Pos) {
	w.frames = append(w.frames, frame{n: call(uint32(i), pos), trace: itemAtFrame{}})
}

// PushElementText enters a frame whose text has one argument.
func (w *Worker) PushElementText(format, arg string) {
	w.frames = append(w.frames, frame{trace: &formattedFrame{format, arg}})
}

type formattedFrame struct{ format, arg string }

func (t *formattedFrame) frames(_ *Worker, _ uint64, out []diag.Frame) []diag.Frame {
	return append(out, diag.Frame{Msg: diag.Msgf(t.format, t.arg)})
}
