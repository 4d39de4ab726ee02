package exprgen

import (
	"fmt"
	"strings"
)

// literal makes something of type t without other expressions in it, as far as that is possible.
func (g *Generator) literal(t *Type) *Node {
	switch t.kind {
	case kindInt:
		return g.integer()
	case kindFloat:
		return g.float()
	case kindBool:
		return atom(pick(&g.random, []string{"true", "false"}))
	case kindNull:
		return atom("null")
	case kindString:
		return g.plainString()
	case kindPath:
		return g.path()
	case kindList:
		return g.listLiteral(t.elem, 0, 3)
	case kindSet, kindDict:
		return g.setLiteral(t, 0)
	case kindFunction:
		return g.lambda(t, 0)
	case kindDerivation:
		return g.derivation(0)
	}
	return g.literal(g.anyType(0))
}

// literalDeep is like literal, with other expressions in it.
func (g *Generator) literalDeep(t *Type, depth int) *Node {
	switch t.kind {
	case kindString:
		return g.interpolated(depth)
	case kindList:
		return g.listLiteral(t.elem, depth-1, 5)
	case kindSet, kindDict:
		return g.setLiteral(t, depth-1)
	case kindFunction:
		return g.lambda(t, depth-1)
	case kindDerivation:
		return g.derivation(depth - 1)
	}
	return g.literal(t)
}

func (g *Generator) listLiteral(elem *Type, depth, most int) *Node {
	n := g.below(most + 1)
	if g.oneIn(60) {
		n = 8 + g.below(20)
	}
	kids := make([]*Node, n)
	for i := range kids {
		kids[i] = g.expr(elem, depth)
	}
	return items("[ ", "]", kids...)
}

var edgeIntegers = []string{
	"9223372036854775807", "-9223372036854775807", "(-9223372036854775807 - 1)", "4611686018427387904", "2147483648",
	"-2147483649", "4294967296", "36028797018963968", "-36028797018963969", "9007199254740993", "007", "00",
}

func (g *Generator) integer() *Node {
	if g.oneIn(12) {
		text := pick(&g.random, edgeIntegers)
		if text[0] == '-' {
			return &Node{parts: []string{text}, prec: precNegate}
		}
		return atom(text)
	}
	if g.oneIn(5) {
		return &Node{parts: []string{fmt.Sprint(-1 - g.below(20))}, prec: precNegate}
	}
	return atom(fmt.Sprint(g.below(pick(&g.random, []int{3, 10, 100, 100000}))))
}

// size makes a small number, for what costs memory in proportion to it.
func (g *Generator) size() *Node {
	if g.oneIn(25) {
		return &Node{parts: []string{"-1"}, prec: precNegate}
	}
	return atom(fmt.Sprint(g.below(7)))
}

var edgeFloats = []string{
	"0.0", "1.0", "1.5", "0.1", "3.141592653589793", "1.0e3", "1.0e10", "1.0e15", "1.0e16", "123456789.0", "1234567.89", "0.000001", "0.0000001",
	"1.0e-5", "1.0e-7", "1.0e300", "1.7976931348623157e308", "1.0E308", "5.0e-324", "2.2250738585072014e-308", "9007199254740993.0",
	"9223372036854775807.0", "1.0e19", "1.0e18", ".5", "1.", "0.5e+3", "100000.0", "1000000.0", "999999.5", "0.30000000000000004", "1.0e100", "2.5", "3.5", "1e3",
}

func (g *Generator) float() *Node {
	text := pick(&g.random, edgeFloats)
	switch {
	case g.oneIn(2):
		text = fmt.Sprintf("%d.%d", g.below(1000), g.below(1000))
	case g.oneIn(5):
		text = fmt.Sprintf("%d.%de%d", g.below(10), g.below(100000), g.below(40)-20)
	}
	if g.oneIn(4) {
		return &Node{parts: []string{"-" + text}, prec: precNegate}
	}
	return atom(text)
}

// attrNames are used again and again, so that sets have something in common; some of them need quotes.
var attrNames = []string{
	"a", "a", "b", "b", "c", "x", "y", "z", "name", "value", "outPath", "type", "foo-bar", "foo'", "_x", "B", "ab",
	"with space", "1a", "if", "or", "a.b", "", "é", "$", "\"", "rec", "__toString", "true", "x${y", "null",
}

var keywords = map[string]bool{
	"if": true, "then": true, "else": true, "assert": true, "with": true, "let": true, "in": true, "rec": true, "inherit": true, "or": true,
}

func (g *Generator) attrName() string {
	name := pick(&g.random, attrNames)
	if name == "__toString" || name == "outPath" || name == "type" {
		if !g.oneIn(4) {
			return "n" + string(rune('a'+g.below(26)))
		}
	}
	return name
}

// key is how an attribute name is written.
func (g *Generator) key(name string) string {
	if isIdentifier(name) && !g.oneIn(10) {
		return name
	}
	if g.oneIn(12) {
		return "${" + quote(name) + "}"
	}
	return quote(name)
}

func isIdentifier(name string) bool {
	for i, c := range name {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '\'' || c == '-'):
		default:
			return false
		}
	}
	return name != "" && !keywords[name]
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", `\${`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

// quote writes text as a string literal.
func quote(text string) string { return `"` + quoter.Replace(text) + `"` }
