package rebuild

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"

	"github.com/google/go-cmp/cmp"
)

// world has derivations in versions: "gcc@1" is at a path of its own, with the name gcc.
type world map[storepath.Path]*derivation.Derivation

func path(version string) storepath.Path {
	name, _, _ := strings.Cut(version, "@")
	return storepath.Path(nixhash.Sum(nixhash.SHA256, []byte(version)).Nix32()[:32] + "-" + name + ".drv")
}

// add makes a derivation whose text mentions the hashes of its inputs, as real ones do.
func (w world) add(version string, env map[string]string, inputs ...string) {
	name, _, _ := strings.Cut(version, "@")
	d := &derivation.Derivation{Name: name, System: "s", Builder: "/nix/store/" + strings.TrimSuffix(string(path("bash@1")), ".drv") + "/bin/bash",
		Outputs: []derivation.Output{{Name: "out", Kind: derivation.InputAddressed}}}
	d.SetEnv("out", "/nix/store/"+strings.TrimSuffix(string(path(version)), ".drv"))
	for k, v := range env {
		if src, ok := strings.CutPrefix(k, "source "); ok {
			d.InputSrcs = append(d.InputSrcs, storepath.Path(nixhash.Sum(nixhash.SHA256, []byte(v)).Nix32()[:32]+"-"+src))
			continue
		}
		d.SetEnv(k, v)
	}
	text := ""
	for _, in := range inputs {
		d.InputDrvs = append(d.InputDrvs, derivation.InputDrv{Path: path(in)})
		text += " /nix/store/" + strings.TrimSuffix(string(path(in)), ".drv")
	}
	d.SetEnv("inputs", text)
	w[path(version)] = d
}

func (w world) read(p storepath.Path) (*derivation.Derivation, error) {
	if d, ok := w[p]; ok {
		return d, nil
	}
	return nil, errors.New("not there")
}

// compare asks about names in versions "new" and "old".
func (w world) compare(t *testing.T, names ...string) string {
	t.Helper()
	var pairs []Pair
	for _, n := range names {
		p := Pair{New: path(n + "@new")}
		if w[path(n+"@old")] != nil {
			p.Old = path(n + "@old")
		}
		pairs = append(pairs, p)
	}
	r, err := Compare(pairs, w.read)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range r.Causes {
		fmt.Fprintf(&b, "%s(%d):", c.New.DerivationName(), c.Affects)
		for _, ch := range c.Changes {
			fmt.Fprintf(&b, " %s", ch.What)
		}
		b.WriteString("; ")
	}
	for _, p := range r.New {
		fmt.Fprintf(&b, "new %s; ", p.DerivationName())
	}
	fmt.Fprintf(&b, "%d/%d follow", r.Follow, r.Builds)
	return b.String()
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name  string
		setup func(world)
		asked []string
		want  string
	}{
		{"one change at the bottom", func(w world) {
			w.add("libc@old", map[string]string{"flags": "-O1"})
			w.add("libc@new", map[string]string{"flags": "-O2"})
			w.add("gcc@old", nil, "libc@old")
			w.add("gcc@new", nil, "libc@new")
			w.add("hello@old", nil, "gcc@old", "libc@old")
			w.add("hello@new", nil, "gcc@new", "libc@new")
		}, []string{"hello", "gcc", "libc"}, "libc(3): variable flags; 2/3 follow"},
		{"a change on the way", func(w world) {
			w.add("libc@1", nil)
			w.add("gcc@old", nil, "libc@1")
			w.add("gcc@new", map[string]string{"source fix.patch": "1"}, "libc@1")
			w.add("hello@old", nil, "gcc@old", "libc@1")
			w.add("hello@new", nil, "gcc@new", "libc@1")
		}, []string{"hello", "gcc"}, "gcc(2): source fix.patch; 1/2 follow"},
		{"two causes", func(w world) {
			w.add("libc@old", map[string]string{"source src": "1"})
			w.add("libc@new", map[string]string{"source src": "2"})
			w.add("hello@old", map[string]string{"a": "1"}, "libc@old")
			w.add("hello@new", map[string]string{"b": "1"}, "libc@new")
		}, []string{"hello", "libc"}, "libc(2): source src; hello(1): variable a variable b; 0/2 follow"},
		{"an input more and one less", func(w world) {
			w.add("a@1", nil)
			w.add("b@1", nil)
			w.add("hello@old", nil, "a@1")
			w.add("hello@new", nil, "b@1")
		}, []string{"hello"}, "hello(1): variable inputs input a input b; 0/1 follow"},
		{"never built", func(w world) { w.add("hello@new", nil) }, []string{"hello"}, "new hello; 0/1 follow"},
		{"the past is gone", func(w world) {
			w.add("libc@new", nil)
			w.add("hello@old", nil, "libc@old")
			w.add("hello@new", nil, "libc@new")
		}, []string{"hello"}, "libc(1): derivation; 1/1 follow"},
	}
	for _, tt := range tests {
		w := world{}
		tt.setup(w)
		if got := w.compare(t, tt.asked...); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBlank(t *testing.T) {
	const hash = "0123456789abcdfghijklmnpqrsvwxyz"
	blank := strings.Repeat("_", 32)
	for in, want := range map[string]string{
		"/nix/store/" + hash + "-x/bin": "/nix/store/" + blank + "-x/bin",
		hash + "-a " + hash + "-b":      blank + "-a " + blank + "-b",
		"a" + hash + "-x":               "a" + hash + "-x",
		hash:                            hash,
		"/" + hash + hash[:20]:          "/" + strings.Repeat("_", 52),
		"":                              "",
	} {
		if got := Blank(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestText(t *testing.T) {
	long := strings.Repeat("same ", 40)
	r := &Report{Builds: 5, Follow: 4, New: []storepath.Path{"n"}, Causes: []Cause{{New: "b", Old: "a", Affects: 4, Changes: []Change{
		{"variable x", "1", "2"}, {What: "source p", New: "h"}, {What: "input g", Old: "g"}, {"variable y", long + "one", long + "two"},
	}}}}
	want := `/nix/store/b
  was /nix/store/a
  variable x: "1" → "2"
  source p is new: "h"
  input g is gone: "g"
  variable y: …"same same same same same one" → …"same same same same same two"
  causes 4 builds
never built before:
  /nix/store/n
4 of 5 builds only follow from these
`
	if d := cmp.Diff(want, r.Text(storepath.Default)); d != "" {
		t.Error(d)
	}
}
