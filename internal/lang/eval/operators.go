package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/value"
)

type (
	ifNode struct {
		delayed
		cond, then, els node
	}
	assertNode struct {
		delayed
		cond, body node
		text       string // of the condition
	}
	notNode struct {
		delayed
		operand node
	}
	andNode  struct{ binary }
	orNode   struct{ binary }
	implNode struct{ binary }
	eqNode   struct{ binary }
	notEq    struct{ binary }
	// updateNode is //.
	updateNode struct{ binary }
	// joinNode is ++.
	joinNode struct{ binary }
)

type binary struct {
	delayed
	left, right node
}

func (n *ifNode) eval(w *Worker, env *value.Env) value.Value {
	if w.evalBool(n.cond, env, Ctx("while evaluating a branch condition")) {
		return n.then.eval(w, env)
	}
	return n.els.eval(w, env)
}

func (n *notNode) eval(w *Worker, env *value.Env) value.Value {
	return value.Bool(!w.evalBool(n.operand, env, Ctx("in the argument of '!'")))
}

func (n *andNode) eval(w *Worker, env *value.Env) value.Value {
	return value.Bool(w.evalBool(n.left, env, Ctx("in the left operand of '&&'")) &&
		w.evalBool(n.right, env, Ctx("in the right operand of '&&'")))
}

func (n *orNode) eval(w *Worker, env *value.Env) value.Value {
	return value.Bool(w.evalBool(n.left, env, Ctx("in the left operand of '||'")) ||
		w.evalBool(n.right, env, Ctx("in the right operand of '||'")))
}

func (n *implNode) eval(w *Worker, env *value.Env) value.Value {
	return value.Bool(!w.evalBool(n.left, env, Ctx("in the left operand of '->'")) ||
		w.evalBool(n.right, env, Ctx("in the right operand of '->'")))
}

func (n *eqNode) eval(w *Worker, env *value.Env) value.Value {
	l := w.evalFor(n.left, env, Ctx("in the left operand of '=='"))
	r := w.evalFor(n.right, env, Ctx("in the right operand of '=='"))
	return value.Bool(w.equal(l, r, n.pos))
}

func (n *notEq) eval(w *Worker, env *value.Env) value.Value {
	l := w.evalFor(n.left, env, Ctx("in the left operand of '!='"))
	r := w.evalFor(n.right, env, Ctx("in the right operand of '!='"))
	return value.Bool(!w.equal(l, r, n.pos))
}

func (n *assertNode) eval(w *Worker, env *value.Env) value.Value {
	if !w.evalBool(n.cond, env, Ctx("in the condition of the assert statement")) {
		w.assertionFailed(n, env)
	}
	return n.body.eval(w, env)
}

func (w *Worker) assertionFailed(n *assertNode, env *value.Env) {
	if eq, ok := n.cond.(*eqNode); ok {
		w.Push(&Step{Pos: n.pos, Msg: diag.Msgf("while evaluating the condition of the assertion '%s'", n.text)}, n.pos)
		w.assertEqual(w.Cell(eq.left.eval(w, env)), w.Cell(eq.right.eval(w, env)), eq.pos)
		w.Pop()
	}
	w.Fail(diag.New(diag.AssertionFailed, "assertion '%s' failed", n.text).At(n.pos))
}

func (n *updateNode) eval(w *Worker, env *value.Env) value.Value {
	// The right operand comes first, and chains are merged from the left.
	r := w.evalUpdateOperand(n.right, env, Ctx("in the right operand of '//'"))
	l := w.evalUpdateOperand(n.left, env, Ctx("in the left operand of '//'"))
	w.count.Updates++
	return value.FromAttrs(w.Update(l, r))
}

func (w *Worker) evalUpdateOperand(n node, env *value.Env, ctx Tracer) *value.Attrs {
	if u, ok := n.(*updateNode); ok {
		return u.eval(w, env).Attrs()
	}
	return w.evalAttrs(n, env, ctx)
}

func (n *joinNode) eval(w *Worker, env *value.Env) value.Value {
	l := w.evalFor(n.left, env, Ctx("in the left operand of '++'"))
	r := w.evalFor(n.right, env, Ctx("in the right operand of '++'"))
	w.needList(l, n.pos)
	w.needList(r, n.pos)
	return w.Join(l, r)
}

func (w *Worker) needList(v value.Value, pos diag.Pos) {
	if v.Kind() != value.KindList {
		w.FailFrom(w.wrongType("a list", v), Ctx("while evaluating one of the elements to concatenate"), pos)
	}
}

// Join concatenates two lists.
func (w *Worker) Join(l, r value.Value) value.Value {
	if r.Len() == 0 {
		return l
	}
	if l.Len() == 0 {
		return r
	}
	out := w.List(l.Len() + r.Len())
	copy(out, l.List())
	copy(out[l.Len():], r.List())
	return value.List(out)
}
