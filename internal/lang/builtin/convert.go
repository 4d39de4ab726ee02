package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/convert"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

func conversions() []eval.Builtin {
	return []eval.Builtin{
		{Name: "toJSON", Args: []string{"e"}, Fn: toJSON, Doc: "Returns *e* as JSON. Paths are copied to the store; sets with `__toString` or `outPath` become strings; functions are an error."},
		{Name: "toXML", Args: []string{"e"}, Fn: toXML, Doc: "Returns *e* as an XML document, in which derivations and functions have elements of their own."},
	}
}

func toJSON(w *worker, args []*cell, _ diag.Pos) value.Value {
	var set value.ContextSet
	s := convert.PrintJSON(w, args[0], 0, true, true, &set)
	return value.StringWith(string(s), set.Context())
}

func toXML(w *worker, args []*cell, _ diag.Pos) value.Value {
	var set value.ContextSet
	s := convert.AppendXML(w, nil, args[0], true, false, &set)
	return value.StringWith(string(s), set.Context())
}
