package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

func native() []eval.Builtin {
	return []eval.Builtin{
		{Name: "exec", Args: []string{"args"}, Fn: exec, Native: true, Doc: "Runs a program with arguments, the items of the list *args*, and evaluates what it prints. It exists only if the setting `allow-unsafe-native-code-during-evaluation` is on."},
		{Name: "importNative", Args: []string{"path", "symbol"}, Fn: importNative, Native: true, Doc: "In Nix, calls the function *symbol* of the shared library *path*. Such functions are written against Nix's own classes, so here it always fails."},
	}
}

func exec(w *worker, args []*cell, _ diag.Pos) value.Value {
	items := w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to builtins.exec"))
	if len(items) == 0 {
		return throw(w, diag.InvalidArgument, "at least one argument to 'exec' required")
	}
	var set value.ContextSet
	argv := make([]string, len(items))
	want := ctx("while evaluating the first element of the argument passed to builtins.exec")
	for i, c := range items {
		s, context := w.CoerceCell(c, 0, want, eval.Coercion{})
		set.Add(context)
		argv[i] = s
		want = "while evaluating an element of the argument passed to builtins.exec"
	}
	w.RealiseContext(set.Context())
	if w.World.Run == nil {
		return throw(w, diag.ForbiddenPure, "this evaluation cannot run '%s'", argv[0])
	}
	text, err := w.World.Run(argv)
	w.Check(err)
	w.PushElementText("while parsing the output from '%s'", argv[0])
	code := w.ParseString(text, "/", diag.FromString, nil)
	w.Pop()
	w.PushElementText("while evaluating the output from '%s'", argv[0])
	v := w.Eval(code, nil)
	w.Pop()
	return v
}

func importNative(w *worker, args []*cell, _ diag.Pos) value.Value {
	path, _ := w.CoerceToPath(args[0], 0, ctx("while evaluating the first argument passed to builtins.importNative"))
	w.ForceStringNoCtx(args[1], 0, ctx("while evaluating the second argument passed to builtins.importNative"))
	return throw(w, diag.InvalidArgument, "could not open '%s': this program has no C++ and cannot load native code", path)
}
