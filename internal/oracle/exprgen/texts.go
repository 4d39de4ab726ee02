package exprgen

import (
	"fmt"
	"strings"
)

// words are what random strings are made of.
var words = []string{
	"", "a", "b", "abc", "foo", "bar", "foo bar", "x=y", "1", "12", "-3", "1.5", "1.2.3", "1.2pre4", "hello-2.10", "nix-1.0-rc1", "true", "null",
	" ", "  lead", "trail  ", "\n", "line\nline", "\t", "tab\tbed", "é", "日本", "😀", "\\", "\"", "'", "''", "$", "$$", "${", "$a", "#", "/", "//",
	"/a/b", "/a/b/", "a/b.c", "..", ".", "-", "_", "%20", "<a>", "&", "{}", "[1]", "\r", "\r\n", "a\x01b", "\x7f", "ÿ", "A", "Z", "aa", "ab", "ba",
	"/nix/store", "0", "00", "1e5", "0x10", "a.b.c", "x86_64-linux", "out", "dev", "sha256", "md5",
}

var versions = []string{
	"", "1", "1.0", "1.0.0", "1.2", "1.2.3", "1.10", "1.9", "2.3pre1", "2.3", "2.3a", "2.3c", "1.0-rc1", "1.0_1", "0.0", "a", "pre", "1pre", "1..2", "1.-2",
	"20140326", "1.2.3.4.5", "1a2b", "v1", "01.02", "hello-2.10", "nix-2.0pre-git", "a-b-c", "foo-1a-2", "-1", "x-",
}

var patterns = []string{
	"", "a", "ab*", "(a)(b)?", "[a-z]+", "(.*)", "(.*)-([0-9.]+)", "[[:digit:]]+", "[^a]", "a|b", "(a|ab)(c|bcd)?", "x{2}", "a{0,2}b", "(foo)?bar", "^a",
	"a$", ".", "..", "\\.", "[[:space:]]*([^[:space:]]*)[[:space:]]*", "([^/]*)/(.*)", "(a*)*", "(a*)+b", "[]a]", "[a-]", "é", "([0-9]+)\\.([0-9]+)", "(",
	"*", "a**", "[b", "a{1", "\\", "()", "(|a)", "[^]]", "[[:alpha:]_][[:alnum:]_]*", "a{1,0}", "\\$", "(x)|(y)", "((a)|b)*", "\\d",
}

var jsons = []string{
	"null", "true", "[]", "{}", "1", "-1", "1.0", "1e3", "1E-2", "-0", "-0.0", "0.1", `"a"`, `"\u00e9\n\t\"\\\/"`, `"\ud83d\ude00"`, `[1, 2, [3]]`, ` { "b" : 1 , "a" : [ ] } `,
	`{"a":1,"a":2}`, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e400", "[1,]", "{a:1}", "01", "", "[",
	`"\x"`, "nul", "1 2", `{"":{"":[]}}`, `"\u0000"`, `"\ud800"`, `[1e0,1.5e+3,123456789012345678]`, "+1", ".5", "1.", "[1 2]", "'a'", "/* c */ 1", "NaN",
}

var tomls = []string{
	"", "a = 1", "a = 1.5\nb = \"x\"", "[t]\na = true\n[t.u]\nb = [1, 2]", "[[l]]\na = 1\n[[l]]\nb = 2", "a.b.c = 1", "a = 'lit\\n'", "a = \"\"\"\nx\ny\"\"\"", "a = 0x1F\nb = 0o17\nc = 0b11",
	"a = inf", "a = -nan", "a = 1_000", "a = { b = 1, c = [ { d = 2 } ] }", "a = 1\na = 2", "a", "= 1", "[a\n", "\"é\" = \"\\u00e9\"", "a = 1e3", "# only\na = +5 # c", "a = '''x'''",
	"a = 1979-05-27", "a = [1, \"x\"]", "[a]\n[a]\n", "a = 9223372036854775807", "a = 9223372036854775808",
}

var hashes = []string{
	"md5", "sha1", "sha256", "sha512", "md4", "",
}

// text makes the content of a string.
func (g *Generator) text() string {
	switch g.below(10) {
	case 0:
		return pick(&g.random, words) + pick(&g.random, words) + pick(&g.random, words)
	case 1:
		return pick(&g.random, versions)
	case 2:
		return pick(&g.random, words) + pick(&g.random, words)
	case 3:
		return strings.Repeat(pick(&g.random, words), g.below(5))
	}
	return pick(&g.random, words)
}

func (g *Generator) plainString() *Node {
	if g.oneIn(30) {
		return atom(pick(&g.random, []string{"https://example.org/a.b?c=d", "x:y", "git+ssh://a@b/c"}))
	}
	if g.oneIn(6) {
		return g.indented(0)
	}
	return atom(quote(g.text()))
}

// fromPool makes a string of one of the texts, now and then some other string.
func (g *Generator) fromPool(pool []string, depth int) *Node {
	if g.oneIn(8) {
		return g.expr(tString, depth)
	}
	return atom(quote(pick(&g.random, pool)))
}

// interpolated makes a string literal with expressions in it.
func (g *Generator) interpolated(depth int) *Node {
	if g.oneIn(3) {
		return g.indented(depth)
	}
	n := &Node{parts: []string{`"`}, prec: precAtom}
	for range 1 + g.below(3) {
		last := len(n.parts) - 1
		n.parts[last] += strings.Trim(quote(g.text()), `"`) + "${"
		n.kids = append(n.kids, g.coercible(depth-1))
		n.slots = append(n.slots, precLowest)
		n.parts = append(n.parts, "}")
	}
	n.parts[len(n.parts)-1] += escapes(&g.random) + `"`
	return n
}

func escapes(r *random) string {
	return pick(r, []string{"", "", "", `\q`, `\${x}`, `$${x}`, `$`, `\$`, `\\`, "\r\n", "\t", " "})
}

// coercible makes what may stand in an interpolation.
func (g *Generator) coercible(depth int) *Node {
	switch g.below(12) {
	case 0:
		return g.expr(tPath, depth)
	case 1:
		return g.expr(tDerivation, depth)
	case 2:
		return items("{ ", "}", g.binding("__toString", form(precLowest, precLowest, "self: §", g.expr(tString, depth))))
	case 3:
		return items("{ ", "}", g.binding("outPath", g.expr(tString, depth)))
	}
	return g.expr(tString, depth)
}

// indented makes a string between double apostrophes, of lines with all kinds of beginnings and ends.
func (g *Generator) indented(depth int) *Node {
	n := &Node{parts: []string{"''"}, prec: precAtom}
	last := func() *string { return &n.parts[len(n.parts)-1] }
	for i := range g.below(5) {
		if i > 0 || g.oneIn(2) {
			*last() += pick(&g.random, []string{"\n", "\n", "\n", "\r\n", " \n", "\n\n"})
		}
		*last() += pick(&g.random, []string{"", "  ", "    ", "      ", "\t", " \t", "   "})
		*last() += pick(&g.random, []string{"", "a", "b c", "''$x", "'''", "''\\n", "''\\t.", "$", "$$", "''${a}", "\\", "'", "x ", "''\\x", "é", "\"", "# c", "$${b}", "''\\${c}"})
		if depth > 0 && g.oneIn(3) {
			*last() += "${"
			n.kids = append(n.kids, g.coercible(depth-1))
			n.slots = append(n.slots, precLowest)
			n.parts = append(n.parts, "}")
		}
	}
	*last() += pick(&g.random, []string{"", "", "\n", "\n  ", " "}) + "''"
	return n
}

// derivation makes one that needs nothing to be evaluated.
func (g *Generator) derivation(depth int) *Node {
	bindings := []*Node{
		g.binding("name", atom(quote(pick(&g.random, []string{"d", "hello-1.0", "x_y", "a+b?", ".dot", "bad name", ""}[:4+g.below(4)])))),
		g.binding("system", atom(`"x86_64-linux"`)),
		g.binding("builder", atom(`"/bin/sh"`)),
	}
	seen := map[string]bool{}
	add := func(name string, value *Node) {
		if !seen[name] || g.oneIn(50) {
			bindings = append(bindings, g.binding(name, value))
		}
		seen[name] = true
	}
	for range g.below(4) {
		switch g.below(9) {
		case 0:
			add("outputs", atom(pick(&g.random, []string{`[ "out" "dev" ]`, `[ "lib" ]`, `[ "out" ]`, `[ ]`, `[ "out" "out" ]`})))
		case 1:
			add("args", g.listLiteral(tString, depth, 3))
		case 2:
			add("__structuredAttrs", g.expr(tBool, 0))
		case 3:
			add("outputHashMode", atom(pick(&g.random, []string{`"flat"`, `"recursive"`, `"nar"`, `"text"`})))
			add("outputHashAlgo", atom(`"sha256"`))
			add("outputHash", atom(fmt.Sprintf("(builtins.hashString \"sha256\" \"%d\")", g.below(9))))
		case 4:
			add("passthru", g.expr(g.anyType(1), depth))
		case 5:
			add("__ignoreNulls", atom("true"))
			add("maybe", g.expr(tNull, depth))
		case 6:
			add("src", g.expr(pick(&g.random, []*Type{tPath, tDerivation}), depth))
		default:
			typ := pick(&g.random, []*Type{tString, tInt, tBool, tNull, tFloat, tPath, list(tString)})
			add("v"+string(rune('a'+g.below(9))), g.expr(typ, depth))
		}
	}
	return form(precApply, precSelect, "derivation §", items("{ ", "}", bindings...))
}
