package builtin

import (
	"slices"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func sets() []eval.Builtin {
	return []eval.Builtin{
		{Name: "attrNames", Args: []string{"set"}, Fn: attrNames, Doc: "Returns the names of the attributes of *set*, sorted by their bytes."},
		{Name: "attrValues", Args: []string{"set"}, Fn: attrValues, Doc: "Returns the values of the attributes of *set*, in the order of `attrNames`."},
		{Name: "getAttr", Args: []string{"s", "set"}, Fn: getAttr, Doc: "Returns the attribute named *s* of *set*, which must have it: a computed `set.s`."},
		{Name: "hasAttr", Args: []string{"s", "set"}, Fn: hasAttr, Doc: "Returns `true` if *set* has an attribute named *s*: a computed `set ? s`."},
		{Name: "unsafeGetAttrPos", Args: []string{"s", "set"}, Fn: attrPos, Doc: "Returns where the attribute named *s* of *set* was defined, as a set of `file`, `line` and `column`, or `null` if that is not known. Programs must not depend on it for their results."},
		{Name: "removeAttrs", Global: true, Args: []string{"set", "list"}, Fn: removeAttrs, Doc: "Returns *set* without the attributes that are named in *list*."},
		{Name: "listToAttrs", Args: []string{"list"}, Fn: listToAttrs, Doc: "Makes a set from a list of `{ name = …; value = …; }`. The first of several with one name wins."},
		{Name: "intersectAttrs", Args: []string{"e1", "e2"}, Fn: intersectAttrs, Doc: "Returns the attributes of *e2* whose names are also in *e1*."},
		{Name: "catAttrs", Args: []string{"s", "list"}, Fn: catAttrs, Doc: "Collects the attribute named *s* of those sets in *list* that have it."},
		{Name: "mapAttrs", Args: []string{"f", "set"}, Fn: mapAttrs, Doc: "Replaces every attribute's value by `f name value`, computed when needed."},
		{Name: "zipAttrsWith", Args: []string{"f", "list"}, Fn: zipAttrsWith, Doc: "Gathers the values of each name over the sets in *list* and returns a set in which each name has `f name values`."},
	}
}

func attrNames(w *worker, args []*cell, _ diag.Pos) value.Value {
	list := w.ForceAttrs(args[0], 0, ctx("while evaluating the argument passed to builtins.attrNames")).ByName()
	items := w.List(len(list))
	for i := range list {
		items[i] = w.Cell(value.String(list[i].Name.String()))
	}
	return value.List(items)
}

func attrValues(w *worker, args []*cell, _ diag.Pos) value.Value {
	list := w.ForceAttrs(args[0], 0, ctx("while evaluating the argument passed to builtins.attrValues")).ByName()
	items := w.List(len(list))
	for i := range list {
		items[i] = list[i].Val
	}
	return value.List(items)
}

func getAttr(w *worker, args []*cell, _ diag.Pos) value.Value {
	name := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.getAttr"))
	set := w.ForceAttrs(args[1], 0, ctx("while evaluating the second argument passed to builtins.getAttr"))
	a := w.NeedAttr(set, symbol.Intern(name), ctx("in the attribute set under consideration"))
	return w.Force(a.Val, 0)
}

func hasAttr(w *worker, args []*cell, _ diag.Pos) value.Value {
	name := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.hasAttr"))
	set := w.ForceAttrs(args[1], 0, ctx("while evaluating the second argument passed to builtins.hasAttr"))
	s, ok := symbol.Lookup(name)
	return value.Bool(ok && set.Get(s) != nil)
}

func attrPos(w *worker, args []*cell, _ diag.Pos) value.Value {
	name := w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.unsafeGetAttrPos"))
	set := w.ForceAttrs(args[1], 0, ctx("while evaluating the second argument passed to builtins.unsafeGetAttrPos"))
	s, ok := symbol.Lookup(name)
	if !ok {
		return value.Null()
	}
	a := set.Get(s)
	if a == nil {
		return value.Null()
	}
	return w.PosValue(a.Pos)
}

func removeAttrs(w *worker, args []*cell, _ diag.Pos) value.Value {
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the first argument passed to builtins.removeAttrs"))
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.removeAttrs"))
	var buf [16]symbol.Symbol
	names := buf[:0]
	for _, c := range items {
		name := w.ForceStringNoCtx(c, 0, ctx("while evaluating the values of the second argument passed to builtins.removeAttrs"))
		if s, ok := symbol.Lookup(name); ok && set.Get(s) != nil {
			names = append(names, s)
		}
	}
	if len(names) == 0 {
		// A set of its own: printing tells sets apart that contain each other.
		return value.FromAttrs(w.NewAttrs(set.List()))
	}
	slices.Sort(names)
	list := set.List()
	out := w.AttrSlots(len(list))
	for i := range list {
		if _, drop := slices.BinarySearch(names, list[i].Name); !drop {
			out = append(out, list[i])
		}
	}
	return value.FromAttrs(w.NewAttrs(out))
}

func listToAttrs(w *worker, args []*cell, _ diag.Pos) value.Value {
	const pair = ctx("in a {name=...; value=...;} pair")
	items := w.ForceList(args[0], 0, ctx("while evaluating the argument passed to builtins.listToAttrs"))
	out := w.AttrSlots(len(items))
	for _, c := range items {
		set := w.ForceAttrs(c, 0, ctx("while evaluating an element of the list passed to builtins.listToAttrs"))
		a := w.NeedAttr(set, symbol.Name, pair)
		name := w.ForceStringNoCtx(a.Val, a.Pos, ctx("while evaluating the `name` attribute of an element of the list passed to builtins.listToAttrs"))
		out = append(out, value.Attr{Name: symbol.Intern(name), Val: c})
	}
	value.SortAttrs(out)
	n := 0
	for i := range out {
		if n > 0 && out[n-1].Name == out[i].Name {
			continue
		}
		a := w.NeedAttr(out[i].Val.Load().Attrs(), symbol.Value, pair)
		out[n] = value.Attr{Name: out[i].Name, Pos: a.Pos, Val: a.Val}
		n++
	}
	return value.FromAttrs(w.NewAttrs(out[:n]))
}

func intersectAttrs(w *worker, args []*cell, _ diag.Pos) value.Value {
	left := w.ForceAttrs(args[0], 0, ctx("while evaluating the first argument passed to builtins.intersectAttrs"))
	right := w.ForceAttrs(args[1], 0, ctx("while evaluating the second argument passed to builtins.intersectAttrs"))
	// Only the smaller one is walked: the other may have many layers.
	if left.AtMost() < right.AtMost() {
		l := left.List()
		out := w.AttrSlots(len(l))
		for i := range l {
			if a := right.Get(l[i].Name); a != nil {
				out = append(out, *a)
			}
		}
		return value.FromAttrs(w.NewAttrs(out))
	}
	r := right.List()
	out := w.AttrSlots(len(r))
	for i := range r {
		if left.Get(r[i].Name) != nil {
			out = append(out, r[i])
		}
	}
	return value.FromAttrs(w.NewAttrs(out))
}

func catAttrs(w *worker, args []*cell, _ diag.Pos) value.Value {
	name := symbol.Intern(w.ForceStringNoCtx(args[0], 0, ctx("while evaluating the first argument passed to builtins.catAttrs")))
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.catAttrs"))
	out := w.List(len(items))
	n := 0
	for _, c := range items {
		set := w.ForceAttrs(c, 0, ctx("while evaluating an element in the list passed as second argument to builtins.catAttrs"))
		if a := set.Get(name); a != nil {
			out[n] = a.Val
			n++
		}
	}
	return value.List(out[:n])
}

// later makes the cell of f applied to name and val.
func later(w *worker, f *cell, name symbol.Symbol, val *cell) *cell {
	first := w.Cell(w.Apply(f, w.Cell(value.String(name.String()))))
	return w.Cell(w.Apply(first, val))
}

func mapAttrs(w *worker, args []*cell, _ diag.Pos) value.Value {
	set := w.ForceAttrs(args[1], 0, ctx("while evaluating the second argument passed to builtins.mapAttrs"))
	list := set.List()
	out := w.AttrSlots(len(list))
	for _, a := range list {
		out = append(out, value.Attr{Name: a.Name, Val: later(w, args[0], a.Name, a.Val)})
	}
	return value.FromAttrs(w.NewAttrs(out))
}

func zipAttrsWith(w *worker, args []*cell, _ diag.Pos) value.Value {
	w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.zipAttrsWith"))
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.zipAttrsWith"))
	var all []value.Attr
	for _, c := range items {
		set := w.ForceAttrs(c, 0, ctx("while evaluating a value of the list passed as second argument to builtins.zipAttrsWith"))
		all = append(all, set.List()...)
	}
	value.SortAttrs(all)
	groups := 0
	for i := range all {
		if i == 0 || all[i].Name != all[i-1].Name {
			groups++
		}
	}
	out := w.AttrSlots(groups)
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Name == all[0].Name {
			n++
		}
		vals := w.List(n)
		for i := range n {
			vals[i] = all[i].Val
		}
		out = append(out, value.Attr{Name: all[0].Name, Val: later(w, args[0], all[0].Name, w.Cell(value.List(vals)))})
		all = all[n:]
	}
	return value.FromAttrs(w.NewAttrs(out))
}
