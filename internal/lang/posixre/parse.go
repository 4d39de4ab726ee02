package posixre

import "slices"

type nodeKind uint8

const (
	nodeEmpty nodeKind = iota
	nodeByte
	nodeSet
	nodeBegin
	nodeEnd
	nodeGroup
	nodeConcat
	nodeAlternate
	nodeStar
	nodePlus
	nodeOptional
	nodeCounted
)

// A node is a part of a parsed pattern.
type node struct {
	kind   nodeKind
	char   byte     // of nodeByte
	set    *byteSet // of nodeSet
	group  int      // of nodeGroup, from 1
	min    int      // of nodeCounted
	max    int      // of nodeCounted; -1: no maximum
	sub    []*node  // operands
	states int      // automaton states that libstdc++ copies when a count repeats this node
}

// maxStates is libstdc++'s limit (_GLIBCXX_REGEX_STATE_LIMIT) on the states that are made while a pattern is compiled,
// those that drop out again included.
const maxStates = 100000

type parser struct {
	scanner
	groups int
	states int
	nodes  []node  // room for more of them
	terms  []*node // of the sequences being parsed, the innermost last
}

// node returns a copy of n.
func (p *parser) node(n node) *node {
	if len(p.nodes) == cap(p.nodes) {
		p.nodes = make([]node, 0, 8)
	}
	p.nodes = append(p.nodes, n)
	return &p.nodes[len(p.nodes)-1]
}

// parse returns the tree of a pattern and the number of its groups.
func parse(pattern string) (*node, int, *Error) {
	p := &parser{scanner: scanner{pattern: pattern}}
	if err := p.advance(); err != nil {
		return nil, 0, err
	}
	if err := p.made(1); err != nil { // group 0 begins
		return nil, 0, err
	}
	tree, err := p.alternatives()
	if err != nil {
		return nil, 0, err
	}
	if p.tok != tokEOF {
		return nil, 0, invalid("unmatched parenthesis, or nothing to repeat")
	}
	if err := p.made(2); err != nil { // group 0 ends, accept
		return nil, 0, err
	}
	return tree, p.groups, nil
}

// made counts n more states.
func (p *parser) made(n int) *Error {
	p.states += n
	if p.states > maxStates {
		return &Error{Kind: Limit, Detail: "too many states"}
	}
	return nil
}

// take advances if the current token is tok.
func (p *parser) take(tok token) (bool, *Error) {
	if p.tok != tok {
		return false, nil
	}
	return true, p.advance()
}

// alternatives parses up to a closing parenthesis or the end.
func (p *parser) alternatives() (*node, *Error) {
	left, err := p.sequence()
	if err != nil {
		return nil, err
	}
	for p.tok == tokOr {
		if err := p.advance(); err != nil {
			return nil, err
		}
		right, err := p.sequence()
		if err != nil {
			return nil, err
		}
		if err := p.made(2); err != nil {
			return nil, err
		}
		left = p.node(node{kind: nodeAlternate, sub: []*node{left, right}, states: left.states + right.states + 2})
	}
	return left, nil
}

// sequence parses terms up to something that begins none.
func (p *parser) sequence() (*node, *Error) {
	first := len(p.terms)
	states := 1
	for {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		if t == nil {
			break
		}
		p.terms = append(p.terms, t)
		states += t.states
	}
	terms := slices.Clone(p.terms[first:])
	p.terms = p.terms[:first]
	if err := p.made(1); err != nil {
		return nil, err
	}
	if len(terms) == 0 {
		return p.node(node{kind: nodeEmpty, states: 1}), nil
	}
	return p.node(node{kind: nodeConcat, sub: terms, states: states}), nil
}

// term parses an anchor, or an atom with its quantifiers; nil without an error if none begins here.
func (p *parser) term() (*node, *Error) {
	switch p.tok {
	case tokBegin:
		return p.single(p.node(node{kind: nodeBegin}))
	case tokEnd:
		return p.single(p.node(node{kind: nodeEnd}))
	}
	atom, err := p.atom()
	for atom != nil && err == nil {
		var quantified *node
		if quantified, err = p.quantifier(atom); quantified == nil {
			break
		}
		atom = quantified
	}
	return atom, err
}

// single makes a node of one token and one state.
func (p *parser) single(n *node) (*node, *Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n.states = 1
	return n, p.made(1)
}

func (p *parser) atom() (*node, *Error) {
	switch p.tok {
	case tokAny:
		return p.single(p.node(node{kind: nodeSet, set: &anyByte}))
	case tokChar:
		return p.single(p.node(node{kind: nodeByte, char: p.value[0]}))
	case tokGroupOpen:
		return p.parenthesised()
	case tokBracketOpen, tokBracketOpenNot:
		return p.bracketAtom()
	}
	return nil, nil
}

func (p *parser) parenthesised() (*node, *Error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	p.groups++
	n := p.node(node{kind: nodeGroup, group: p.groups})
	if err := p.made(1); err != nil {
		return nil, err
	}
	body, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.tok != tokGroupClose {
		return nil, invalid("unmatched parenthesis, or nothing to repeat")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n.sub = []*node{body}
	n.states = body.states + 2
	return n, p.made(1)
}

func (p *parser) bracketAtom() (*node, *Error) {
	set, err := p.bracket()
	if err != nil {
		return nil, err
	}
	return p.node(node{kind: nodeSet, set: set, states: 1}), p.made(1)
}

// quantifier parses what repeats atom; nil without an error if nothing does.
func (p *parser) quantifier(atom *node) (*node, *Error) {
	kind, extra := nodeStar, 1
	switch p.tok {
	case tokStar:
	case tokPlus:
		kind = nodePlus
	case tokOptional:
		kind, extra = nodeOptional, 2
	case tokBraceOpen:
		return p.counted(atom)
	default:
		return nil, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.node(node{kind: kind, sub: []*node{atom}, states: atom.states + extra}), p.made(extra)
}

// counted parses {n}, {n,} and {n,m}. libstdc++ copies the atom as often as it may repeat and drops the original.
func (p *parser) counted(atom *node) (*node, *Error) {
	n := p.node(node{kind: nodeCounted, sub: []*node{atom}})
	if err := p.advance(); err != nil {
		return nil, err
	}
	var err *Error
	if n.min, err = p.count(); err != nil {
		return nil, err
	}
	n.max = n.min
	comma, err := p.take(tokComma)
	if err != nil {
		return nil, err
	}
	if comma {
		n.max = -1
		if p.tok == tokCount {
			if n.max, err = p.count(); err != nil {
				return nil, err
			}
		}
	}
	if p.tok != tokBraceClose {
		return nil, invalid("braces without an end")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.made(1 + n.min*atom.states); err != nil {
		return nil, err
	}
	n.states = 1 + n.min*atom.states
	more := atom.states + 1
	if n.max >= 0 {
		if n.max < n.min {
			return nil, invalid("maximum below minimum")
		}
		more = 1 + (n.max-n.min)*(atom.states+1)
	}
	n.states += more
	return n, p.made(more)
}

// count parses a number between braces. Numbers are C ints.
func (p *parser) count() (int, *Error) {
	if p.tok != tokCount {
		return 0, invalid("number expected between braces")
	}
	digits := p.value
	if err := p.advance(); err != nil {
		return 0, err
	}
	n := 0
	for _, c := range []byte(digits) {
		n = n*10 + int(c-'0')
		if n > 1<<31-1 {
			return 0, invalid("number between braces too large")
		}
	}
	return n, nil
}
