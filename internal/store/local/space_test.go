//go:build linux

package local

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"firn/internal/format/storepath"
	"firn/internal/store"
)

// use makes an object one that was used so long from now.
func (g *garden) use(p storepath.Path, from time.Duration) {
	g.t.Helper()
	path := g.RealPath(p)
	st, err := os.Stat(path)
	if err == nil {
		err = os.Chtimes(path, time.Now().Add(from), st.ModTime())
	}
	if err != nil {
		g.t.Fatal(err)
	}
}

// What was used last goes last, with what it refers to; app and no refer to lib.
func TestLeastRecentlyUsed(t *testing.T) {
	for _, c := range []struct {
		name string
		o    CollectOptions
		want string
	}{
		{"everything", CollectOptions{MaxFreed: Unlimited}, ""},
		{"size", CollectOptions{MaxFreed: Unlimited, Remain: 7000}, "app lib"},
		{"large size", CollectOptions{MaxFreed: Unlimited, Remain: 1 << 30}, "app drv lib no out src"},
		{"freed", CollectOptions{MaxFreed: 100}, "app lib no src"},
		{"age", CollectOptions{MaxFreed: Unlimited, UnusedSince: time.Now().Add(210 * time.Minute)}, "app lib"},
		{"age and derivations", CollectOptions{MaxFreed: Unlimited, KeepOutputs: true, UnusedSince: time.Now().Add(90 * time.Minute)}, "app drv lib no out src"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := plant(t, rooted(t, nil))
			for i, p := range []storepath.Path{g.out, g.drv, g.no, g.app} {
				g.use(p, time.Duration(i+1)*time.Hour)
			}
			dry := c.o
			dry.DryRun = true
			foreseen, err := g.Collect(t.Context(), dry)
			if err != nil {
				t.Fatal(err)
			}
			got, err := g.Collect(t.Context(), c.o)
			if err != nil || g.valid() != c.want {
				t.Errorf("left %q, want %q, %v", g.valid(), c.want, err)
			}
			slices.Sort(got.Deleted)
			slices.Sort(foreseen.Deleted)
			if c.o.MaxFreed == Unlimited && !slices.Equal(got.Deleted, foreseen.Deleted) {
				t.Errorf("deleted %q, foresaw %q", got.Deleted, foreseen.Deleted)
			}
			whole(t, g.Store)
		})
	}
}

func TestKeepFree(t *testing.T) {
	free := uint64(1 << 30)
	s := rooted(t, func(o *Options) {
		o.Space = Space{Min: 1000, Max: 5000, Free: func() (uint64, error) { return free, nil }}
	})
	g := plant(t, s)
	g.root(g.app)
	add := func(name string) string {
		t.Helper()
		if _, err := s.AddText(t.Context(), store.Text{Name: name}); err != nil {
			t.Fatal(err)
		}
		b := s.Batch()
		if err := b.Add(t.Context(), store.Text{Name: name + "-batch"}); err != nil {
			t.Fatal(err)
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		return " " + g.valid() + " "
	}
	free = 1000
	if got := add("plenty"); !strings.Contains(got, " no ") {
		t.Errorf("enough was free, and left are %s", got)
	}
	free = 999
	if got := add("short"); strings.Contains(got, " no ") || !strings.Contains(got, " app ") || !strings.Contains(got, " lib ") {
		t.Errorf("left are %s", got)
	}
	// All garbage is gone: it is not looked for again until less is free.
	if got := add("again"); !strings.Contains(got, " app ") {
		t.Errorf("left are %s", got)
	}
	s.Close() // gives up what is temporary
	if got := add("same"); !strings.Contains(got, "short") {
		t.Errorf("collected again: left are %s", got)
	}
	s.o.Space.Interval = time.Hour
	free = 1
	if got := add("soon"); !strings.Contains(got, "short") {
		t.Errorf("looked before it is time: left are %s", got)
	}
	s.o.Space.Interval = 0
	if got := add("now"); strings.Contains(got, "short") {
		t.Errorf("left are %s", got)
	}
}

func TestRootShares(t *testing.T) {
	g := plant(t, rooted(t, nil))
	g.root(g.app)
	g.root(g.no)
	g.root(g.out)
	link := filepath.Join(g.state("profiles"), "twice")
	if err := os.Symlink(g.Dir().Join(g.out), link); err != nil {
		t.Fatal(err)
	}
	list, err := g.RootShares(t.Context(), CollectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]uint64{}
	for _, r := range list {
		got[filepath.Base(r.Root)] = [2]uint64{r.Paths, r.OwnPaths}
	}
	for name, want := range map[string][2]uint64{"app": {2, 1}, "no": {2, 1}, "out": {1, 0}, "twice": {1, 0}} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if len(got) != 4 || list[0].OwnSize < list[1].OwnSize || list[0].Size <= list[0].OwnSize {
		t.Errorf("%+v", list)
	}
}

// Garbage goes when space runs out, and no sooner.
func TestKeepSpace(t *testing.T) {
	s := rooted(t, nil)
	p, err := s.AddText(t.Context(), store.Text{Name: "garbage"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // gives up the temporary root
		t.Fatal(err)
	}
	valid := func() bool {
		ok, err := s.IsValid(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	for _, tt := range []struct {
		free  uint64
		valid bool
	}{{2000, true}, {1000, true}, {999, false}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			s.space.checked = time.Time{} // the clock goes back
			s.o.Space = Space{Min: 1000, Max: 2000, Interval: time.Second, Free: func() (uint64, error) { return tt.free, nil }}
			s.KeepSpace(ctx)
		})
		if valid() != tt.valid {
			t.Errorf("%d bytes free: valid %v", tt.free, valid())
		}
	}
}
