package builtin

import (
	"slices"
	"strings"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func contexts() []eval.Builtin {
	s := []string{"s"}
	return []eval.Builtin{
		{Name: "hasContext", Args: s, Fn: hasContext, Doc: "Returns `true` if the string *s* refers to store objects."},
		{Name: "getContext", Args: s, Fn: getContext, Doc: "Returns what *s* refers to: a set of store paths, each with `path = true` for the object itself, `allOutputs = true` for a derivation with everything that it needs, and `outputs`, the list of outputs of a derivation."},
		{Name: "appendContext", Args: []string{"s", "context"}, Fn: appendContext, Doc: "Returns *s* with further references, given as `getContext` returns them."},
		{Name: "unsafeDiscardStringContext", Args: s, Fn: discardContext, Doc: "Returns *s* without what it refers to. A derivation that uses the result does not depend on these objects."},
		{Name: "unsafeDiscardOutputDependency", Args: s, Fn: discardOutputs, Doc: "Returns *s*, referring to derivations as files where it referred to them with all that they need."},
		{Name: "addDrvOutputDependencies", Args: s, Fn: addOutputs, Doc: "Returns *s*, which refers to one derivation as a file, referring to it with all that it needs."},
		{Name: "outputOf", Args: []string{"derivation", "output"}, Fn: outputOf, Feature: "dynamic-derivations", Doc: "Returns the path of an output of a derivation that is given by its path or by a placeholder, which may stand for a derivation that is built first; a placeholder if the path is not known."},
	}
}

func hasContext(w *worker, args []*cell, _ diag.Pos) value.Value {
	_, c := w.ForceString(args[0], 0, ctx("while evaluating the argument passed to builtins.hasContext"))
	return value.Bool(c != nil)
}

func getContext(w *worker, args []*cell, _ diag.Pos) value.Value {
	_, c := w.ForceString(args[0], 0, ctx("while evaluating the argument passed to builtins.getContext"))
	type info struct {
		path, all bool
		outputs   []*cell
	}
	infos := make(map[storepath.Path]*info)
	for _, e := range c.Elems() {
		in := infos[e.Path]
		if in == nil {
			in = new(info)
			infos[e.Path] = in
		}
		switch e.Kind {
		case value.Opaque:
			in.path = true
		case value.DrvDeep:
			in.all = true
		case value.Built:
			in.outputs = append(in.outputs, w.Cell(value.String(e.Outputs)))
		}
	}
	list := w.AttrSlots(len(infos))
	for p, in := range infos {
		var each []value.Attr
		if in.path {
			each = append(each, value.Attr{Name: symbol.Path, Val: value.True})
		}
		if in.all {
			each = append(each, value.Attr{Name: symbol.AllOutputs, Val: value.True})
		}
		if in.outputs != nil {
			each = append(each, value.Attr{Name: symbol.Outputs, Val: w.Cell(value.List(in.outputs))})
		}
		list = append(list, value.Attr{Name: symbol.Intern(w.StoreDir.Join(p)), Val: w.Cell(attrs(w, each...))})
	}
	value.SortAttrs(list)
	return value.FromAttrs(w.NewAttrs(list))
}

func appendContext(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, c := w.ForceString(args[0], 0, ctx("while evaluating the first argument passed to builtins.appendContext"))
	set := w.ForceAttrs(args[1], 0, ctx("while evaluating the second argument passed to builtins.appendContext"))
	elems := append([]value.Elem(nil), c.Elems()...)
	for _, a := range set.List() {
		elems = append(elems, contextElems(w, a)...)
	}
	return value.StringWith(s, value.NewContext(elems...))
}

// contextElems reads one attribute of a context as getContext returns it.
func contextElems(w *worker, a value.Attr) (elems []value.Elem) {
	name := a.Name.String()
	p, err := w.StoreDir.Parse(name)
	if err != nil {
		w.Fail(diag.New(diag.InvalidContext, "context key '%s' is not a store path", name).At(a.Pos))
	}
	w.Check(w.World.Store.EnsureValid(p))
	info := w.ForceAttrs(a.Val, a.Pos, ctx("while evaluating the value of a string context"))
	if x := info.Get(symbol.Path); x != nil && w.ForceBool(x.Val, x.Pos, ctx("while evaluating the `path` attribute of a string context")) {
		elems = append(elems, value.Elem{Kind: value.Opaque, Path: p})
	}
	if x := info.Get(symbol.AllOutputs); x != nil && w.ForceBool(x.Val, x.Pos, ctx("while evaluating the `allOutputs` attribute of a string context")) {
		if !p.IsDerivation() {
			w.Fail(diag.New(diag.InvalidContext, "tried to add all-outputs context of %s, which is not a derivation, to a string", name).At(a.Pos))
		}
		elems = append(elems, value.Elem{Kind: value.DrvDeep, Path: p})
	}
	x := info.Get(symbol.Outputs)
	if x == nil {
		return elems
	}
	outputs := w.ForceList(x.Val, x.Pos, ctx("while evaluating the `outputs` attribute of a string context"))
	if len(outputs) > 0 && !p.IsDerivation() {
		w.Fail(diag.New(diag.InvalidContext, "tried to add derivation output context of %s, which is not a derivation, to a string", name).At(a.Pos))
	}
	for _, o := range outputs {
		output := w.ForceStringNoCtx(o, x.Pos, ctx("while evaluating an output name within a string context"))
		elems = append(elems, value.Elem{Kind: value.Built, Path: p, Outputs: output})
	}
	return elems
}

func discardContext(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, _ := w.CoerceCell(args[0], 0, ctx("while evaluating the argument passed to builtins.unsafeDiscardStringContext"), eval.Coercion{Copy: true})
	return value.String(s)
}

func discardOutputs(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, c := w.CoerceCell(args[0], 0, ctx("while evaluating the argument passed to builtins.unsafeDiscardOutputDependency"), eval.Coercion{Copy: true})
	elems := append([]value.Elem(nil), c.Elems()...)
	for i := range elems {
		if elems[i].Kind == value.DrvDeep {
			elems[i].Kind = value.Opaque
		}
	}
	return value.StringWith(s, value.NewContext(elems...))
}

func addOutputs(w *worker, args []*cell, _ diag.Pos) value.Value {
	s, c := w.CoerceCell(args[0], 0, ctx("while evaluating the argument passed to builtins.addDrvOutputDependencies"), eval.Coercion{Copy: true})
	if n := len(c.Elems()); n != 1 {
		return throw(w, diag.InvalidContext, "context of string '%s' must have exactly one element, but has %s", s, n)
	}
	e := c.Elems()[0]
	switch {
	case e.Kind == value.Built:
		return throw(w, diag.InvalidContext, "`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '%s'", e.Outputs)
	case e.Kind == value.Opaque && !e.Path.IsDerivation():
		return throw(w, diag.InvalidContext, "path '%s' is not a derivation", w.StoreDir.Join(e.Path))
	}
	e.Kind = value.DrvDeep
	return value.StringWith(s, value.NewContext(e))
}

func outputOf(w *worker, args []*cell, _ diag.Pos) value.Value {
	e := singleElem(w, args[0], ctx("while evaluating the first argument to builtins.outputOf"))
	output := w.ForceStringNoCtx(args[1], 0, ctx("while evaluating the second argument to builtins.outputOf"))
	switch e.Kind {
	case value.Opaque:
		e = value.Elem{Kind: value.Built, Path: e.Path, Outputs: output}
	default:
		e.Outputs += "!" + output
	}
	return value.StringWith(elemText(w, e), value.NewContext(e))
}

// singleElem forces a cell that must hold a string which stands for what it
// refers to, and returns that.
func singleElem(w *worker, c *cell, want eval.Tracer) value.Elem {
	e := w.SingleElem(c, want)
	got, right := c.Load().Str(), elemText(w, e)
	switch {
	case got == right:
	case e.Kind == value.Opaque:
		w.FailFrom(diag.New(diag.InvalidContext, "path string '%s' has context with the different path '%s'", got, right), want, 0)
	default:
		drv, output := e, e.Outputs
		drv.Kind, drv.Outputs = value.Opaque, ""
		if i := strings.LastIndexByte(e.Outputs, '!'); i >= 0 {
			drv.Kind, drv.Outputs, output = value.Built, e.Outputs[:i], e.Outputs[i+1:]
		}
		w.FailFrom(diag.New(diag.InvalidContext, "string '%s' has context with the output '%s' from derivation '%s', but the string is not the right placeholder for this derivation output. It should be '%s'",
			got, output, w.ShowElem(drv), right), want, 0)
	}
	return e
}

// rawElem writes an element of a context as values keep it.
func rawElem(e value.Elem) string {
	switch e.Kind {
	case value.DrvDeep:
		return "=" + string(e.Path)
	case value.Built:
		names := strings.Split(e.Outputs, "!")
		slices.Reverse(names)
		return "!" + strings.Join(names, "!") + "!" + string(e.Path)
	}
	return string(e.Path)
}

// elemText is the string that stands for an element of a context: a path, or a
// placeholder while it is not known.
func elemText(w *worker, e value.Elem) string {
	if e.Kind != value.Built {
		return w.StoreDir.Join(e.Path)
	}
	names := strings.Split(e.Outputs, "!")
	if len(names) == 1 {
		o, ok := readDerivation(w, e.Path).Output(names[0])
		if !ok {
			throw(w, diag.InvalidDerivation, "derivation '%s' does not have output '%s'", w.StoreDir.Join(e.Path), names[0])
		}
		if o.Path != "" {
			return w.StoreDir.Join(o.Path)
		}
	}
	p := storepath.UnknownCAOutput(e.Path, names[0])
	for _, n := range names[1:] {
		p = storepath.UnknownDerivation(p, n)
	}
	return p.String()
}
