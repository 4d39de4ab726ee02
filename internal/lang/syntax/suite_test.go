package syntax

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/diag"
	"firn/internal/oracle"
)

// TestSuite runs upstream's cases of the parser. What they expect is as
// nix-instantiate --parse - prints it.
func TestSuite(t *testing.T) {
	root, err := oracle.Corpora()
	if err != nil {
		t.Skip("no corpora:", err)
	}
	dir := filepath.Join(root, "nix-2.36-pre", "tests", "functional", "lang")
	files, _ := filepath.Glob(filepath.Join(dir, "parse-*.nix"))
	if len(files) == 0 {
		t.Fatal("no cases in", dir)
	}
	var a Arena
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".nix")
		if strings.Contains(name, "undef-var") && name != "parse-fail-undef-var-2" || strings.Contains(name, "20060610") {
			continue // names are not the parser's business
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := result(string(text), &a)
		want, err := os.ReadFile(strings.TrimSuffix(file, ".nix") + ".exp")
		if err != nil {
			want, err = os.ReadFile(strings.TrimSuffix(file, ".nix") + ".err.exp")
			lines := strings.Split(string(want), "\n")
			want = []byte(lines[0] + " " + strings.Trim(lines[1], " :"))
		}
		if err != nil {
			t.Fatal(err)
		}
		if w := strings.TrimSpace(string(want)); got != w {
			t.Errorf("%s:\n got %s\nwant %s", name, got, w)
		}
	}
}

// result is what the command prints on one line: the tree, or the error with
// its place.
func result(text string, a *Arena) string {
	a.Reset()
	table := &diag.Table{}
	e, err := Parse(text, Options{
		Base: "/pwd", Home: "/home", Positions: table, Origin: diag.Origin{Kind: diag.FromStdin, Text: text},
		PipeOperators: true,
	}, a)
	if err == nil {
		return string(Print(nil, e))
	}
	at := table.Resolve(err.(*diag.Error).Pos)
	if !at.Valid() {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("error: %s at %s:%d:%d", err, at.Origin, at.Line, at.Column)
}
