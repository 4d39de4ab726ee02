package syntax

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// An Expr is a node of the syntax tree. The tree is what the program means
// after the parser's desugaring, which is visible to users (--parse prints it,
// and rebinding __sub or __findFile changes it): a - b is __sub a b, a * b is
// __mul a b, a / b is __div a b, -a is __sub 0 a, a < b is __lessThan a b (and
// the other comparisons its negations and swaps), <p> is
// __findFile __nixPath "p".
//
// Nodes belong to the [Arena] that the parser was given and are dead once it is
// reset: whoever keeps something of the tree copies it. Strings in nodes are
// copies that don't pin the source text.
type Expr interface {
	// Pos is where messages point for this expression.
	Pos() diag.Pos
	expr()
}

// Node carries the position; it is embedded in every node.
type Node struct{ At diag.Pos }

func (n *Node) Pos() diag.Pos { return n.At }
func (*Node) expr()           {}

type (
	// Int is an integer literal.
	Int struct {
		Node
		Value int64
	}
	// Float is a floating-point literal.
	Float struct {
		Node
		Value float64
	}
	// String is a string literal without interpolation, an indented string
	// after its indentation was removed, or a URL.
	String struct {
		Node
		Value string
	}
	// Path is a path literal, made absolute and canonical. As the first part of
	// a Concat it keeps a trailing slash.
	Path struct {
		Node
		Value string
	}
	// Var is a use of a variable.
	Var struct {
		Node
		Name symbol.Symbol
	}
	// CurPos is __curPos.
	CurPos struct{ Node }

	// Select is Subject.Path or Subject.Path or Default (nil if none).
	Select struct {
		Node
		Subject Expr
		Path    []AttrName
		Default Expr
	}
	// HasAttr is Subject ? Path.
	HasAttr struct {
		Node
		Subject Expr
		Path    []AttrName
	}
	// Set is { … } or rec { … }; nested attribute paths are already merged.
	Set struct {
		Node
		Rec bool
		// Attrs are in source order of first definition; names are unique.
		Attrs []Attr
		// From are the e of inherit (e) …, each evaluated once; FromAt is where
		// each begins.
		From   []Expr
		FromAt []diag.Pos
		// Dynamic are the ${e} = … attributes, in source order.
		Dynamic []DynamicAttr
	}
	// List is [ … ].
	List struct {
		Node
		Items []Expr
	}
	// Lambda is a function. Formals is nil for x: …; Arg is Empty for a pattern
	// without @.
	Lambda struct {
		Node
		Arg     symbol.Symbol
		Formals *Formals
		Body    Expr
		// Name is the attribute or variable that the function is bound to, be
		// it through functions that return it; Empty if none.
		Name symbol.Symbol
		// Doc is the doc comment that precedes the function, as a range of the
		// source (start and end position), or zeroes.
		Doc [2]diag.Pos
	}
	// Call is Fun applied to all Args at once.
	Call struct {
		Node
		Fun  Expr
		Args []Expr
	}
	// Let is let … in Body. Bindings has no Dynamic and is recursive although
	// its Rec is false.
	Let struct {
		Node
		Bindings *Set
		Body     Expr
	}
	// With is with Env; Body.
	With struct {
		Node
		Env, Body Expr
	}
	// If is if Cond then Then else Else.
	If struct {
		Node
		Cond, Then, Else Expr
	}
	// Assert is assert Cond; Body.
	Assert struct {
		Node
		Cond, Body Expr
	}
	// Not is !Operand.
	Not struct {
		Node
		Operand Expr
	}
	// Binary is one of the operators that are not calls. At is the operator.
	Binary struct {
		Node
		Op          Op
		Left, Right Expr
	}
	// Concat is an interpolated string or path, or the operator + (with
	// ForceString false and two parts).
	Concat struct {
		Node
		ForceString bool
		Parts       []Part
	}
)

// A Part is one piece of a Concat. At is the position of the piece for messages.
type Part struct {
	At   diag.Pos
	Expr Expr
}

// Op is a binary operator.
type Op uint8

const (
	OpEq     Op = iota // ==
	OpNotEq            // !=
	OpAnd              // &&
	OpOr               // ||
	OpImpl             // ->
	OpUpdate           // //
	OpConcat           // ++
)

var opText = [...]string{"==", "!=", "&&", "||", "->", "//", "++"}

func (o Op) String() string { return opText[o] }

// AttrKind tells how an attribute was written.
type AttrKind uint8

const (
	AttrPlain       AttrKind = iota // name = Value
	AttrInherit                     // inherit name: Value is a Var of the enclosing scope
	AttrInheritFrom                 // inherit (From[FromIndex]) name
)

// An Attr is one static attribute of a Set.
type Attr struct {
	Name      symbol.Symbol
	Kind      AttrKind
	At        diag.Pos // of the name
	Value     Expr     // nil for AttrInheritFrom
	FromIndex int
	// Doc is the doc comment before the attribute, as in Lambda.
	Doc [2]diag.Pos
}

// A DynamicAttr is ${Name} = Value.
type DynamicAttr struct {
	Name, Value Expr
	At          diag.Pos
}

// An AttrName is one step of an attribute path: Name, or Expr if not nil.
type AttrName struct {
	Name symbol.Symbol
	Expr Expr
	At   diag.Pos
}

// Formals is the pattern { a, b ? d, ... }.
type Formals struct {
	// List is in source order; names are unique.
	List     []Formal
	Ellipsis bool
}

// A Formal is one name of a pattern; Default is nil if it is required.
type Formal struct {
	Name    symbol.Symbol
	At      diag.Pos
	Default Expr
}
