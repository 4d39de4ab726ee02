// Package storetest is the conformance suite that every store passes: whatever
// the interfaces of package store promise is tried here once.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// Store is what is put to the test.
type Store interface {
	store.Querier
	store.Opener
	store.Writer
}

// Run tries stores that open makes, each empty, at "/nix/store".
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, c := range []struct {
		name string
		try  func(*testing.T, Store)
	}{
		{"nothing is valid", nothingValid},
		{"text", text},
		{"text needs its references", textReferences},
		{"derivation", derivations},
		{"wrong derivation", wrongDerivation},
		{"source", source},
		{"source that fails", sourceFails},
		{"nar", narStream},
		{"wrong nar", wrongNAR},
		{"content address", contentAddress},
		{"graph", graph},
		{"batch", batch},
		{"batch that fails", batchFails},
		{"tree", trees},
		{"at once", atOnce},
	} {
		t.Run(c.name, func(t *testing.T) { c.try(t, open(t)) })
	}
}

// RunSigned tries stores that want signatures by one of keys.
func RunSigned(t *testing.T, open func(t *testing.T, keys signature.PublicKeys) Store) {
	secret := signature.NewSecretKey("test-1", [32]byte{7})
	other := signature.NewSecretKey("other-1", [32]byte{8})
	s := open(t, signature.PublicKeys{"test-1": secret.Public()})
	ctx := t.Context()
	add := func(name string, o store.AddOptions, keys ...signature.SecretKey) error {
		info, archive := Object(name, "contents of "+name)
		if err := info.Sign(s.Dir(), keys...); err != nil {
			t.Fatal(err)
		}
		return s.AddNAR(ctx, info, bytes.NewReader(archive), o)
	}
	want := "lacks a signature by a trusted key"
	if err := add("none", store.AddOptions{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("without a signature: %v", err)
	}
	if err := add("wrong", store.AddOptions{}, other); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("with a stranger's signature: %v", err)
	}
	if err := add("judged", store.AddOptions{Unsigned: true}); err != nil {
		t.Error(err)
	}
	if err := add("signed", store.AddOptions{}, other, secret); err != nil {
		t.Error(err)
	}
	info, _ := Object("signed", "contents of signed")
	got, err := s.PathInfo(ctx, info.Path)
	if err != nil || len(got.Signatures) != 2 {
		t.Errorf("signatures kept: %v, %v", got, err)
	}
	if _, err := s.AddText(ctx, store.Text{Name: "text", Contents: []byte("x")}); err != nil {
		t.Errorf("content-addressed: %v", err)
	}
}

// Object makes an object that is a file, input-addressed, with references, and
// returns what is known of it and its archive.
func Object(name, contents string, refs ...storepath.Path) (*pathinfo.Info, []byte) {
	var b bytes.Buffer
	if err := store.FileNAR(&b, strings.NewReader(contents), uint64(len(contents))); err != nil {
		panic(err)
	}
	p, err := storepath.Default.MakeOutput(nixhash.Sum(nixhash.SHA256, []byte(name)), "out", name)
	if err != nil {
		panic(err)
	}
	slices.Sort(refs)
	return &pathinfo.Info{
		Path: p, NARHash: nixhash.Sum(nixhash.SHA256, b.Bytes()), NARSize: uint64(b.Len()), References: refs,
	}, b.Bytes()
}

// Tree is the archive of a directory with one of everything.
func Tree() []byte {
	var b bytes.Buffer
	w := nar.NewWriter(&b)
	for _, f := range []struct {
		h        nar.Header
		contents string
	}{
		{nar.Header{Type: nar.Directory}, ""},
		{nar.Header{Depth: 1, Name: "bin", Type: nar.Directory}, ""},
		{nar.Header{Depth: 2, Name: "run", Type: nar.Regular, Executable: true}, "#!/bin/sh\n"},
		{nar.Header{Depth: 1, Name: "empty", Type: nar.Directory}, ""},
		{nar.Header{Depth: 1, Name: "file", Type: nar.Regular}, "text"},
		{nar.Header{Depth: 1, Name: "link", Type: nar.Symlink, Target: "bin/run"}, ""},
		{nar.Header{Depth: 1, Name: "nothing", Type: nar.Regular}, ""},
	} {
		f.h.Size = uint64(len(f.contents))
		if err := w.WriteHeader(f.h); err != nil {
			panic(err)
		}
		io.WriteString(w, f.contents)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func valid(t *testing.T, s Store, p storepath.Path, want bool) {
	t.Helper()
	if got, err := s.IsValid(t.Context(), p); got != want || err != nil {
		t.Errorf("%s: valid %v, %v; want %v", p, got, err, want)
	}
}

// sameInfo compares infos but for the time of registration.
func sameInfo(t *testing.T, s Store, want *pathinfo.Info) {
	t.Helper()
	got, err := s.PathInfo(t.Context(), want.Path)
	must(t, err)
	if got.RegistrationTime == 0 {
		t.Errorf("%s: no time of registration", want.Path)
	}
	a, b := *want, *got
	a.RegistrationTime, b.RegistrationTime = 0, 0
	if len(a.References) == 0 {
		a.References = nil
	}
	if len(b.References) == 0 {
		b.References = nil
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s: info %+v, want %+v", want.Path, b, a)
	}
}

func archiveOf(t *testing.T, s Store, p storepath.Path) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, s.WriteNAR(t.Context(), p, &b))
	return b.Bytes()
}

func nothingValid(t *testing.T, s Store) {
	ctx := t.Context()
	p, _ := Object("missing", "")
	valid(t, s, p.Path, false)
	for name, ask := range map[string]func() error{
		"info":    func() error { _, err := s.PathInfo(ctx, p.Path); return err },
		"nar":     func() error { return s.WriteNAR(ctx, p.Path, io.Discard) },
		"open":    func() error { _, err := s.Open(ctx, p.Path); return err },
		"outputs": func() error { _, err := s.DerivationOutputs(ctx, p.Path); return err },
		"closure": func() error { _, err := store.Closure(ctx, s, p.Path); return err },
	} {
		err := ask()
		if !errors.Is(err, store.ErrNotValid) || err.Error() != "path '"+s.Dir().Join(p.Path)+"' is not valid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, ask := range map[string]func() ([]storepath.Path, error){
		"all":       func() ([]storepath.Path, error) { return s.AllPaths(ctx) },
		"referrers": func() ([]storepath.Path, error) { return s.Referrers(ctx, p.Path) },
		"derivers":  func() ([]storepath.Path, error) { return s.ValidDerivers(ctx, p.Path) },
	} {
		if list, err := ask(); len(list) != 0 || err != nil {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	if got, err := s.FromHashPart(ctx, p.Path.HashPart()); got != "" || err != nil {
		t.Errorf("by hash part: %v, %v", got, err)
	}
}

func text(t *testing.T, s Store) {
	ctx := t.Context()
	a, err := s.AddText(ctx, store.Text{Name: "a", Contents: []byte("alpha")})
	must(t, err)
	beta := []byte("beta " + s.Dir().Join(a))
	b, err := s.AddText(ctx, store.Text{Name: "b", Contents: beta, References: []storepath.Path{a}})
	must(t, err)
	// As the reference computes them.
	if a != "8c3sb042lp12s1hhy9q866s268ykv8r1-a" || b != "l6092bwngq0c0c8mkn2v7r9kkzy3gz1m-b" {
		t.Errorf("paths %s and %s", a, b)
	}
	valid(t, s, a, true)
	valid(t, s, b, true)
	want := store.Text{Name: "b", Contents: beta, References: []storepath.Path{a}}
	info, err := want.Info(s.Dir())
	must(t, err)
	sameInfo(t, s, info)
	again, err := s.AddText(ctx, store.Text{Name: "a", Contents: []byte("alpha"), Path: a})
	if again != a || err != nil {
		t.Errorf("added again: %s, %v", again, err)
	}
	if _, err := s.AddText(ctx, store.Text{Name: "bad name", Contents: nil}); err == nil {
		t.Error("a bad name was accepted")
	}
}

func textReferences(t *testing.T, s Store) {
	missing, _ := Object("missing", "")
	_, err := s.AddText(t.Context(), store.Text{Name: "b", Contents: []byte("beta"), References: []storepath.Path{missing.Path}})
	if !errors.Is(err, store.ErrNotValid) || !strings.Contains(err.Error(), string(missing.Path)) {
		t.Errorf("got %v", err)
	}
	if all, _ := s.AllPaths(t.Context()); len(all) != 0 {
		t.Errorf("valid nevertheless: %v", all)
	}
}

// recipe returns a derivation with two outputs, and its text.
func recipe(t *testing.T, dir storepath.Dir, name string, srcs ...storepath.Path) (*derivation.Derivation, store.Text) {
	t.Helper()
	slices.Sort(srcs)
	d := &derivation.Derivation{
		Name:      name,
		Outputs:   []derivation.Output{{Name: "dev", Kind: derivation.Deferred}, {Name: "out", Kind: derivation.Deferred}},
		InputSrcs: srcs, System: "x86_64-linux", Builder: "/bin/sh",
		Env: []derivation.EnvVar{{Name: "dev"}, {Name: "out"}},
	}
	must(t, (&derivation.Hasher{Dir: dir}).Fill(d))
	return d, store.Text{Name: name + ".drv", Contents: d.AppendATerm(nil, dir), References: d.References()}
}

func derivations(t *testing.T, s Store) {
	ctx := t.Context()
	for i, along := range []bool{true, false} {
		d, text := recipe(t, s.Dir(), fmt.Sprint("x", i))
		if along {
			text.Derivation = d
		}
		drv, err := s.AddText(ctx, text)
		must(t, err)
		outputs, err := s.DerivationOutputs(ctx, drv)
		must(t, err)
		want := []store.Output{{Name: "dev", Path: d.Outputs[0].Path}, {Name: "out", Path: d.Outputs[1].Path}}
		if !slices.Equal(outputs, want) {
			t.Errorf("outputs %v, want %v", outputs, want)
		}
		for _, o := range outputs {
			if got, err := s.ValidDerivers(ctx, o.Path); !slices.Equal(got, []storepath.Path{drv}) || err != nil {
				t.Errorf("derivers of %s: %v, %v", o.Path, got, err)
			}
			valid(t, s, o.Path, false)
		}
	}
	d, text := recipe(t, s.Dir(), "y")
	info, err := text.Info(s.Dir())
	must(t, err)
	var archive bytes.Buffer
	must(t, store.FileNAR(&archive, bytes.NewReader(text.Contents), uint64(len(text.Contents))))
	must(t, s.AddNAR(ctx, info, &archive, store.AddOptions{}))
	if got, err := s.ValidDerivers(ctx, d.Outputs[0].Path); !slices.Equal(got, []storepath.Path{info.Path}) || err != nil {
		t.Errorf("derivers by archive: %v, %v", got, err)
	}
}

func wrongDerivation(t *testing.T, s Store) {
	ctx := t.Context()
	d, _ := recipe(t, s.Dir(), "x")
	d.Outputs[0].Path = d.Outputs[1].Path
	text := store.Text{Name: "x.drv", Contents: d.AppendATerm(nil, s.Dir())}
	drv, err := text.PathIn(s.Dir())
	must(t, err)
	if _, err := s.AddText(ctx, text); err == nil {
		t.Error("wrong output path accepted")
	}
	if _, err := s.AddText(ctx, store.Text{Name: "z.drv", Contents: []byte("Derive(nonsense")}); err == nil {
		t.Error("nonsense accepted as a derivation")
	}
	valid(t, s, drv, false)
}

func source(t *testing.T, s Store) {
	ctx := t.Context()
	tree := Tree()
	ref, err := s.AddText(ctx, store.Text{Name: "ref", Contents: []byte("r")})
	must(t, err)
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
	for _, src := range []store.Source{
		{Name: "tree", Method: storepath.NAR},
		{Name: "tree-with-refs", Method: storepath.NAR, References: []storepath.Path{ref}},
		{Name: "tree-sha1", Method: storepath.NAR, Algo: nixhash.SHA1},
		{Name: "flat", Method: storepath.Flat},
		{Name: "flat-sha512", Method: storepath.Flat, Algo: nixhash.SHA512},
		{Name: "flat-big", Method: storepath.Flat},
	} {
		contents := tree
		if src.Method == storepath.Flat {
			contents = []byte("contents")
		}
		if strings.HasSuffix(src.Name, "big") {
			contents = big
		}
		src.Write = func(w io.Writer) error {
			_, err := io.Copy(w, bytes.NewReader(contents))
			return err
		}
		want, err := store.Compute(s.Dir(), src)
		must(t, err)
		for range 2 {
			info, err := s.AddSource(ctx, src)
			must(t, err)
			if info.Path != want {
				t.Errorf("%s: path %s, want %s", src.Name, info.Path, want)
			}
			sameInfo(t, s, info)
		}
		archive := archiveOf(t, s, want)
		if src.Method == storepath.NAR && !bytes.Equal(archive, tree) {
			t.Errorf("%s: archive differs", src.Name)
		}
		info, _ := s.PathInfo(ctx, want)
		must(t, store.CheckNAR(s.Dir(), info, nixhash.Sum(nixhash.SHA256, archive), uint64(len(archive))))
	}
}

func sourceFails(t *testing.T, s Store) {
	ctx := t.Context()
	bad := errors.New("bad")
	for name, src := range map[string]store.Source{
		"breaks off": {Name: "x", Method: storepath.NAR, Write: func(w io.Writer) error {
			w.Write(Tree()[:300])
			return bad
		}},
		"no archive": {Name: "x", Method: storepath.NAR, Write: func(w io.Writer) error {
			_, err := io.WriteString(w, "this is no archive at all")
			return err
		}},
		"method":   {Name: "x", Method: storepath.Text, Write: func(io.Writer) error { return nil }},
		"bad name": {Name: ".x y", Method: storepath.Flat, Write: func(io.Writer) error { return nil }},
	} {
		if _, err := s.AddSource(ctx, src); err == nil || name == "breaks off" && !errors.Is(err, bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, _ := s.AllPaths(ctx); len(all) != 0 {
		t.Errorf("valid nevertheless: %v", all)
	}
}

func narStream(t *testing.T, s Store) {
	ctx := t.Context()
	tree := Tree()
	info := &pathinfo.Info{NARHash: nixhash.Sum(nixhash.SHA256, tree), NARSize: uint64(len(tree))}
	p, err := s.Dir().MakeOutput(info.NARHash, "dev", "pkg-1.0")
	must(t, err)
	info.Path = p
	info.References = []storepath.Path{p}
	info.Deriver = "00000000000000000000000000000000-pkg-1.0.drv"
	info.Signatures = []signature.Signature{signature.NewSecretKey("k", [32]byte{}).Sign("x")}
	must(t, s.AddNAR(ctx, info, bytes.NewReader(tree), store.AddOptions{}))
	sameInfo(t, s, info)
	if !bytes.Equal(archiveOf(t, s, p), tree) {
		t.Error("archive differs")
	}
	must(t, s.AddNAR(ctx, info, bytes.NewReader(nil), store.AddOptions{})) // valid already: not even read
}

func wrongNAR(t *testing.T, s Store) {
	ctx := t.Context()
	good, archive := Object("x", "contents")
	missing, _ := Object("missing", "")
	flipped := bytes.Clone(archive)
	flipped[bytes.LastIndex(flipped, []byte("tents"))] ^= 1 // within the contents
	for name, c := range map[string]struct {
		change func(*pathinfo.Info)
		stream []byte
		want   string
	}{
		"bit flipped": {nil, flipped, "hash mismatch importing path '" + s.Dir().Join(good.Path) + "';\n  specified: sha256-"},
		"size":        {func(i *pathinfo.Info) { i.NARSize++ }, archive, "size mismatch importing path"},
		"truncated":   {nil, archive[:len(archive)-20], "EOF"},
		"empty":       {nil, nil, "EOF"},
		"followed":    {nil, append(bytes.Clone(archive), "more"...), "followed"},
		"no archive":  {nil, []byte(strings.Repeat("nonsense", 30)), "archive"},
		"references":  {func(i *pathinfo.Info) { i.References = []storepath.Path{missing.Path} }, archive, "not valid"},
	} {
		info := *good
		if c.change != nil {
			c.change(&info)
		}
		err := s.AddNAR(ctx, &info, bytes.NewReader(c.stream), store.AddOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		valid(t, s, good.Path, false)
	}
	must(t, s.AddNAR(ctx, good, bytes.NewReader(archive), store.AddOptions{}))
	valid(t, s, good.Path, true)
}

func contentAddress(t *testing.T, s Store) {
	ctx := t.Context()
	tree := Tree()
	src := store.Source{Name: "t", Method: storepath.NAR, Algo: nixhash.SHA1}
	narHash := nixhash.Sum(nixhash.SHA256, tree)
	good, err := src.Info(s.Dir(), nixhash.Sum(nixhash.SHA1, tree), narHash, uint64(len(tree)))
	must(t, err)
	lie, err := src.Info(s.Dir(), nixhash.Sum(nixhash.SHA1, nil), narHash, uint64(len(tree)))
	must(t, err)
	err = s.AddNAR(ctx, lie, bytes.NewReader(tree), store.AddOptions{})
	if err == nil || !strings.Contains(err.Error(), "ca hash mismatch importing path") {
		t.Errorf("wrong content address: %v", err)
	}
	claim := *good
	claim.Path = lie.Path
	err = s.AddNAR(ctx, &claim, bytes.NewReader(tree), store.AddOptions{})
	if err == nil || !strings.Contains(err.Error(), "claims to be content-addressed but isn't") {
		t.Errorf("content address of another path: %v", err)
	}
	valid(t, s, lie.Path, false)
	must(t, s.AddNAR(ctx, good, bytes.NewReader(tree), store.AddOptions{}))
	sameInfo(t, s, good)
}

func graph(t *testing.T, s Store) {
	ctx := t.Context()
	add := func(name string, refs ...storepath.Path) storepath.Path {
		info, archive := Object(name, name, refs...)
		must(t, s.AddNAR(ctx, info, bytes.NewReader(archive), store.AddOptions{}))
		return info.Path
	}
	a := add("a")
	b := add("b", a)
	c := add("c", a)
	d := add("d", b, c)
	add("e", a)
	infos, err := store.Closure(ctx, s, d)
	must(t, err)
	var got []storepath.Path
	for _, i := range infos {
		got = append(got, i.Path)
		one, err := s.PathInfo(ctx, i.Path)
		must(t, err)
		if !slices.Equal(one.References, i.References) {
			t.Errorf("%s: references %v in the closure, %v alone", i.Path, i.References, one.References)
		}
	}
	want := []storepath.Path{a, b, c, d}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("closure %v, want %v", got, want)
	}
	if got, err := s.Referrers(ctx, a); err != nil || len(got) != 3 || !slices.IsSorted(got) || slices.Contains(got, d) {
		t.Errorf("referrers of a: %v, %v", got, err)
	}
	if got, err := s.AllPaths(ctx); err != nil || len(got) != 5 || !slices.IsSorted(got) {
		t.Errorf("all: %v, %v", got, err)
	}
	for _, p := range want {
		if got, err := s.FromHashPart(ctx, p.HashPart()); got != p || err != nil {
			t.Errorf("by hash part of %s: %s, %v", p, got, err)
		}
	}
	if got, err := s.FromHashPart(ctx, strings.Repeat("0", 32)); got != "" || err != nil {
		t.Errorf("by hash part of nothing: %s, %v", got, err)
	}
}

func batch(t *testing.T, s Store) {
	ctx := t.Context()
	b := s.Batch()
	var all []storepath.Path
	for i := range 300 {
		text := store.Text{Name: fmt.Sprint("n", i), Contents: fmt.Append(nil, "text ", i)}
		if i > 0 {
			text.References = []storepath.Path{all[i/2]}
		}
		p, err := text.PathIn(s.Dir())
		must(t, err)
		all = append(all, p)
		if i%3 == 0 {
			text.Path = p
		}
		must(t, b.Add(ctx, text))
		if i%50 == 0 {
			must(t, b.Add(ctx, text))
			must(t, b.Flush(ctx))
		}
	}
	src := store.Source{Name: "tree", Method: storepath.NAR, References: []storepath.Path{all[7]}, Write: func(w io.Writer) error {
		_, err := w.Write(Tree())
		return err
	}}
	info, err := b.AddSource(ctx, src)
	must(t, err)
	flat := store.Source{Name: "flat", Method: storepath.Flat, Write: func(w io.Writer) error {
		// Filters are programs, which may add something themselves.
		if err := b.Add(ctx, store.Text{Name: "meanwhile"}); err != nil {
			return err
		}
		_, err := io.WriteString(w, "contents")
		return err
	}}
	_, err = b.AddSource(ctx, flat)
	must(t, err)
	d, text := recipe(t, s.Dir(), "drv", all[3], all[200], info.Path)
	must(t, b.Add(ctx, text))
	must(t, b.Flush(ctx))
	must(t, b.Flush(ctx))
	for _, p := range all {
		valid(t, s, p, true)
	}
	if got, err := s.ValidDerivers(ctx, d.Outputs[0].Path); len(got) != 1 || err != nil {
		t.Errorf("derivers %v, %v", got, err)
	}
	sameInfo(t, s, info)
	if !bytes.Equal(archiveOf(t, s, info.Path), Tree()) {
		t.Error("source differs")
	}
	last, err := s.PathInfo(ctx, all[299])
	must(t, err)
	if !slices.Equal(last.References, []storepath.Path{all[149]}) {
		t.Errorf("references %v", last.References)
	}
}

func batchFails(t *testing.T, s Store) {
	ctx := t.Context()
	missing, _ := Object("missing", "")
	b := s.Batch()
	err := b.Add(ctx, store.Text{Name: "bad", Contents: []byte("x"), References: []storepath.Path{missing.Path}})
	if end := b.Flush(ctx); err == nil {
		err = end
	}
	if !errors.Is(err, store.ErrNotValid) {
		t.Errorf("got %v", err)
	}
	if all, _ := s.AllPaths(ctx); len(all) != 0 {
		t.Errorf("valid nevertheless: %v", all)
	}
}

func trees(t *testing.T, s Store) {
	ctx := t.Context()
	info, err := s.AddSource(ctx, store.Source{Name: "tree", Method: storepath.NAR, Write: func(w io.Writer) error {
		_, err := w.Write(Tree())
		return err
	}})
	must(t, err)
	tree, err := s.Open(ctx, info.Path)
	must(t, err)
	if err := fstest.TestFS(tree, "bin/run", "file", "link", "nothing", "empty"); err != nil {
		t.Error(err)
	}
	if got, err := fs.ReadFile(tree, "link"); string(got) != "#!/bin/sh\n" || err != nil {
		t.Errorf("through the link: %q, %v", got, err)
	}
	if st, err := fs.Stat(tree, "bin/run"); err != nil || st.Mode() != 0o555 || st.ModTime().Unix() != 1 {
		t.Errorf("metadata: %v, %v", st, err)
	}
	file, err := s.AddText(ctx, store.Text{Name: "file", Contents: []byte("text")})
	must(t, err)
	tree, err = s.Open(ctx, file)
	must(t, err)
	if got, err := fs.ReadFile(tree, "."); string(got) != "text" || err != nil {
		t.Errorf("object that is a file: %q, %v", got, err)
	}
	if _, err := fs.ReadFile(tree, "below"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("below a file: %v", err)
	}
}

// atOnce lets several goroutines add the same objects and others.
func atOnce(t *testing.T, s Store) {
	ctx := context.Background()
	b := s.Batch()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 15 {
				text := store.Text{Name: "shared", Contents: fmt.Append(nil, i)}
				p, err := s.AddText(ctx, text)
				if err != nil {
					t.Error(err)
					return
				}
				own, archive := Object(fmt.Sprintf("own-%d-%d", g, i), "x", p)
				if err := s.AddNAR(ctx, own, bytes.NewReader(archive), store.AddOptions{}); err != nil {
					t.Error(err)
				}
				if ok, err := s.IsValid(ctx, own.Path); !ok || err != nil {
					t.Errorf("added, and valid %v, %v", ok, err)
				}
				err = b.Add(ctx, store.Text{Name: "batched", Contents: fmt.Append(nil, i+g/2)})
				if i%4 == g {
					err = errors.Join(err, b.Flush(ctx))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(t, b.Flush(ctx))
	if all, err := s.AllPaths(ctx); len(all) != 15+4*15+16 || err != nil {
		t.Errorf("%d paths, %v", len(all), err)
	}
}
