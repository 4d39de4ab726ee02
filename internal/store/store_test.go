package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/mem"
	"firn/internal/store/storetest"
)

func TestFileNARHash(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 4096, 100_001} {
		contents := bytes.Repeat([]byte("x"), n)
		var b bytes.Buffer
		if err := store.FileNAR(&b, bytes.NewReader(contents), uint64(n)); err != nil {
			t.Fatal(err)
		}
		hash, size := store.FileNARHash(contents)
		if hash != nixhash.Sum(nixhash.SHA256, b.Bytes()) || size != uint64(b.Len()) {
			t.Errorf("%d bytes: hash of %d bytes, archive has %d", n, size, b.Len())
		}
		if _, err := nar.Index(&b); err != nil {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func object(name string, refs ...storepath.Path) *pathinfo.Info {
	info, _ := storetest.Object(name, name, refs...)
	return info
}

func TestOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var infos []*pathinfo.Info
	for i := range 60 {
		var refs []storepath.Path
		for range rng.IntN(4) {
			if i > 0 {
				refs = append(refs, infos[rng.IntN(i)].Path)
			}
		}
		info := object(fmt.Sprint("n", i), refs...)
		if i%5 == 0 {
			info.References = append(info.References, info.Path)
		}
		infos = append(infos, info)
	}
	rng.Shuffle(len(infos), func(i, j int) { infos[i], infos[j] = infos[j], infos[i] })
	at := func(list []*pathinfo.Info, p storepath.Path) int {
		return slices.IndexFunc(list, func(i *pathinfo.Info) bool { return i.Path == p })
	}
	forth, back := store.ReferencesFirst(infos), store.ReferrersFirst(infos)
	if len(forth) != 60 || len(back) != 60 {
		t.Fatalf("%d and %d of 60", len(forth), len(back))
	}
	for n, i := range forth {
		for _, ref := range i.References {
			if at(forth, ref) > n || at(back, ref) < at(back, i.Path) {
				t.Errorf("%s and %s are in the wrong order", i.Path, ref)
			}
		}
	}
	if err := store.CheckCycles(storepath.Default, infos); err != nil {
		t.Error(err)
	}
}

func TestCycle(t *testing.T) {
	a, b, c := object("a"), object("b"), object("c")
	a.References = []storepath.Path{b.Path}
	b.References = []storepath.Path{b.Path, c.Path}
	c.References = []storepath.Path{a.Path}
	var cycle *store.CycleError
	for _, list := range [][]*pathinfo.Info{{a, b, c}, {c, b, a}, {b, a, c}} {
		if err := store.CheckCycles(storepath.Default, list); !errors.As(err, &cycle) {
			t.Errorf("got %v", err)
		}
	}
	if len(store.ReferencesFirst([]*pathinfo.Info{a, b, c})) != 3 {
		t.Error("a cycle loses paths")
	}
	if err := store.CheckCycles(storepath.Default, []*pathinfo.Info{a, b}); err != nil {
		t.Errorf("no cycle without c: %v", err)
	}
}

// oneByOne hides that a store can tell closures at once.
type oneByOne struct{ store.Reader }

func TestClosureWalk(t *testing.T) {
	s := mem.New(storepath.Default)
	ctx := context.Background()
	var paths []storepath.Path
	for i := range 200 {
		var refs []storepath.Path
		if i > 0 {
			refs = append(refs, paths[i/2], paths[i/3])
			slices.Sort(refs)
			refs = slices.Compact(refs)
		}
		info, archive := storetest.Object(fmt.Sprint("n", i), "x", refs...)
		if err := s.AddNAR(ctx, info, bytes.NewReader(archive), store.AddOptions{}); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, info.Path)
	}
	infos, err := store.Closure(ctx, oneByOne{s}, paths[199], paths[150])
	if err != nil {
		t.Fatal(err)
	}
	seen := map[storepath.Path]bool{}
	for n, i := range infos {
		if n > 0 && infos[n-1].Path >= i.Path {
			t.Error("not sorted")
		}
		seen[i.Path] = true
	}
	for _, i := range infos {
		for _, ref := range i.References {
			if !seen[ref] {
				t.Errorf("%s is missing", ref)
			}
		}
	}
	missing, _ := storetest.Object("missing", "")
	if _, err := store.Closure(ctx, oneByOne{s}, paths[0], missing.Path); !errors.Is(err, store.ErrNotValid) {
		t.Errorf("got %v", err)
	}
}

func TestComputeChecks(t *testing.T) {
	bad := errors.New("bad")
	if _, err := store.Compute(storepath.Default, store.Source{Name: "x", Write: func(io.Writer) error { return bad }}); err != bad {
		t.Errorf("got %v", err)
	}
	if _, err := store.Compute(storepath.Default, store.Source{Name: "x", Method: storepath.Git}); err == nil {
		t.Error("git was accepted")
	}
}

func TestTextPathIsChecked(t *testing.T) {
	text := store.Text{Name: "a", Contents: []byte("x"), Path: object("a").Path}
	if _, err := text.Info(storepath.Default); err == nil {
		t.Error("a wrong path was accepted")
	}
}
