package eval

import (
	"slices"
	"strings"
	"sync/atomic"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// A lambda is the code of a function.
type lambda struct {
	pos  diag.Pos
	name atomic.Uint32 // what it was last bound to: noName or a symbol.Symbol
	arg  symbol.Symbol // Empty for a pattern without @
	// formals are sorted by name; nil for a function of a plain argument.
	formals  []formal
	pattern  bool
	ellipsis bool
	// bindArg tells that a pattern has a variable for the whole argument, which
	// then is slot 0.
	bindArg bool
	body    node
	// leaf tells that a call leaves nothing behind that refers to its scope.
	leaf bool
	// order is the formals in source order.
	order []int32
	doc   [2]diag.Pos
	id    uint32
}

type formal struct {
	name symbol.Symbol
	pos  diag.Pos
	def  node // nil if the argument is required
}

// noName is the name of functions that are not bound. They can be bound to the
// empty name.
const noName = ^symbol.Symbol(0)

func (l *lambda) called() (name symbol.Symbol, ok bool) {
	name = symbol.Symbol(l.name.Load())
	return name, name != noName
}

func (l *lambda) quotedName() diag.Plain {
	if name, ok := l.called(); ok {
		return diag.Plain("\x1b[35;1m'" + name.String() + "'\x1b[0m")
	}
	return "anonymous lambda"
}

func (l *lambda) describe() string {
	if name, ok := l.called(); ok {
		return name.String()
	}
	return "anonymous lambda"
}

// rename gives a function, and those that it returns, the name of an attribute
// that was computed. Nix: the code has the name, not the function's value, so
// the last one counts.
func (ev *Evaluator) rename(n node, name symbol.Symbol) {
	for {
		f, ok := plain(n).(*lambdaNode)
		if !ok {
			return
		}
		l := ev.lambdas.at(f.fun)
		l.name.Store(uint32(name))
		n = l.body
	}
}

// lambdaNode makes a function in its scope.
type lambdaNode struct {
	delayed
	fun uint32
}

func (n *lambdaNode) eval(_ *Worker, env *value.Env) value.Value { return value.Lambda(n.fun, env) }

// callNode applies a function to one or more arguments.
type callNode struct {
	delayed
	fun  node
	args []node
}

func (n *callNode) eval(w *Worker, env *value.Env) value.Value {
	w.Push(silent{}, n.pos)
	f := n.fun.eval(w, env)
	w.Pop()
	if len(n.args) == 1 {
		return w.Call1(f, n.args[0].thunk(w, env), n.pos)
	}
	base := len(w.args)
	for _, a := range n.args {
		w.args = append(w.args, a.thunk(w, env))
	}
	r := w.Call(f, w.args[base:len(w.args):len(w.args)], n.pos)
	w.args = w.args[:base]
	return r
}

// integerCall calls a builtin that has a short way for integers, as the operators
// - * < and their like do.
type integerCall struct {
	callNode
	short func(a, b int64) (value.Value, bool)
}

func (n *integerCall) eval(w *Worker, env *value.Env) value.Value {
	calls := w.count.BuiltinCalls
	if v, ok := n.quick(w, env); ok {
		return v
	}
	w.count.BuiltinCalls = calls
	w.kept++ // operands that are calls get delayed
	return n.callNode.eval(w, env)
}

// quick computes the call if nothing can be seen of it: the operands are
// integers that are evaluated already, or calls of this kind.
func (n *integerCall) quick(w *Worker, env *value.Env) (v value.Value, ok bool) {
	if w.watcher != nil || w.depth > w.limits.calls {
		return v, false
	}
	a, ok := n.operand(w, env, 0)
	if !ok {
		return v, false
	}
	b, ok := n.operand(w, env, 1)
	if !ok {
		return v, false
	}
	w.count.BuiltinCalls++
	return n.short(a, b)
}

func (n *integerCall) operand(w *Worker, env *value.Env, i int) (x int64, ok bool) {
	v, ok := peek(n.args[i], env)
	if !ok {
		inner, is := n.args[i].(*integerCall)
		if !is {
			return 0, false
		}
		v, ok = inner.quick(w, env)
	}
	if !ok || v.Kind() != value.KindInt {
		return 0, false
	}
	return v.Int(), true
}

// Call1 applies a function to one argument.
func (w *Worker) Call1(f value.Value, arg *value.Value, pos diag.Pos) value.Value {
	if f.Kind() == value.KindLambda && w.watcher == nil {
		w.enterCall(pos)
		r := w.callLambda(f, arg, pos)
		w.depth--
		return r
	}
	base := len(w.args)
	w.args = append(w.args, arg)
	r := w.Call(f, w.args[base:len(w.args):len(w.args)], pos)
	w.args = w.args[:base]
	return r
}

// Call2 applies a function to two arguments.
func (w *Worker) Call2(f value.Value, a, b *value.Value, pos diag.Pos) value.Value {
	base := len(w.args)
	w.args = append(w.args, a, b)
	r := w.Call(f, w.args[base:len(w.args):len(w.args)], pos)
	w.args = w.args[:base]
	return r
}

// enterCall counts one level of nesting; the caller decrements depth.
func (w *Worker) enterCall(pos diag.Pos) {
	if w.depth > w.limits.calls {
		w.Fail(diag.New(diag.StackOverflow, "stack overflow; max-call-depth exceeded").At(pos))
	}
	w.depth++
}

// EnterCall counts one level of nesting, up to LeaveCall, for what recurses
// without calling functions.
func (w *Worker) EnterCall(pos diag.Pos) { w.enterCall(pos) }

// LeaveCall undoes EnterCall.
func (w *Worker) LeaveCall() { w.depth-- }

// Call applies a function to arguments, which it does not keep.
func (w *Worker) Call(f value.Value, args []*value.Value, pos diag.Pos) value.Value {
	if w.watcher != nil {
		return w.watched(f, args, pos)
	}
	w.enterCall(pos)
	f = w.apply(f, args, pos)
	w.depth--
	return f
}

// apply is Call without a level of nesting of its own.
func (w *Worker) apply(f value.Value, args []*value.Value, pos diag.Pos) value.Value {
	for len(args) > 0 {
		switch f.Kind() {
		case value.KindLambda:
			f = w.callLambda(f, args[0], pos)
			args = args[1:]
		case value.KindBuiltin:
			f, args = w.callBuiltin(f.Builtin(), nil, args, pos)
		case value.KindPartial:
			p := f.Partial()
			f, args = w.callBuiltin(p.Builtin, p.Args, args, pos)
		default:
			f = w.callFunctor(f, args[0], pos)
			args = args[1:]
		}
	}
	return f
}

func (w *Worker) callLambda(f value.Value, arg *value.Value, pos diag.Pos) value.Value {
	id, env := f.Lambda()
	l := w.lambdas.at(id)
	var scope *value.Env
	if l.pattern {
		scope = w.match(l, env, arg, pos)
	} else {
		scope = w.ArgEnv(env, arg)
	}
	w.count.Calls++
	w.frames = append(w.frames, frame{n: call(id, pos), trace: lambdaCall{}})
	kept := w.kept
	r := l.body.eval(w, scope)
	w.frames = w.frames[:len(w.frames)-1]
	if l.leaf && kept == w.kept {
		w.FreeArgEnv(scope)
	}
	return r
}

// match binds the names of a pattern to the attributes of arg.
func (w *Worker) match(l *lambda, env *value.Env, arg *value.Value, pos diag.Pos) *value.Env {
	set := w.lambdaArgument(l, arg, pos)
	n, slot := len(l.formals), 0
	if l.bindArg {
		n++
	}
	scope := w.Env(env, n)
	if l.bindArg {
		scope.SetSlot(0, arg)
		slot = 1
	}
	used := 0
	for i := range l.formals {
		p := &l.formals[i]
		if a := set.Get(p.name); a != nil {
			scope.SetSlot(slot, a.Val)
			used++
		} else if p.def == nil {
			w.Push(lambdaArg{}, pos)
			w.Fail(diag.New(diag.MissingArgument, "function '%s' called without required argument '%s'",
				l.describe(), Ident(p.name)).At(l.pos))
		}
		slot++
	}
	// Defaults come last: they may refer to any of the others.
	if used < len(l.formals) {
		w.bindDefaults(l, scope)
	}
	if !l.ellipsis && used != set.Len() {
		w.unexpectedArgument(l, set, pos)
	}
	return scope
}

func (w *Worker) bindDefaults(l *lambda, scope *value.Env) {
	slot := 0
	if l.bindArg {
		slot = 1
	}
	for i := range l.formals {
		if scope.Slot(slot+i) == nil {
			scope.SetSlot(slot+i, l.formals[i].def.thunk(w, scope))
		}
	}
}

func (w *Worker) lambdaArgument(l *lambda, arg *value.Value, pos diag.Pos) *value.Attrs {
	v := arg.Load()
	if !v.Evaluated() {
		w.Push(lambdaArg{}, pos)
		v = w.forceSlow(arg, v, l.pos)
		w.Pop()
	}
	if v.Kind() != value.KindAttrs {
		w.Push(lambdaArg{}, pos)
		w.FailFrom(w.wrongCell("a set", arg), Ctx("while evaluating the value passed for the lambda argument"), l.pos)
	}
	return v.Attrs()
}

func (w *Worker) unexpectedArgument(l *lambda, set *value.Attrs, pos diag.Pos) {
	for _, a := range set.List() {
		if l.formal(a.Name) >= 0 {
			continue
		}
		w.Push(lambdaArg{}, pos)
		e := diag.New(diag.UnexpectedArgument, "function '%s' called with unexpected argument '%s'",
			l.describe(), Ident(a.Name)).At(l.pos)
		e.Suggestions = diag.Near(a.Name.String(), slices.Values(l.formalNames()))
		w.Fail(e)
	}
}

func (l *lambda) formal(name symbol.Symbol) int {
	for i := range l.formals {
		if l.formals[i].name == name {
			return i
		}
	}
	return -1
}

func (l *lambda) formalNames() []string {
	out := make([]string, len(l.formals))
	for i := range l.formals {
		out[i] = l.formals[i].name.String()
	}
	return out
}

// callBuiltin applies a builtin that has some arguments already to more, and
// returns the arguments that are left.
func (w *Worker) callBuiltin(id int, have, args []*value.Value, pos diag.Pos) (value.Value, []*value.Value) {
	b := &w.builtins[id]
	need := len(b.Args) - len(have)
	if len(args) < need {
		all := append(append(make([]*value.Value, 0, len(have)+len(args)), have...), args...)
		return value.FromPartial(&value.Partial{Builtin: id, Args: all}), nil
	}
	rest := args[need:]
	base := len(w.args)
	if len(have) > 0 {
		w.args = append(append(w.args, have...), args[:need]...)
		args = w.args[base:len(w.args):len(w.args)]
	}
	w.count.BuiltinCalls++
	w.frames = append(w.frames, frame{n: call(uint32(id), pos), trace: builtinCall{}})
	r := b.Fn(w, args[:len(b.Args)], pos)
	w.frames = w.frames[:len(w.frames)-1]
	w.args = w.args[:base]
	return r, rest
}

// callFunctor applies a set with __functor, or fails.
func (w *Worker) callFunctor(f value.Value, arg *value.Value, pos diag.Pos) value.Value {
	if f.Kind() == value.KindAttrs {
		if functor := f.Attrs().Get(symbol.Functor); functor != nil {
			w.Push(Ctx("while calling a functor (an attribute set with a '__functor' attribute)"), pos)
			var r value.Value
			if w.watcher == nil {
				r = w.Call2(w.Force(functor.Val, functor.Pos), w.Cell(f), arg, functor.Pos)
			} else {
				r = w.watchedFunctor(functor, f, arg)
			}
			w.Pop()
			return r
		}
	}
	return w.Fail(diag.New(diag.NotAFunction, "attempt to call something which is not a function but %s: %s",
		w.Describe(f), w.brief(f)).At(pos))
}

// AutoCall applies a function with a pattern to those of args that it names, as
// commands do with --arg; other values it returns as they are.
func (w *Worker) AutoCall(args *value.Attrs, f value.Value) value.Value {
	for f.Kind() == value.KindAttrs {
		functor := f.Attrs().Get(symbol.Functor)
		if functor == nil {
			return f
		}
		f = w.Call1(w.Force(functor.Val, 0), w.Cell(f), 0)
	}
	if f.Kind() != value.KindLambda {
		return f
	}
	id, _ := f.Lambda()
	l := w.lambdas.at(id)
	if !l.pattern {
		return f
	}
	if l.ellipsis {
		return w.Call1(f, w.Cell(value.FromAttrs(args)), l.pos)
	}
	var list []value.Attr
	for i := range l.formals {
		p := &l.formals[i]
		if a := args.Get(p.name); a != nil {
			list = append(list, *a)
		} else if p.def == nil {
			w.Fail(missingAutoArgument(p))
		}
	}
	return w.Call1(f, w.Cell(value.FromAttrs(w.NewAttrs(list))), l.pos)
}

func missingAutoArgument(p *formal) *diag.Error {
	return diag.New(diag.MissingArgument, strings.Join([]string{
		"cannot evaluate a function that has an argument without a value ('%s')",
		"Nix attempted to evaluate a function as a top level expression; in",
		"this case it must have its arguments supplied either by default",
		"values, or passed explicitly with '--arg' or '--argstr'. See",
		"https://nix.dev/manual/nix/stable/language/syntax.html#functions.",
	}, "\n"), Ident(p.name)).At(p.pos)
}

// A Formal is one name of a function's pattern.
type Formal struct {
	Name     symbol.Symbol
	Pos      diag.Pos
	Required bool
}

// Formals returns the pattern of a function sorted by symbol; ok is false if it
// takes a plain argument or is no lambda.
func (w *Worker) Formals(f value.Value) (formals []Formal, ellipsis, ok bool) {
	if f.Kind() != value.KindLambda {
		return nil, false, false
	}
	id, _ := f.Lambda()
	l := w.lambdas.at(id)
	for i := range l.formals {
		p := &l.formals[i]
		formals = append(formals, Formal{p.name, p.pos, p.def == nil})
	}
	return formals, l.ellipsis, l.pattern
}

// LambdaInfo tells about a function for messages and documentation.
type LambdaInfo struct {
	Name  symbol.Symbol
	Named bool // whether there is a name
	Arg   symbol.Symbol
	Pos   diag.Pos
	Doc   [2]diag.Pos
}

// Lambda returns what is known of a function's source.
func (w *Worker) Lambda(f value.Value) LambdaInfo {
	id, _ := f.Lambda()
	l := w.lambdas.at(id)
	name, named := l.called()
	if !named {
		name = symbol.Empty
	}
	return LambdaInfo{name, named, l.arg, l.pos, l.doc}
}
