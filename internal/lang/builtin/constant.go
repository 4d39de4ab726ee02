package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

const langVersion = 6

func constants() []eval.Builtin {
	return []eval.Builtin{
		{
			Name: "true", Global: true,
			Const: func(*worker) value.Value { return value.Bool(true) },
			Doc:   "The Boolean that conditions hold with. It is a variable and can be shadowed.",
		},
		{
			Name: "false", Global: true,
			Const: func(*worker) value.Value { return value.Bool(false) },
			Doc:   "The Boolean that conditions fail with. It is a variable and can be shadowed.",
		},
		{
			Name: "null", Global: true,
			Const: func(*worker) value.Value { return value.Null() },
			Doc:   "The absence of a value. An attribute whose computed name is `null` is left out of its set.",
		},
		{
			Name:  "langVersion",
			Const: func(*worker) value.Value { return value.Int(langVersion) },
			Doc:   "The version of the language, an integer.",
		},
		{
			Name:  "nixVersion",
			Const: func(w *worker) value.Value { return value.String(w.NixVersion) },
			Doc:   "The version of Nix that this evaluator is compatible with.",
		},
		{
			Name:  "storeDir",
			Const: func(w *worker) value.Value { return value.String(string(w.StoreDir)) },
			Doc:   "The directory that store paths begin with, usually `/nix/store`.",
		},
		{
			Name: "currentSystem", Impure: true,
			Const: func(w *worker) value.Value { return value.String(w.CurrentSystem) },
			Doc:   "The platform that this machine builds for, such as `\"x86_64-linux\"`. It does not exist in pure evaluation.",
		},
		{
			Name: "currentTime", Impure: true,
			Const: now,
			Doc:   "The time in seconds since 1970, read once an evaluation. It does not exist in pure evaluation.",
		},
		{
			Name:  "nixPath",
			Const: nixPath,
			Doc:   "The search path that `<name>` is looked up in, as a list of sets with `prefix` and `path`.",
		},
		{
			Name: "__nixPath", Internal: true,
			Const: nixPath,
		},
	}
}

func now(w *worker) value.Value {
	if w.World.Now == nil {
		return value.Int(0)
	}
	return value.Int(w.World.Now())
}

func nixPath(w *worker) value.Value {
	items := w.List(len(w.World.SearchPath))
	for i, e := range w.World.SearchPath {
		items[i] = w.Cell(attrs(w,
			value.Attr{Name: symbol.Path, Val: w.Cell(value.String(e.Path))},
			value.Attr{Name: symbol.Prefix, Val: w.Cell(value.String(e.Prefix))}))
	}
	return value.List(items)
}

// attrs makes a set of a few attributes.
func attrs(w *worker, list ...value.Attr) value.Value {
	out := append(w.AttrSlots(len(list)), list...)
	value.SortAttrs(out)
	return value.FromAttrs(w.NewAttrs(out))
}

func boolCell(b bool) *cell {
	if b {
		return value.True
	}
	return value.False
}

func throw(w *worker, code diag.Code, format string, args ...any) value.Value {
	return w.Fail(diag.New(code, format, args...))
}
