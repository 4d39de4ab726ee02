package builtin

import (
	"slices"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func folds() []eval.Builtin {
	return []eval.Builtin{
		{Name: "foldl'", Args: []string{"op", "nul", "list"}, Fn: foldl, Doc: "Combines the items of *list* from the left: `op (… (op (op nul x0) x1) …) xn`. Every intermediate result is evaluated."},
		{
			Name: "any", Args: []string{"f", "list"}, Doc: "Returns `true` if *f* returns `true` for some item of *list*.",
			Fn: quantifier(true, ctx("while evaluating the first argument passed to builtins.any"),
				ctx("while evaluating the second argument passed to builtins.any"),
				ctx("while evaluating the return value of the function passed to builtins.any")),
		},
		{
			Name: "all", Args: []string{"f", "list"}, Doc: "Returns `true` if *f* returns `true` for every item of *list*.",
			Fn: quantifier(false, ctx("while evaluating the first argument passed to builtins.all"),
				ctx("while evaluating the second argument passed to builtins.all"),
				ctx("while evaluating the return value of the function passed to builtins.all")),
		},
		{Name: "sort", Args: []string{"comparator", "list"}, Fn: sortList, Doc: "Sorts *list*; *comparator* tells whether its first argument comes before its second. Equal items keep their order."},
		{Name: "genericClosure", Args: []string{"attrset"}, Fn: genericClosure, Doc: "Starts with the sets in `startSet` and adds what `operator` returns for each, until no set with a new `key` appears; returns them in that order. Keys are compared as by `<`."},
	}
}

func foldl(w *worker, args []*cell, _ diag.Pos) value.Value {
	f := w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.foldlStrict"))
	items := w.ForceList(args[2], 0, ctx("while evaluating the third argument passed to builtins.foldlStrict"))
	if len(items) == 0 {
		return w.Force(args[1], 0)
	}
	acc := args[1]
	var v value.Value
	for i, c := range items {
		v = w.Call2(f, acc, c, 0)
		if i < len(items)-1 {
			acc = w.Cell(v)
		}
	}
	return v
}

func quantifier(until bool, first, second, result eval.Tracer) fn {
	return func(w *worker, args []*cell, _ diag.Pos) value.Value {
		f := w.ForceFunction(args[0], 0, first)
		items := w.ForceList(args[1], 0, second)
		for _, c := range items {
			if w.NeedBool(w.Call1(f, c, 0), 0, result) == until {
				return value.Bool(until)
			}
		}
		return value.Bool(!until)
	}
}

func sortList(w *worker, args []*cell, _ diag.Pos) value.Value {
	const result = ctx("while evaluating the return value of the sorting function passed to builtins.sort")
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.sort"))
	if len(items) == 0 {
		return *args[1]
	}
	f := w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.sort"))
	out := w.List(len(items))
	copy(out, items)
	for _, c := range out {
		w.Force(c, 0)
	}
	less := func(a, b *cell) bool { return w.NeedBool(w.Call2(f, a, b, 0), 0, result) }
	if w.IsBuiltin(f, "lessThan") {
		less = func(a, b *cell) bool {
			return w.Less(a, b, 0, ctx("while evaluating the ordering function passed to builtins.sort"))
		}
	}
	peekSort(out, less)
	return value.List(out)
}

func genericClosure(w *worker, args []*cell, _ diag.Pos) value.Value {
	const argument = ctx("in the attrset passed as argument to builtins.genericClosure")
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the first argument passed to builtins.genericClosure"))
	start := w.NeedAttr(set, symbol.StartSet, argument)
	work := w.ForceList(start.Val, 0, ctx("while evaluating the 'startSet' attribute passed as argument to builtins.genericClosure"))
	if len(work) == 0 {
		return value.List(nil)
	}
	operator := w.NeedAttr(set, symbol.Operator, argument)
	f := w.ForceFunction(operator.Val, 0, ctx("while evaluating the 'operator' attribute passed as argument to builtins.genericClosure"))
	c := closure{w: w, f: f}
	c.queue = slices.Clone(work)
	for i := 0; i < len(c.queue); i++ {
		c.visit(c.queue[i])
	}
	out := w.List(len(c.found))
	for i := range c.found {
		out[i] = c.found[i].elem
	}
	return value.List(out)
}

// A closure is the state of one genericClosure.
type closure struct {
	w     *worker
	f     value.Value
	queue []*cell
	found []keyed
	keys  keySet
}

func (c *closure) visit(e *cell) {
	w := c.w
	w.PushElement("in genericClosure element %s", e)
	set := w.ForceAttrs(e, 0, eval.NoFrame)
	key := w.NeedAttr(set, symbol.Key, eval.NoFrame)
	w.Pop()
	k := w.Force(key.Val, 0)
	if !c.keys.insert(w, k, e, c.found) {
		return
	}
	c.found = append(c.found, keyed{k, e})
	w.PushElement("while calling operator on genericClosure element %s", e)
	more := w.Call1(c.f, e, 0)
	if more.Kind() != value.KindList {
		w.ForceList(w.Cell(more), 0, ctx("while evaluating the return value of the `operator` passed to builtins.genericClosure"))
	}
	for _, x := range more.List() {
		w.Force(x, 0)
		c.queue = append(c.queue, x)
	}
	w.Pop()
}
