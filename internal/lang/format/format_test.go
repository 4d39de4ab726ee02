package format

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"firn/internal/lang/syntax"
	"firn/internal/oracle"
)

// corpus calls do with each .nix file below a folder of the corpora.
func corpus(t testing.TB, dir string, do func(name, text string)) {
	t.Helper()
	root, err := oracle.Corpora()
	if err != nil {
		t.Skip("no corpora:", err)
	}
	root = filepath.Join(root, dir)
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".nix") {
			return err
		}
		text, err := os.ReadFile(p)
		do(strings.TrimPrefix(p, root+"/"), string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// unformatted are the files of the library that its authors don't format.
var unformatted = map[string]bool{
	"lib/zip-int-bits.nix": true, "lib/systems/supported.nix": true, "lib/deprecated.nix": true,
	"lib/tests/flakes/subflakeTest/flake.nix": true,
}

// TestLibrary formats files that are formatted already.
func TestLibrary(t *testing.T) {
	corpus(t, "nixpkgs-lib", func(name, text string) {
		got, err := Format(text, syntax.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if (got == text) == unformatted[name] {
			t.Errorf("%s: changed: %v", name, got != text)
		}
	})
}

// TestPackages formats files of an older style: the program stays the same, and
// formatting again changes nothing.
func TestPackages(t *testing.T) {
	every := 10
	if oracle.Heavy() == nil {
		every = 1
	}
	i := 0
	corpus(t, "nixpkgs-14.04", func(name, text string) {
		if i++; i%every == 0 {
			check(t, name, text)
		}
	})
}

// letters counts the letters and digits of a text. Formatting keeps all.
func letters(text string) (counts [128]int) {
	for _, c := range text {
		if c < 128 && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			counts[c]++
		}
	}
	return counts
}

// check formats a text if it is one.
func check(t *testing.T, name, text string) {
	var a syntax.Arena
	o := syntax.Options{Base: "/b", Home: "/h", PipeOperators: true}
	e, err := syntax.Parse(text, o, &a)
	if err != nil {
		return
	}
	if strings.IndexByte(text, 0) >= 0 {
		return
	}
	before := string(syntax.Print(nil, join(e)))
	once, err := Format(text, o)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if e, err = syntax.Parse(once, o, &a); err != nil {
		t.Errorf("%s: formatted: %v\n%s", name, err, once)
		return
	}
	if after := string(syntax.Print(nil, join(e))); after != before {
		t.Errorf("%s: is another program:\n got %s\nwant %s", name, after, before)
	}
	if letters(once) != letters(text) {
		t.Errorf("%s: lost or gained letters, perhaps of a comment:\n%s", name, once)
	}
	twice, err := Format(once, o)
	if err != nil || twice != once {
		t.Errorf("%s: formatted twice: %v\n%s\n--- then\n%s", name, err, once, twice)
	}
}

func BenchmarkFormat(b *testing.B) {
	var texts []string
	size := 0
	corpus(b, "nixpkgs-lib", func(_, text string) {
		texts = append(texts, text)
		size += len(text)
	})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			if _, err := Format(text, syntax.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
