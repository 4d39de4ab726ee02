package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

type (
	letNode struct {
		delayed
		bindings []node // one a slot
		body     node
	}
	withNode struct {
		delayed
		set, body node
	}
	listNode struct {
		delayed
		items []node
	}
	// setNode is { … } without rec.
	setNode struct {
		delayed
		attrs []attrNode // sorted by name
		// from are the sources of inherit (…), kept in a scope of their own in
		// which the attributes that inherit from them are resolved.
		from    []node
		dynamic []dynamicNode
	}
	// recNode is rec { … }. Its scope holds the attributes and then the sources
	// of inherit (…).
	recNode struct {
		delayed
		attrs     []attrNode
		from      []node
		dynamic   []dynamicNode
		overrides int // index of __overrides, or -1
	}
)

type attrNode struct {
	name symbol.Symbol
	pos  diag.Pos
	val  node
	// kind tells in which scope val is resolved.
	kind attrKind
}

type attrKind uint8

const (
	ownScope   attrKind = iota // the set's, if it is recursive
	outerScope                 // the enclosing one: inherit x
	fromScope                  // of the sources: inherit (e) x
)

type dynamicNode struct {
	name, val node
	pos       diag.Pos
}

func (n *letNode) eval(w *Worker, env *value.Env) value.Value {
	scope := w.Env(env, len(n.bindings))
	for i, b := range n.bindings {
		scope.SetSlot(i, b.thunk(w, scope))
	}
	return n.body.eval(w, scope)
}

func (n *withNode) eval(w *Worker, env *value.Env) value.Value {
	scope := w.Env(env, 1)
	scope.SetSlot(0, n.set.thunk(w, env))
	return n.body.eval(w, scope)
}

func (n *listNode) eval(w *Worker, env *value.Env) value.Value {
	items := w.List(len(n.items))
	for i, x := range n.items {
		items[i] = x.thunk(w, env)
	}
	return value.List(items)
}

func (n *listNode) thunk(w *Worker, env *value.Env) *value.Value {
	if len(n.items) == 0 {
		return value.EmptyList
	}
	return n.delayed.thunk(w, env)
}

func (n *setNode) eval(w *Worker, env *value.Env) value.Value {
	if len(n.attrs)+len(n.dynamic) == 0 {
		return *value.EmptyAttrs
	}
	inner := env
	if len(n.from) > 0 {
		inner = w.Env(env, len(n.from))
		for i, f := range n.from {
			inner.SetSlot(i, f.thunk(w, env))
		}
	}
	list := w.AttrSlots(len(n.attrs) + len(n.dynamic))
	for i := range n.attrs {
		a := &n.attrs[i]
		scope := env
		if a.kind == fromScope {
			scope = inner
		}
		list = append(list, value.Attr{Name: a.name, Pos: a.pos, Val: a.val.thunk(w, scope)})
	}
	if len(n.dynamic) > 0 {
		list = w.addDynamic(list, n.dynamic, env)
	}
	set := w.NewAttrs(list)
	set.SetPos(n.pos)
	return value.FromAttrs(set)
}

func (n *recNode) eval(w *Worker, env *value.Env) value.Value {
	scope := w.Env(env, len(n.attrs)+len(n.from))
	for i, f := range n.from {
		scope.SetSlot(len(n.attrs)+i, f.thunk(w, scope))
	}
	list := w.AttrSlots(len(n.attrs) + len(n.dynamic))
	for i := range n.attrs {
		a := &n.attrs[i]
		cell := n.cell(w, a, env, scope)
		scope.SetSlot(i, cell)
		list = append(list, value.Attr{Name: a.name, Pos: a.pos, Val: cell})
	}
	if n.overrides >= 0 {
		list = n.override(w, list, scope)
	}
	if len(n.dynamic) > 0 {
		list = w.addDynamic(list, n.dynamic, scope)
	}
	set := w.NewAttrs(list)
	set.SetPos(n.pos)
	return value.FromAttrs(set)
}

func (n *recNode) cell(w *Worker, a *attrNode, env, scope *value.Env) *value.Value {
	if a.kind == outerScope {
		return a.val.thunk(w, env)
	}
	if n.overrides >= 0 {
		// The variable may yet be replaced, so nothing is looked up early.
		return w.Cell(value.Thunk(w.exprs.add(a.val), scope))
	}
	return a.val.thunk(w, scope)
}

// override replaces attributes, and the variables of the scope, by those of
// the attribute __overrides.
func (n *recNode) override(w *Worker, list []value.Attr, scope *value.Env) []value.Attr {
	own := len(list)
	set := w.forceAttrsNode(list[n.overrides].Val, 0, Ctx("while evaluating the `__overrides` attribute"))
	for _, o := range set.List() {
		i := attrIndex(list[:own], o.Name)
		if i < 0 {
			list = append(list, o)
			continue
		}
		list[i] = o
		scope.SetSlot(i, o.Val)
	}
	value.SortAttrs(list)
	return list
}

func attrIndex(list []value.Attr, name symbol.Symbol) int {
	for i := range list {
		if list[i].Name == name {
			return i
		}
	}
	return -1
}

// addDynamic adds the attributes with computed names to the sorted list.
func (w *Worker) addDynamic(list []value.Attr, dynamic []dynamicNode, env *value.Env) []value.Attr {
	for i := range dynamic {
		d := &dynamic[i]
		v := d.name.eval(w, env)
		if v.Kind() == value.KindNull {
			continue
		}
		name := w.needName(v, d.pos, Ctx("while evaluating the name of a dynamic attribute"))
		if j := attrIndex(list, name); j >= 0 {
			w.Fail(diag.New(diag.DuplicateAttribute, "dynamic attribute '%s' already defined at %s",
				Ident(name), w.Where(list[j].Pos)).At(d.pos))
		}
		w.rename(d.val, name)
		list = append(list, value.Attr{Name: name, Pos: d.pos, Val: d.val.thunk(w, env)})
	}
	value.SortAttrs(list)
	return list
}

// needName interns a string without context.
func (w *Worker) needName(v value.Value, pos diag.Pos, ctx Tracer) symbol.Symbol {
	return symbol.Intern(w.stringNoCtx(v, pos, ctx))
}
