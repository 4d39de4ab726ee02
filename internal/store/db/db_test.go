package db

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/sqlite"
)

func create(t testing.TB, o Options) *DB {
	t.Helper()
	o.Mode = sqlite.Create
	return open(t, filepath.Join(t.TempDir(), "db.sqlite"), o)
}

func open(t testing.TB, path string, o Options) *DB {
	t.Helper()
	d, err := Open(path, storepath.Default, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// name makes the n-th path of a test.
func name(n int, suffix string) storepath.Path {
	const letters = "0123456789abcdfghijklmnpqrsvwxyz"
	h := []byte(strings.Repeat("0", 32))
	for i := 31; n > 0; i-- {
		h[i] = letters[n%32]
		n /= 32
	}
	p, err := storepath.ParseBase(string(h) + "-" + suffix)
	if err != nil {
		panic(err)
	}
	return p
}

func info(p storepath.Path, refs ...storepath.Path) *pathinfo.Info {
	slices.Sort(refs)
	return &pathinfo.Info{
		Path: p, NARHash: nixhash.Sum(nixhash.SHA256, []byte(p)), NARSize: 120, References: refs, RegistrationTime: 7,
	}
}

func registered(t testing.TB, d *DB, entries ...Entry) {
	t.Helper()
	if err := d.Write(t.Context(), func() error { return d.Register(entries) }); err != nil {
		t.Fatal(err)
	}
}

func plain(infos ...*pathinfo.Info) (list []Entry) {
	for _, i := range infos {
		list = append(list, Entry{Info: i})
	}
	return list
}

func TestInfoSurvives(t *testing.T) {
	d := create(t, Options{})
	a, b, drv := name(1, "a"), name(2, "b"), name(3, "c.drv")
	sig := signature.NewSecretKey("k-1", [32]byte{1}).Sign("x")
	full := info(b, a, b)
	full.Deriver, full.Ultimate, full.Signatures = drv, true, []signature.Signature{sig}
	full.CA = storepath.ContentAddress{Method: storepath.NAR, Hash: full.NARHash}
	bare := &pathinfo.Info{Path: a, NARHash: nixhash.Sum(nixhash.SHA256, nil), RegistrationTime: 1}
	registered(t, d, plain(full, bare)...)
	for _, want := range []*pathinfo.Info{full, bare} {
		got, err := d.PathInfo(want.Path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(nixhash.Hash{})); diff != "" {
			t.Error(diff)
		}
	}
	if got, err := d.PathInfo(drv); got != nil || err != nil {
		t.Errorf("info of an invalid path: %v, %v", got, err)
	}
	if full.RegistrationTime = 0; true {
		full.Path = name(4, "now")
		registered(t, d, plain(full)...)
		if got, _ := d.PathInfo(full.Path); got.RegistrationTime < 1e9 {
			t.Errorf("registered at %d", got.RegistrationTime)
		}
	}
}

func TestReferencesBothWays(t *testing.T) {
	d := create(t, Options{})
	a, b, c := name(1, "a"), name(2, "b"), name(3, "c")
	registered(t, d, plain(info(c, b, a, c), info(b, a), info(a))...)
	got, err := d.Referrers(a)
	if err != nil || !slices.Equal(got, []storepath.Path{b, c}) {
		t.Errorf("referrers of a: %v, %v", got, err)
	}
	if got, _ := d.Referrers(c); !slices.Equal(got, []storepath.Path{c}) {
		t.Errorf("referrers of c: %v", got)
	}
	if got, _ := d.ReferrerClosure([]storepath.Path{b}); !slices.Equal(got, []storepath.Path{b, c}) {
		t.Errorf("referrer closure of b: %v", got)
	}
	infos, err := d.Closure([]storepath.Path{c})
	if err != nil || len(infos) != 3 {
		t.Fatalf("closure of c: %v, %v", infos, err)
	}
	for _, i := range infos {
		one, _ := d.PathInfo(i.Path)
		if diff := cmp.Diff(one, i, cmp.AllowUnexported(nixhash.Hash{})); diff != "" {
			t.Errorf("in bulk and alone: %s", diff)
		}
	}
	var invalid *InvalidError
	if _, err := d.Closure([]storepath.Path{a, name(9, "x")}); !errors.As(err, &invalid) || invalid.Path != name(9, "x") {
		t.Errorf("closure of an invalid path: %v", err)
	}
}

func TestRegisterAgain(t *testing.T) {
	d := create(t, Options{})
	a, b := name(1, "a"), name(2, "b")
	first := info(a)
	first.Deriver = name(8, "d.drv")
	registered(t, d, plain(first, info(b))...)
	second := info(a, b)
	second.RegistrationTime, second.NARSize, second.Ultimate = 99, 500, true
	registered(t, d, plain(second)...)
	want := *second
	want.RegistrationTime, want.Deriver = 7, first.Deriver
	got, err := d.PathInfo(a)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got, cmp.AllowUnexported(nixhash.Hash{})); diff != "" {
		t.Error(diff)
	}
}

func TestMissingReferenceUndoesAll(t *testing.T) {
	d := create(t, Options{})
	a, b, missing := name(1, "a"), name(2, "b"), name(3, "missing")
	err := d.Write(t.Context(), func() error { return d.Register(plain(info(a), info(b, missing))) })
	var invalid *InvalidError
	if !errors.As(err, &invalid) || *invalid != (InvalidError{Path: missing, Referrer: b}) {
		t.Errorf("got %v", err)
	}
	for _, p := range []storepath.Path{a, b} {
		if ok, err := d.IsValid(p); ok || err != nil {
			t.Errorf("%s: valid %v, %v", p, ok, err)
		}
	}
	registered(t, d, plain(info(a))...)
}

// Another connection deletes, and registers anew, a path whose id was seen.
func TestIDsOfOthers(t *testing.T) {
	one := create(t, Options{})
	two := open(t, one.Path(), Options{})
	a, b := name(1, "a"), name(2, "b")
	registered(t, one, plain(info(a))...)
	if err := two.Write(t.Context(), func() error { return two.Invalidate(a) }); err != nil {
		t.Fatal(err)
	}
	err := one.Write(t.Context(), func() error { return one.Register(plain(info(b, a))) })
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.Path != a {
		t.Errorf("reference to a deleted path: %v", err)
	}
	registered(t, one, plain(info(a))...)
	if err := two.Write(t.Context(), func() error { return two.Invalidate(a) }); err != nil {
		t.Fatal(err)
	}
	registered(t, two, plain(info(a))...)
	registered(t, one, plain(info(b, a))...)
	if got, _ := one.PathInfo(b); !slices.Equal(got.References, []storepath.Path{a}) {
		t.Errorf("references %v", got.References)
	}
}

func TestInvalidate(t *testing.T) {
	d := create(t, Options{})
	a, b := name(1, "a"), name(2, "b")
	registered(t, d, plain(info(a, a), info(b, a))...)
	invalidate := func(p storepath.Path) error {
		return d.Write(t.Context(), func() error { return d.Invalidate(p) })
	}
	if err := invalidate(a); !errors.Is(err, sqlite.ErrConstraint) {
		t.Errorf("a path in use: %v", err)
	}
	for _, p := range []storepath.Path{b, a, a} {
		if err := invalidate(p); err != nil {
			t.Error(err)
		}
		if ok, _ := d.IsValid(p); ok {
			t.Errorf("%s is still valid", p)
		}
	}
}

func TestDerivationOutputs(t *testing.T) {
	d := create(t, Options{})
	drv, out, dev := name(1, "x.drv"), name(2, "x"), name(3, "x-dev")
	outputs := []Output{{"dev", dev}, {"out", out}}
	registered(t, d, Entry{Info: info(drv), Outputs: outputs})
	if got, err := d.DerivationOutputs(drv); err != nil || !slices.Equal(got, outputs) {
		t.Errorf("outputs %v, %v", got, err)
	}
	if got, err := d.ValidDerivers(dev); err != nil || !slices.Equal(got, []storepath.Path{drv}) {
		t.Errorf("derivers %v, %v", got, err)
	}
	var invalid *InvalidError
	if _, err := d.DerivationOutputs(out); !errors.As(err, &invalid) {
		t.Errorf("outputs of an invalid path: %v", err)
	}
	if err := d.Write(t.Context(), func() error { return d.Invalidate(drv) }); err != nil {
		t.Fatal(err)
	}
	if got, err := d.ValidDerivers(dev); len(got) != 0 || err != nil {
		t.Errorf("derivers after deletion: %v, %v", got, err)
	}
}

func TestFromHashPart(t *testing.T) {
	d := create(t, Options{})
	a, b := name(1, "a"), name(3, "b")
	registered(t, d, plain(info(a), info(b))...)
	for hash, want := range map[string]storepath.Path{
		a.HashPart(): a, b.HashPart(): b, name(2, "x").HashPart(): "", name(4, "x").HashPart(): "", name(0, "x").HashPart(): "",
	} {
		if got, err := d.FromHashPart(hash); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", hash, got, err, want)
		}
	}
	if got, err := d.AllPaths(); err != nil || !slices.Equal(got, []storepath.Path{a, b}) {
		t.Errorf("all: %v, %v", got, err)
	}
}

func TestGraph(t *testing.T) {
	d := create(t, Options{})
	a, b, drv := name(1, "a"), name(2, "b"), name(3, "a.drv")
	ia, ib := info(a), info(b, a, b)
	ia.Deriver = drv
	registered(t, d, Entry{Info: ia}, Entry{Info: ib}, Entry{Info: info(drv), Outputs: []Output{{"out", a}, {"dev", name(9, "dev")}}})
	got, err := d.Graph(t.Context())
	want := &Graph{
		Paths: []storepath.Path{a, b, drv}, Derivers: []storepath.Path{drv, "", ""},
		Rows: []int64{1, 2, 3}, Sizes: []uint64{120, 120, 120}, Registered: []int64{7, 7, 7},
		References: [][2]int32{{1, 0}, {1, 1}}, Outputs: [][2]int32{{2, 0}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestUpdate(t *testing.T) {
	d := create(t, Options{})
	i := info(name(1, "a"))
	registered(t, d, plain(i)...)
	i.Signatures = []signature.Signature{signature.NewSecretKey("k", [32]byte{2}).Sign("y")}
	if err := d.Write(t.Context(), func() error { return d.Update(i) }); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.PathInfo(i.Path); !slices.Equal(got.Signatures, i.Signatures) {
		t.Errorf("signatures %v", got.Signatures)
	}
	var invalid *InvalidError
	err := d.Write(t.Context(), func() error { return d.Update(info(name(2, "b"))) })
	if !errors.As(err, &invalid) {
		t.Errorf("update of an invalid path: %v", err)
	}
}

func TestBuildTrace(t *testing.T) {
	d := create(t, Options{BuildTrace: true})
	id, out := realisation.ID{Drv: name(1, "x.drv"), Output: "out"}, name(2, "x")
	sign := func(key string) signature.Signature { return signature.NewSecretKey(key, [32]byte{}).Sign("x") }
	add := func(p storepath.Path, sigs ...signature.Signature) (conflict *realisation.Realisation) {
		err := d.Write(t.Context(), func() (err error) {
			conflict, err = d.AddRealisation(&realisation.Realisation{ID: id, OutPath: p, Signatures: sigs})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return conflict
	}
	if got, err := d.Realisation(id); got != nil || err != nil {
		t.Errorf("nothing yet: %v, %v", got, err)
	}
	add(out, sign("b"))
	add(out, sign("a"), sign("b"))
	want := &realisation.Realisation{ID: id, OutPath: out, Signatures: []signature.Signature{sign("a"), sign("b")}}
	got, err := d.Realisation(id)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if c := add(id.Drv); c == nil || c.OutPath != out {
		t.Errorf("conflict %v", c)
	}
	if err := d.Write(t.Context(), func() error { return d.DeleteRealisation(id) }); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.Realisation(id); got != nil {
		t.Errorf("deleted, and still %v", got)
	}
}

func TestSchemaIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db.sqlite")
	d, err := Open(path, storepath.Default, Options{Mode: sqlite.Create})
	if err != nil {
		t.Fatal(err)
	}
	registered(t, d, plain(info(name(1, "a")))...)
	d.Close()
	again := open(t, path, Options{Mode: sqlite.Create, BuildTrace: true})
	if ok, err := again.IsValid(name(1, "a")); !ok || err != nil {
		t.Error(ok, err)
	}
	if _, err := again.Realisation(realisation.ID{Drv: name(1, "a"), Output: "out"}); err != nil {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), storepath.Default, Options{}); err == nil {
		t.Error("a missing database was made")
	}
}

// A row that no Nix writes is an error that names it.
func TestBadRow(t *testing.T) {
	d := create(t, Options{})
	a := name(1, "a")
	registered(t, d, plain(info(a))...)
	for column, value := range map[string]string{
		"hash": "sha256:zz", "deriver": "/elsewhere/x", "sigs": "nonsense", "ca": "nonsense",
	} {
		if err := d.conn.Exec("update ValidPaths set " + column + " = '" + value + "';"); err != nil {
			t.Fatal(err)
		}
		_, err := d.PathInfo(a)
		if err == nil || !strings.Contains(err.Error(), "invalid-path entry for '/nix/store/"+string(a)+"'") {
			t.Errorf("%s: %v", column, err)
		}
		d.Write(t.Context(), func() error { return d.Update(info(a)) })
		d.conn.Exec("update ValidPaths set deriver = null;")
	}
	if err := d.conn.Exec("insert into ValidPaths (path, hash, registrationTime) values ('/elsewhere/x', 'sha256:', 1);"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AllPaths(); err == nil {
		t.Error("a path of another store passed")
	}
}

func BenchmarkRegister(b *testing.B) {
	d := create(b, Options{})
	const batch = 500
	n := 0
	for b.Loop() {
		var entries []Entry
		for range batch {
			n++
			var refs []storepath.Path
			for r := 1; r <= 10 && n-r*7 > 0; r++ {
				refs = append(refs, name((n-r*7)*7919%1000003, "some-name-1.2.3.drv"))
			}
			p := name(n*7919%1000003, "some-name-1.2.3.drv")
			entries = append(entries, Entry{Info: info(p, refs...), Outputs: []Output{{"out", name(n*31, "some-name-1.2.3")}}})
		}
		registered(b, d, entries...)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/path")
}

func BenchmarkLookUp(b *testing.B) {
	d := create(b, Options{})
	var entries []Entry
	for n := range 5000 {
		entries = append(entries, plain(info(name(n, fmt.Sprint("p", n))))...)
	}
	registered(b, d, entries...)
	n := 0
	for b.Loop() {
		n = (n + 1) % 5000
		if ok, _ := d.IsValid(entries[n].Info.Path); !ok {
			b.Fatal(n)
		}
	}
}

func TestInvalidateRows(t *testing.T) {
	d := create(t, Options{})
	a, b, c, x := name(1, "a"), name(2, "b"), name(3, "c"), name(4, "x")
	registered(t, d, Entry{Info: info(a)}, Entry{Info: info(b, a, b)}, Entry{Info: info(c, b)}, Entry{Info: info(x, a)})
	remove := func(ids ...int64) error {
		return d.Write(t.Context(), func() error { return d.InvalidateRows(ids) })
	}
	if err := remove(1, 2, 3); !errors.Is(err, sqlite.ErrConstraint) {
		t.Errorf("x refers to a: %v", err)
	}
	if refs, err := d.Referrers(b); err != nil || !slices.Equal(refs, []storepath.Path{b, c}) {
		t.Errorf("after a failure: %v, %v", refs, err)
	}
	if err := remove(1, 3, 4, 2); err != nil {
		t.Error(err)
	}
	if all, err := d.AllPaths(); err != nil || len(all) != 0 {
		t.Errorf("left %v, %v", all, err)
	}
}

// However large a part of the store a closure is, it is what walking its
// references finds.
func TestClosureOfAnySize(t *testing.T) {
	d := create(t, Options{})
	rng := rand.New(rand.NewPCG(11, 12))
	const n = 400
	var entries []Entry
	var all []storepath.Path
	refs, back := map[storepath.Path][]storepath.Path{}, map[storepath.Path][]storepath.Path{}
	for i := range n {
		p := name(i, "p")
		var to []storepath.Path
		for range rng.IntN(3) {
			if near := i - 1 - rng.IntN(1+i%40); near >= 0 && !slices.Contains(to, all[near]) {
				to = append(to, all[near])
			}
		}
		slices.Sort(to)
		all, refs[p] = append(all, p), to
		for _, r := range to {
			back[r] = append(back[r], p)
		}
		entries = append(entries, Entry{Info: info(p, to...)})
	}
	registered(t, d, entries...)
	reach := func(from []storepath.Path, edges map[storepath.Path][]storepath.Path) []storepath.Path {
		found := map[storepath.Path]bool{}
		for todo := slices.Clone(from); len(todo) > 0; {
			p := todo[0]
			todo = todo[1:]
			if !found[p] {
				found[p] = true
				todo = append(todo, edges[p]...)
			}
		}
		return slices.Sorted(maps.Keys(found))
	}
	for range 60 {
		from := []storepath.Path{all[rng.IntN(n)], all[rng.IntN(n)]}
		infos, err := d.Closure(from)
		if err != nil {
			t.Fatal(err)
		}
		var got []storepath.Path
		for _, i := range infos {
			got = append(got, i.Path)
			if !slices.Equal(i.References, refs[i.Path]) {
				t.Errorf("%s refers to %v, want %v", i.Path, i.References, refs[i.Path])
			}
		}
		slices.Sort(got)
		if want := reach(from, refs); !slices.Equal(got, want) {
			t.Fatalf("closure of %v: %d paths, want %d", from, len(got), len(want))
		}
		got, err = d.ReferrerClosure(from)
		if want := reach(from, back); err != nil || !slices.Equal(got, want) {
			t.Fatalf("referrers of %v: %d paths, want %d, %v", from, len(got), len(want), err)
		}
	}
}
