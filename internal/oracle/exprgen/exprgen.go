// Package exprgen makes random expressions of the Nix language, and smaller ones out of them.
//
// The same seed gives the same expressions. Most are well typed: the generator knows of every expression it makes what it will be, and of each
// builtin what it takes. Now and then it puts something of another type in its place, leaves out parentheses or takes an edge of a range, so that
// errors, precedences and limits are met as well. What it makes ends soon and needs little memory, does not look at
// the clock, and touches no file but those of Fixture.
//
// It covers the syntax, all builtins that depend on nothing but their arguments, and those that read files.
// Fetching builtins are not covered.
package exprgen

// A Generator makes expressions. Not for concurrent use.
type Generator struct {
	random
	files string // folder that holds Fixture
	scope []variable
	names int // of variables made so far
}

type variable struct {
	name string
	typ  *Type
}

// New returns a generator. files is the absolute path under which programs will find what Fixture lists.
func New(seed uint64, files string) *Generator {
	scrambled := random{seed}
	return &Generator{random: random{scrambled.next()}, files: files}
}

// Expression makes one closed expression.
func (g *Generator) Expression() *Node {
	g.scope, g.names = g.scope[:0], 0
	return g.loosen(g.expr(g.anyType(2), 2+g.below(4)))
}

// loosen drops the parentheses in some places, so that how operators bind decides.
func (g *Generator) loosen(n *Node) *Node {
	for i, kid := range n.kids {
		n.kids[i] = g.loosen(kid)
		if g.oneIn(50) {
			n.slots[i] = precLowest
		}
	}
	return n
}

// expr makes an expression of type t that nests about depth deep.
func (g *Generator) expr(t *Type, depth int) *Node {
	if g.oneIn(60) {
		t = g.anyType(1)
	}
	if t.kind == kindAny {
		t = g.anyType(1)
	}
	if depth <= 0 {
		if v := g.variable(t); v != nil && !g.oneIn(3) {
			return v
		}
		return g.literal(t)
	}
	for {
		var n *Node
		switch g.below(16) {
		case 0, 1:
			n = g.literalDeep(t, depth)
		case 2, 3:
			n = g.variable(t)
		case 4, 5, 6:
			n = g.operator(t, depth)
		case 7, 8, 9, 10, 11:
			n = g.builtin(t, depth)
		case 12, 13:
			n = g.form(t, depth)
		case 14:
			n = g.selection(t, depth)
		case 15:
			n = g.application(t, depth)
		}
		if n != nil {
			return n
		}
	}
}

// variable returns a name in scope for something of type t, or nil.
func (g *Generator) variable(t *Type) *Node {
	var fit []string
	for _, v := range g.scope {
		if v.typ.fits(t) {
			fit = append(fit, v.name)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return atom(pick(&g.random, fit))
}

// fresh names a new variable of type t; it is in scope until leave is called with the mark from before.
func (g *Generator) fresh(t *Type) string {
	name := string(rune('p' + g.names%11))
	if g.names >= 11 {
		name += string(rune('0' + g.names/11%10))
	}
	g.names++
	if g.oneIn(8) { // shadows something, perhaps
		name = pick(&g.random, []string{"x", "y", "p", "q", "map", "toString", "null'", "a-b", "_"})
	}
	g.enter(name, t)
	return name
}

func (g *Generator) enter(name string, t *Type) { g.scope = append(g.scope, variable{name, t}) }
func (g *Generator) mark() int                  { return len(g.scope) }
func (g *Generator) leave(mark int)             { g.scope = g.scope[:mark] }
