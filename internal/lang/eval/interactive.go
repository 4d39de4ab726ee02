package eval

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// Bind adds a variable in a new slot, hiding one of the same name. Programs that
// were resolved before keep the old one.
func (s *Scope) Bind(name symbol.Symbol) int {
	s.names.add(name)
	return len(s.names.list) - 1
}

// Has reports whether the scope itself has the variable.
func (s *Scope) Has(name symbol.Symbol) bool { return s.names.slot(name) >= 0 }

// Globals lists the names of the outermost scope.
func (ev *Evaluator) Globals() []symbol.Symbol {
	out := make([]symbol.Symbol, 0, len(ev.globals))
	for name := range ev.globals {
		out = append(out, name)
	}
	return out
}

// A Binding is a name with the program of its value.
type Binding struct {
	Name symbol.Symbol
	Code Code
}

// ParseBindings reads bindings such as "x = 1; inherit (y) z;" to be bound in a
// scope with the method Bind. Their values see the scope as it is before. Source
// is what messages show of the text.
func (w *Worker) ParseBindings(text, source, base string, scope *Scope) ([]Binding, error) {
	w.arena.Reset()
	o := w.ParseOptions(base, diag.Origin{Kind: diag.FromString, Text: source})
	set, err := syntax.ParseBindings(text, o, &w.arena)
	if err != nil {
		return nil, err
	}
	if w.slabs == nil {
		w.slabs = new(nodeSlabs)
	}
	r := resolver{w.Evaluator, w.slabs}
	out := make([]Binding, len(set.Attrs))
	for i := range set.Attrs {
		a := &set.Attrs[i]
		out[i] = Binding{a.Name, Code{r.loneBinding(a, set, scope)}}
	}
	return out, nil
}

// loneBinding resolves an attribute outside of any set: what it inherits from is
// written into it.
func (r resolver) loneBinding(a *syntax.Attr, set *syntax.Set, scope *Scope) node {
	if a.Kind != syntax.AttrInheritFrom {
		return r.named(a.Value, scope, a.Name)
	}
	n := &select1{delayed: delayed{pos: a.At}, subject: r.expr(set.From[a.FromIndex], scope), name: a.Name}
	n.id = r.number(n)
	return n
}

// ParseStringIn is ParseString that returns syntax errors instead of raising
// them.
func (w *Worker) ParseStringIn(text, base string, scope *Scope) (c Code, err error) {
	w.arena.Reset()
	o := w.ParseOptions(base, diag.Origin{Kind: diag.FromString, Text: text})
	e, err := syntax.Parse(text, o, &w.arena)
	if err != nil {
		return Code{}, err
	}
	return w.Resolve(e, scope), nil
}

// Final returns the last attribute of a selection: the set that it is selected
// from, evaluated, and the name; ok is false for other programs.
func (w *Worker) Final(c Code, env *value.Env) (set value.Value, name symbol.Symbol, ok bool) {
	switch n := plain(c.n).(type) {
	case *select1:
		return plain(n.subject).eval(w, env), n.name, true
	case *selectNode:
		last := len(n.path) - 1
		if last == 0 {
			return plain(n.subject).eval(w, env), w.stepName(&n.path[0], env), true
		}
		init := &selectNode{delayed: n.delayed, subject: plain(n.subject), steps: steps{n.path[:last], n.computed, n.origin}}
		return init.eval(w, env), w.stepName(&n.path[last], env), true
	}
	return value.Value{}, 0, false
}
