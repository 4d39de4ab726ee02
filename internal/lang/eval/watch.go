package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// A Watcher is told of the calls of one worker, as they begin and end. Those that
// fail end, too.
type Watcher interface {
	Enter(c Call)
	Leave()
}

// A CallKind is what is called.
type CallKind uint8

const (
	CallLambda  CallKind = iota
	CallBuiltin          // also one that was given some of its arguments before
	CallFunctor          // a set with __functor
	CallOther            // nothing that can be called: the call fails
)

// A Call is a call of a function, with one or more arguments.
type Call struct {
	Kind CallKind
	Pos  diag.Pos // of the call; 0 if a builtin calls
	Def  diag.Pos // of the lambda or the functor
	// Name is that of the builtin, or what the lambda is bound to; empty for none.
	Name string
	// Derivation is the name of the derivation that derivationStrict makes.
	Derivation string
}

// watched is Call with the watcher told.
func (w *Worker) watched(f value.Value, args []*value.Value, pos diag.Pos) value.Value {
	w.watcher.Enter(w.describeCall(f, args, pos))
	defer w.watcher.Leave()
	w.enterCall(pos)
	f = w.apply(f, args, pos)
	w.depth--
	return f
}

// watchedFunctor calls the functor of a set with the watcher told. Nix: what has
// not been evaluated yet is told as something unknown (2.34).
func (w *Worker) watchedFunctor(functor *value.Attr, self value.Value, arg *value.Value) value.Value {
	args := []*value.Value{w.Cell(self), arg}
	w.watcher.Enter(w.describeCall(functor.Val.Load(), args, functor.Pos))
	defer w.watcher.Leave()
	w.enterCall(functor.Pos)
	r := w.apply(w.Force(functor.Val, functor.Pos), args, functor.Pos)
	w.depth--
	return r
}

func (w *Worker) describeCall(f value.Value, args []*value.Value, pos diag.Pos) Call {
	c := Call{Kind: CallOther, Pos: pos}
	switch f.Kind() {
	case value.KindLambda:
		info := w.Lambda(f)
		c.Kind, c.Def = CallLambda, info.Pos
		if info.Named {
			c.Name = info.Name.String()
		}
	case value.KindBuiltin:
		c.Kind, c.Name = CallBuiltin, w.builtins[f.Builtin()].Name
		if c.Name == "derivationStrict" {
			c.Derivation = w.derivationName(args[0])
		}
	case value.KindPartial:
		c.Kind, c.Name = CallBuiltin, w.builtins[f.Partial().Builtin].Name
	case value.KindAttrs:
		if functor := f.Attrs().Get(symbol.Functor); functor != nil {
			c.Kind, c.Def = CallFunctor, functor.Pos
		}
	}
	return c
}

// derivationName evaluates the name, which is about to be needed anyway. What
// fails will fail again where it can be told.
func (w *Worker) derivationName(arg *value.Value) (name string) {
	w.Try(func() {
		if a := w.ForceAttrs(arg, 0, NoFrame).Get(symbol.Name); a != nil {
			name = w.ForceStringNoCtx(a.Val, a.Pos, NoFrame)
		}
	})
	return name
}
