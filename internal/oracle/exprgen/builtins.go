package exprgen

import "strings"

// builtin makes a call of a builtin that gives t.
func (g *Generator) builtin(t *Type, depth int) *Node {
	d := depth - 1
	if g.oneIn(7) {
		return g.anyResult(t, d)
	}
	switch t.kind {
	case kindInt:
		return g.call(intCalls, d)
	case kindFloat:
		return nil
	case kindBool:
		return g.call(boolCalls, d)
	case kindString:
		return g.call(stringCalls, d)
	case kindPath:
		return g.call(pathCalls, d)
	case kindList:
		return g.listCall(t.elem, d)
	case kindDict:
		return g.dictCall(t.elem, d)
	case kindSet:
		return g.setCall(t, d)
	case kindFunction:
		return g.partial(t, d)
	}
	return nil
}

// A call is a row: text in which each letter after § says what stands there.
//
//	i int  n small int  f float  b bool  s string  p path  l list of ints  S list of strings  L list of anything
//	d dict of ints  D dict of anything  v derivation  a anything  k attribute name  V version  R pattern  J JSON  T TOML
//	h hash name  H digest  o two things of one ordered type  P predicate over ints  Q predicate over strings
//	F folding function over ints  c string with context, perhaps
type call struct {
	text   string
	weight int
}

var intCalls = []call{
	{"builtins.length §L", 3}, {"builtins.stringLength §s", 3}, {"builtins.compareVersions §V §V", 3},
	{"builtins.bitAnd §i §i", 1}, {"builtins.bitOr §i §i", 1}, {"builtins.bitXor §i §i", 1}, {"builtins.ceil §f", 1}, {"builtins.floor §f", 1},
	{"builtins.foldl' §F §i §l", 3}, {"builtins.head §l", 1}, {"builtins.elemAt §l §n", 2}, {"builtins.getAttr §k §d", 1},
	{"builtins.langVersion", 1}, {"builtins.fromJSON §J", 1}, {"__add §i §i", 1}, {"builtins.sub §i §i", 1},
}

var boolCalls = []call{
	{"builtins.isAttrs §a", 1}, {"builtins.isBool §a", 1}, {"builtins.isFloat §a", 1}, {"builtins.isFunction §a", 1}, {"builtins.isInt §a", 1},
	{"builtins.isList §a", 1}, {"builtins.isPath §a", 1}, {"builtins.isString §a", 1}, {"isNull §a", 1}, {"builtins.hasAttr §k §D", 2},
	{"builtins.elem §i §l", 2}, {"builtins.elem §a §L", 1}, {"builtins.all §P §l", 2}, {"builtins.any §P §l", 2}, {"builtins.lessThan §o", 2},
	{"builtins.hasContext §c", 2}, {"builtins.pathExists §p", 2}, {"builtins.pathExists §s", 1}, {"(builtins.tryEval §a).success", 2},
}

var stringCalls = []call{
	{"builtins.typeOf §a", 1}, {"toString §i", 1}, {"toString §f", 2}, {"toString §a", 2}, {"toString §p", 1}, {"builtins.toJSON §a", 4}, {"builtins.toXML §a", 2},
	{"builtins.substring §i §i §s", 2}, {"builtins.substring §n §n §s", 2}, {"builtins.concatStringsSep §s §S", 3}, {"builtins.concatStringsSep §s §L", 1},
	{"builtins.replaceStrings §S §S §s", 1}, {"builtins.replaceStrings [ §s §s ] [ §s §s ] §s", 3}, {"builtins.hashString §h §s", 2},
	{"baseNameOf §s", 1}, {"baseNameOf §p", 1}, {"dirOf §s", 1}, {"builtins.unsafeDiscardStringContext §c", 2},
	{"builtins.unsafeDiscardOutputDependency §c", 1}, {"builtins.addDrvOutputDependencies §c", 1}, {"builtins.readFile §p", 2}, {"builtins.readFileType §p", 1},
	{"builtins.hashFile §h §p", 1}, {"builtins.head §S", 1}, {"builtins.placeholder §s", 1}, {"builtins.storeDir", 1}, {"builtins.currentSystem", 1},
	{"builtins.toFile \"f\" §s", 1}, {"§v.drvPath", 1}, {"§v.outPath", 1}, {"§v.name", 1}, {"builtins.getEnv §s", 1}, {"§c", 3}, {"\"${§c}\"", 1},
	{"builtins.convertHash { hash = §H; hashAlgo = §h; toHashFormat = \"base16\"; }", 1},
	{"builtins.convertHash { hash = builtins.hashString \"sha256\" §s; hashAlgo = \"sha256\"; toHashFormat = §x; }", 1},
	{"builtins.path { path = §p; name = \"n\"; }", 1}, {"builtins.path { path = §p; recursive = §b; }", 1},
	{"builtins.filterSource (path: type: §b) §p", 1}, {"builtins.elemAt §S §n", 1}, {"builtins.toPath §s", 1}, {"builtins.outputOf §s §s", 1},
	{"builtins.storePath §s", 1},
}

var pathCalls = []call{
	{"dirOf §p", 1}, {"(import §N).here", 1}, {"/nonexistent/a/b + §s", 1}, {"§p", 1},
}

// call makes one of the rows.
func (g *Generator) call(rows []call, depth int) *Node {
	total := 0
	for _, r := range rows {
		total += r.weight
	}
	at := g.below(total)
	for _, r := range rows {
		if at -= r.weight; at < 0 {
			return g.row(r.text, depth)
		}
	}
	return nil
}

// row makes the call that text describes.
func (g *Generator) row(text string, depth int) *Node {
	n := &Node{prec: precApply}
	parts := strings.Split(text, "§")
	n.parts = append(n.parts, parts[0])
	for _, part := range parts[1:] {
		if part[0] == 'o' {
			t := g.orderedType()
			n.kids = append(n.kids, g.expr(t, depth))
			n.slots = append(n.slots, precSelect)
			n.parts = append(n.parts, " ")
			n.kids = append(n.kids, g.expr(t, depth))
		} else {
			n.kids = append(n.kids, g.operand(part[0], depth))
		}
		slot := precSelect
		if strings.HasPrefix(part[1:], ".") {
			slot = precAtom
		} else if strings.HasPrefix(part[1:], "}") || strings.HasPrefix(part[1:], ";") {
			slot = precLowest
		}
		n.slots = append(n.slots, slot)
		n.parts = append(n.parts, part[1:])
	}
	if len(n.kids) == 0 || strings.HasPrefix(text, "(") || strings.HasPrefix(text, "\"") {
		n.prec = precSelect
	}
	if len(text) == len("§c") { // nothing around the kid
		return n.kids[0]
	}
	return n
}

func (g *Generator) operand(letter byte, depth int) *Node {
	switch letter {
	case 'i':
		return g.expr(tInt, depth)
	case 'n':
		return g.size()
	case 'f':
		return g.expr(tFloat, depth)
	case 'b':
		return g.expr(tBool, depth)
	case 's':
		return g.expr(tString, depth)
	case 'p':
		return g.expr(tPath, depth)
	case 'l':
		return g.expr(list(tInt), depth)
	case 'S':
		return g.expr(list(tString), depth)
	case 'L':
		return g.expr(list(g.anyType(1)), depth)
	case 'd':
		return g.expr(dict(tInt), depth)
	case 'D':
		return g.expr(dict(g.anyType(1)), depth)
	case 'v':
		return g.expr(tDerivation, depth)
	case 'k':
		return g.fromPool(attrNames, depth)
	case 'V':
		return g.fromPool(versions, depth)
	case 'R':
		return g.fromPool(patterns, depth)
	case 'J':
		return g.fromPool(jsons, depth)
	case 'T':
		return g.fromPool(tomls, depth)
	case 'h':
		return g.fromPool(hashes, depth)
	case 'x':
		return g.fromPool([]string{"base16", "nix32", "base32", "base64", "sri"}, depth)
	case 'H':
		return g.fromPool([]string{
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
			"sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73", "d41d8cd98f00b204e9800998ecf8427e", "zz", "",
		}, depth)
	case 'P':
		return g.expr(function(tInt, tBool), depth)
	case 'Q':
		return g.expr(function(tString, tBool), depth)
	case 'F':
		return g.expr(function(tInt, function(tInt, tInt)), depth)
	case 'N':
		return g.fixturePath(pick(&g.random, fixtureNix))
	case 'c':
		return g.contextual(depth)
	}
	return g.expr(g.anyType(2), depth)
}

// contextual makes a string that has a context, as a rule.
func (g *Generator) contextual(depth int) *Node {
	switch g.below(6) {
	case 0:
		return form(precAtom, precLowest, `"${§}"`, g.expr(tPath, depth))
	case 1:
		return form(precAtom, precLowest, `"a${§}b"`, g.expr(tDerivation, depth))
	case 2:
		return form(precSelect, precAtom, "§.drvPath", g.expr(tDerivation, depth))
	case 3:
		return apply("builtins.appendContext", g.expr(tString, depth), apply("builtins.getContext", g.contextual(depth-1)))
	case 4:
		return apply("builtins.unsafeDiscardOutputDependency", form(precSelect, precAtom, "§.drvPath", g.expr(tDerivation, depth)))
	}
	return g.expr(tString, depth)
}

// anyResult makes a call whose result is what one of its arguments is.
func (g *Generator) anyResult(t *Type, depth int) *Node {
	switch g.below(15) {
	case 0:
		return apply("builtins.head", items("[ ", "]", g.expr(t, depth), g.expr(g.anyType(1), depth)))
	case 1:
		some := items("[ ", "]", g.expr(t, depth), g.expr(t, depth), g.expr(t, depth))
		return apply("builtins.elemAt", some, atom(pick(&g.random, []string{"0", "1", "2", "2", "1", "3"})))
	case 2:
		return apply("builtins.seq", g.expr(g.anyType(2), depth), g.expr(t, depth))
	case 3:
		return apply("builtins.deepSeq", g.expr(g.anyType(2), depth), g.expr(t, depth))
	case 4:
		return form(precSelect, precAtom, "(builtins.tryEval §).value", g.expr(t, depth)).fixSlot(0, precSelect)
	case 5:
		return apply("builtins.foldl'", g.expr(function(t, function(tInt, t)), depth), g.expr(t, depth), g.expr(list(tInt), depth))
	case 6:
		name := g.attrName()
		return apply("builtins.getAttr", atom(quote(name)), g.expr(set(with(name, t)), depth))
	case 7:
		return apply("builtins.addErrorContext", g.expr(tString, depth), g.expr(t, depth))
	case 8:
		if g.oneIn(2) {
			return apply(pick(&g.random, []string{"throw", "abort"}), g.expr(tString, depth))
		}
		return apply("builtins.trace", g.expr(g.anyType(1), depth), g.expr(t, depth))
	case 9:
		return apply("builtins.head", g.expr(list(t), depth))
	case 10:
		return g.row("import §N", depth)
	case 11:
		return g.row("builtins.fromJSON §J", depth)
	case 12:
		return g.row("builtins.fromTOML §T", depth)
	case 13:
		return form(precSelect, precAtom, "(scopedImport § §)", g.expr(dict(tInt), depth), g.fixturePath(pick(&g.random, fixtureNix))).fixSlot(0, precSelect)
	}
	return apply("builtins.warn", g.expr(tString, depth), g.expr(t, depth))
}

func (n *Node) fixSlot(i, slot int) *Node {
	n.slots[i] = slot
	return n
}

// listCall makes a call that gives a list of elem.
func (g *Generator) listCall(elem *Type, depth int) *Node {
	from := g.anyType(1)
	switch g.below(18) {
	case 0, 1, 2:
		return apply("map", g.expr(function(from, elem), depth), g.expr(list(from), depth))
	case 3, 4:
		return apply("builtins.filter", g.expr(function(elem, tBool), depth), g.expr(list(elem), depth))
	case 5:
		return apply("builtins.genList", g.expr(function(tInt, elem), depth), g.size())
	case 6:
		return apply("builtins.concatLists", g.expr(list(list(elem)), depth))
	case 7:
		return apply("builtins.concatMap", g.expr(function(from, list(elem)), depth), g.expr(list(from), depth))
	case 8:
		return apply("builtins.tail", g.expr(list(elem), depth))
	case 9:
		return apply("builtins.attrValues", g.expr(dict(elem), depth))
	case 10:
		return apply("builtins.catAttrs", atom(`"a"`), g.expr(list(set(with("a", elem))), depth))
	case 11, 12:
		return g.sorted(elem, depth)
	case 13:
		return form(precSelect, precAtom, "(builtins.partition § §)."+pick(&g.random, []string{"right", "wrong"}), g.expr(function(elem, tBool), depth), g.expr(list(elem), depth)).
			fixSlot(0, precSelect).fixSlot(1, precSelect)
	}
	switch {
	case elem.kind == kindString:
		return g.call([]call{
			{"builtins.attrNames §D", 3}, {"builtins.splitVersion §V", 2}, {"builtins.match §R §s", 4}, {"builtins.split §R §s", 4},
			{"builtins.attrNames (builtins.readDir §p)", 1},
		}, depth)
	case elem.kind == kindSet && elem.field("key") == nil:
		return g.closure(depth)
	case elem.kind == kindInt:
		return g.row("map (e: e.key) (builtins.genericClosure { startSet = map (key: { inherit key; }) §l; operator = e: if e.key > 3 then [ ] else [ { key = e.key + 2; } { key = 3; more = §i; } ]; })", depth)
	}
	return nil
}

// sorted sorts by a comparison that is an order, as a rule.
func (g *Generator) sorted(elem *Type, depth int) *Node {
	less := "(a: b: a < b)"
	switch elem.kind {
	case kindInt, kindFloat, kindString, kindPath:
		less = pick(&g.random, []string{less, "builtins.lessThan", "(a: b: b < a)", "(a: b: false)", "(a: b: true)", "(a: b: a <= b)"})
	case kindSet, kindDict, kindList, kindNull, kindBool, kindFunction, kindDerivation, kindAny:
		less = pick(&g.random, []string{"(a: b: false)", "(a: b: builtins.toJSON a < builtins.toJSON b)"})
	}
	return apply("builtins.sort", atom(less), g.expr(list(elem), depth))
}

func (g *Generator) closure(depth int) *Node {
	return g.row("builtins.genericClosure { startSet = [ { key = §s; } { key = §s; } ]; operator = e: if builtins.stringLength e.key > 3 then [ ] else [ { key = e.key + §s; x = e; } { key = \"z\"; } ]; }", depth)
}

// dictCall makes a call that gives a set whose values are all elem.
func (g *Generator) dictCall(elem *Type, depth int) *Node {
	from := g.anyType(1)
	switch g.below(9) {
	case 0, 1:
		return apply("builtins.mapAttrs", g.expr(function(tString, function(from, elem)), depth), g.expr(dict(from), depth))
	case 2:
		return apply("builtins.listToAttrs", g.expr(list(set(with("name", tString), with("value", elem))), depth))
	case 3:
		return apply("removeAttrs", g.expr(dict(elem), depth), g.expr(list(tString), depth))
	case 4:
		return apply("builtins.intersectAttrs", g.expr(dict(from), depth), g.expr(dict(elem), depth))
	case 5:
		return apply("builtins.zipAttrsWith", g.expr(function(tString, function(list(from), elem)), depth), g.expr(list(dict(from)), depth))
	case 6:
		if elem.kind == kindList {
			return apply("builtins.groupBy", g.expr(function(elem.elem, tString), depth), g.expr(list(elem.elem), depth))
		}
	case 7:
		if elem.kind == kindBool {
			return apply("builtins.functionArgs", g.expr(function(g.anySet(), tInt), depth))
		}
		if elem.kind == kindString {
			return g.row("builtins.readDir §p", depth)
		}
	}
	return nil
}

// setCall makes a call that gives a set of known fields, if there is one for these.
func (g *Generator) setCall(t *Type, depth int) *Node {
	if len(t.fields) > 0 {
		if g.oneIn(2) {
			return nil
		}
		f := t.fields[0]
		if len(t.fields) == 1 {
			return apply("builtins.listToAttrs", items("[ ", "]", items("{ ", "}", g.bindingAt("name", atom(quote(f.name))), g.bindingAt("value", g.expr(f.typ, depth)))))
		}
		return apply("builtins.intersectAttrs", g.expr(t, depth), g.expr(t, depth))
	}
	return g.call([]call{
		{"builtins.tryEval §a", 2}, {"builtins.getContext §c", 3}, {"builtins.parseDrvName §V", 2}, {"builtins.partition §P §l", 1},
		{"builtins.functionArgs §a", 1}, {"builtins.fromJSON §J", 2}, {"builtins.fromTOML §T", 3}, {"builtins.readDir §p", 1}, {"import §N", 1},
		{"builtins.unsafeGetAttrPos §k §D", 1}, {"builtins.fromJSON (builtins.toJSON §D)", 1}, {"builtins.groupBy toString §l", 1},
		{"derivationStrict { name = §s; system = \"s\"; builder = §s; x = §a; }", 1},
	}, depth)
}

// partial makes a function out of a builtin, as far as one fits.
func (g *Generator) partial(t *Type, depth int) *Node {
	if t.result.kind == kindFunction {
		return nil
	}
	switch {
	case t.result.kind == kindString:
		return g.call([]call{{"toString", 3}, {"builtins.toJSON", 2}, {"builtins.typeOf", 1}, {"builtins.concatStringsSep \",\"", 1}}, depth)
	case t.result.kind == kindBool:
		return g.call([]call{{"builtins.isString", 1}, {"isNull", 1}, {"builtins.lessThan §i", 1}, {"builtins.hasAttr §k", 1}}, depth)
	case t.result.kind == kindInt && t.elem.kind == kindList:
		return atom("builtins.length")
	case t.result.kind == kindInt && t.elem.kind == kindInt:
		return g.call([]call{{"builtins.add §i", 1}, {"builtins.sub §i", 1}, {"builtins.bitAnd §i", 1}}, depth)
	case t.result.fits(t.elem):
		return atom("(x: x)")
	}
	return nil
}
