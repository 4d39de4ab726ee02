package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
	"firn/internal/lang/version"
)

func versions() []eval.Builtin {
	return []eval.Builtin{
		{Name: "parseDrvName", Args: []string{"s"}, Fn: parseDrvName, Doc: "Splits a package name such as `\"nix-0.12\"` into `{ name = \"nix\"; version = \"0.12\"; }`: the version begins after the first dash that no letter follows."},
		{Name: "compareVersions", Args: []string{"s1", "s2"}, Fn: compareVersions, Doc: "Returns -1, 0 or 1 if version *s1* is older than, the same as or newer than *s2*, by the rules of `nix-env -u`."},
		{Name: "splitVersion", Args: []string{"s"}, Fn: splitVersion, Doc: "Returns the components that `compareVersions` compares one by one."},
	}
}

func parseDrvName(w *worker, args []*cell, _ diag.Pos) value.Value {
	name, v := version.SplitName(w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.parseDrvName")))
	return attrs(w,
		value.Attr{Name: symbol.Name, Val: w.Cell(value.String(name))},
		value.Attr{Name: symbol.Version, Val: w.Cell(value.String(v))})
}

func compareVersions(w *worker, args []*cell, _ diag.Pos) value.Value {
	a := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.compareVersions"))
	b := w.ForceStringNoCtx(args[1], 0, ctx("while evaluating the second argument passed to builtins.compareVersions"))
	return value.Int(int64(version.Compare(a, b)))
}

func splitVersion(w *worker, args []*cell, _ diag.Pos) value.Value {
	s := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.splitVersion"))
	var out []*cell
	for {
		var c string
		if c, s = version.Next(s); c == "" {
			return value.List(out)
		}
		out = append(out, w.Cell(value.String(c)))
	}
}
