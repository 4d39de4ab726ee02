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
		{Name: "fromJSON", Args: []string{"e"}, Fn: fromJSON, Doc: "Returns the value of the JSON text *e*: objects become sets, arrays lists. Numbers with a point or an exponent become floats."},
		{Name: "fromTOML", Global: true, Args: []string{"e"}, Fn: fromTOML, Doc: "Returns the value of the TOML 1.0 text *e*. Dates and times are an error unless the experimental feature `parse-toml-timestamps` is enabled; then they become sets with `_type = \"timestamp\"` and `value`, the time as in RFC 3339."},
		{Name: "toXML", Args: []string{"e"}, Fn: toXML, Doc: "Returns *e* as an XML document, in which derivations and functions have elements of their own."},
	}
}

func toJSON(w *worker, args []*cell, _ diag.Pos) value.Value {
	var set value.ContextSet
	s := convert.PrintJSON(w, args[0], 0, true, true, &set)
	return value.StringWith(string(s), set.Context())
}

func fromJSON(w *worker, args []*cell, _ diag.Pos) value.Value {
	text := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.fromJSON"))
	v, err := convert.FromJSON(w, text)
	if err != nil {
		if err.Err != nil {
			w.FailFrom(err, ctx("while decoding a JSON string"), 0)
		}
		w.Fail(err)
	}
	return v
}

func fromTOML(w *worker, args []*cell, _ diag.Pos) value.Value {
	text := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the argument passed to builtins.fromTOML"))
	v, err := convert.FromTOML(w, text, w.Features("parse-toml-timestamps"))
	if err != nil {
		w.Fail(err)
	}
	return v
}

func toXML(w *worker, args []*cell, _ diag.Pos) value.Value {
	var set value.ContextSet
	s := convert.AppendXML(w, nil, args[0], true, false, &set)
	return value.StringWith(string(s), set.Context())
}
