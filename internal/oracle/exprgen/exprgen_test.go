package exprgen

import (
	"strings"
	"testing"
)

func TestSameSeedSameExpressions(t *testing.T) {
	a, b, c := New(7, "/f"), New(7, "/f"), New(8, "/f")
	same := 0
	for range 200 {
		x, y, z := a.Expression().String(), b.Expression().String(), c.Expression().String()
		if x != y {
			t.Fatalf("one seed gave %q and %q", x, y)
		}
		if x == z {
			same++
		}
	}
	if same > 50 {
		t.Errorf("two seeds have %d of 200 expressions in common", same)
	}
}

// TestSmaller walks down from an expression by the first candidate each time, and from there by the last: both end at
// something that cannot be smaller.
func TestSmaller(t *testing.T) {
	g := New(1, "/f")
	for range 20 {
		n := g.Expression()
		for size := n.Size(); size > 1; size = n.Size() {
			for small := range n.Smaller {
				if small.Size() < size {
					n = small
					break
				}
			}
			if n.Size() == size {
				t.Fatalf("nothing smaller than %s", n)
			}
		}
	}
}

// TestCoverage sees to it that every form and every builtin that the tables name comes up.
func TestCoverage(t *testing.T) {
	g := New(3, "/f")
	var all strings.Builder
	for range 20000 {
		all.WriteString(g.Expression().String())
		all.WriteByte('\n')
	}
	text := all.String()
	for _, want := range []string{
		"let ", "rec {", "with ", "assert ", "inherit (", "inherit ", "? ", " or ", "@", "...", "''", "${", "|>", "<|", "->", "//", "++", "__functor", "__toString",
		"let {", "/f/", "#", "https:", "genericClosure", "zipAttrsWith", "groupBy", "getContext", "readDir", "tryEval", "foldl'", "sort", "match", "split", "fromTOML",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing has %q", want)
		}
	}
	for _, rows := range [][]call{intCalls, boolCalls, stringCalls, pathCalls} {
		for _, r := range rows {
			if name, _, _ := strings.Cut(r.text, " "); !strings.Contains(name, "§") && !strings.Contains(text, name) {
				t.Errorf("nothing has %q", name)
			}
		}
	}
}

func TestPrecedence(t *testing.T) {
	a := atom("a")
	for _, c := range []struct {
		n    *Node
		want string
	}{
		{binary(precAdd, "+", precAdd, precMul, binary(precAdd, "-", precAdd, precMul, a, a), a), "a - a + a"},
		{binary(precAdd, "+", precAdd, precMul, a, binary(precAdd, "-", precAdd, precMul, a, a)), "a + (a - a)"},
		{apply("f", apply("g", a), a), "f (g a) a"},
		{items("[ ", "]", apply("g", a), a), "[ (g a) a ]"},
		{form(precLowest, precLowest, "x: §", form(precLowest, precLowest, "y: §", a)), "x: y: a"},
		{items("[ ", "]", a, a, a).without(1), "[ a a ]"},
		{items("[ ", "]", a).without(0), "[ ]"},
	} {
		if got := c.n.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
