package exprgen

import "strings"

// Precedences, loose to tight. A node in a slot that asks for more than it has gets parentheses.
const (
	precLowest  = iota // functions, let, if, with, assert
	precPipe           // |> <|
	precImplies        // ->
	precOr
	precAnd
	precEqual
	precLess
	precUpdate
	precNot
	precAdd
	precMul
	precConcat
	precHas
	precNegate
	precApply
	precSelect
	precAtom
)

// A Node is an expression: text with other expressions in it. Immutable once made.
type Node struct {
	parts []string // around and between the kids: one more than these
	kids  []*Node
	slots []int // precedence that each kid must have
	prec  int
	items bool // the kids are items of a list or a set: each may be left out
}

func atom(text string) *Node { return &Node{parts: []string{text}, prec: precAtom} }

// form makes a node of text in which each § stands for a kid, all in the same slot.
func form(prec, slot int, text string, kids ...*Node) *Node {
	n := &Node{parts: strings.Split(text, "§"), kids: kids, prec: prec, slots: make([]int, len(kids))}
	for i := range n.slots {
		n.slots[i] = slot
	}
	return n
}

// binary makes an operator node; left and right are the precedences that the operands must have.
func binary(prec int, op string, left, right int, a, b *Node) *Node {
	return &Node{parts: []string{"", " " + op + " ", ""}, kids: []*Node{a, b}, slots: []int{left, right}, prec: prec}
}

// apply makes the application of the function to its arguments.
func apply(function string, args ...*Node) *Node {
	return form(precApply, precSelect, function+strings.Repeat(" §", len(args)), args...)
}

// items makes a node of any number of items between open and end.
func items(open, end string, kids ...*Node) *Node {
	n := &Node{parts: []string{open}, kids: kids, prec: precAtom, items: true}
	for range kids {
		n.parts = append(n.parts, " ")
		n.slots = append(n.slots, precSelect)
	}
	n.parts[len(kids)] += end
	return n
}

// String is the text of the expression.
func (n *Node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *Node) write(b *strings.Builder) {
	for i, kid := range n.kids {
		b.WriteString(n.parts[i])
		if kid.prec < n.slots[i] {
			b.WriteByte('(')
			kid.write(b)
			b.WriteByte(')')
		} else {
			kid.write(b)
		}
	}
	b.WriteString(n.parts[len(n.kids)])
}

// Size counts the nodes.
func (n *Node) Size() int {
	size := 1
	for _, kid := range n.kids {
		size += kid.Size()
	}
	return size
}

// Smaller is the sequence of expressions that are like n with something left out or simpler, the most radical ones first.
func (n *Node) Smaller(yield func(*Node) bool) { n.smaller(yield) }

func (n *Node) smaller(yield func(*Node) bool) bool {
	for _, kid := range n.kids {
		if !yield(kid) {
			return false
		}
	}
	if n.Size() > 1 || len(n.parts[0]) > 2 {
		for _, text := range []string{"1", `""`, "[ ]", "{ }", "null", "true", "(x: x)"} {
			if len(n.kids) > 0 || len(text) < len(n.parts[0]) {
				if !yield(atom(text)) {
					return false
				}
			}
		}
	}
	if n.items {
		for i := range n.kids {
			if !yield(n.without(i)) {
				return false
			}
		}
	}
	for i, kid := range n.kids {
		if !kid.smaller(func(small *Node) bool { return yield(n.with(i, small)) }) {
			return false
		}
	}
	return true
}

// with is n with another i-th kid.
func (n *Node) with(i int, kid *Node) *Node {
	kids := append([]*Node(nil), n.kids...)
	kids[i] = kid
	return &Node{parts: n.parts, kids: kids, slots: n.slots, prec: n.prec, items: n.items}
}

// without is n, whose kids are items, without the i-th.
func (n *Node) without(i int) *Node {
	last := len(n.kids) - 1
	small := &Node{prec: n.prec, items: true, parts: append([]string(nil), n.parts[:last+1]...)}
	small.kids = append(append(small.kids, n.kids[:i]...), n.kids[i+1:]...)
	small.slots = append(append(small.slots, n.slots[:i]...), n.slots[i+1:]...)
	small.parts[last] = n.parts[last+1]
	if last == 0 {
		small.parts[0] = strings.TrimSuffix(n.parts[0], " ") + n.parts[1]
	}
	return small
}
