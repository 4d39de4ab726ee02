package eval

import (
	"slices"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// A Scope is what the names of a program mean: a static picture of an
// environment and those around it.
type Scope struct {
	up *Scope
	// names maps variables to slots; nil for the scope of a with.
	names nameTable
	with  bool
	pos   diag.Pos // of the with
}

// nameTable is linear for a few names and hashed for many.
type nameTable struct {
	list  []symbol.Symbol
	index map[symbol.Symbol]int32
}

const hashNamesAbove = 12

func (t *nameTable) add(name symbol.Symbol) {
	t.list = append(t.list, name)
	if t.index != nil {
		t.index[name] = int32(len(t.list) - 1)
	} else if len(t.list) > hashNamesAbove {
		t.index = make(map[symbol.Symbol]int32, 2*len(t.list))
		for i, n := range t.list {
			t.index[n] = int32(i)
		}
	}
}

// slot returns the last slot with this name, or -1.
func (t *nameTable) slot(name symbol.Symbol) int32 {
	if t.index != nil {
		if i, ok := t.index[name]; ok {
			return i
		}
		return -1
	}
	for i := len(t.list) - 1; i >= 0; i-- {
		if t.list[i] == name {
			return int32(i)
		}
	}
	return -1
}

// NewScope returns a scope inside up (nil for the outermost) with these
// variables in slots from 0.
func NewScope(up *Scope, names ...symbol.Symbol) *Scope {
	s := &Scope{up: up}
	for _, n := range names {
		s.names.add(n)
	}
	return s
}

// Names returns the variables of the scope itself.
func (s *Scope) Names() []symbol.Symbol { return s.names.list }

// Up returns the enclosing scope.
func (s *Scope) Up() *Scope { return s.up }

// Add adds a variable and returns its slot.
func (s *Scope) Add(name symbol.Symbol) int {
	if i := s.names.slot(name); i >= 0 {
		return int(i)
	}
	s.names.add(name)
	return len(s.names.list) - 1
}

// resolver turns a syntax tree into nodes. Unresolved names fail at once.
type resolver struct {
	ev    *Evaluator
	slabs *nodeSlabs
}

// nodeSlabs allocate the most frequent nodes by the chunk.
type nodeSlabs struct {
	local0  []local0
	local1  []local1
	local2  []local2
	select1 []select1
	call    []callNode
	const_  []constant
	nodes   []node
	attrs   []attrNode
}

func next[T any](slab *[]T) *T {
	if len(*slab) == 0 {
		*slab = make([]T, 64)
	}
	x := &(*slab)[0]
	*slab = (*slab)[1:]
	return x
}

func run[T any](slab *[]T, n int) []T {
	if n > len(*slab) {
		if n > 64 {
			return make([]T, n)
		}
		*slab = make([]T, 256)
	}
	s := (*slab)[:n:n]
	*slab = (*slab)[n:]
	return s
}

// Resolve binds the names of e in scope and returns code to evaluate in an
// environment of that shape. Failures are raised.
func (w *Worker) Resolve(e syntax.Expr, scope *Scope) Code {
	if w.slabs == nil {
		w.slabs = new(nodeSlabs)
	}
	r := resolver{w.Evaluator, w.slabs}
	return Code{r.expr(e, scope)}
}

// Code is a resolved program.
type Code struct{ n node }

// Eval evaluates the program.
func (w *Worker) Eval(c Code, env *value.Env) value.Value { return c.n.eval(w, env) }

// number gives the node a number for thunks.
func (r resolver) number(n node) uint32 { return r.ev.exprs.add(n) }

func (r resolver) fail(e *diag.Error) node { panic(e) }

func (r resolver) expr(e syntax.Expr, s *Scope) node {
	switch e := e.(type) {
	case *syntax.Int:
		return r.constant(e.At, value.Int(e.Value))
	case *syntax.Float:
		return r.constant(e.At, value.Float(e.Value))
	case *syntax.String:
		return r.constant(e.At, value.String(e.Value))
	case *syntax.Path:
		return r.constant(e.At, value.Path(e.Value))
	case *syntax.Var:
		return r.variable(e.Name, e.At, s)
	case *syntax.CurPos:
		n := &curPos{delayed{pos: e.At}}
		n.id = r.number(n)
		return n
	case *syntax.Select:
		return r.selection(e, s)
	case *syntax.HasAttr:
		n := &hasNode{delayed: delayed{pos: e.At}, subject: r.expr(e.Subject, s)}
		n.path, _ = r.path(e.Path, s)
		n.id = r.number(n)
		return n
	case *syntax.Set:
		return r.set(e, s)
	case *syntax.List:
		n := &listNode{delayed: delayed{pos: e.At}, items: r.exprs(e.Items, s)}
		n.id = r.number(n)
		return n
	case *syntax.Lambda:
		return r.lambda(e, s, noName)
	case *syntax.Call:
		return r.debug(r.call(e, s), s, e.At, "while calling a function")
	case *syntax.Let:
		return r.let(e, s)
	case *syntax.With:
		n := &withNode{delayed: delayed{pos: e.At}, set: r.expr(e.Env, s)}
		n.body = r.expr(e.Body, &Scope{up: s, with: true, pos: e.At})
		n.id = r.number(n)
		return n
	}
	return r.operator(e, s)
}

func (r resolver) operator(e syntax.Expr, s *Scope) node {
	switch e := e.(type) {
	case *syntax.If:
		n := &ifNode{delayed{pos: e.At}, r.expr(e.Cond, s), r.expr(e.Then, s), r.expr(e.Else, s)}
		n.id = r.number(n)
		return n
	case *syntax.Assert:
		n := &assertNode{delayed: delayed{pos: e.At}, cond: r.expr(e.Cond, s), text: string(syntax.Print(nil, e.Cond))}
		n.body = r.expr(e.Body, s)
		n.id = r.number(n)
		return n
	case *syntax.Not:
		n := &notNode{delayed{pos: e.At}, r.expr(e.Operand, s)}
		n.id = r.number(n)
		return n
	case *syntax.Binary:
		return r.binary(e, s)
	case *syntax.Concat:
		n := &concatNode{delayed: delayed{pos: e.At}, force: e.ForceString, parts: make([]concatPart, len(e.Parts))}
		for i, p := range e.Parts {
			n.parts[i] = concatPart{p.At, r.expr(p.Expr, s)}
		}
		n.id = r.number(n)
		return n
	}
	panic("eval: unknown syntax node")
}

func (r resolver) binary(e *syntax.Binary, s *Scope) node {
	b := binary{delayed{pos: e.At}, r.expr(e.Left, s), r.expr(e.Right, s)}
	var n node
	var d *delayed
	switch e.Op {
	case syntax.OpEq:
		x := &eqNode{b}
		n, d = x, &x.delayed
	case syntax.OpNotEq:
		x := &notEq{b}
		n, d = x, &x.delayed
	case syntax.OpAnd:
		x := &andNode{b}
		n, d = x, &x.delayed
	case syntax.OpOr:
		x := &orNode{b}
		n, d = x, &x.delayed
	case syntax.OpImpl:
		x := &implNode{b}
		n, d = x, &x.delayed
	case syntax.OpUpdate:
		x := &updateNode{b}
		n, d = x, &x.delayed
	case syntax.OpConcat:
		x := &joinNode{b}
		n, d = x, &x.delayed
	}
	d.id = r.number(n)
	return n
}

func (r resolver) call(e *syntax.Call, s *Scope) node {
	fun, args := r.expr(e.Fun, s), r.exprs(e.Args, s)
	if short := r.short(fun, len(args)); short != nil {
		n := &integerCall{callNode{delayed{pos: e.At}, fun, args}, short}
		n.id = r.number(n)
		return n
	}
	n := next(&r.slabs.call)
	n.pos, n.fun, n.args = e.At, fun, args
	n.id = r.number(n)
	return n
}

// short returns how to call fun with two integers if it is a builtin that says so.
func (r resolver) short(fun node, args int) func(a, b int64) (value.Value, bool) {
	g, ok := fun.(*global)
	if !ok || args != 2 {
		return nil
	}
	f := g.cell.Load()
	if f.Kind() != value.KindBuiltin {
		return nil
	}
	return r.ev.builtins[f.Builtin()].Ints
}

func (r resolver) constant(pos diag.Pos, v value.Value) node {
	n := next(&r.slabs.const_)
	n.pos, n.cell = pos, &v
	return n
}

func (r resolver) exprs(list []syntax.Expr, s *Scope) []node {
	out := run(&r.slabs.nodes, len(list))
	for i, e := range list {
		out[i] = r.expr(e, s)
	}
	return out
}

// variable finds the scope that defines a name. Only where none does can a
// with provide it.
func (r resolver) variable(name symbol.Symbol, pos diag.Pos, s *Scope) node {
	level := int32(0)
	withs := 0
	for t := s; t != nil; t = t.up {
		if t.with {
			withs++
		} else if i := t.names.slot(name); i >= 0 {
			return r.local(pos, level, i)
		}
		level++
	}
	if c := r.ev.globals[name]; c != nil {
		return &global{located{pos}, c}
	}
	if withs == 0 {
		return r.fail(undefinedVariable(name, pos))
	}
	n := &withVar{delayed: delayed{pos: pos}, name: name, scopes: make([]withScope, 0, withs)}
	level = 0
	for t := s; t != nil; t = t.up {
		if t.with {
			n.scopes = append(n.scopes, withScope{level, t.pos})
			level = 0
		}
		level++
	}
	n.id = r.number(n)
	return n
}

func (r resolver) local(pos diag.Pos, level, slot int32) node {
	switch level {
	case 0:
		n := next(&r.slabs.local0)
		n.pos, n.slot = pos, slot
		n.id = r.number(n)
		return n
	case 1:
		n := next(&r.slabs.local1)
		n.pos, n.slot = pos, slot
		n.id = r.number(n)
		return n
	case 2:
		n := next(&r.slabs.local2)
		n.pos, n.slot = pos, slot
		n.id = r.number(n)
		return n
	}
	n := &localN{delayed: delayed{pos: pos}, slot: slot, level: level}
	n.id = r.number(n)
	return n
}

func (r resolver) path(path []syntax.AttrName, s *Scope) (steps []pathStep, computed bool) {
	steps = make([]pathStep, len(path))
	for i, a := range path {
		steps[i] = pathStep{name: a.Name, pos: a.At}
		if a.Expr == nil {
			continue
		}
		steps[i].expr = r.expr(a.Expr, s)
		steps[i].text = string(syntax.Print(nil, a.Expr))
		computed = true
	}
	return steps, computed
}

func (r resolver) selection(e *syntax.Select, s *Scope) node {
	subject := r.expr(e.Subject, s)
	if e.Default == nil && len(e.Path) == 1 && e.Path[0].Expr == nil {
		n := next(&r.slabs.select1)
		n.pos, n.subject, n.name = e.At, subject, e.Path[0].Name
		if r.ev.Debugger != nil {
			n.subject = r.debugSubject(subject, []pathStep{{name: n.name}}, s, e.At)
		}
		n.id = r.number(n)
		return r.debugSelection(n)
	}
	path, computed := r.path(e.Path, s)
	subject = r.debugSubject(subject, path, s, e.At)
	st := steps{path, computed, e.At}
	if e.Default == nil {
		n := &selectNode{delayed: delayed{pos: e.At}, steps: st, subject: subject}
		n.id = r.number(n)
		return r.debugSelection(n)
	}
	n := &selectOr{delayed: delayed{pos: e.At}, steps: st, subject: subject, def: r.expr(e.Default, s)}
	n.id = r.number(n)
	return r.debugSelection(n)
}

// named resolves the value of a binding, which names a function.
func (r resolver) named(e syntax.Expr, s *Scope, name symbol.Symbol) node {
	if l, ok := e.(*syntax.Lambda); ok {
		return r.lambda(l, s, name)
	}
	return r.expr(e, s)
}

func (r resolver) lambda(e *syntax.Lambda, s *Scope, name symbol.Symbol) node {
	l := &lambda{pos: e.At, arg: e.Arg, doc: e.Doc}
	l.name.Store(uint32(name))
	inner := &Scope{up: s}
	if e.Formals == nil {
		inner.names.add(e.Arg)
	} else {
		r.formals(l, e, inner)
	}
	l.body = r.named(e.Body, inner, name)
	if r.ev.Debugger != nil {
		l.body = r.debug(l.body, inner, e.At, diag.Msgf("while calling %s", l.quotedName()))
	}
	l.leaf = !l.pattern && r.ev.Debugger == nil && !keeps(l.body)
	l.id = r.ev.lambdas.add(l)
	n := &lambdaNode{delayed{pos: e.At}, l.id}
	n.id = r.number(n)
	return n
}

func (r resolver) formals(l *lambda, e *syntax.Lambda, inner *Scope) {
	l.pattern, l.ellipsis = true, e.Formals.Ellipsis
	if e.Arg != symbol.Empty {
		l.bindArg = true
		inner.names.add(e.Arg)
	}
	list := e.Formals.List
	l.formals = make([]formal, len(list))
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(list[a].Name) - int(list[b].Name) })
	for _, i := range order {
		inner.names.add(list[i].Name)
	}
	for k, i := range order {
		f := &list[i]
		l.formals[k] = formal{name: f.Name, pos: f.At}
		if f.Default != nil {
			l.formals[k].def = r.expr(f.Default, inner)
		}
	}
}

func (r resolver) let(e *syntax.Let, s *Scope) node {
	b := e.Bindings
	inner := &Scope{up: s}
	order := bySymbol(b.Attrs)
	for _, a := range order {
		inner.names.add(a.Name)
	}
	n := &letNode{delayed: delayed{pos: e.At}, bindings: make([]node, len(b.Attrs)+len(b.From))}
	for i, a := range order {
		n.bindings[i] = r.binding(a, s, inner, int32(len(b.Attrs)))
		if a.Kind == syntax.AttrInherit {
			n.bindings[i] = &outside{n.bindings[i]}
		}
	}
	for i, f := range b.From {
		n.bindings[len(b.Attrs)+i] = r.expr(f, inner)
	}
	n.body = r.debug(r.expr(e.Body, inner), inner, 0, "while evaluating a '\x1b[35;1mlet\x1b[0m' expression")
	n.id = r.number(n)
	return n
}

// bySymbol orders attributes by their symbols, as Nix makes their values: where one
// stands for another, what it holds before anything is evaluated depends on it.
func bySymbol(attrs []syntax.Attr) []*syntax.Attr {
	order := make([]*syntax.Attr, len(attrs))
	for i := range attrs {
		order[i] = &attrs[i]
	}
	slices.SortFunc(order, func(a, b *syntax.Attr) int { return int(a.Name) - int(b.Name) })
	return order
}

// outside evaluates a node in the enclosing scope: inherit x in a let.
type outside struct{ node }

func (n *outside) eval(w *Worker, env *value.Env) value.Value { return n.node.eval(w, env.Up()) }
func (n *outside) thunk(w *Worker, env *value.Env) *value.Value {
	return n.node.thunk(w, env.Up())
}

// binding resolves the value of an attribute; inherit (…) finds its source in
// slot fromSlot and up of inner.
func (r resolver) binding(a *syntax.Attr, outer, inner *Scope, fromSlot int32) node {
	switch a.Kind {
	case syntax.AttrInherit:
		return r.expr(a.Value, outer)
	case syntax.AttrInheritFrom:
		n := next(&r.slabs.select1)
		n.pos, n.name = a.At, a.Name
		n.subject = r.local(a.At, 0, fromSlot+int32(a.FromIndex))
		n.id = r.number(n)
		return n
	}
	return r.named(a.Value, inner, a.Name)
}

func (r resolver) set(e *syntax.Set, s *Scope) node {
	if e.Rec {
		return r.recSet(e, s)
	}
	n := &setNode{delayed: delayed{pos: e.At}, from: r.exprs(e.From, s), attrs: run(&r.slabs.attrs, len(e.Attrs))}
	sources := &Scope{up: s} // unnamed slots
	for i := range e.Attrs {
		a := &e.Attrs[i]
		n.attrs[i] = attrNode{name: a.Name, pos: a.At}
		if a.Kind == syntax.AttrInheritFrom {
			n.attrs[i].kind = fromScope
			n.attrs[i].val = r.binding(a, s, sources, 0)
			continue
		}
		n.attrs[i].val = r.binding(a, s, s, 0)
	}
	slices.SortFunc(n.attrs, func(a, b attrNode) int { return int(a.name) - int(b.name) })
	n.dynamic = r.dynamic(e.Dynamic, s)
	n.id = r.number(n)
	return n
}

func (r resolver) recSet(e *syntax.Set, s *Scope) node {
	order := bySymbol(e.Attrs)
	inner := &Scope{up: s}
	n := &recNode{delayed: delayed{pos: e.At}, overrides: -1, attrs: run(&r.slabs.attrs, len(order))}
	for i, a := range order {
		inner.names.add(a.Name)
		if a.Name == symbol.Overrides {
			n.overrides = i
		}
	}
	for i, a := range order {
		n.attrs[i] = attrNode{name: a.Name, pos: a.At, val: r.binding(a, s, inner, int32(len(order)))}
		if a.Kind == syntax.AttrInherit {
			n.attrs[i].kind = outerScope
		}
	}
	n.from = r.exprs(e.From, inner)
	n.dynamic = r.dynamic(e.Dynamic, inner)
	n.id = r.number(n)
	return n
}

func (r resolver) dynamic(list []syntax.DynamicAttr, s *Scope) []dynamicNode {
	if len(list) == 0 {
		return nil
	}
	out := make([]dynamicNode, len(list))
	for i, d := range list {
		out[i] = dynamicNode{r.expr(d.Name, s), r.expr(d.Value, s), d.At}
	}
	return out
}
