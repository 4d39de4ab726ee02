package format

import "firn/internal/lang/syntax"

// A leaf is a token with the comments and empty lines around it.
type leaf struct {
	kind   syntax.Kind
	text   string
	line   int       // in the source, from 1
	before []trivium // what stands before it on lines of its own
	after  string    // the comment after it on its line, without its sign
}

// bare reports whether a leaf has no comments or empty lines around it.
func (l *leaf) bare() bool { return len(l.before) == 0 && l.after == "" }

// raiseComment moves the comment after a leaf before it.
func (l *leaf) raiseComment() {
	if l.after != "" {
		l.before = append(l.before, trivium{kind: lineComment, text: " " + l.after})
		l.after = ""
	}
}

// A trivium is a comment or an empty line.
type trivium struct {
	kind  triviumKind
	text  string   // of a line comment, what follows the sign; of an annotation, its word
	lines []string // of a block comment
}

type triviumKind uint8

const (
	emptyLine triviumKind = iota
	lineComment
	blockComment
	docComment
	annotation // /* lua */ before a string: the language inside
)

// A node is an expression: *leaf, *text, *path, *list, *set, *selection,
// *parens, which are terms, or *with, *let, *assertion, *conditional, *function,
// *application, *operation, *hasAttr, *unary.
type node any

type (
	// text is a string, line by line.
	text struct {
		leaf
		indented bool
		exact    bool // indented, but must keep its lines as they are
		lines    [][]piece
	}
	path struct {
		leaf
		pieces []piece
	}
	list struct {
		open, close *leaf
		items       []item // nodes
	}
	set struct {
		recursive   *leaf // rec, or let of the old form; or nil
		open, close *leaf
		items       []item // *assignment or *inherit
	}
	selection struct {
		subject node
		steps   []step
		or      *leaf // or nil
		other   node  // the default
	}
	parens struct {
		open, close *leaf
		inner       node
	}
	with struct {
		word, semicolon *leaf
		env, body       node
	}
	let struct {
		word, in *leaf
		items    []item
		body     node
	}
	assertion struct {
		word, semicolon *leaf
		cond, body      node
	}
	conditional struct {
		word, then, otherwise *leaf
		cond, yes, no         node
	}
	function struct {
		param *param
		colon *leaf
		body  node
	}
	application struct{ fun, arg node }
	operation   struct {
		left  node
		op    *leaf
		right node
	}
	hasAttr struct {
		subject  node
		question *leaf
		steps    []step
	}
	unary struct {
		op      *leaf
		operand node
	}

	assignment struct {
		steps         []step
		is, semicolon *leaf
		value         node
	}
	inherit struct {
		word, semicolon *leaf
		source          *parens // or nil
		names           []node  // *leaf, *text or *dynamic
	}

	// dynamic is an interpolation as an attribute name.
	dynamic struct {
		leaf
		piece piece
	}
)

// An item is an element of a list or a binding, or comments between them.
type item struct {
	comments []trivium
	node     any
}

// A step is one name of an attribute path, with the dot before it.
type step struct {
	dot  *leaf // nil at the beginning of a path
	name node  // *leaf, *text or *dynamic
}

// A piece of a string or path is text or an interpolation.
type piece struct {
	text   string
	interp *whole
}

// A whole is an expression with what follows it up to the closing brace.
type whole struct {
	expr  node
	after []trivium
}

// A param is a function's parameter: a name, a pattern, or both.
type param struct {
	name, at  *leaf
	pattern   *pattern
	nameFirst bool
}

type pattern struct {
	open, close *leaf
	attrs       []*paramAttr
}

// A paramAttr is one name of a pattern, or its ellipsis.
type paramAttr struct {
	ellipsis bool
	name     *leaf // or the dots
	question *leaf
	value    node
	comma    *leaf // or nil
}

// first returns the first token of a node.
func first(n node) *leaf {
	switch n := n.(type) {
	case *leaf:
		return n
	case *text:
		return &n.leaf
	case *path:
		return &n.leaf
	case *dynamic:
		return &n.leaf
	case *list:
		return n.open
	case *set:
		if n.recursive != nil {
			return n.recursive
		}
		return n.open
	case *selection:
		return first(n.subject)
	case *parens:
		return n.open
	case *with:
		return n.word
	case *let:
		return n.word
	case *assertion:
		return n.word
	case *conditional:
		return n.word
	case *function:
		return n.param.first()
	case *application:
		return first(n.fun)
	case *operation:
		return first(n.left)
	case *hasAttr:
		return first(n.subject)
	}
	return n.(*unary).op
}

func (p *param) first() *leaf {
	if p.pattern == nil || p.nameFirst {
		return p.name
	}
	return p.pattern.open
}

// last returns the last token of a node.
func last(n node) *leaf {
	switch n := n.(type) {
	case *list:
		return n.close
	case *set:
		return n.close
	case *selection:
		if n.other != nil {
			return last(n.other)
		}
		return last(n.steps[len(n.steps)-1].name)
	case *parens:
		return n.close
	case *with:
		return last(n.body)
	case *let:
		return last(n.body)
	case *assertion:
		return last(n.body)
	case *conditional:
		return last(n.no)
	case *function:
		return last(n.body)
	case *application:
		return last(n.arg)
	case *operation:
		return last(n.right)
	case *hasAttr:
		return last(n.steps[len(n.steps)-1].name)
	case *unary:
		return last(n.operand)
	}
	return first(n)
}

func isTerm(n node) bool {
	switch n.(type) {
	case *leaf, *text, *path, *list, *set, *selection, *parens:
		return true
	}
	return false
}
