package eval

import (
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

type (
	// selectNode is e.a.b.c.
	selectNode struct {
		delayed
		steps
		subject node
	}
	// select1 is e.a with a literal name, by far the most frequent node.
	select1 struct {
		delayed
		subject node
		name    symbol.Symbol
	}
	// selectOr is e.a.b or d.
	selectOr struct {
		delayed
		steps
		subject node
		def     node
	}
	hasNode struct {
		delayed
		subject node
		path    []pathStep
	}
)

// A pathStep is one name of an attribute path; expr computes it if not nil, and
// text is that expression's source form.
type pathStep struct {
	name symbol.Symbol
	expr node
	text string
	pos  diag.Pos
}

// steps is an attribute path in a node.
type steps struct {
	path     []pathStep
	computed bool // some name is
	origin   diag.Pos
}

// frames makes a path without computed names its own frame.
func (s *steps) frames(w *Worker, n uint64, out []diag.Frame) []diag.Frame {
	f := selectFrame{path: s.path, pos: s.origin}
	return f.frames(w, n, out)
}

// tracer returns the frame of a selection in env.
func (s *steps) tracer(env *value.Env) Tracer {
	if s.computed {
		return &selectFrame{s.path, s.origin, env}
	}
	return s
}

// selectFrame is the frame of a selection; n is the number of steps done and
// the position of the attribute that is being forced.
type selectFrame struct {
	path []pathStep
	pos  diag.Pos
	env  *value.Env
}

func (f *selectFrame) frames(w *Worker, n uint64, out []diag.Frame) []diag.Frame {
	out = append(out, diag.Frame{
		Pos: f.pos, Msg: diag.Msgf("while evaluating the attribute '%s'", w.pathText(f.path, f.env)),
	})
	done, pos := int(n>>32), diag.Pos(n)
	if pos == 0 || w.internal(pos) {
		return out
	}
	return append(out, diag.Frame{Pos: pos, Msg: diag.Msgf("from the definition of '%s'", w.pathText(f.path[:done], f.env))})
}

// frames makes a select1 its own frame: n is as in selectFrame.
func (n *select1) frames(w *Worker, m uint64, out []diag.Frame) []diag.Frame {
	f := selectFrame{path: []pathStep{{name: n.name}}, pos: n.pos}
	return f.frames(w, m, out)
}

// pathText shows an attribute path with the values of computed names.
func (w *Worker) pathText(path []pathStep, env *value.Env) string {
	var b strings.Builder
	for i := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		s := &path[i]
		if s.expr == nil {
			b.Write(syntax.AppendAttrName(nil, s.name.String()))
			continue
		}
		var name symbol.Symbol
		if err := w.Try(func() { name = w.stepName(s, env) }); err != nil {
			b.WriteString(`"${` + s.text + `}"`)
			continue
		}
		b.Write(syntax.AppendAttrName(nil, name.String()))
	}
	return b.String()
}

// stepName returns the name of a step.
func (w *Worker) stepName(s *pathStep, env *value.Env) symbol.Symbol {
	if s.expr == nil {
		return s.name
	}
	v := s.expr.eval(w, env)
	return w.needName(v, s.expr.at(), Ctx("while evaluating an attribute name"))
}

const selecting = Ctx("while selecting an attribute")

func (n *select1) eval(w *Worker, env *value.Env) value.Value {
	w.count.Lookups++
	v := w.evalFor(n.subject, env, selecting)
	if v.Kind() == value.KindAttrs {
		if a := v.Attrs().Get(n.name); a != nil {
			r := a.Val.Load()
			if r.Evaluated() {
				return r
			}
			return n.force(w, a, r)
		}
	}
	return n.fail(w, v)
}

// force evaluates the selected attribute under this node's frame.
func (n *select1) force(w *Worker, a *value.Attr, v value.Value) value.Value {
	pos := a.Pos
	w.frames = append(w.frames, frame{n: 1<<32 | uint64(pos), trace: n})
	if pos == 0 {
		pos = n.pos
	}
	r := w.forceSlow(a.Val, v, pos)
	w.frames = w.frames[:len(w.frames)-1]
	return r
}

func (n *select1) fail(w *Worker, v value.Value) value.Value {
	w.frames = append(w.frames, frame{trace: n})
	if v.Kind() != value.KindAttrs {
		return w.FailFrom(w.wrongType("a set", v), selecting, n.pos)
	}
	return w.Fail(missingAttribute(v.Attrs(), n.name))
}

func missingAttribute(set *value.Attrs, name symbol.Symbol) *diag.Error {
	e := diag.New(diag.MissingAttribute, "attribute '%s' missing", Ident(name))
	e.Suggestions = diag.Near(name.String(), attrNames(set))
	return e
}

func (n *selectNode) eval(w *Worker, env *value.Env) value.Value {
	w.count.Lookups++
	v := w.evalFor(n.subject, env, selecting)
	at := len(w.frames)
	w.frames = append(w.frames, frame{trace: n.tracer(env)})
	for i := range n.path {
		s := &n.path[i]
		name := w.stepName(s, env)
		if v.Kind() != value.KindAttrs {
			w.FailFrom(w.wrongType("a set", v), selecting, n.pos)
		}
		a := v.Attrs().Get(name)
		if a == nil {
			w.Fail(missingAttribute(v.Attrs(), name))
		}
		w.frames[at].n = uint64(i+1)<<32 | uint64(a.Pos)
		pos := n.pos
		if i == len(n.path)-1 && a.Pos != 0 {
			pos = a.Pos
		}
		v = w.Force(a.Val, pos)
	}
	w.frames = w.frames[:at]
	return v
}

func (n *selectOr) eval(w *Worker, env *value.Env) value.Value {
	w.count.Lookups++
	v := w.evalFor(n.subject, env, selecting)
	at := len(w.frames)
	w.frames = append(w.frames, frame{trace: n.tracer(env)})
	for i := range n.path {
		var a *value.Attr
		name := w.stepName(&n.path[i], env)
		if v.Kind() == value.KindAttrs {
			a = v.Attrs().Get(name)
		}
		if a == nil {
			v = n.def.eval(w, env)
			break
		}
		w.frames[at].n = uint64(i+1)<<32 | uint64(a.Pos)
		pos := n.pos
		if i == len(n.path)-1 && a.Pos != 0 {
			pos = a.Pos
		}
		v = w.Force(a.Val, pos)
	}
	w.frames = w.frames[:at]
	return v
}

func (n *hasNode) eval(w *Worker, env *value.Env) value.Value {
	v := w.evalFor(n.subject, env, Ctx("in the argument of '?'"))
	for i := range n.path {
		name := w.stepName(&n.path[i], env)
		if v.Kind() != value.KindAttrs {
			return *value.False
		}
		a := v.Attrs().Get(name)
		if a == nil {
			return *value.False
		}
		if i < len(n.path)-1 {
			v = w.Force(a.Val, n.pos)
		}
	}
	return *value.True
}
