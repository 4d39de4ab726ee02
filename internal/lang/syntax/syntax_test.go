package syntax

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/diag"
	"firn/internal/oracle"
)

// corpus returns the .nix files below a folder of the corpora.
func corpus(t testing.TB, dir string) map[string]string {
	t.Helper()
	root, err := oracle.Corpora()
	if err != nil {
		t.Skip("no corpora:", err)
	}
	files := map[string]string{}
	err = filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".nix") {
			return err
		}
		text, err := os.ReadFile(p)
		files[p] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// invalid are the files of the corpora that are no expressions.
var invalid = map[string]bool{
	"tmp.nix": true, "template-composing-builder.nix": true, "template-bdp-uud.nix": true,
	"template-auto-callable.nix": true,
}

func TestCorpusParses(t *testing.T) {
	var a Arena
	for _, dir := range []string{"nixpkgs-14.04", "nixpkgs-lib"} {
		for name, text := range corpus(t, dir) {
			a.Reset()
			table := &diag.Table{}
			o := Options{Base: filepath.Dir(name), Home: "/home", Positions: table, Origin: diag.Origin{Name: name, Text: text}}
			_, err := Parse(text, o, &a)
			if bad := invalid[filepath.Base(name)]; (err != nil) != bad {
				t.Errorf("%s: got error %v, want one: %v", name, err, bad)
			}
		}
	}
}

func BenchmarkParse(b *testing.B) {
	files := corpus(b, "nixpkgs-14.04")
	size := 0
	var texts []string
	for name, text := range files {
		if !invalid[filepath.Base(name)] {
			size += len(text)
			texts = append(texts, text)
		}
	}
	var a Arena
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		table := &diag.Table{}
		for _, text := range texts {
			a.Reset()
			if _, err := Parse(text, Options{Base: "/base", Positions: table}, &a); err != nil {
				b.Fatal(err)
			}
		}
	}
}
