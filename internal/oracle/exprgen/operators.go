package exprgen

// operator makes an expression of type t out of an operator, or returns nil if none gives that type.
func (g *Generator) operator(t *Type, depth int) *Node {
	switch t.kind {
	case kindInt:
		return g.arithmetic(tInt, tInt, depth)
	case kindFloat:
		if g.oneIn(2) {
			return g.arithmetic(tInt, tFloat, depth)
		}
		return g.arithmetic(tFloat, pick(&g.random, []*Type{tInt, tFloat}), depth)
	case kindString:
		return binary(precAdd, "+", precAdd, precMul, g.expr(tString, depth-1), g.expr(pick(&g.random, []*Type{tString, tString, tPath}), depth-1))
	case kindPath:
		return binary(precAdd, "+", precAdd, precMul, g.expr(tPath, depth-1), g.pathSuffix(depth-1))
	case kindList:
		return binary(precConcat, "++", precHas, precConcat, g.expr(t, depth-1), g.expr(t, depth-1))
	case kindSet:
		return g.update(t, depth)
	case kindDict:
		return binary(precUpdate, "//", precNot, precUpdate, g.expr(t, depth-1), g.expr(t, depth-1))
	case kindBool:
		return g.condition(depth)
	}
	return nil
}

func (g *Generator) pathSuffix(depth int) *Node {
	if g.oneIn(4) {
		return g.expr(pick(&g.random, []*Type{tPath, tString}), depth)
	}
	return atom(pick(&g.random, []string{`"/dir"`, `"/../a.txt"`, `".nix"`, `"/"`, `""`, `"/dir//one"`, `"/with space"`}))
}

func (g *Generator) arithmetic(left, right *Type, depth int) *Node {
	a, b := g.expr(left, depth-1), g.expr(right, depth-1)
	if g.oneIn(2) {
		a, b = b, a
	}
	switch g.below(8) {
	case 0, 1:
		return binary(precAdd, "+", precAdd, precMul, a, b)
	case 2, 3:
		return binary(precAdd, "-", precAdd, precMul, a, b)
	case 4:
		return binary(precMul, "*", precMul, precConcat, a, b)
	case 5:
		return binary(precMul, "/", precMul, precConcat, a, b)
	case 6:
		return form(precNegate, precNegate, "-§", g.expr(right, depth-1))
	}
	return apply("builtins."+pick(&g.random, []string{"add", "sub", "mul", "div"}), a, b)
}

// update makes a set of which the left side has some of the fields, and the right side all.
func (g *Generator) update(t *Type, depth int) *Node {
	if len(t.fields) > 0 && g.oneIn(2) {
		cut := g.below(len(t.fields) + 1)
		return binary(precUpdate, "//", precNot, precUpdate, g.expr(set(t.fields[:cut]...), depth-1), g.expr(set(t.fields[cut:]...), depth-1))
	}
	return binary(precUpdate, "//", precNot, precUpdate, g.expr(g.anySet(), depth-1), g.expr(t, depth-1))
}

func (g *Generator) anySet() *Type {
	return pick(&g.random, []*Type{set(), set(with("a", tInt)), set(with("a", tString), with("b", tInt)), dict(tInt), dict(tString)})
}

func (g *Generator) condition(depth int) *Node {
	switch g.below(9) {
	case 0:
		return form(precNot, precNot, "!§", g.expr(tBool, depth-1))
	case 1:
		return binary(precAnd, "&&", precAnd, precEqual, g.expr(tBool, depth-1), g.expr(tBool, depth-1))
	case 2:
		return binary(precOr, "||", precOr, precAnd, g.expr(tBool, depth-1), g.expr(tBool, depth-1))
	case 3:
		return binary(precImplies, "->", precOr, precImplies, g.expr(tBool, depth-1), g.expr(tBool, depth-1))
	case 4, 5:
		t := g.anyType(2)
		other := t
		if g.oneIn(4) {
			other = g.anyType(1)
		}
		return binary(precEqual, pick(&g.random, []string{"==", "!="}), precLess, precLess, g.expr(t, depth-1), g.expr(other, depth-1))
	case 6, 7:
		t := g.orderedType()
		other := t
		if t == tInt && g.oneIn(3) {
			other = tFloat
		}
		return binary(precLess, pick(&g.random, []string{"<", "<=", ">", ">="}), precUpdate, precUpdate, g.expr(t, depth-1), g.expr(other, depth-1))
	}
	return form(precHas, precNegate, "§ ? "+g.attrPath(), g.expr(g.anySet(), depth-1))
}

// attrPath is one of one or two names.
func (g *Generator) attrPath() string {
	path := g.key(g.attrName())
	if g.oneIn(5) {
		path += "." + g.key(g.attrName())
	}
	return path
}
