package posixre

type opcode uint8

const (
	opFail   opcode = iota
	opByte          // consume char
	opSet           // consume a member of set
	opString        // consume text
	opLoop          // consume members of set, at least min and at most max, greedily
	opSave          // record the place in slot arg
	opBegin         // only at the beginning of the text
	opEnd           // only at the end of the text
	opBranch        // try next, then alt, and keep the longer match
	opRepeat        // try alt, which leads back here or past it; if that fails, next
	opAccept
)

// An inst is one instruction. Where it goes is explicit, so their order means nothing.
type inst struct {
	op    opcode
	char  byte
	next  int32
	alt   int32
	arg   int32 // opSave: slot; opRepeat: index of its round counter, -1 for none
	memo  int32 // opBranch, opRepeat, opLoop: index among the places that are worth remembering
	min   int32 // opLoop
	max   int32 // opLoop; -1: none
	exits bool  // opLoop: next cannot begin with a member of set, so only the longest run can lead to a match
	set   *byteSet
	hints *hints // opBranch, opRepeat, opLoop
	text  string
}

// A program is what a machine runs.
type program struct {
	insts    []inst
	start    int32
	counters int // rounds of loops whose body may be empty
	memos    int

	isLiteral bool // the pattern consists of ordinary characters only, and has no group
	literal   string

	first    byteSet // with which bytes a match can begin, if it cannot be empty
	nullable bool    // a match may be empty
	onlyByte int     // the single member of first, or -1
	anchored bool    // a match begins at the beginning of the text or not at all
}

// generate makes the program of a tree.
func generate(tree *node) program {
	if text, ok := literal(tree); ok {
		return program{isLiteral: true, literal: text, insts: []inst{{op: opAccept}}, nullable: text == "", onlyByte: -1}
	}
	g := &generator{counting: hasEmptyLoop(tree)}
	accept := g.add(inst{op: opAccept})
	g.start = g.gen(tree, accept)
	g.addHints()
	return g.program
}

// literal returns the text that tree matches if it is a plain sequence of characters.
func literal(tree *node) (string, bool) {
	if tree.kind == nodeEmpty {
		return "", true
	}
	if tree.kind != nodeConcat {
		return "", false
	}
	text := make([]byte, 0, len(tree.sub))
	for _, n := range tree.sub {
		if n.kind != nodeByte {
			return "", false
		}
		text = append(text, n.char)
	}
	return string(text), true
}

// nullable tells whether n can match without consuming anything.
func nullable(n *node) bool {
	switch n.kind {
	case nodeByte, nodeSet:
		return false
	case nodeStar, nodeOptional, nodeEmpty, nodeBegin, nodeEnd:
		return true
	case nodeCounted:
		return n.min == 0 || nullable(n.sub[0])
	case nodeAlternate:
		return nullable(n.sub[0]) || nullable(n.sub[1])
	}
	for _, s := range n.sub {
		if !nullable(s) {
			return false
		}
	}
	return true
}

// hasEmptyLoop tells whether some unlimited loop has a body that may be empty. Only then can an instruction be reached
// twice without consuming anything in between, and rounds have to be counted.
func hasEmptyLoop(n *node) bool {
	switch n.kind {
	case nodeStar, nodePlus:
		if nullable(n.sub[0]) {
			return true
		}
	case nodeCounted:
		if n.max < 0 && nullable(n.sub[0]) {
			return true
		}
	}
	for _, s := range n.sub {
		if hasEmptyLoop(s) {
			return true
		}
	}
	return false
}

type generator struct {
	program
	counting bool
}

func (g *generator) add(i inst) int32 {
	g.insts = append(g.insts, i)
	return int32(len(g.insts) - 1)
}

func (g *generator) remember() int32 {
	g.memos++
	return int32(g.memos - 1)
}

// gen adds the instructions of n, which continue at next, and returns where they begin.
func (g *generator) gen(n *node, next int32) int32 {
	switch n.kind {
	case nodeByte:
		return g.add(inst{op: opByte, char: n.char, next: next})
	case nodeSet:
		return g.add(inst{op: opSet, set: n.set, next: next})
	case nodeBegin:
		return g.add(inst{op: opBegin, next: next})
	case nodeEnd:
		return g.add(inst{op: opEnd, next: next})
	case nodeGroup:
		next = g.add(inst{op: opSave, arg: int32(2*n.group + 1), next: next})
		next = g.gen(n.sub[0], next)
		return g.add(inst{op: opSave, arg: int32(2 * n.group), next: next})
	case nodeConcat:
		return g.concat(n.sub, next)
	case nodeAlternate:
		left := g.gen(n.sub[0], next)
		right := g.gen(n.sub[1], next)
		return g.add(inst{op: opBranch, next: left, alt: right, memo: g.remember()})
	case nodeStar, nodePlus, nodeOptional, nodeCounted:
		return g.repeated(n, next)
	}
	return next
}

// concat generates terms from the last to the first; neighbouring characters become one string.
func (g *generator) concat(terms []*node, next int32) int32 {
	for i := len(terms); i > 0; {
		start := i
		for start > 0 && terms[start-1].kind == nodeByte {
			start--
		}
		if i-start > 1 {
			text := make([]byte, 0, i-start)
			for _, t := range terms[start:i] {
				text = append(text, t.char)
			}
			next = g.add(inst{op: opString, text: string(text), char: text[0], next: next})
			i = start
			continue
		}
		i--
		next = g.gen(terms[i], next)
	}
	return next
}

func (g *generator) repeated(n *node, next int32) int32 {
	min, max := 0, -1
	switch n.kind {
	case nodePlus:
		min = 1
	case nodeOptional:
		max = 1
	case nodeCounted:
		min, max = n.min, n.max
	}
	body := n.sub[0]
	if body.kind == nodeByte || body.kind == nodeSet {
		return g.add(inst{op: opLoop, set: body.bytes(), min: int32(min), max: int32(max), next: next, memo: g.remember()})
	}
	if n.kind == nodePlus {
		return g.plus(body, next)
	}
	end := next
	if max < 0 {
		next = g.star(body, next)
	}
	for ; max > min; max-- {
		r := g.repeat(body)
		alt := g.gen(body, next)
		g.insts[r].next, g.insts[r].alt = end, alt
		next = r
	}
	for ; min > 0; min-- {
		next = g.gen(body, next)
	}
	return next
}

// bytes returns the set of the single bytes that n matches.
func (n *node) bytes() *byteSet {
	if n.kind == nodeSet {
		return n.set
	}
	var set byteSet
	set[n.char] = true
	return &set
}

func (g *generator) star(body *node, next int32) int32 {
	r := g.repeat(body)
	alt := g.gen(body, r)
	g.insts[r].next, g.insts[r].alt = next, alt
	return r
}

// plus runs the body once before its loop. That round is not counted, unlike those of the loop.
func (g *generator) plus(body *node, next int32) int32 {
	r := g.repeat(body)
	alt := g.gen(body, r)
	g.insts[r].next, g.insts[r].alt = next, alt
	return alt
}

// repeat adds an opRepeat, whose targets the caller fills in.
func (g *generator) repeat(body *node) int32 {
	counter := int32(-1)
	if g.counting && nullable(body) {
		counter = int32(g.counters)
		g.counters++
	}
	return g.add(inst{op: opRepeat, arg: counter, memo: g.remember()})
}
