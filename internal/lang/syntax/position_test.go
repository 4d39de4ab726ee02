package syntax

import (
	"fmt"
	"strings"
	"testing"

	"firn/internal/diag"
)

// TestPositions checks where nodes say they are, as offsets from 1; 0 is none.
func TestPositions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{" 1", "Int 0"},
		{` "a"`, "String 0"},
		{" ./a", "Path 0"},
		{" a", "Var 2"},
		{" __curPos", "CurPos 2"},
		{" f a b", "Call 2 [Var 2 Var 4 Var 6]"},
		{" (f a) b", "Call 3 [Var 3 Var 5 Var 8]"},
		{" f or", "Call 2 [Var 2 Var 2]"},
		{" -a", "Call 2 [Var 0 Int 0 Var 3]"},
		{" a - b", "Call 4 [Var 0 Var 2 Var 6]"},
		{" a < b", "Call 4 [Var 0 Var 2 Var 6]"},
		{" a <= b", "Not 4 [Call 4 [Var 0 Var 7 Var 2]]"},
		{" a + (b)", "Concat 4 [2 Var 2 6 Var 7]"},
		{" (a) + b + c", "Concat 10 [2 Concat 6 [2 Var 3 8 Var 8] 12 Var 12]"},
		{" a == b", "Binary 4 [Var 2 Var 7]"},
		{" a ? b", "HasAttr 2 [Var 2]"},
		{" !a", "Not 3 [Var 3]"},
		{" a |> b", "Call 4 [Var 7 Var 2]"},
		{" a.b.c or d", "Select 2 [Var 2 Var 11]"},
		{` "a${b}c"`, "Concat 3 [3 String 0 4 Var 6 8 String 0]"},
		{` "${b}"`, "Concat 3 [3 Var 5]"},
		{" ''a${b} ''$''", "Concat 2 [4 String 0 5 Var 7 9 String 0 10 String 0]"},
		{" ./a${b}/c", "Concat 2 [2 Path 0 5 Var 7 9 String 0]"},
		{" <a>", "Call 2 [Var 0 Var 0 String 0]"},
		{" [ 1 a ]", "List 0 [Int 0 Var 6]"},
		{" [ a 1 ]", "List 4 [Var 4 Int 0]"},
		{" { a.b = c; }", "Set 2 {a 4 Set 0 {b 4 Var 10}}"},
		{" { inherit a; inherit (b) c; }", "Set 2 {a 12 Var 12; c 27} from 24 Var 24"},
		{" { ${a} = b; }", "Set 2 {Var 6 4 Var 11}"},
		{" rec { }", "Set 2 {}"},
		{" let { }", "Select 2 [Set 2 {}]"},
		{" let a = b; in c", "Let 0 [Set 0 {a 6 Var 10} Var 16]"},
		{" with a; b", "With 2 [Var 7 Var 10]"},
		{" assert a; b", "Assert 2 [Var 9 Var 12]"},
		{" if a then b else c", "If 2 [Var 5 Var 12 Var 19]"},
		{" x: x", "Lambda 2 [Var 5]"},
		{" { a, b ? c }: d", "Lambda 2 (a 4, b 7 Var 11) [Var 16]"},
	} {
		table := &diag.Table{}
		e, err := Parse(c.text, Options{Base: "/", Positions: table, PipeOperators: true}, &Arena{})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if got := place(e); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// place prints the kinds and positions of a tree.
func place(e Expr) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T %d", e, e.Pos()), "*syntax.")
	switch e := e.(type) {
	case *Call:
		return name + places(append([]Expr{e.Fun}, e.Args...)...)
	case *Not:
		return name + places(e.Operand)
	case *Binary:
		return name + places(e.Left, e.Right)
	case *HasAttr:
		return name + places(e.Subject)
	case *Select:
		if e.Default != nil {
			return name + places(e.Subject, e.Default)
		}
		return name + places(e.Subject)
	case *List:
		return name + places(e.Items...)
	case *Let:
		return name + places(e.Bindings, e.Body)
	case *With:
		return name + places(e.Env, e.Body)
	case *Assert:
		return name + places(e.Cond, e.Body)
	case *If:
		return name + places(e.Cond, e.Then, e.Else)
	case *Lambda:
		return name + placeFormals(e.Formals) + places(e.Body)
	case *Concat:
		var parts []string
		for _, p := range e.Parts {
			parts = append(parts, fmt.Sprint(p.At, " ", place(p.Expr)))
		}
		return name + " [" + strings.Join(parts, " ") + "]"
	case *Set:
		return name + placeSet(e)
	}
	return name
}

func places(list ...Expr) string {
	var all []string
	for _, e := range list {
		all = append(all, place(e))
	}
	return " [" + strings.Join(all, " ") + "]"
}

func placeFormals(f *Formals) string {
	if f == nil {
		return ""
	}
	var all []string
	for _, formal := range f.List {
		s := fmt.Sprint(formal.Name, " ", formal.At)
		if formal.Default != nil {
			s += " " + place(formal.Default)
		}
		all = append(all, s)
	}
	return " (" + strings.Join(all, ", ") + ")"
}

func placeSet(e *Set) string {
	var all []string
	for _, a := range e.Attrs {
		s := fmt.Sprint(a.Name, " ", a.At)
		if a.Value != nil {
			s += " " + place(a.Value)
		}
		all = append(all, s)
	}
	for _, d := range e.Dynamic {
		all = append(all, fmt.Sprint(place(d.Name), " ", d.At, " ", place(d.Value)))
	}
	s := " {" + strings.Join(all, "; ") + "}"
	for i, from := range e.From {
		s += fmt.Sprint(" from ", e.FromAt[i], " ", place(from))
	}
	return s
}

// TestDocs checks which comments belong to which attributes and functions.
func TestDocs(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"/** d */ x: y: x", "lambda x = d, lambda y = d"},
		{"/** d */ x: /** e */ y: x", "lambda x = d, lambda y = e"},
		{"x: /** e */ y: x", "lambda x = , lambda y = e"},
		{"/* d */ x: x", "lambda x = "},
		{"/*** d */ x: x", "lambda x = "},
		{"/**/ x: x", "lambda x = "},
		{"/** d */ /* c */ # c\n x: x", "lambda x = d"},
		{"/** d */ /** e */ x: x", "lambda x = e"},
		{"/** d */ (x: x)", "lambda x = "},
		{"/** d */ { a }: a", "lambda  = d"},
		{"{ /** d */ a = 1; }", "a = d"},
		{"{ /** d */ a = x: y: x; }", "a = d, lambda x a = d, lambda y a = d"},
		{"{ /** d */ a = /** e */ x: y: x; }", "a = d, lambda x a = e, lambda y a = e"},
		{"{ /** d */ a.b = (x: x); }", "a = , b = d, lambda x b = d"},
		{"let /** d */ a = x: x; in a", "a = d, lambda x a = d"},
		{"{ a /** d */ = 1; b = /** e */ 1; }", "a = , b = "},
	} {
		table := &diag.Table{}
		e, err := Parse(c.text, Options{Positions: table}, &Arena{})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if got := strings.Join(docs(c.text, e), ", "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func docs(text string, e Expr) (all []string) {
	doc := func(d [2]diag.Pos) string {
		if d[1] == 0 {
			return ""
		}
		return strings.Trim(text[d[0]-1:d[1]-1], "/* ")
	}
	switch e := e.(type) {
	case *Lambda:
		name := strings.TrimSuffix(fmt.Sprint("lambda ", e.Arg, " ", e.Name), " ")
		all = append(all, name+" = "+doc(e.Doc))
		all = append(all, docs(text, e.Body)...)
	case *Let:
		all = docs(text, e.Bindings)
	case *Set:
		for _, a := range e.Attrs {
			all = append(all, fmt.Sprint(a.Name)+" = "+doc(a.Doc))
			all = append(all, docs(text, a.Value)...)
		}
	}
	return all
}
