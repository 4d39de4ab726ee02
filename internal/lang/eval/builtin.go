package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// A Builtin is one row of the table of builtins: a function, or a constant if
// Args is empty.
type Builtin struct {
	// Name is the attribute of builtins. Rows that are Global are variables of
	// their own; all other functions are also the hidden variable __Name.
	Name   string
	Global bool
	// Args names the arguments, for documentation and arity.
	Args []string
	// Doc is the manual's text: Markdown.
	Doc string
	// Feature is the experimental feature that the builtin belongs to; it does
	// not exist while that is disabled.
	Feature string
	// Refuses tells that the builtin exists while its Feature is disabled, and
	// that Fn refuses then.
	Refuses bool
	// Native builtins do not exist unless AllowUnsafeNative.
	Native bool
	// Internal builtins are variables only, under their Name, and not documented.
	Internal bool
	// Impure builtins do not exist in pure evaluation.
	Impure bool
	// NoTrace leaves calls out of traces.
	NoTrace bool
	// Fn computes the result. It may return any evaluated value; args belong to
	// the caller and must not be kept.
	Fn func(w *Worker, args []*value.Value, pos diag.Pos) value.Value
	// Ints, if set, does what Fn does to two integers; ok is false if that fails.
	Ints func(a, b int64) (result value.Value, ok bool)
	// Const makes a constant; one that is Late may refer to all others.
	Const func(w *Worker) value.Value
	Late  bool
}

// Arity is the number of arguments.
func (b *Builtin) Arity() int { return len(b.Args) }

// Builtins returns the table that the evaluator was made with.
func (ev *Evaluator) Builtins() []Builtin { return ev.builtins }

// available reports whether the builtin exists under the present settings.
func (ev *Evaluator) available(b *Builtin) bool {
	if b.Feature != "" && !b.Refuses && !ev.Features(b.Feature) {
		return false
	}
	return !(b.Impure && ev.Pure) && !(b.Native && !ev.AllowUnsafeNative)
}

// constBuiltin delays the computation of a constant until all others are there.
type constBuiltin struct {
	leaf
	b *Builtin
}

func (n *constBuiltin) eval(w *Worker, _ *value.Env) value.Value { return n.b.Const(w) }
func (n *constBuiltin) thunk(w *Worker, env *value.Env) *value.Value {
	return w.Cell(value.Thunk(w.exprs.add(n), env))
}

// makeGlobals builds the variables of the outermost scope and the set builtins.
func (ev *Evaluator) makeGlobals() {
	ev.globals = make(map[symbol.Symbol]*value.Value, 2*len(ev.builtins))
	w := ev.NewWorker()
	slab := &w.Slab
	var late []*value.Value
	attrs := make([]value.Attr, 0, len(ev.builtins)+1)
	for i := range ev.builtins {
		b := &ev.builtins[i]
		if !ev.available(b) {
			continue
		}
		var cell *value.Value
		switch {
		case b.Fn != nil:
			cell = slab.Cell(value.Builtin(i))
		case !b.Late:
			cell = slab.Cell(b.Const(w))
		default:
			cell = slab.Cell(value.Thunk(ev.exprs.add(&constBuiltin{b: b}), nil))
			late = append(late, cell)
		}
		name := symbol.Intern(b.Name)
		switch {
		case b.Internal:
			ev.globals[name] = cell
			continue
		case b.Global:
			ev.globals[name] = cell
		default:
			ev.globals[symbol.Intern("__"+b.Name)] = cell
		}
		attrs = append(attrs, value.Attr{Name: name, Val: cell})
	}
	self := slab.Cell(value.Null())
	name := symbol.Intern("builtins")
	// Nix has `derivation` in a file of its own language, read before any program. Its variables come before those of
	// programs, which shows where variables stand for others.
	symbol.Intern("x")
	attrs = append(attrs, value.Attr{Name: name, Val: self})
	value.SortAttrs(attrs)
	self.Set(value.FromAttrs(slab.NewAttrs(attrs)))
	ev.globals[name] = self
	ev.BuiltinSet = self
	for _, c := range late {
		// A failure shows where the constant is used.
		w.Try(func() { w.Force(c, 0) })
	}
	w.count = Stats{}
	ev.first.Store(w)
}

// Global returns a variable of the outermost scope, or nil.
func (ev *Evaluator) Global(name symbol.Symbol) *value.Value { return ev.globals[name] }

// delayedNode computes a value by a function.
type delayedNode struct {
	leaf
	f func(*Worker) value.Value
}

func (n *delayedNode) eval(w *Worker, _ *value.Env) value.Value { return n.f(w) }
func (n *delayedNode) thunk(w *Worker, env *value.Env) *value.Value {
	return w.Cell(value.Thunk(w.exprs.add(n), env))
}

// Delayed returns a cell whose value f computes when it is needed.
func (w *Worker) Delayed(f func(*Worker) value.Value) *value.Value {
	return w.Cell(value.Thunk(w.exprs.add(&delayedNode{f: f}), nil))
}
