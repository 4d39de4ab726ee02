package builtin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

// benchPrograms are small on purpose: one idea each, a few milliseconds.
var benchPrograms = []struct{ name, text string }{
	{"fib", `let f = n: if n < 2 then n else f (n - 1) + f (n - 2); in f 18`},
	{"foldl", `builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x * 2) 20000)`},
	{"select", `let s = { a = { b = { c = 1; }; }; }; f = n: if n == 0 then 0 else s.a.b.c + f (n - 1); in f 5000`},
	{"update", `let base = builtins.listToAttrs (builtins.genList (i: { name = "a${toString i}"; value = i; }) 50);
		in (builtins.foldl' (s: i: s // { "b${toString (i - i / 20 * 20)}" = i; }) base (builtins.genList (x: x) 5000)).a1`},
	{"strings", `builtins.stringLength (builtins.foldl' (a: i: "${a}x${toString i}") "" (builtins.genList (x: x) 1000))`},
	{"with", `with { a = 1; b = 2; }; let f = n: if n == 0 then a else b + f (n - 1); in f 5000`},
	{"pattern", `let f = { n, acc ? 0, ... }@args: if n == 0 then acc else f { n = n - 1; acc = acc + 1; }; in f { n = 4000; }`},
	{"tryEval", `builtins.length (builtins.filter (i: (builtins.tryEval (if i / 2 * 2 == i then throw "no" else i)).success) (builtins.genList (x: x) 3000))`},
	{"lazy", `builtins.length (builtins.attrNames (builtins.mapAttrs (n: v: x: v) (builtins.listToAttrs (builtins.genList (i: rec { name = toString i; value = { f = x: name; g = y: name; }; }) 5000))))`},
}

func BenchmarkPrograms(b *testing.B) {
	for _, p := range benchPrograms {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				w := newWorker(b)
				if got := run(w, p.text); strings.HasPrefix(got, "error") {
					b.Fatal(got)
				}
			}
		})
	}
}

// BenchmarkPackage computes the derivations of one package of a package set.
func BenchmarkPackage(b *testing.B) {
	root := os.Getenv("FIRN_NIXPKGS")
	if root == "" {
		root = "/var/tmp/firn-corpora/nixpkgs-14.04"
	}
	if _, err := os.Stat(filepath.Join(root, "default.nix")); err != nil {
		b.Skip("no package set: ", err)
	}
	for _, attr := range []string{"hello", "firefox"} {
		b.Run(attr, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				w := newWorker(b)
				w.World.Store = hashingStore{}
				got := run(w, fmt.Sprintf("(import %s { system = \"x86_64-linux\"; config = { }; }).%s.drvPath", root, attr))
				if strings.HasPrefix(got, "error") {
					b.Fatal(got)
				}
			}
		})
	}
}

// hashingStore computes paths of derivations, and of sources from their names.
type hashingStore struct{ eval.Store }

func (hashingStore) IsValid(storepath.Path) bool { return false }

func (hashingStore) AddText(name string, text []byte, refs []storepath.Path) (storepath.Path, error) {
	return storepath.Default.MakeText(name, nixhash.Sum(nixhash.SHA256, text), refs)
}

func (hashingStore) AddSource(s eval.Source) (storepath.Path, error) {
	h := nixhash.Sum(nixhash.SHA256, []byte(s.Path))
	return storepath.Default.MakeFixed(s.Name, storepath.ContentAddress{Method: s.Method, Hash: h}, storepath.References{Others: s.References})
}

func (hashingStore) AddDerivation(d *derivation.Derivation) (storepath.Path, error) {
	return d.Path(storepath.Default, d.AppendATerm(nil, storepath.Default))
}

// BenchmarkForce measures the smallest steps.
func BenchmarkForce(b *testing.B) {
	w := newWorker(b)
	c := w.Cell(value.Int(1))
	b.Run("evaluated", func(b *testing.B) {
		for range b.N {
			w.Force(c, diag.Pos(0))
		}
	})
	one := w.ParseString("x: x", "/", diag.FromString, nil)
	f := w.Eval(one, nil)
	b.Run("call", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			w.Call1(f, c, 0)
		}
	})
}

// BenchmarkStart makes an evaluator with all builtins and evaluates next to
// nothing.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		run(newWorker(b), "1")
	}
}
