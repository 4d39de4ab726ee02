package exprgen

import "strings"

// binding makes `name = value;`, an item of a set or a let.
func (g *Generator) binding(name string, value *Node) *Node {
	return g.bindingAt(g.key(name), value)
}

// bindingAt is binding with the name already written.
func (g *Generator) bindingAt(key string, value *Node) *Node {
	return form(precAtom, precLowest, strings.ReplaceAll(key, "§", "")+" = §;", value)
}

// setLiteral makes a set with the fields of t, or some of any names for a dict; sometimes more than that.
func (g *Generator) setLiteral(t *Type, depth int) *Node {
	fields := t.fields
	if t.kind == kindDict {
		fields = nil
		for range g.below(4) {
			if name := g.attrName(); set(fields...).field(name) == nil {
				fields = append(fields, with(name, t.elem))
			}
		}
	} else if g.oneIn(5) {
		if name := g.attrName(); t.field(name) == nil {
			fields = append(append([]field(nil), fields...), with(name, g.anyType(1)))
		}
	}
	open, mark := "{ ", g.mark()
	if g.oneIn(5) {
		open = "rec { "
	}
	kids := g.bindings(fields, depth, open == "rec { ")
	g.leave(mark)
	return items(open, "}", kids...)
}

// bindings makes those of a set, in any order. In a recursive one each sees those made before it, and sometimes itself.
func (g *Generator) bindings(fields []field, depth int, recursive bool) []*Node {
	var kids []*Node
	for _, i := range g.order(len(fields)) {
		f := fields[i]
		if recursive && isIdentifier(f.name) && g.oneIn(15) {
			g.enter(f.name, f.typ)
		}
		switch {
		case !recursive && isIdentifier(f.name) && g.inScope(f) && g.oneIn(2):
			kids = append(kids, atom("inherit "+f.name+";"))
		case g.oneIn(15):
			source := g.setLiteral(set(f), depth)
			kids = append(kids, form(precAtom, precLowest, "inherit (§) "+inheritable(f.name)+";", source))
		case f.typ.kind == kindSet && len(f.typ.fields) > 0 && g.oneIn(2):
			for _, inner := range f.typ.fields {
				kids = append(kids, g.bindingAt(g.key(f.name)+"."+g.key(inner.name), g.expr(inner.typ, depth)))
			}
		case g.oneIn(15):
			name := binary(precAdd, "+", precAdd, precMul, atom(quote(f.name)), atom(`""`))
			kids = append(kids, form(precAtom, precLowest, "${§} = §;", name, g.expr(f.typ, depth)))
		default:
			kids = append(kids, g.binding(f.name, g.expr(f.typ, depth)))
		}
		if recursive && isIdentifier(f.name) {
			g.enter(f.name, f.typ)
		}
	}
	if g.oneIn(40) {
		kids = append(kids, form(precAtom, precLowest, "${§} = §;", g.expr(tNull, depth), g.expr(tInt, depth)))
	}
	return kids
}

func inheritable(name string) string {
	if isIdentifier(name) {
		return name
	}
	return quote(name)
}

func (g *Generator) inScope(f field) bool {
	for i := len(g.scope) - 1; i >= 0; i-- {
		if g.scope[i].name == f.name {
			return g.scope[i].typ.fits(f.typ)
		}
	}
	return false
}

// order is a random order of 0 to n-1.
func (g *Generator) order(n int) []int {
	list := make([]int, n)
	for i := range list {
		j := g.below(i + 1)
		list[i], list[j] = list[j], i
	}
	return list
}

// lambda makes a function of type t.
func (g *Generator) lambda(t *Type, depth int) *Node {
	mark := g.mark()
	defer g.leave(mark)
	if t.elem.kind == kindSet && !g.oneIn(4) {
		return g.patternLambda(t, depth)
	}
	name := g.fresh(t.elem)
	return form(precLowest, precLowest, name+": §", g.expr(t.result, depth))
}

// patternLambda takes a set apart. The patterns of defaults see the other arguments.
func (g *Generator) patternLambda(t *Type, depth int) *Node {
	n := &Node{parts: []string{""}, prec: precLowest}
	last := func(text string) { n.parts[len(n.parts)-1] += text }
	add := func(kid *Node) {
		n.kids, n.slots, n.parts = append(n.kids, kid), append(n.slots, precLowest), append(n.parts, "")
	}
	at := ""
	if g.oneIn(4) {
		at = g.fresh(t.elem)
	}
	if at != "" && g.oneIn(2) {
		last(at + "@")
		at = ""
	}
	last("{ ")
	first := true
	comma := func() {
		if !first {
			last(", ")
		}
		first = false
	}
	for _, f := range t.elem.fields {
		if !isIdentifier(f.name) {
			continue
		}
		comma()
		last(f.name)
		if g.oneIn(4) {
			last(" ? ")
			add(g.expr(f.typ, 0))
		}
		g.enter(f.name, f.typ)
	}
	if g.oneIn(4) {
		typ := g.anyType(0)
		name := g.fresh(typ)
		comma()
		last(name + " ? ")
		add(g.expr(typ, 0))
	}
	if g.oneIn(3) || hasQuoted(t.elem) {
		comma()
		last("...")
	}
	last(" }")
	if at != "" {
		last("@" + at)
	}
	last(": ")
	add(g.expr(t.result, depth))
	return n
}

func hasQuoted(t *Type) bool {
	for _, f := range t.fields {
		if !isIdentifier(f.name) {
			return true
		}
	}
	return false
}

// form makes one of the forms that yield any type: let, if, with, assert and the like.
func (g *Generator) form(t *Type, depth int) *Node {
	switch g.below(14) {
	case 0, 1, 2:
		return form(precLowest, precLowest, "if § then § else §", g.expr(tBool, depth-1), g.expr(t, depth-1), g.expr(t, depth-1))
	case 3, 4, 5, 6:
		return g.let(t, depth)
	case 7, 8:
		return g.withForm(t, depth)
	case 9:
		return form(precLowest, precLowest, "assert §; §", g.expr(tBool, depth-1), g.expr(t, depth-1))
	case 10:
		return form(precAtom, precLowest, "(§)", g.expr(t, depth-1))
	case 11:
		return form(precLowest, precLowest, pick(&g.random, []string{"/* c */ §", "# c\n§", "/**/§", "/* *** */\t§"}), g.expr(t, depth-1))
	case 12:
		return form(precAtom, precLowest, "let { body = §; }", g.expr(t, depth-1))
	}
	return g.pipe(t, depth)
}

func (g *Generator) let(t *Type, depth int) *Node {
	mark := g.mark()
	defer g.leave(mark)
	n := &Node{parts: []string{"let "}, prec: precLowest}
	for range 1 + g.below(3) {
		typ := g.anyType(2)
		var value *Node
		if g.oneIn(12) { // sees itself
			name := g.fresh(typ)
			value = g.expr(typ, depth-1)
			n.parts[len(n.parts)-1] += name + " = "
		} else {
			value = g.expr(typ, depth-1)
			n.parts[len(n.parts)-1] += g.fresh(typ) + " = "
		}
		n.kids, n.slots, n.parts = append(n.kids, value), append(n.slots, precLowest), append(n.parts, "; ")
	}
	n.parts[len(n.parts)-1] += "in "
	n.kids, n.slots, n.parts = append(n.kids, g.expr(t, depth-1)), append(n.slots, precLowest), append(n.parts, "")
	return n
}

func (g *Generator) withForm(t *Type, depth int) *Node {
	var fields []field
	for _, name := range []string{"a", "b", "x", "y"}[:1+g.below(4)] {
		fields = append(fields, with(name, g.anyType(1)))
	}
	scope := g.expr(set(fields...), depth-1)
	mark := g.mark()
	for _, f := range fields {
		g.enter(f.name, f.typ)
	}
	defer g.leave(mark)
	return form(precLowest, precLowest, "with §; §", scope, g.expr(t, depth-1))
}

func (g *Generator) pipe(t *Type, depth int) *Node {
	arg := g.anyType(1)
	f, x := g.expr(function(arg, t), depth-1), g.expr(arg, depth-1)
	if g.oneIn(2) {
		return binary(precPipe, "|>", precPipe, precImplies, x, f)
	}
	return binary(precPipe, "<|", precImplies, precPipe, f, x)
}

// selection takes an attribute of type t out of a set.
func (g *Generator) selection(t *Type, depth int) *Node {
	name := g.attrName()
	have := with(name, t)
	if g.oneIn(8) { // another one: with a default, or an error
		have = with(g.attrName(), t)
	}
	path := g.key(name)
	source := set(have)
	if g.oneIn(5) {
		outer := g.attrName()
		source, path = set(with(outer, source)), g.key(outer)+"."+path
	}
	if g.oneIn(3) {
		return &Node{parts: []string{"", "." + path + " or ", ""}, kids: []*Node{g.expr(source, depth-1), g.expr(t, depth-1)},
			slots: []int{precAtom, precSelect}, prec: precSelect}
	}
	return form(precSelect, precAtom, "§."+path, g.expr(source, depth-1))
}

// application calls something that gives t: a function, or a set that acts as one.
func (g *Generator) application(t *Type, depth int) *Node {
	arg := g.anyType(2)
	f := g.expr(function(arg, t), depth-1)
	if g.oneIn(8) {
		mark := g.mark()
		self := g.fresh(tAny)
		body := g.expr(function(arg, t), depth-1)
		g.leave(mark)
		f = items("{ ", "}", g.bindingAt("__functor", form(precLowest, precLowest, self+": §", body)))
	}
	n := form(precApply, precSelect, "§ §", f, g.expr(arg, depth-1))
	n.slots[0] = precApply
	return n
}
