package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func control() []eval.Builtin {
	return []eval.Builtin{
		{
			Name: "abort", Global: true, Args: []string{"s"}, Fn: abort,
			Doc: "Ends the evaluation with the message *s*. Nothing can catch it; use `throw` for failures of a value.",
		},
		{
			Name: "throw", Global: true, Args: []string{"s"}, Fn: throwBuiltin,
			Doc: "Fails with the message *s*. `builtins.tryEval` can catch it, and commands that look at many packages skip the one that throws.",
		},
		{
			Name: "addErrorContext", Args: []string{"s", "e"}, Fn: addErrorContext, NoTrace: true,
			Doc: "Returns *e*. If its evaluation fails, the trace gets a line with the message *s*, which is shown even without `--show-trace`.",
		},
		{
			Name: "tryEval", Args: []string{"e"}, Fn: tryEval,
			Doc: "Evaluates *e* to its outermost constructor and returns `{ success = true; value = e; }`, or `{ success = false; value = false; }` if that failed by `throw` or `assert`. Other failures pass through.",
		},
		{
			Name: "seq", Args: []string{"a", "b"},
			Doc: "Evaluates *a* to its outermost constructor, then returns *b*.",
			Fn: func(w *worker, args []*cell, _ diag.Pos) value.Value {
				w.Force(args[0], 0)
				return w.Force(args[1], 0)
			},
		},
		{
			Name: "deepSeq", Args: []string{"a", "b"},
			Doc: "Evaluates *a* with all its attributes and items, however deep, then returns *b*.",
			Fn: func(w *worker, args []*cell, _ diag.Pos) value.Value {
				w.ForceDeep(args[0])
				return w.Force(args[1], 0)
			},
		},
		{
			Name: "trace", Args: []string{"a", "b"}, Fn: trace,
			Doc: "Prints *a*, evaluated to its outermost constructor, on standard error, then returns *b*.",
		},
		{
			Name: "traceVerbose", Args: []string{"a", "b"},
			Doc: "Like `trace`, but prints only if the setting `trace-verbose` is on, and does not evaluate *a* otherwise.",
			Fn: func(w *worker, args []*cell, pos diag.Pos) value.Value {
				if w.TraceVerbose {
					return trace(w, args, pos)
				}
				return w.Force(args[1], 0)
			},
		},
		{
			Name: "warn", Args: []string{"s", "e"}, Fn: warn,
			Doc: "Prints the string *s* as a warning, then returns *e*. With the setting `abort-on-warn`, the evaluation ends there instead.",
		},
		{
			Name: "break", Global: true, Args: []string{"e"},
			Doc: "Returns *e*. Under a debugger (`--debugger`), stops there first.",
			Fn: func(w *worker, args []*cell, _ diag.Pos) value.Value {
				w.Break()
				return w.Force(args[0], 0)
			},
		},
	}
}

func abort(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, _ := w.CoerceCell(args[0], 0, ctx("while evaluating the error message passed to builtins.abort"), eval.Coercion{Copy: true})
	return throw(w, diag.Aborted, "evaluation aborted with the following error message: '%s'", s)
}

func throwBuiltin(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, _ := w.CoerceCell(args[0], 0, ctx("while evaluating the error message passed to builtin.throw"), eval.Coercion{Copy: true})
	return w.Fail(&diag.Error{Code: diag.Thrown, Msg: s})
}

func addErrorContext(w *worker, args []*cell, _ diag.Pos) value.Value {
	v := args[1].Load()
	if v.Evaluated() {
		return v
	}
	text, c := args[0], args[1]
	w.Explain(func() { v = w.Force(c, 0) }, func() string {
		s, _ := w.CoerceCell(text, 0, ctx("while evaluating the error message passed to builtins.addErrorContext"), eval.Coercion{})
		return s
	})
	return v
}

func tryEval(w *worker, args []*cell, _ diag.Pos) value.Value {
	ok, val := true, args[0]
	if c := args[0]; !c.LoadKind().Evaluated() && w.CatchTried(func() { w.Force(c, 0) }) {
		ok, val = false, value.False
	}
	return attrs(w,
		value.Attr{Name: symbol.Success, Val: boolCell(ok)},
		value.Attr{Name: symbol.Value, Val: val})
}

func trace(w *worker, args []*cell, _ diag.Pos) value.Value {
	v := w.Force(args[0], 0)
	if w.World.Trace != nil {
		if v.Kind() == value.KindString {
			w.World.Trace(v.Str())
		} else {
			w.World.Trace(string(w.Print(nil, args[0], eval.PrintOptions{})))
		}
	}
	if w.StopOnTrace {
		w.Pause()
	}
	return w.Force(args[1], 0)
}

func warn(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, _ := w.ForceString(args[0], 0, ctx("while evaluating the first argument; the message passed to builtins.warn"))
	if w.World.Warn != nil {
		w.World.Warn(&diag.Error{Msg: s})
	}
	if w.AbortOnWarn {
		return throw(w, diag.AbortedOnWarning, "aborting to reveal stack trace of warning, as abort-on-warn is set")
	}
	if w.StopOnTrace || w.StopOnWarn {
		w.Pause()
	}
	return w.Force(args[1], 0)
}
