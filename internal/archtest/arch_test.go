package archtest

import (
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func TestArchitecture(t *testing.T) {
	c, err := load("../..", "firn")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range c.Check() {
		t.Error(line)
	}
	for _, p := range c.Missing() {
		t.Errorf("ARCHITECTURE.md lists %s, which does not exist", p)
	}
	for _, line := range c.Unused() {
		t.Error(line)
	}
}

func load(root, module string) (*Code, error) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		return nil, err
	}
	block, err := ParseBlock(string(text))
	if err != nil {
		return nil, err
	}
	packages, err := Tree(root, token.NewFileSet())
	if err != nil {
		return nil, err
	}
	c := &Code{Root: root, Module: module, Block: block, Packages: packages}
	entries, _ := os.ReadDir(filepath.Join(root, "docs", "spec"))
	for _, e := range entries {
		if e.Name() != "README.md" && e.Name()[0] != '.' {
			c.Spec = append(c.Spec, "docs/spec/"+e.Name())
		}
	}
	return c, nil
}

// TestRules runs each testdata archive: a small module `m` that breaks rules, and in its comment the breaches wanted.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			root := t.TempDir()
			if err := txtar.Write(ar, root); err != nil {
				t.Fatal(err)
			}
			var got []string
			if c, err := load(root, "m"); err != nil {
				got = []string{err.Error()}
			} else {
				got = c.Check()
			}
			var want []string
			for _, line := range strings.Split(string(ar.Comment), "\n") {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					want = append(want, line)
				}
			}
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		})
	}
}
