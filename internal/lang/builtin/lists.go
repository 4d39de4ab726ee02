package builtin

import (
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func lists() []eval.Builtin {
	return []eval.Builtin{
		{Name: "elemAt", Args: []string{"list", "n"}, Fn: elemAt, Doc: "Returns item number *n* of *list*, counting from 0."},
		{Name: "head", Args: []string{"list"}, Fn: head, Doc: "Returns the first item of *list*, which must not be empty."},
		{Name: "tail", Args: []string{"list"}, Fn: tail, Doc: "Returns *list* without its first item. It copies: recursion over a list with it takes quadratic time."},
		{Name: "length", Args: []string{"list"}, Fn: length, Doc: "Returns the number of items of *list*."},
		{Name: "map", Global: true, Args: []string{"f", "list"}, Fn: mapList, Doc: "Applies *f* to every item of *list*, each when its result is needed."},
		{Name: "filter", Args: []string{"f", "list"}, Fn: filter, Doc: "Returns the items of *list* for which *f* returns `true`."},
		{Name: "elem", Args: []string{"x", "list"}, Fn: elem, Doc: "Returns `true` if some item of *list* equals *x*."},
		{Name: "concatLists", Args: []string{"lists"}, Fn: concatLists, Doc: "Joins a list of lists into one."},
		{Name: "concatMap", Args: []string{"f", "list"}, Fn: concatMap, Doc: "Joins the lists that *f* returns for the items of *list*."},
		{Name: "genList", Args: []string{"generator", "n"}, Fn: genList, Doc: "Makes a list of *n* items; each is *generator* applied to its index, when needed."},
		{Name: "partition", Args: []string{"f", "list"}, Fn: partition, Doc: "Splits *list* into `right`, the items for which *f* returns `true`, and `wrong`, the others."},
		{Name: "groupBy", Args: []string{"f", "list"}, Fn: groupBy, Doc: "Returns a set that holds, under each string that *f* returns, the items it returned it for."},
	}
}

func elemAt(w *worker, args []*cell, _ diag.Pos) value.Value {
	n := w.ForceInt(args[1], 0, ctx("while evaluating the second argument passed to 'builtins.elemAt'"))
	items := w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to 'builtins.elemAt'"))
	if n < 0 || n >= int64(len(items)) {
		return throw(w, diag.OutOfRange, "'builtins.elemAt' called with index %s on a list of size %s", n, len(items))
	}
	return w.Force(items[n], 0)
}

func head(w *worker, args []*cell, _ diag.Pos) value.Value {
	items := w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to 'builtins.head'"))
	if len(items) == 0 {
		return throw(w, diag.OutOfRange, "'builtins.head' called on an empty list")
	}
	return w.Force(items[0], 0)
}

func tail(w *worker, args []*cell, _ diag.Pos) value.Value {
	items := w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to 'builtins.tail'"))
	if len(items) == 0 {
		return throw(w, diag.OutOfRange, "'builtins.tail' called on an empty list")
	}
	// Items never change, so the rest of the list can share them.
	return value.List(items[1:])
}

func length(w *worker, args []*cell, _ diag.Pos) value.Value {
	return value.Int(int64(len(w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to builtins.length")))))
}

func mapList(w *worker, args []*cell, _ diag.Pos) value.Value {
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.map"))
	if len(items) == 0 {
		return *args[1]
	}
	w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.map"))
	out := w.List(len(items))
	each := &value.Mapped{Fun: args[0], Args: items}
	for i := range out {
		out[i] = w.Cell(value.ApplyItem(each, i))
	}
	return value.List(out)
}

func filter(w *worker, args []*cell, _ diag.Pos) value.Value {
	const result = ctx("while evaluating the return value of the filtering function passed to builtins.filter")
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.filter"))
	if len(items) == 0 {
		return *args[1]
	}
	f := w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.filter"))
	out := w.List(len(items))
	n := 0
	for _, c := range items {
		if w.NeedBool(w.Call1(f, c, 0), 0, result) {
			out[n] = c
			n++
		}
	}
	if n == len(items) {
		return value.List(items)
	}
	return value.List(out[:n:n])
}

func elem(w *worker, args []*cell, _ diag.Pos) value.Value {
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.elem"))
	for _, c := range items {
		if w.Equal(args[0], c, 0) {
			return value.Bool(true)
		}
	}
	return value.Bool(false)
}

func concatLists(w *worker, args []*cell, _ diag.Pos) value.Value {
	items := w.ForceList(args[0], 0, ctx("while evaluating the first argument passed to builtins.concatLists"))
	return join(w, items, ctx("while evaluating a value of the list passed to builtins.concatLists"))
}

// join concatenates the lists in cells.
func join(w *worker, cells []*cell, want eval.Tracer) value.Value {
	total, last := 0, value.List(nil)
	for _, c := range cells {
		n := len(w.ForceList(c, 0, want))
		if n > 0 {
			last = c.Load()
		}
		total += n
	}
	if last.Len() == total {
		return last
	}
	out := w.List(total)[:0]
	for _, c := range cells {
		out = append(out, c.Load().List()...)
	}
	return value.List(out)
}

func concatMap(w *worker, args []*cell, _ diag.Pos) value.Value {
	const result = ctx("while evaluating the return value of the function passed to builtins.concatMap")
	f := w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.concatMap"))
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.concatMap"))
	parts := make([][]*cell, len(items))
	total := 0
	for i, c := range items {
		v := w.Call1(f, c, 0)
		if v.Kind() != value.KindList {
			w.ForceList(w.Cell(v), w.PosOf(v, w.PosOf(f, 0)), result)
		}
		parts[i] = v.List()
		total += v.Len()
	}
	out := w.List(total)[:0]
	for _, p := range parts {
		out = append(out, p...)
	}
	return value.List(out)
}

// maxListLength keeps a mistaken length from taking all memory at once.
const maxListLength = 1 << 31

func genList(w *worker, args []*cell, _ diag.Pos) value.Value {
	n := w.ForceInt(args[1], 0, ctx("while evaluating the second argument passed to builtins.genList"))
	if n < 0 || n > maxListLength {
		return throw(w, diag.OutOfRange, "cannot create list of size %s", n)
	}
	w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.genList"))
	out := w.List(int(n))
	each := &value.Mapped{Fun: args[0]}
	for i := range out {
		out[i] = w.Cell(value.ApplyItem(each, i))
	}
	return value.List(out)
}

func partition(w *worker, args []*cell, _ diag.Pos) value.Value {
	const result = ctx("while evaluating the return value of the partition function passed to builtins.partition")
	f := w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.partition"))
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.partition"))
	out := w.List(len(items))
	right, wrong := 0, len(items)
	for _, c := range items {
		w.Force(c, 0)
		if w.NeedBool(w.Call1(f, c, 0), 0, result) {
			out[right] = c
			right++
		} else {
			wrong--
			out[wrong] = c
		}
	}
	for i, j := wrong, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return attrs(w,
		value.Attr{Name: symbol.Right, Val: w.Cell(value.List(out[:right:right]))},
		value.Attr{Name: symbol.Wrong, Val: w.Cell(value.List(out[right:]))})
}

func groupBy(w *worker, args []*cell, _ diag.Pos) value.Value {
	const result = ctx("while evaluating the return value of the grouping function passed to builtins.groupBy")
	f := w.ForceFunction(args[0], 0, ctx("while evaluating the first argument passed to builtins.groupBy"))
	items := w.ForceList(args[1], 0, ctx("while evaluating the second argument passed to builtins.groupBy"))
	groups := make(map[symbol.Symbol][]*cell)
	for _, c := range items {
		name := symbol.Intern(w.NeedStringNoCtx(w.Call1(f, c, 0), 0, result))
		groups[name] = append(groups[name], c)
	}
	out := w.AttrSlots(len(groups))
	for name, cells := range groups {
		out = append(out, value.Attr{Name: name, Val: w.Cell(value.List(cells))})
	}
	value.SortAttrs(out)
	return value.FromAttrs(w.NewAttrs(out))
}
