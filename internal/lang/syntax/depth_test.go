package syntax

import (
	"strings"
	"testing"
)

// nested are ways to nest: before and after, around a middle.
var nested = []struct{ name, before, middle, after string }{
	{"parentheses", "(", "1", ")"},
	{"lists", "[", "", "]"},
	{"sets", "{a=", "1", ";}"},
	{"rec", "rec{a=", "1", ";}"},
	{"old let", "let{body=", "1", ";}"},
	{"functions", "a: ", "1", ""},
	{"patterns", "{a?", "1", "}:1"},
	{"let", "let a=1; in ", "1", ""},
	{"let value", "let a=", "1", "; in a"},
	{"with", "with {};", "1", ""},
	{"assert", "assert true;", "1", ""},
	{"if", "if a then ", "1", " else 1"},
	{"else", "if a then 1 else ", "1", ""},
	{"condition", "if ", "a", " then 1 else 1"},
	{"not", "!", "a", ""},
	{"minus", "- ", "1", ""},
	{"to the right", "a ++ ", "a", ""},
	{"to the left", "", "a", " + a"},
	{"left in right", "1 // 2 + ", "a", " * 3"},
	{"implications", "a -> ", "a", ""},
	{"pipes to the right", "", "a", " |> a"},
	{"pipes to the left", "a <| ", "a", ""},
	{"arguments", "f (", "1", ")"},
	{"curried", "", "f", " a"},
	{"selections", "(", "a", ").b"},
	{"defaults", "a.b or ", "1", ""},
	{"strings", `"${`, "a", `}"`},
	{"indented strings", "''${", "a", "}''"},
	{"paths", "./a${", "a", "}"},
	{"names", "a.${", "b", "}"},
	{"long names", "{a.", "a", "=1;}"},
	{"inherit", "{inherit(", "a", ")a;}"},
	{"question", "(", "a", "?a)"},
}

// TestDepth parses and prints deep nesting, and refuses what is deeper still
// instead of running out of stack.
func TestDepth(t *testing.T) {
	var a Arena
	for _, n := range nested {
		build := func(depth int) string {
			before, after := strings.Repeat(n.before, depth), strings.Repeat(n.after, depth)
			if n.name == "long names" {
				before, after = "{"+strings.Repeat("a.", depth), n.after
			}
			return before + n.middle + after
		}
		a.Reset()
		if e, err := Parse(build(10_000), Options{Base: "/", PipeOperators: true}, &a); err != nil {
			t.Errorf("%s: %v", n.name, err)
		} else {
			Print(nil, e)
		}
		a.Reset()
		e, err := Parse(build(150_000), Options{Base: "/", PipeOperators: true}, &a)
		if err == nil {
			if n.name != "curried" && n.name != "pipes to the right" { // one call with many arguments
				t.Errorf("%s: nesting of 150,000 was accepted", n.name)
			}
			Print(nil, e)
		} else if !strings.Contains(err.Error(), "nested too deeply") {
			t.Errorf("%s: %v", n.name, err)
		}
	}
}
