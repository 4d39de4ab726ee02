package diag

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"
)

// Every code has exactly one complete row.
func TestExplanations(t *testing.T) {
	declared := map[Code]bool{}
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Code" {
			s, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			declared[Code(s)] = true
		}
		return true
	})
	word := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[Code]bool{}
	for _, table := range Explanations() {
		for _, e := range table {
			if seen[e.Code] {
				t.Errorf("%s has two rows", e.Code)
			}
			seen[e.Code] = true
			if !declared[e.Code] {
				t.Errorf("%s is no declared code", e.Code)
			}
			if !word.MatchString(string(e.Code)) || e.Title == "" || e.Text == "" || e.Mend == "" {
				t.Errorf("%s: incomplete row", e.Code)
			}
			if got, ok := Explain(e.Code); !ok || got.Title != e.Title {
				t.Errorf("Explain(%s) finds another row", e.Code)
			}
		}
	}
	for c := range declared {
		if !seen[c] {
			t.Errorf("%s has no row", c)
		}
	}
	if _, ok := Explain("no-such-code"); ok {
		t.Error("explains what does not exist")
	}
}
