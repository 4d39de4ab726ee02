package derivation

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

const dir = storepath.Default

// A folder of derivations, each under the base name of its path.
type folder struct {
	dir  storepath.Dir
	path string
}

func (f folder) text(p storepath.Path) (string, error) {
	b, err := os.ReadFile(filepath.Join(f.path, string(p)))
	return string(b), err
}

func (f folder) read(p storepath.Path) (*Derivation, error) {
	text, err := f.text(p)
	if err != nil {
		return nil, err
	}
	return ParseATerm(f.dir, p.DerivationName(), text)
}

func (f folder) list(t testing.TB) []storepath.Path {
	t.Helper()
	names, err := os.ReadDir(f.path)
	if err != nil {
		t.Fatal(err)
	}
	var paths []storepath.Path
	for _, n := range names {
		if p, err := storepath.ParseBase(n.Name()); err == nil && p.IsDerivation() {
			paths = append(paths, p)
		}
	}
	if len(paths) == 0 {
		t.Fatalf("no derivations in %s", f.path)
	}
	return paths
}

func (f folder) hasher(t testing.TB) *Hasher {
	return &Hasher{Dir: f.dir, Read: f.read, Warn: func(m string) { t.Error("warning: ", m) }}
}

var golden = folder{dir, "testdata"}

// named finds the golden derivation with a name.
func named(t testing.TB, name string) (storepath.Path, *Derivation) {
	t.Helper()
	for _, p := range golden.list(t) {
		if p.Name() == name+".drv" {
			d, err := golden.read(p)
			if err != nil {
				t.Fatal(err)
			}
			return p, d
		}
	}
	t.Fatalf("no golden derivation %s", name)
	return "", nil
}

// checkDerivation holds what must be true of every derivation in a store: its
// text round trips, its path and its outputs' paths follow from it, and clearing
// what Fill can find and filling it gives the same text.
func checkDerivation(f folder, h *Hasher, p storepath.Path) error {
	text, err := f.text(p)
	if err != nil {
		return err
	}
	d, err := ParseATerm(f.dir, p.DerivationName(), text)
	if err != nil {
		return err
	}
	again := d.AppendATerm(nil, f.dir)
	if string(again) != text {
		return fmt.Errorf("text differs:\n%s\n%s", again, text)
	}
	if got, err := d.Path(f.dir, again); got != p || err != nil {
		return fmt.Errorf("path is %s, %v", got, err)
	}
	if err := h.CheckAt(d, p); err != nil {
		return err
	}
	if _, err := h.InputModulo(p); err != nil {
		return err
	}
	c := d.Clone()
	for i := range c.Outputs {
		if c.Outputs[i].Kind == InputAddressed {
			c.SetEnv(c.Outputs[i].Name, "")
			c.Outputs[i] = Output{Name: c.Outputs[i].Name}
		}
	}
	if err := h.Fill(c); err != nil {
		return err
	}
	if filled := c.AppendATerm(nil, f.dir); string(filled) != text {
		return fmt.Errorf("filled text differs:\n%s\n%s", filled, text)
	}
	if js, err := d.AppendJSON(nil); err == nil {
		back, err := ParseJSON(f.dir, js)
		if err != nil {
			return fmt.Errorf("%s: %w", js, err)
		}
		if !reflect.DeepEqual(back, d) {
			return fmt.Errorf("JSON does not round trip: %s", js)
		}
	}
	return nil
}

func TestGolden(t *testing.T) {
	h := golden.hasher(t)
	for _, p := range golden.list(t) {
		if err := checkDerivation(golden, h, p); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// The .json files are what `nix derivation show` of the reference printed.
func TestGoldenJSON(t *testing.T) {
	for _, p := range golden.list(t) {
		d, err := golden.read(p)
		if err != nil {
			t.Fatal(err)
		}
		js, err := d.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/" + string(p) + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("{\"derivations\":{%q:%s},\"version\":4}\n", p, js); got != string(want) {
			t.Errorf("%s:\n%s\n%s", p, got, want)
		}
	}
}

// Every derivation of a real store, such as the closure of a nixpkgs package.
func TestStore(t *testing.T) {
	path := os.Getenv("FIRN_DRV_STORE")
	if path == "" {
		t.Skip("FIRN_DRV_STORE does not name a folder with the .drv files of a store under /nix/store")
	}
	f := folder{dir, path}
	h := f.hasher(t)
	list := f.list(t)
	for _, p := range list {
		if err := checkDerivation(f, h, p); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	t.Logf("%d derivations", len(list))
}

func TestAccessors(t *testing.T) {
	_, d := named(t, "escapes")
	if v, ok := d.EnvValue("odd name"); v != "" || !ok {
		t.Errorf("odd name: %q, %v", v, ok)
	}
	if _, ok := d.EnvValue("nothing"); ok {
		t.Error("found a variable that is not there")
	}
	if o, ok := d.Output("out"); !ok || o.Kind != InputAddressed {
		t.Error("no output out")
	}
	if _, ok := d.Output("bin"); ok {
		t.Error("found an output that is not there")
	}
	c := d.Clone()
	c.SetEnv("empty", "full")
	c.SetEnv("new", "x")
	if v, _ := d.EnvValue("empty"); v != "" || len(c.Env) != len(d.Env)+1 {
		t.Error("clone shares its environment")
	}
	if !slices.IsSortedFunc(c.Env, func(a, b EnvVar) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("environment is not sorted")
	}
	if _, ok := d.BuiltinBuilder(); ok {
		t.Error("/bin/sh is no builtin")
	}
	d.Builder = "builtin:fetchurl"
	if name, ok := d.BuiltinBuilder(); name != "fetchurl" || !ok {
		t.Errorf("%q, %v", name, ok)
	}
	_, deep := named(t, "deep")
	if refs := deep.References(); len(refs) != 9 || !slices.IsSorted(refs) {
		t.Errorf("references %v", refs)
	}
}

func TestFeatures(t *testing.T) {
	for name, want := range map[string]string{
		"source": "[]", "floating": "[ca-derivations]", "impure": "[impure-derivations]", "deferred": "[]",
		"text.drv": "[ca-derivations dynamic-derivations]", "dyn": "[dynamic-derivations]",
	} {
		if _, d := named(t, name); fmt.Sprint(d.Features()) != want {
			t.Errorf("%s: %v, want %s", name, d.Features(), want)
		}
	}
}

func TestType(t *testing.T) {
	for name, want := range map[string]OutputKind{
		"source": Fixed, "flat.tar": Fixed, "floating": Floating, "impure": Impure, "deferred": Deferred, "inter": InputAddressed, "dyn": Deferred,
	} {
		_, d := named(t, name)
		typ, err := d.Type()
		if err != nil || typ.Kind != want {
			t.Errorf("%s: %v, %v", name, typ, err)
		}
		if typ.IsCA() != (want == Fixed || want == Floating || want == Impure) || typ.HasKnownOutputPaths() != (want == Fixed || want == InputAddressed) ||
			typ.IsSandboxed() != (want != Fixed && want != Impure) || typ.IsImpure() != (want == Impure) || typ.IsFixed() != (want == Fixed) {
			t.Errorf("%s: %+v", name, typ)
		}
	}
	for want, outputs := range map[string][]Output{
		"must have at least one output":                         {},
		"can't mix derivation output types":                     {{Name: "a", Kind: Floating}, {Name: "b", Kind: Deferred}},
		"only one fixed output is allowed for now":              {{Name: "out", Kind: Fixed}, {Name: "z", Kind: Fixed}},
		`single fixed output must be named "out"`:               {{Name: "dev", Kind: Fixed}},
		"all floating outputs must use the same hash algorithm": {{Name: "a", Kind: Floating, Algo: nixhash.SHA1}, {Name: "b", Kind: Floating, Algo: nixhash.SHA256}},
	} {
		d := Derivation{Outputs: outputs}
		if _, err := d.Type(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func BenchmarkWriteAndHash(b *testing.B) {
	_, d := named(b, "deep")
	d = d.Clone()
	d.SetEnv("script", strings.Repeat("configurePhase: echo \"some line of a build script\" > $out\n", 200))
	h := golden.hasher(b)
	buf := make([]byte, 0, 64<<10)
	b.SetBytes(int64(len(d.AppendATerm(nil, dir))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.OutputHash(d); err != nil {
			b.Fatal(err)
		}
		buf = d.AppendATerm(buf[:0], dir)
		if _, err := d.Path(dir, buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendATerm(b *testing.B) {
	_, d := named(b, "deep")
	buf := make([]byte, 0, 64<<10)
	b.SetBytes(int64(len(d.AppendATerm(nil, dir))))
	b.ReportAllocs()
	for b.Loop() {
		buf = d.AppendATerm(buf[:0], dir)
	}
}

func BenchmarkParseATerm(b *testing.B) {
	p, d := named(b, "deep")
	text := string(d.AppendATerm(nil, dir))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseATerm(dir, p.DerivationName(), text); err != nil {
			b.Fatal(err)
		}
	}
}

// The buffers of a warm writer and hasher are used again.
func TestAllocations(t *testing.T) {
	_, d := named(t, "deep")
	h := golden.hasher(t)
	buf := d.AppendATerm(nil, dir)
	if n := testing.AllocsPerRun(100, func() { buf = d.AppendATerm(buf[:0], dir) }); n != 0 {
		t.Errorf("AppendATerm: %v allocations", n)
	}
	// The merged outputs of equal inputs and the memo of this test.
	if n := testing.AllocsPerRun(100, func() { h.OutputHash(d) }); n > 12 {
		t.Errorf("OutputHash: %v allocations", n)
	}
	if !bytes.Equal(buf, d.AppendATerm(nil, dir)) {
		t.Error("text changed")
	}
}
