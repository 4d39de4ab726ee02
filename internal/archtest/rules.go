package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Code is what the rules are checked on.
type Code struct {
	Root     string // folder of go.mod
	Module   string // module path of go.mod
	Block    *Block
	Packages []*Package
	Spec     []string // pages and folders of docs/spec, below the module
}

// Check applies every rule and returns one line for each breach, sorted.
func (c *Code) Check() []string {
	var all []string
	for _, rule := range []func(*Code) []string{
		edges, purity, unsafeFiles, doors, gates, names, initFunctions, assignedVariables, comments, specs, rows,
	} {
		all = append(all, rule(c)...)
	}
	slices.Sort(all)
	return all
}

// Missing lists the lines of the block that have no package.
func (c *Code) Missing() []string {
	var list []string
	for p := range c.Block.Rooms {
		if !slices.ContainsFunc(c.Packages, func(q *Package) bool { return q.Path == p }) {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list
}

// Unused lists names behind an arrow that no file of the room, tests included, imports.
func (c *Code) Unused() []string {
	var list []string
	for _, pkg := range c.Packages {
		r := c.Block.Rooms[pkg.Path]
		if r == nil || r.Any {
			continue
		}
		for _, use := range r.Uses {
			used := false
			for _, f := range pkg.Files {
				for _, imp := range f.Imports() {
					in, ok := c.inside(imp)
					used = used || ok && (in == use || c.Block.Folders[use] && strings.HasPrefix(in, use+"/"))
				}
			}
			if !used {
				list = append(list, "ARCHITECTURE.md: "+pkg.Path+" does not use "+strings.TrimPrefix(use, "internal/"))
			}
		}
	}
	return list
}

// inside turns an import path into one below the module.
func (c *Code) inside(imp string) (string, bool) {
	return strings.CutPrefix(imp, c.Module+"/")
}

// edges is rule 1.
func edges(c *Code) []string {
	var bad []string
	for _, pkg := range c.Packages {
		r := c.Block.Rooms[pkg.Path]
		if r == nil {
			bad = append(bad, pkg.Path+": has no line in ARCHITECTURE.md")
			continue
		}
		for _, f := range pkg.Files {
			for _, imp := range f.Imports() {
				in, ok := c.inside(imp)
				if !ok || in == pkg.Path || c.Block.Allows(r, in) || f.Test && c.openToTests(in) {
					continue
				}
				bad = append(bad, f.Name+": imports "+in+", which is not on its line in ARCHITECTURE.md")
			}
		}
	}
	return bad
}

// openToTests says what any test file may import.
func (c *Code) openToTests(in string) bool {
	r := c.Block.Rooms[in]
	return strings.HasSuffix(in, "test") || in == "internal/store/mem" || in == "internal/oracle" || r != nil && r.Pure
}

// impure are the packages of the standard library that pure rooms stay away from; an entry that ends with a slash
// stands for everything below it.
var impure = []string{
	"os", "os/", "net", "net/http", "net/http/", "syscall", "database/sql", "database/sql/", "log", "log/", "path/filepath",
	"crypto/rand", "math/rand", "math/rand/",
}

// timeFunctions read or wait for the clock.
var timeFunctions = []string{"Now", "Sleep", "After", "Since", "Until", "Tick", "NewTimer", "NewTicker", "AfterFunc"}

// purity is rule 2.
func purity(c *Code) []string {
	var bad []string
	for _, pkg := range c.Packages {
		r := c.Block.Rooms[pkg.Path]
		if r == nil || !r.Pure {
			continue
		}
		for _, f := range pkg.Files {
			if f.Test {
				continue
			}
			for _, imp := range f.Imports() {
				if in, ok := c.inside(imp); ok {
					if to := c.Block.Rooms[in]; to != nil && !to.Pure {
						bad = append(bad, f.Name+": a pure room imports "+in+", which is not pure")
					}
					continue
				}
				if slices.ContainsFunc(impure, func(p string) bool {
					return p == imp || strings.HasSuffix(p, "/") && strings.HasPrefix(imp, p)
				}) {
					bad = append(bad, f.Name+": a pure room imports "+imp)
				}
			}
			for _, call := range selections(f, "time", timeFunctions) {
				bad = append(bad, f.Name+": a pure room uses time."+call)
			}
		}
	}
	return bad
}

// mayUseUnsafe lists the files that may import unsafe, as patterns, each with its reason.
var mayUseUnsafe = map[string]string{
	"internal/lang/value/attrs.go": "the 16-byte value holds a pointer of the kind that its tag names",
	"internal/lang/value/cell.go":  "the thunk cell swaps states by compare-and-swap",
	"internal/lang/value/env.go":   "environments are blocks of a length known to the program alone",
	"internal/lang/value/slab.go":  "environments are cut from slabs",

	"internal/lang/eval/coerce.go": "bytes that are never written again become a string without a copy",

	"internal/build/sandbox/*_linux.go": "system calls that take structures and that no module wraps",
}

func unsafeFiles(c *Code) []string {
	var bad []string
	for _, pkg := range c.Packages {
		for _, f := range pkg.Files {
			if slices.Contains(f.Imports(), "unsafe") && !f.Test && !listedUnsafe(f.Name) {
				bad = append(bad, f.Name+": imports unsafe without being on the list of files that may")
			}
		}
	}
	return bad
}

func listedUnsafe(file string) bool {
	for pattern := range mayUseUnsafe {
		if ok, _ := path.Match(pattern, file); ok {
			return true
		}
	}
	return false
}

// A door names the rooms through which an outside module comes in; "tests" stands for every test file. The first row that fits decides.
var moduleDoors = []struct {
	module string
	rooms  []string
}{
	{"github.com/andybalholm/brotli", []string{"compress"}},
	{"github.com/dsnet/compress", []string{"compress"}},
	{"github.com/klauspost/compress", []string{"compress"}},
	{"github.com/mikelolasagasti/xz", []string{"compress"}},
	{"github.com/pierrec/lz4/v4", []string{"compress"}},
	{"github.com/ulikunitz/xz", []string{"compress", "compress/lzma2"}},
	{"github.com/google/go-cmp", []string{"tests"}},
	{"github.com/johannesboyne/gofakes3", []string{"tests"}},
	{"github.com/pelletier/go-toml/v2", []string{"tests"}},
	{"github.com/rogpeppe/go-internal", []string{"tests"}},
	{"github.com/peterh/liner", []string{"lang/repl", "cli"}},
	{"github.com/zeebo/blake3", []string{"format/nixhash"}},
	{"golang.org/x/sys/cpu", []string{"cli"}},
	{"golang.org/x/sys", []string{"filelock", "store/fstree", "store/local", "build/sandbox", "daemon"}},
	{"golang.org/x/term", []string{"ui", "cli"}},
	{"github.com/google/pprof", []string{"lang/callprofile"}},
	{"modernc.org/sqlite", []string{"sqlite"}},
	{"zombiezen.com/go/sqlite", []string{"sqlite"}},
	{"mvdan.cc/sh/v3", []string{"build/minishell"}},
}

// doors is rule 3.
func doors(c *Code) []string {
	var bad []string
	for _, pkg := range c.Packages {
		for _, f := range pkg.Files {
			for _, imp := range f.Imports() {
				first, _, _ := strings.Cut(imp, "/")
				if _, ours := c.inside(imp); ours || !strings.Contains(first, ".") {
					continue
				}
				if why := throughDoor(imp, pkg, f); why != "" {
					bad = append(bad, f.Name+": imports "+imp+why)
				}
			}
		}
	}
	return bad
}

// throughDoor returns "" where f may import imp, otherwise the rest of the sentence.
func throughDoor(imp string, pkg *Package, f *File) string {
	for _, d := range moduleDoors {
		if imp != d.module && !strings.HasPrefix(imp, d.module+"/") {
			continue
		}
		if slices.Contains(d.rooms, strings.TrimPrefix(pkg.Path, "internal/")) || f.Test && slices.Contains(d.rooms, "tests") {
			return ""
		}
		return ", which comes in through " + strings.Join(d.rooms, ", ") + " only"
	}
	return ", a module without a door"
}

// gates is rule 4.
func gates(c *Code) []string {
	only := map[string][]string{
		"internal/config": {"internal/wiring", "internal/cli"},
		"internal/wiring": {"internal/cli"},
		"internal/cli":    {"cmd/firn"},
	}
	var bad []string
	for _, pkg := range c.Packages {
		for _, f := range pkg.Files {
			for _, imp := range f.Imports() {
				in, ok := c.inside(imp)
				if !ok || in == pkg.Path {
					continue
				}
				if from, gated := only[in]; gated && !slices.Contains(from, pkg.Path) {
					bad = append(bad, f.Name+": imports "+in+", which only "+strings.Join(from, " and ")+" may")
				}
				if strings.HasSuffix(in, "test") && !f.Test {
					bad = append(bad, f.Name+": imports "+in+" outside a test file")
				}
			}
		}
	}
	return bad
}

var saysNothing = []string{"util", "utils", "common", "helper", "helpers", "misc", "base", "shared", "types", "core"}

// names is rule 5, on lines and packages alike.
func names(c *Code) []string {
	paths := map[string]bool{}
	for p := range c.Block.Rooms {
		paths[p] = true
	}
	for _, pkg := range c.Packages {
		paths[pkg.Path] = true
	}
	byLast := map[string][]string{}
	var bad []string
	for p := range paths {
		last := path.Base(p)
		byLast[last] = append(byLast[last], p)
		if slices.Contains(saysNothing, last) {
			bad = append(bad, p+": a name that says nothing")
		}
	}
	for last, list := range byLast {
		if slices.Sort(list); len(list) > 1 {
			bad = append(bad, fmt.Sprintf("%s: named %s like %s", list[1], last, list[0]))
		}
	}
	return bad
}
