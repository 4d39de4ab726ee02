package eval

// keeps reports whether evaluating n may leave something behind that refers to
// its environment: a delayed expression, a function, a scope further in. Where
// not, the environment of a call can serve the next one. Integer calls in integer
// calls are counted when they are delayed after all; see [integerCall].
func keeps(n node) bool {
	switch n := n.(type) {
	case *constant, *global, *local0, *local1, *local2, *localN, *withVar, *curPos:
		return false
	case *select1:
		return keeps(n.subject)
	case *selectNode:
		return n.computed || keeps(n.subject)
	case *selectOr:
		return n.computed || keepAny(n.subject, n.def)
	case *hasNode:
		return hasComputed(n.path) || keeps(n.subject)
	case *callNode:
		return keeps(n.fun) || delayAny(n.args)
	case *integerCall:
		return delays(n.args[0]) && !isQuiet(n.args[0]) || delays(n.args[1]) && !isQuiet(n.args[1])
	case *listNode:
		return delayAny(n.items)
	case *ifNode:
		return keepAny(n.cond, n.then, n.els)
	case *assertNode:
		return keepAny(n.cond, n.body)
	case *notNode:
		return keeps(n.operand)
	case *concatNode:
		return keepParts(n.parts)
	}
	b, ok := operands(n)
	return !ok || keepAny(b.left, b.right)
}

// operands returns those of an operator with two.
func operands(n node) (b *binary, ok bool) {
	switch n := n.(type) {
	case *eqNode:
		return &n.binary, true
	case *notEq:
		return &n.binary, true
	case *andNode:
		return &n.binary, true
	case *orNode:
		return &n.binary, true
	case *implNode:
		return &n.binary, true
	case *updateNode:
		return &n.binary, true
	case *joinNode:
		return &n.binary, true
	}
	return nil, false
}

// isQuiet tells whether n is an integer call that keeps nothing itself.
func isQuiet(n node) bool {
	c, ok := n.(*integerCall)
	return ok && !keeps(c)
}

func keepAny(list ...node) bool {
	for _, n := range list {
		if keeps(n) {
			return true
		}
	}
	return false
}

func keepParts(parts []concatPart) bool {
	for i := range parts {
		if keeps(parts[i].expr) {
			return true
		}
	}
	return false
}

func hasComputed(path []pathStep) bool {
	for i := range path {
		if path[i].expr != nil {
			return true
		}
	}
	return false
}

// delays reports whether the cell that n.thunk returns refers to the
// environment. Variables have their cell: nothing is evaluated in a scope that
// is still being filled.
func delays(n node) bool {
	switch n.(type) {
	case *constant, *global, *local0, *local1, *local2, *localN:
		return false
	}
	return true
}

func delayAny(list []node) bool {
	for _, n := range list {
		if delays(n) {
			return true
		}
	}
	return false
}
