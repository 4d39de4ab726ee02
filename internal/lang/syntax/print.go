package syntax

import (
	"slices"
	"strconv"

	"firn/internal/lang/symbol"
)

// Print appends what nix-instantiate --parse prints of an expression. It is
// meant for people: not all of it can be parsed again.
func Print(dst []byte, e Expr) []byte {
	switch e := e.(type) {
	case *Int:
		return strconv.AppendInt(dst, e.Value, 10)
	case *Float:
		return strconv.AppendFloat(dst, e.Value, 'g', 6, 64) // as C's %g
	case *String:
		return AppendString(dst, e.Value)
	case *Path:
		return append(dst, e.Value...)
	case *Var:
		return appendSymbol(dst, e.Name)
	case *CurPos:
		return append(dst, "__curPos"...)
	case *Select:
		return printSelect(dst, e)
	case *HasAttr:
		dst = Print(append(dst, "(("...), e.Subject)
		dst = appendAttrPath(append(dst, ") ? "...), e.Path)
		return append(dst, ')')
	case *Set:
		return printSet(dst, e)
	case *List:
		dst = append(dst, "[ "...)
		for _, item := range e.Items {
			dst = Print(append(dst, '('), item)
			dst = append(dst, ") "...)
		}
		return append(dst, ']')
	case *Lambda:
		return printLambda(dst, e)
	case *Call:
		dst = Print(append(dst, '('), e.Fun)
		for _, arg := range e.Args {
			dst = Print(append(dst, ' '), arg)
		}
		return append(dst, ')')
	case *Binary:
		dst = Print(append(dst, '('), e.Left)
		dst = append(dst, ' ')
		dst = append(dst, e.Op.String()...)
		dst = Print(append(dst, ' '), e.Right)
		return append(dst, ')')
	case *Concat:
		dst = append(dst, '(')
		for i, part := range e.Parts {
			if i > 0 {
				dst = append(dst, " + "...)
			}
			dst = Print(dst, part.Expr)
		}
		return append(dst, ')')
	}
	return printStatement(dst, e)
}

// printStatement prints what is written with keywords, and negation.
func printStatement(dst []byte, e Expr) []byte {
	switch e := e.(type) {
	case *Let:
		dst = printBindings(append(dst, "(let "...), e.Bindings)
		dst = Print(append(dst, "in "...), e.Body)
	case *With:
		dst = Print(append(dst, "(with "...), e.Env)
		dst = Print(append(dst, "; "...), e.Body)
	case *If:
		dst = Print(append(dst, "(if "...), e.Cond)
		dst = Print(append(dst, " then "...), e.Then)
		dst = Print(append(dst, " else "...), e.Else)
	case *Assert: // the only one without parentheses
		dst = Print(append(dst, "assert "...), e.Cond)
		return Print(append(dst, "; "...), e.Body)
	case *Not:
		dst = Print(append(dst, "(! "...), e.Operand)
	}
	return append(dst, ')')
}

func printSelect(dst []byte, e *Select) []byte {
	dst = Print(append(dst, '('), e.Subject)
	dst = appendAttrPath(append(dst, ")."...), e.Path)
	if e.Default != nil {
		dst = Print(append(dst, " or ("...), e.Default)
		dst = append(dst, ')')
	}
	return dst
}

func printSet(dst []byte, e *Set) []byte {
	if e.Rec {
		dst = append(dst, "rec "...)
	}
	dst = printBindings(append(dst, "{ "...), e)
	return append(dst, '}')
}

// printBindings prints what is inherited, then what is inherited from each
// expression, then the rest, each in order of names; last the dynamic ones.
func printBindings(dst []byte, set *Set) []byte {
	sorted := slices.Clone(set.Attrs)
	slices.SortFunc(sorted, func(a, b Attr) int {
		if a.Kind != b.Kind {
			return inheritedFirst[a.Kind] - inheritedFirst[b.Kind]
		}
		if a.FromIndex != b.FromIndex {
			return a.FromIndex - b.FromIndex
		}
		return symbol.Compare(a.Name, b.Name)
	})
	for i, a := range sorted {
		if a.Kind == AttrPlain {
			dst = append(appendSymbol(dst, a.Name), " = "...)
			dst = append(Print(dst, a.Value), "; "...)
			continue
		}
		if i == 0 || sorted[i-1].Kind != a.Kind || sorted[i-1].FromIndex != a.FromIndex {
			dst = append(dst, "inherit"...)
			if a.Kind == AttrInheritFrom {
				dst = Print(append(dst, " ("...), set.From[a.FromIndex])
				dst = append(dst, ')')
			}
		}
		dst = appendSymbol(append(dst, ' '), a.Name)
		if i+1 == len(sorted) || sorted[i+1].Kind != a.Kind || sorted[i+1].FromIndex != a.FromIndex {
			dst = append(dst, "; "...)
		}
	}
	for _, d := range set.Dynamic {
		dst = Print(append(dst, `"${`...), d.Name)
		dst = Print(append(dst, `}" = `...), d.Value)
		dst = append(dst, "; "...)
	}
	return dst
}

var inheritedFirst = [...]int{AttrInherit: 0, AttrInheritFrom: 1, AttrPlain: 2}

func printLambda(dst []byte, e *Lambda) []byte {
	dst = append(dst, '(')
	if e.Formals != nil {
		dst = printFormals(dst, e.Formals)
		if e.Arg != symbol.Empty {
			dst = append(dst, " @ "...)
		}
	}
	if e.Arg != symbol.Empty {
		dst = appendSymbol(dst, e.Arg)
	}
	dst = Print(append(dst, ": "...), e.Body)
	return append(dst, ')')
}

func printFormals(dst []byte, f *Formals) []byte {
	sorted := slices.Clone(f.List)
	slices.SortFunc(sorted, func(a, b Formal) int { return symbol.Compare(a.Name, b.Name) })
	dst = append(dst, "{ "...)
	for i, formal := range sorted {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendSymbol(dst, formal.Name)
		if formal.Default != nil {
			dst = Print(append(dst, " ? "...), formal.Default)
		}
	}
	if f.Ellipsis {
		if len(sorted) > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, "..."...)
	}
	return append(dst, " }"...)
}
