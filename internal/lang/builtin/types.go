package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

func types() []eval.Builtin {
	is := func(name, what string, global bool, kinds ...value.Kind) eval.Builtin {
		return eval.Builtin{
			Name: name, Global: global, Args: []string{"e"},
			Doc: "Returns `true` if *e* evaluates to " + what + ".",
			Fn: func(w *worker, args []*cell, _ diag.Pos) value.Value {
				k := w.Force(args[0], 0).Kind()
				for _, want := range kinds {
					if k == want {
						return value.Bool(true)
					}
				}
				return value.Bool(false)
			},
		}
	}
	return []eval.Builtin{
		is("isNull", "`null`", true, value.KindNull),
		is("isFunction", "a function", false, value.KindLambda, value.KindBuiltin, value.KindPartial),
		is("isInt", "an integer", false, value.KindInt),
		is("isFloat", "a floating-point number", false, value.KindFloat),
		is("isString", "a string", false, value.KindString),
		is("isBool", "a Boolean", false, value.KindBool),
		is("isPath", "a path", false, value.KindPath),
		is("isList", "a list", false, value.KindList),
		is("isAttrs", "a set", false, value.KindAttrs),
		{
			Name: "typeOf", Args: []string{"e"},
			Doc: "Returns the name of the type of *e*: `\"int\"`, `\"bool\"`, `\"string\"`, `\"path\"`, `\"null\"`, `\"set\"`, `\"list\"`, `\"lambda\"` or `\"float\"`.",
			Fn: func(w *worker, args []*cell, _ diag.Pos) value.Value {
				return value.String(w.Force(args[0], 0).Kind().TypeName())
			},
		},
		{
			Name: "functionArgs", Args: []string{"f"},
			Doc: "Returns a set with the names in the pattern of the function *f*; each value tells whether the name has a default. A function without a pattern gives `{ }`.",
			Fn:  functionArgs,
		},
	}
}

func functionArgs(w *worker, args []*cell, _ diag.Pos) value.Value {
	f := w.Force(args[0], 0)
	switch f.Kind() {
	case value.KindBuiltin, value.KindPartial:
		return *value.EmptyAttrs
	case value.KindLambda:
	default:
		return throw(w, diag.WrongType, "'functionArgs' requires a function")
	}
	formals, _, _ := w.Formals(f)
	if len(formals) == 0 {
		return *value.EmptyAttrs
	}
	list := w.AttrSlots(len(formals))
	for _, p := range formals {
		list = append(list, value.Attr{Name: p.Name, Pos: p.Pos, Val: boolCell(!p.Required)})
	}
	return value.FromAttrs(w.NewAttrs(list))
}
