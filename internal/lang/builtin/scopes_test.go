package builtin

import (
	"fmt"
	"testing"
)

// TestScopesStay calls functions with 1, 2 and 3 before anything that the results
// delay is looked at. Each must still see its own argument.
func TestScopesStay(t *testing.T) {
	for _, c := range []struct{ fun, use, want string }{
		{`x: [ x ]`, `v`, `[ [ 1 ] [ 2 ] [ 3 ] ]`},
		{`x: [ (x + 0) ]`, `v`, `[ [ 1 ] [ 2 ] [ 3 ] ]`},
		{`x: { a = x; }`, `v.a`, `[ 1 2 3 ]`},
		{`x: { inherit x; }`, `v.x`, `[ 1 2 3 ]`},
		{`x: let y = x; in [ y ]`, `v`, `[ [ 1 ] [ 2 ] [ 3 ] ]`},
		{`x: with { y = x; }; [ y ]`, `v`, `[ [ 1 ] [ 2 ] [ 3 ] ]`},
		{`x: y: x + y`, `v 10`, `[ 11 12 13 ]`},
		{`x: { z ? x }: z`, `v { }`, `[ 1 2 3 ]`},
		{`x: if x < 2 then (y: x) else (y: -x - 1)`, `v null`, `[ 1 -3 -4 ]`},
		{`x: pair x (x * 2)`, `v`, `[ [ 1 2 ] [ 2 4 ] [ 3 6 ] ]`},
		{`x: { a = { b = y: x; }; }.a.b`, `v null`, `[ 1 2 3 ]`},
		{`x: { }.a or (y: x)`, `v null`, `[ 1 2 3 ]`},
		{`x: assert x > 0; [ ] ++ [ (x) ]`, `v`, `[ [ 1 ] [ 2 ] [ 3 ] ]`},
		{`x: { a = 0; } // { a = x * 1; }`, `v.a`, `[ 1 2 3 ]`},
		{`x: "${toString x}${toString (x - 1)}"`, `v`, `[ "10" "21" "32" ]`},
		{`x: x - (x - 1.5) - 1`, `v`, `[ 0.5 0.5 0.5 ]`},
		{`x: builtins.foldl' (a: b: a - b * x) 0 [ 1 2 ]`, `v`, `[ -3 -6 -9 ]`},
		{`x: count x - 1`, `v`, `[ 0 1 2 ]`},
		{`x: builtins.tryEval (x - (if x == 2 then throw "no" else x))`, `v.success`, `[ true false true ]`},
	} {
		in := fmt.Sprintf(`let
			pair = a: b: [ a b ];
			count = n: if n == 0 then 0 else 1 + count (n - 1);
			made = map (%s) [ 1 2 3 ];
		in builtins.foldl' (a: v: builtins.seq v a) (map (v: %s) made) made`, c.fun, c.use)
		if got := run(newWorker(t), in); got != c.want {
			t.Errorf("%s: got %s, want %s", c.fun, got, c.want)
		}
	}
}

// TestIntegerCalls holds operators, which have a short way for integers, against
// the functions that they stand for.
func TestIntegerCalls(t *testing.T) {
	operands := []string{`0`, `1`, `(-1)`, `7`, `9223372036854775807`, `(-9223372036854775807 - 1)`, `1.5`, `"a"`, `null`, `[ 1 ]`, `(2 - 3)`}
	for _, op := range []struct{ sign, name string }{{"-", "sub"}, {"*", "mul"}, {"<", "lessThan"}} {
		for _, a := range operands {
			for _, b := range operands {
				short := run(newWorker(t), fmt.Sprintf(`let a = %s; b = %s; in builtins.seq a (builtins.seq b (a %s b))`, a, b, op.sign))
				full := run(newWorker(t), fmt.Sprintf(`let f = builtins.%s; in f %s %s`, op.name, a, b))
				if short != full {
					t.Errorf("%s %s %s: got %s, want %s", a, op.sign, b, short, full)
				}
			}
		}
	}
	if got := run(newWorker(t), `let __sub = a: b: "mine"; __lessThan = a: b: "mine"; in [ (2 - 1) (1 < 2) ]`); got != `[ "mine" "mine" ]` {
		t.Errorf("operators that a program defines: %s", got)
	}
}
