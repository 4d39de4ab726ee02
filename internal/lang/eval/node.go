package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// A node is a resolved expression. Nodes are immutable and shared by workers.
type node interface {
	// eval returns the value in weak head normal form.
	eval(w *Worker, env *value.Env) value.Value
	// thunk returns a cell for the value. Only literals, variables and empty lists
	// have one already; all else is delayed, even a function or an attribute at
	// hand: whether a value was needed yet shows where it is printed unforced.
	thunk(w *Worker, env *value.Env) *value.Value
	// at is where messages point.
	at() diag.Pos
}

// leaf is embedded by nodes without a position.
type leaf struct{}

func (leaf) at() diag.Pos { return 0 }

// located is embedded by nodes with a position.
type located struct{ pos diag.Pos }

func (l *located) at() diag.Pos { return l.pos }

// delayed is embedded by nodes whose thunk is a plain one. Its number is that of
// the node in the evaluator's table.
type delayed struct {
	pos diag.Pos
	id  uint32
}

func (d *delayed) at() diag.Pos { return d.pos }

func (d *delayed) thunk(w *Worker, env *value.Env) *value.Value {
	return w.Cell(value.Thunk(d.id, env))
}

// constant is a literal.
type constant struct {
	located
	cell *value.Value
}

func (n *constant) eval(*Worker, *value.Env) value.Value   { return *n.cell }
func (n *constant) thunk(*Worker, *value.Env) *value.Value { return n.cell }

// global is a variable of the outermost scope.
type global struct {
	located
	cell *value.Value
}

func (n *global) eval(w *Worker, _ *value.Env) value.Value { return w.Force(n.cell, n.pos) }
func (n *global) thunk(*Worker, *value.Env) *value.Value   { return n.cell }

// A variable of the scope itself, the one outside it, and so on.
type (
	local0 struct {
		delayed
		slot int32
	}
	local1 struct {
		delayed
		slot int32
	}
	local2 struct {
		delayed
		slot int32
	}
	localN struct {
		delayed
		slot, level int32
	}
)

func (n *local0) eval(w *Worker, env *value.Env) value.Value {
	return w.Force(env.Slot(int(n.slot)), n.pos)
}

func (n *local1) eval(w *Worker, env *value.Env) value.Value {
	return w.Force(env.Up().Slot(int(n.slot)), n.pos)
}

func (n *local2) eval(w *Worker, env *value.Env) value.Value {
	return w.Force(env.Up().Up().Slot(int(n.slot)), n.pos)
}

func (n *localN) eval(w *Worker, env *value.Env) value.Value {
	return w.Force(up(env, n.level).Slot(int(n.slot)), n.pos)
}

func up(env *value.Env, level int32) *value.Env {
	for ; level > 0; level-- {
		env = env.Up()
	}
	return env
}

// slotOr returns the cell in the slot. While a recursive scope is being filled,
// it may be empty still: then the variable is delayed.
func (d *delayed) slotOr(c *value.Value, w *Worker, env *value.Env) *value.Value {
	if c != nil {
		return c
	}
	return d.thunk(w, env)
}

func (n *local0) thunk(w *Worker, env *value.Env) *value.Value {
	return n.slotOr(env.Slot(int(n.slot)), w, env)
}

func (n *local1) thunk(w *Worker, env *value.Env) *value.Value {
	return n.slotOr(env.Up().Slot(int(n.slot)), w, env)
}

func (n *local2) thunk(w *Worker, env *value.Env) *value.Value {
	return n.slotOr(env.Up().Up().Slot(int(n.slot)), w, env)
}

func (n *localN) thunk(w *Worker, env *value.Env) *value.Value {
	return n.slotOr(up(env, n.level).Slot(int(n.slot)), w, env)
}

// peek returns the value of a variable or constant that is evaluated already.
func peek(n node, env *value.Env) (value.Value, bool) {
	var c *value.Value
	switch n := n.(type) {
	case *local0:
		c = env.Slot(int(n.slot))
	case *local1:
		c = env.Up().Slot(int(n.slot))
	case *local2:
		c = env.Up().Up().Slot(int(n.slot))
	case *localN:
		c = up(env, n.level).Slot(int(n.slot))
	case *constant:
		return *n.cell, true
	case *global:
		c = n.cell
	}
	if c == nil {
		return value.Value{}, false
	}
	v := c.Load()
	return v, v.Evaluated()
}

// withVar is a variable that no enclosing scope defines but a with may.
type withVar struct {
	delayed
	name symbol.Symbol
	// scopes are the enclosing withs, innermost first: how many levels up the
	// environment of each is from the one before, and where it stands.
	scopes []withScope
}

type withScope struct {
	level int32
	pos   diag.Pos
}

func (n *withVar) eval(w *Worker, env *value.Env) value.Value {
	for _, s := range n.scopes {
		env = up(env, s.level)
		set := w.forceAttrsNode(env.Slot(0), s.pos, Ctx("while evaluating the first subexpression of a with expression"))
		if a := set.Get(n.name); a != nil {
			return w.Force(a.Val, n.pos)
		}
	}
	return w.Fail(undefinedVariable(n.name, n.pos))
}

func undefinedVariable(name symbol.Symbol, pos diag.Pos) *diag.Error {
	return diag.New(diag.UndefinedVariable, "undefined variable '%s'", Ident(name)).At(pos)
}

// curPos is __curPos.
type curPos struct{ delayed }

func (n *curPos) eval(w *Worker, _ *value.Env) value.Value { return w.PosValue(n.pos) }

// forceNode evaluates n with a frame that says what for.
func (w *Worker) evalFor(n node, env *value.Env, ctx Tracer) value.Value {
	if v, ok := peek(n, env); ok {
		return v
	}
	w.Push(ctx, n.at())
	v := n.eval(w, env)
	w.Pop()
	return v
}

// evalBool evaluates a condition.
func (w *Worker) evalBool(n node, env *value.Env, ctx Tracer) bool {
	if v, ok := peek(n, env); ok && v.Kind() == value.KindBool {
		return v.Bool()
	}
	w.Push(ctx, n.at())
	v := n.eval(w, env)
	if v.Kind() != value.KindBool {
		w.Fail(w.wrongType("a Boolean", v).At(n.at()))
	}
	w.Pop()
	return v.Bool()
}

// evalAttrs evaluates an operand that must be a set.
func (w *Worker) evalAttrs(n node, env *value.Env, ctx Tracer) *value.Attrs {
	if v, ok := peek(n, env); ok && v.Kind() == value.KindAttrs {
		return v.Attrs()
	}
	w.Push(ctx, n.at())
	v := n.eval(w, env)
	if v.Kind() != value.KindAttrs {
		w.Fail(w.wrongType("a set", v))
	}
	w.Pop()
	return v.Attrs()
}

// forceAttrsNode forces a cell that must hold a set. The frame is part of the
// trace only if the type is wrong.
func (w *Worker) forceAttrsNode(c *value.Value, pos diag.Pos, ctx Tracer) *value.Attrs {
	v := w.Force(c, pos)
	if v.Kind() != value.KindAttrs {
		w.FailFrom(w.wrongCell("a set", c), ctx, pos)
	}
	return v.Attrs()
}
