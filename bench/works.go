package main

import (
	"path/filepath"
	"slices"
)

// A work is one row: what both programs are asked to do.
type work struct {
	name, what string
	program    string // classic name
	args       func(b *bench) []string
	cores      []int  // eval-cores settings of firn to try; Nix has one
	needs      string // "": nothing; otherwise a folder of the corpora
	writes     bool   // into a store that is empty before each run
	// before, if set, makes what a program works on in a store of its own, once; args get that store with --store.
	before func(b *bench, bin, store string) error
	spoils bool // that store: each run gets a copy
	// once, if set, makes files that both programs work on.
	once    func(b *bench) error
	alone   bool     // what they print need not be the same
	discard bool     // what they print is too much to be kept
	clears  []string // of the scratch folder, before each run

	// At most: firn's time and peak memory divided by Nix's, by position in cores. 0: not said.
	time, memory []float64
}

var (
	single = []int{1}
	both   = []int{1, 2}
)

var works = slices.Concat(evaluations, builds, stores, caches)

var evaluations = []work{
	{name: "start", what: "nix --version", program: "nix", args: arguments("--version"), alone: true,
		cores: []int{0}, time: []float64{0.4}, memory: []float64{1.3}},
	{name: "start-eval", what: "nix-instantiate --eval -E 1", program: "nix-instantiate", args: arguments("--eval", "-E", "1"),
		cores: single, time: []float64{0.4}, memory: []float64{1.3}},
	{name: "hello", what: "hello.drvPath of nixpkgs 14.04", program: "nix-instantiate", needs: "nixpkgs-14.04",
		args:  expression(`(import CORPORA/nixpkgs-14.04 { system = "x86_64-linux"; }).hello.drvPath`),
		cores: single, time: []float64{0.55}, memory: []float64{1.3}},
	system("minimal"),
	system("server"),
	system("desktop"),
	{name: "packages", what: "nix-env -qaP --drv-path over nixpkgs 14.04", program: "nix-env", needs: "nixpkgs-14.04",
		args: func(b *bench) []string {
			return []string{"-f", filepath.Join(b.corpora, "nixpkgs-14.04"), "-qaP", "--drv-path", "--system-filter", "x86_64-linux"}
		},
		cores: both, time: []float64{0.6, 0.45}, memory: []float64{1.3, 1.5}},
	{name: "write-drvs", what: "the same, .drv files into an empty store", program: "nix-instantiate", needs: "nixpkgs-14.04", writes: true,
		args: func(b *bench) []string {
			return []string{"--eval", "--read-write-mode", "--arg", "nixpkgs", filepath.Join(b.corpora, "nixpkgs-14.04"), b.file("all-drvs.nix")}
		},
		cores: single, time: []float64{0.5}, memory: []float64{1.3}},
	{name: "parse", what: "parse 3,000 files", program: "nix-instantiate", needs: "nixpkgs-14.04",
		args:  func(b *bench) []string { return []string{"--eval", b.parseList} },
		cores: single, time: []float64{0.6}, memory: []float64{1.3}},
	{name: "modules", what: "evalModules of current lib, 300 modules", program: "nix-instantiate", needs: "nixpkgs-lib",
		args: func(b *bench) []string {
			return []string{"--eval", "--arg", "lib", "import " + filepath.Join(b.corpora, "nixpkgs-lib/lib"), b.file("modules.nix")}
		},
		cores: single, time: []float64{0.6}, memory: []float64{1.3}},
	{name: "lib-tests", what: "current lib/tests/misc.nix", program: "nix-instantiate", needs: "nixpkgs-lib",
		args: func(b *bench) []string {
			return []string{"--eval", "--strict", filepath.Join(b.corpora, "nixpkgs-lib/lib/tests/misc.nix")}
		},
		cores: single, time: []float64{0.6}, memory: []float64{1.3}},
	micro("fib", "calls and integers"),
	micro("fold", "long lists"),
	micro("update", "set updates"),
	micro("overlays", "fixpoint, 300 overlays"),
	micro("attrs", "large sets"),
	micro("context", "strings with context"),
	micro("strings", "text"),
	micro("regex", "match and split"),
	micro("sort", "sort and toJSON"),
	micro("closure", "genericClosure"),
}

func system(name string) work {
	return work{name: "system-" + name, what: "NixOS 14.04 " + name + " system.drvPath", program: "nix-instantiate", needs: "nixpkgs-14.04",
		args:  expression(`(import CORPORA/nixpkgs-14.04/nixos { system = "x86_64-linux"; configuration = import CORPORA/systems/` + name + `.nix; }).system.drvPath`),
		cores: both, time: []float64{0.6, 0.6}, memory: []float64{1.3, 1.5}}
}

func micro(name, what string) work {
	return work{name: name, what: name + ".nix: " + what, program: "nix-instantiate",
		args:  func(b *bench) []string { return []string{"--eval", "--strict", b.file(name + ".nix")} },
		cores: single}
}
