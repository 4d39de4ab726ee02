package substitute

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/mem"
)

// remote is a substituter that may fail or deliver damaged archives.
type remote struct {
	*mem.Store
	down    error
	damaged bool
	asked   int
	known   *realisation.Realisation
	mu      sync.Mutex
	old     *realisation.Legacy
}

func (r *remote) Close() error { return nil }

func (r *remote) PathInfo(ctx context.Context, p storepath.Path) (*pathinfo.Info, error) {
	r.mu.Lock()
	r.asked++
	r.mu.Unlock()
	if r.down != nil {
		return nil, r.down
	}
	return r.Store.PathInfo(ctx, p)
}

func (r *remote) WriteNAR(ctx context.Context, p storepath.Path, w io.Writer) error {
	if r.damaged {
		_, err := io.WriteString(w, "this is no archive")
		return err
	}
	return r.Store.WriteNAR(ctx, p, w)
}

func (r *remote) Realisation(context.Context, realisation.ID) (*realisation.Realisation, error) {
	return r.known, r.down
}

func (r *remote) LegacyRealisation(_ context.Context, id realisation.LegacyID) (*realisation.Legacy, error) {
	if r.old == nil || r.old.ID != id {
		return nil, nil
	}
	return r.old, nil
}

func (r *remote) AddRealisations(context.Context, []realisation.Realisation) error { return nil }

// warnings collects what is said.
type warnings struct {
	mu   sync.Mutex
	text []string
}

func (w *warnings) Emit(e activity.Event) {
	if m, ok := e.(activity.Message); ok && m.Level == activity.Warn {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.text = append(w.text, m.Text)
	}
}

func (w *warnings) expect(t *testing.T, parts ...string) {
	t.Helper()
	if len(w.text) != len(parts) {
		t.Fatalf("%d warnings, want %d: %q", len(w.text), len(parts), w.text)
	}
	for i, part := range parts {
		if !strings.Contains(w.text[i], part) {
			t.Errorf("warning %q lacks %q", w.text[i], part)
		}
	}
}

// unaddressed adds an object that nothing but a signature vouches for.
func unaddressed(t *testing.T, st *mem.Store, key *signature.SecretKey) storepath.Path {
	t.Helper()
	ctx := context.Background()
	plain, err := st.AddSource(ctx, store.Source{Name: "x", Method: storepath.Flat, Write: func(w io.Writer) error {
		_, err := io.WriteString(w, "built")
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	info := *plain
	info.CA, info.Path = storepath.ContentAddress{}, storepath.Path("00000000000000000000000000000000-built")
	if key != nil {
		if err := info.Sign(st.Dir(), *key); err != nil {
			t.Fatal(err)
		}
	}
	var archive strings.Builder
	if err := st.WriteNAR(ctx, plain.Path, &archive); err != nil {
		t.Fatal(err)
	}
	if err := st.AddNAR(ctx, &info, strings.NewReader(archive.String()), store.AddOptions{Unsigned: true}); err != nil {
		t.Fatal(err)
	}
	return info.Path
}

func pool(to *mem.Store, said *warnings, keys signature.PublicKeys, list ...Source) *Pool {
	return New(to, Options{Keys: keys, Recorder: activity.NewRecorder(said, 0)}, func(context.Context) []Source { return list })
}

func offered(t *testing.T, p *Pool, path storepath.Path) *plan.Offer {
	t.Helper()
	var offer *plan.Offer
	err := p.Offers(context.Background(), []plan.FindOffer{{Path: path}}, func(_ plan.FindOffer, o *plan.Offer, err error) {
		if err != nil {
			t.Error(err)
		}
		offer = o
	})
	if err != nil {
		t.Fatal(err)
	}
	return offer
}

// TestOtherStoreDirectory takes from a store with another directory what has to have the contents that are
// asked for, whatever it is called there, and nothing else.
func TestOtherStoreDirectory(t *testing.T) {
	ctx := context.Background()
	there, to := mem.New("/other/store"), mem.New(storepath.Default)
	theirs, err := there.AddSource(ctx, store.Source{Name: "x", Method: storepath.Flat, Write: func(w io.Writer) error {
		_, err := io.WriteString(w, "fetched")
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	path, err := storepath.Default.MakeFixed("x", theirs.CA, storepath.References{})
	if err != nil {
		t.Fatal(err)
	}
	if path == theirs.Path {
		t.Fatal("the two stores call it the same")
	}
	p := pool(to, &warnings{}, signature.PublicKeys{}, Source{there, "there", 0, false})
	if o := offered(t, p, path); o != nil {
		t.Errorf("without its contents the path is offered: %+v", o)
	}
	q := plan.FindOffer{Path: path, CA: theirs.CA}
	var offer *plan.Offer
	if err := p.Offers(ctx, []plan.FindOffer{q}, func(_ plan.FindOffer, o *plan.Offer, _ error) { offer = o }); err != nil || offer == nil {
		t.Fatalf("no offer: %v", err)
	}
	if err := p.Substitute(ctx, plan.Substitute{Path: path, Offer: offer}); err != nil {
		t.Fatal(err)
	}
	info, err := to.PathInfo(ctx, path)
	if err != nil || info.NARHash != theirs.NARHash {
		t.Errorf("got %+v, %v", info, err)
	}
}

func TestOrderAndFailure(t *testing.T) {
	down := &remote{Store: mem.New(storepath.Default), down: errors.New("connection refused")}
	bad, good := &remote{Store: mem.New(storepath.Default), damaged: true}, &remote{Store: mem.New(storepath.Default)}
	path := unaddressed(t, bad.Store, nil)
	unaddressed(t, good.Store, nil)
	to, said := mem.New(storepath.Default), &warnings{}
	p := pool(to, said, nil, Source{good, "good", 50, false}, Source{bad, "bad", 40, false}, Source{down, "down", 10, false})
	for range 2 {
		offer := offered(t, p, path)
		if offer == nil || offer.Source.(*found).source.Name != "bad" {
			t.Fatalf("offer %+v is not that of the substituter with the lowest priority", offer)
		}
	}
	if down.asked != 1 {
		t.Errorf("a substituter that failed was asked %d times", down.asked)
	}
	said.expect(t, "'down' is not asked any more, as it failed: connection refused")
	if err := p.Substitute(context.Background(), plan.Substitute{Path: path, Offer: offered(t, p, path)}); err != nil {
		t.Fatal(err)
	}
	if ok, err := to.IsValid(context.Background(), path); !ok || err != nil {
		t.Errorf("the path is not there: %v", err)
	}
	said.expect(t, "'down'", "from 'bad'")
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestAllDamaged(t *testing.T) {
	bad := &remote{Store: mem.New(storepath.Default), damaged: true}
	path := unaddressed(t, bad.Store, nil)
	to := mem.New(storepath.Default)
	p := pool(to, &warnings{}, nil, Source{bad, "bad", 0, false})
	err := p.Substitute(context.Background(), plan.Substitute{Path: path, Offer: offered(t, p, path)})
	if err == nil || !strings.Contains(err.Error(), string(path)) || !strings.Contains(err.Error(), "'bad'") {
		t.Errorf("error %v names no path or no substituter", err)
	}
	if ok, _ := to.IsValid(context.Background(), path); ok {
		t.Error("a damaged path is valid")
	}
}

func TestSignatures(t *testing.T) {
	key, other := signature.NewSecretKey("cache-1", [32]byte{1}), signature.NewSecretKey("cache-2", [32]byte{2})
	keys, err := signature.ParsePublicKeys([]string{key.Public().String()})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		key      *signature.SecretKey
		trusted  bool
		accepted bool
	}{{"signed", &key, false, true}, {"unsigned", nil, false, false}, {"by another", &other, false, false}, {"trusted", nil, true, true}} {
		t.Run(c.name, func(t *testing.T) {
			r, said := &remote{Store: mem.New(storepath.Default)}, &warnings{}
			path := unaddressed(t, r.Store, c.key)
			trace := realisation.Realisation{ID: realisation.ID{Drv: "00000000000000000000000000000000-x.drv", Output: "out"}, OutPath: path}
			if c.key != nil {
				trace.Sign(*c.key)
			}
			r.known = &trace
			p := pool(mem.New(storepath.Default), said, keys, Source{r, "remote", 0, c.trusted})
			if got := offered(t, p, path) != nil; got != c.accepted {
				t.Errorf("offered: %v, want %v", got, c.accepted)
			}
			known, err := p.Realisation(context.Background(), trace.ID, realisation.LegacyID{})
			if err != nil || (known != nil) != c.accepted {
				t.Errorf("realisation %v, %v, want one: %v", known, err, c.accepted)
			}
			r.known = nil
			old := realisation.Legacy{ID: realisation.LegacyID{DrvHash: nixhash.Sum(nixhash.SHA256, nil), Output: "out"}, OutPath: path}
			if c.key != nil {
				old.Signatures = []signature.Signature{c.key.Sign(old.Fingerprint())}
			}
			r.old = &old
			known, err = p.Realisation(context.Background(), trace.ID, old.ID)
			if err != nil || (known != nil) != c.accepted || known != nil && (known.OutPath != path || known.ID != trace.ID) {
				t.Errorf("older realisation %v, %v, want one: %v", known, err, c.accepted)
			}
			if !c.accepted {
				said.expect(t, "ignoring substitute for", "ignoring what 'remote' says", "ignoring what 'remote' says")
			}
		})
	}
}
