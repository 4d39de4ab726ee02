//go:build linux

package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"firn/internal/activity"
	"firn/internal/filelock"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/storetest"
)

// garden is a store with a derivation, its output and others, all without roots.
type garden struct {
	*Store
	t                           *testing.T
	src, drv, out, lib, app, no storepath.Path
}

// plant fills a store and drops the temporary roots of doing so.
func plant(t *testing.T, s *Store) *garden {
	t.Helper()
	ctx := t.Context()
	g := &garden{Store: s, t: t}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	g.src, err = s.AddText(ctx, store.Text{Name: "src", Contents: []byte("source")})
	check(err)
	d := &derivation.Derivation{
		Name: "out", System: "x", Builder: "/b", InputSrcs: []storepath.Path{g.src},
		Outputs: []derivation.Output{{Name: "out", Kind: derivation.Deferred}}, Env: []derivation.EnvVar{{Name: "out"}},
	}
	check((&derivation.Hasher{Dir: s.Dir()}).Fill(d))
	g.drv, err = s.AddText(ctx, store.Text{Name: "out.drv", Contents: d.AppendATerm(nil, s.Dir()), References: d.References(), Derivation: d})
	check(err)
	g.out = d.Outputs[0].Path
	info, archive := storetest.Object("x", "the output")
	info.Path, info.Deriver = g.out, g.drv
	check(s.AddNAR(ctx, info, bytes.NewReader(archive), store.AddOptions{}))
	add := func(name string, refs ...storepath.Path) storepath.Path {
		info, archive := storetest.Object(name, strings.Repeat(name, 1000), refs...)
		check(s.AddNAR(ctx, info, bytes.NewReader(archive), store.AddOptions{}))
		return info.Path
	}
	g.lib = add("lib")
	g.app = add("app", g.lib)
	g.no = add("no", g.lib)
	check(s.Close())
	return g
}

// names turns paths into the names of a garden.
func (g *garden) names(paths []storepath.Path) string {
	known := map[storepath.Path]string{g.src: "src", g.drv: "drv", g.out: "out", g.lib: "lib", g.app: "app", g.no: "no"}
	var list []string
	for _, p := range paths {
		name, ok := known[p]
		if !ok {
			name = string(p)
		}
		list = append(list, name)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func (g *garden) valid() string {
	g.t.Helper()
	all, err := g.AllPaths(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	return g.names(all)
}

func (g *garden) root(p storepath.Path) {
	g.t.Helper()
	dir := g.state("gcroots")
	if err := os.Symlink(g.Dir().Join(p), filepath.Join(dir, p.Name())); err != nil {
		g.t.Fatal(err)
	}
}

func TestCollect(t *testing.T) {
	for _, c := range []struct {
		name  string
		roots string
		o     CollectOptions
		want  string
	}{
		{"nothing kept", "", CollectOptions{}, ""},
		{"closure", "app", CollectOptions{}, "app lib"},
		{"output alone", "out", CollectOptions{}, "out"},
		{"output with derivation", "out", CollectOptions{KeepDerivations: true}, "drv out src"},
		{"derivation alone", "drv", CollectOptions{KeepDerivations: true}, "drv src"},
		{"derivation with outputs", "drv", CollectOptions{KeepOutputs: true}, "drv out src"},
		{"two", "no drv", CollectOptions{}, "drv lib no src"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := plant(t, rooted(t, nil))
			byName := map[string]storepath.Path{"app": g.app, "out": g.out, "drv": g.drv, "no": g.no}
			for _, r := range strings.Fields(c.roots) {
				g.root(byName[r])
			}
			o := c.o
			o.DryRun = true
			plan, err := g.Collect(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if got := g.names(plan.Alive); got != c.want {
				t.Errorf("alive: %s; want %s", got, c.want)
			}
			if g.valid() != "app drv lib no out src" {
				t.Errorf("a dry run left %s", g.valid())
			}
			o.DryRun, o.MaxFreed = false, Unlimited
			done, err := g.Collect(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if got := g.valid(); got != c.want {
				t.Errorf("left %s; want %s", got, c.want)
			}
			slices.Sort(plan.Deleted)
			slices.Sort(done.Deleted)
			if !slices.Equal(plan.Deleted, done.Deleted) {
				t.Errorf("deleted %v, and would have deleted %v", done.Deleted, plan.Deleted)
			}
			if (done.Freed == 0) != (len(done.Deleted) == 0) {
				t.Errorf("freed %d bytes with %d paths", done.Freed, len(done.Deleted))
			}
			onlyObjects(t, g.Store)
		})
	}
}

func TestCollectStrangers(t *testing.T) {
	g := plant(t, rooted(t, nil))
	ctx := t.Context()
	dead := sample(1)[0]
	os.MkdirAll(filepath.Join(g.RealPath(dead), "half"), 0o755)
	os.WriteFile(g.RealPath(dead)+".lock", nil, 0o600)
	os.WriteFile(filepath.Join(g.o.Real, ".tmp-link-1"), nil, 0o444)
	os.WriteFile(filepath.Join(g.o.Real, "no store path"), nil, 0o444)
	os.Mkdir(filepath.Join(g.o.Real, "tmp-1-unused"), 0o755)
	other, err := New(g.o)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	used, err := other.tempDir(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer used.remove()
	// Under way elsewhere, so protected by a temporary root.
	making, _ := storetest.Object("making", "")
	if err := other.AddTempRoots(ctx, making.Path); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", ".lock", ".chroot"} {
		os.WriteFile(g.RealPath(making.Path)+suffix, nil, 0o600)
	}
	if _, err := g.Collect(ctx, CollectOptions{MaxFreed: Unlimited}); err != nil {
		t.Fatal(err)
	}
	var left []string
	list, _ := os.ReadDir(g.o.Real)
	for _, e := range list {
		left = append(left, strings.TrimPrefix(e.Name(), string(making.Path)))
	}
	slices.Sort(left)
	want := []string{"", ".chroot", ".links", ".lock", filepath.Base(used.path)}
	if !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
}

func TestDeleteNamed(t *testing.T) {
	g := plant(t, rooted(t, nil))
	ctx := t.Context()
	g.root(g.app)
	stillAlive := func(o CollectOptions) {
		t.Helper()
		o.MaxFreed, o.MustDelete = Unlimited, true
		_, err := g.Collect(ctx, o)
		if err == nil || !strings.HasPrefix(err.Error(), "Cannot delete path '"+g.Dir().Join(o.Paths[0])+"' since it is still alive. To find out why, use: nix-store --query --roots") {
			t.Errorf("got %v", err)
		}
	}
	stillAlive(CollectOptions{Paths: []storepath.Path{g.app}})
	stillAlive(CollectOptions{Paths: []storepath.Path{g.lib}, Referrers: true})
	stillAlive(CollectOptions{Paths: []storepath.Path{g.src}})
	for _, step := range []struct {
		o    CollectOptions
		want string
	}{
		{CollectOptions{Paths: []storepath.Path{}}, "app drv lib no out src"},
		{CollectOptions{Paths: []storepath.Path{g.src}}, "app drv lib no out src"},
		{CollectOptions{Paths: []storepath.Path{g.no, g.lib}}, "app drv lib out src"},
		{CollectOptions{Paths: []storepath.Path{g.src}, Referrers: true, MustDelete: true}, "app lib out"},
		{CollectOptions{Paths: []storepath.Path{g.lib, g.app}, IgnoreRoots: true, MustDelete: true}, "out"},
	} {
		step.o.MaxFreed = Unlimited
		if _, err := g.Collect(ctx, step.o); err != nil {
			t.Error(err)
		}
		if got := g.valid(); got != step.want {
			t.Errorf("%+v: left %s, want %s", step.o, got, step.want)
		}
	}
	invalid := sample(1)[0]
	os.WriteFile(g.RealPath(invalid), []byte("x"), 0o444)
	if _, err := g.Collect(ctx, CollectOptions{Paths: []storepath.Path{invalid}, MaxFreed: Unlimited, MustDelete: true}); err != nil {
		t.Error(err)
	}
	onlyObjects(t, g.Store)
}

func TestMaxFreed(t *testing.T) {
	g := plant(t, rooted(t, nil))
	done, err := g.Collect(t.Context(), CollectOptions{MaxFreed: 2500})
	if err != nil || done.Freed <= 2500 || done.Freed > 2500+4000 {
		t.Errorf("freed %d, %v", done.Freed, err)
	}
	if g.valid() == "" {
		t.Error("everything is gone")
	}
	whole(t, g.Store)
	if done, err := g.Collect(t.Context(), CollectOptions{}); len(done.Deleted) != 0 || err != nil {
		t.Errorf("limit zero: %v, %v", done, err)
	}
}

// Roots that come in while a collector runs are spared, with all they need.
func TestAddWhileCollecting(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	other, err := New(s.o)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	done := make(chan error)
	stop := make(chan struct{})
	collections := 0
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := other.Collect(context.Background(), CollectOptions{MaxFreed: Unlimited}); err != nil {
				done <- err
				return
			}
			collections++
		}
	}()
	// Every round forgets its roots, so that the next has something to delete, and
	// to fetch back from under the collector.
	for round := range 2 {
		mine, err := New(s.o)
		if err != nil {
			t.Fatal(err)
		}
		b := mine.Batch()
		var all []storepath.Path
		for i := range 40 {
			text := store.Text{Name: "n", Contents: fmt.Append(nil, i/2)}
			if i > 0 {
				text.References = []storepath.Path{all[i/3]}
			}
			p, err := text.PathIn(s.Dir())
			if err == nil && i%3 == 0 {
				_, err = mine.AddText(ctx, text)
			} else if err == nil {
				err = errors.Join(b.Add(ctx, text), b.Flush(ctx))
			}
			if err != nil {
				t.Error(err)
			}
			all = append(all, p)
		}
		for _, p := range all {
			if ok, err := mine.IsValid(ctx, p); !ok || err != nil {
				t.Errorf("round %d: %s valid %v, %v", round, p, ok, err)
			}
		}
		whole(t, mine)
		mine.Close()
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if collections == 0 {
		t.Error("nothing was collected meanwhile")
	}
}

// A collector that is killed leaves a store in order.
func TestCollectorKilled(t *testing.T) {
	root := t.TempDir()
	for round := range 4 {
		s := at(t, root, nil)
		b := s.Batch()
		for i := range 300 {
			if err := b.Add(t.Context(), store.Text{Name: "n", Contents: fmt.Append(nil, i)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Close()
		cmd := child(t, "collector", root)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(4+5*round) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		s = at(t, root, nil)
		whole(t, s)
		s.Close()
	}
	s := at(t, root, nil)
	if _, err := s.Collect(t.Context(), CollectOptions{MaxFreed: Unlimited}); err != nil {
		t.Error(err)
	}
	onlyObjects(t, s)
}

func TestStaleRootsAreRemoved(t *testing.T) {
	root := t.TempDir()
	g := plant(t, at(t, root, nil))
	ctx := t.Context()
	link := filepath.Join(root, "link")
	if _, err := g.AddPermRoot(ctx, g.app, link); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(g.state("temproots", "999999999"), []byte(g.Dir().Join(g.no)+"\x00"), 0o600)
	dead, err := filelock.Open(g.state("temproots", "999999998"))
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	if ok, err := dead.Try(filelock.Exclusive); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := dead.Append([]byte(g.Dir().Join(g.out) + "\x00")); err != nil {
		t.Fatal(err)
	}
	os.Symlink(g.Dir().Join(sample(1)[0]), filepath.Join(g.state("gcroots"), "invalid"))
	os.WriteFile(filepath.Join(g.state("gcroots"), string(g.src)), nil, 0o644) // a root that is a plain file
	roots, err := g.FindRoots(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[storepath.Path][]string{
		g.app: {link, "{temp:" + filepath.Base(rootsFile(t, g.Store)) + "}"}, g.out: {"{temp:999999998}"},
		g.src: {filepath.Join(g.state("gcroots"), string(g.src))}, g.no: nil,
	} {
		if got := roots[p]; !slices.Equal(got, want) {
			t.Errorf("roots of %s: %q, want %q", g.names([]storepath.Path{p}), got, want)
		}
	}
	os.Remove(link)
	g.Close()
	if _, err := g.Collect(ctx, CollectOptions{MaxFreed: Unlimited}); err != nil {
		t.Fatal(err)
	}
	if got := g.valid(); got != "out src" {
		t.Errorf("left %s", got)
	}
	if list, _ := os.ReadDir(g.state("gcroots", "auto")); len(list) != 0 {
		t.Errorf("stale indirect roots: %v", list)
	}
	if _, err := os.Lstat(g.state("temproots", "999999999")); !os.IsNotExist(err) {
		t.Error("the roots of a dead process stay:", err)
	}
}

func TestProcessRoots(t *testing.T) {
	s := rooted(t, nil)
	// The real directory is not what processes see, so the logical one is tried.
	p := sample(1)[0]
	t.Setenv("X_UNUSED", "not seen: environments are those of the start")
	found := FoundRoots{}
	s.scanFile("/proc/self/environ", func(target, name string) { t.Errorf("%s in %s", target, name) })
	file := filepath.Join(t.TempDir(), "maps")
	text := "7f-80 r-xp 0 0:1 1   " + s.Dir().Join(p) + "/lib/libc.so.6\nPATH=" + s.Dir().Join(p) + "/bin:/nix/store/short:" + s.Dir().Join(p)
	os.WriteFile(file, []byte(text), 0o644)
	s.scanFile(file, func(target, name string) {
		if got, _, err := s.Dir().ParseInside(target); err == nil {
			found.add(got, name)
		}
	})
	if len(found) != 1 || !slices.Equal(found[p], []string{file}) {
		t.Errorf("found %v", found)
	}
	s.processRoots(found) // whatever runs here: it must not fail
}

// messages collects what a store says.
type messages struct {
	mu    sync.Mutex
	texts []string
}

func (m *messages) Emit(e activity.Event) {
	if msg, ok := e.(activity.Message); ok && msg.Level <= activity.Info {
		m.mu.Lock()
		m.texts = append(m.texts, msg.Text)
		m.mu.Unlock()
	}
}

// contains tells whether something with this text was said.
func (m *messages) contains(text string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.texts, func(s string) bool { return strings.Contains(s, text) })
}

func TestOptimise(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	var infos []storepath.Path
	for i := range 3 {
		info, err := s.AddSource(ctx, store.Source{Name: fmt.Sprint("tree-", i), Method: storepath.NAR, Write: func(w io.Writer) error {
			_, err := w.Write(storetest.Tree())
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		infos = append(infos, info.Path)
	}
	if _, err := s.AddText(ctx, store.Text{Name: "text", Contents: []byte("text")}); err != nil {
		t.Fatal(err)
	}
	before := files(t, s.o.Real)
	stats, err := s.Optimise(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Three files and a link in each of three trees, and a file that is like one
	// of them.
	if stats.Files != 9 || stats.Freed != 2*10+3*4+2*7 {
		t.Errorf("shared %+v", stats)
	}
	if again, err := s.Optimise(ctx); err != nil || again.Files != 0 {
		t.Errorf("shared again %+v, %v", again, err)
	}
	whole(t, s)
	links, _ := os.ReadDir(s.linksDir())
	if len(links) != 4 {
		t.Errorf("%d shared files", len(links))
	}
	after := slices.DeleteFunc(files(t, s.o.Real), func(l string) bool { return strings.HasPrefix(l, ".links/") })
	if !slices.Equal(before, after) {
		t.Errorf("metadata changed:\n%v\n%v", before, after)
	}
	a, _ := os.Stat(s.RealPath(infos[0]) + "/file")
	b, _ := os.Stat(s.RealPath(infos[1]) + "/file")
	if !os.SameFile(a, b) {
		t.Error("not the same file")
	}
	if saved, err := s.pruneLinks(); err != nil || saved > 32 {
		t.Errorf("saves %d, %v", saved, err)
	}
	s.Close()
	if _, err := s.Collect(ctx, CollectOptions{MaxFreed: Unlimited}); err != nil {
		t.Fatal(err)
	}
	if links, _ := os.ReadDir(s.linksDir()); len(links) != 0 {
		t.Errorf("%d shared files that nobody has", len(links))
	}
}

func TestAutoOptimise(t *testing.T) {
	s := rooted(t, func(o *Options) { o.AutoOptimise = true })
	ctx := t.Context()
	one, err := s.AddText(ctx, store.Text{Name: "one", Contents: []byte("same")})
	if err != nil {
		t.Fatal(err)
	}
	b := s.Batch()
	two := store.Text{Name: "two", Contents: []byte("same")}
	if err := errors.Join(b.Add(ctx, two), b.Flush(ctx)); err != nil {
		t.Fatal(err)
	}
	p, _ := two.PathIn(s.Dir())
	x, _ := os.Stat(s.RealPath(one))
	y, _ := os.Stat(s.RealPath(p))
	if !os.SameFile(x, y) {
		t.Error("not the same file")
	}
	whole(t, s)
}

func TestCorruptLink(t *testing.T) {
	m := &messages{}
	s := rooted(t, func(o *Options) { o.Activity = activity.NewRecorder(m, 0) })
	ctx := t.Context()
	if _, err := s.AddText(ctx, store.Text{Name: "one", Contents: []byte("text")}); err != nil {
		t.Fatal(err)
	}
	hash, _ := store.FileNARHash([]byte("text"))
	link := filepath.Join(s.linksDir(), hash.Nix32())
	os.WriteFile(link, []byte("something else"), 0o444)
	if _, err := s.Optimise(ctx); err != nil {
		t.Fatal(err)
	}
	if len(m.texts) == 0 || m.texts[0] != "removing corrupted link \""+link+"\"" {
		t.Errorf("said %q", m.texts)
	}
	if got, _ := os.ReadFile(link); string(got) != "text" {
		t.Errorf("shared file has %q", got)
	}
}

func TestVerify(t *testing.T) {
	m := &messages{}
	s := rooted(t, func(o *Options) { o.Activity = activity.NewRecorder(m, 0) })
	g := plant(t, s)
	ctx := t.Context()
	verify := func(o VerifyOptions, wantBad bool, want ...string) {
		t.Helper()
		m.texts = nil
		bad, err := g.Verify(ctx, o)
		if err != nil || bad != wantBad {
			t.Errorf("bad %v, %v; want %v", bad, err, wantBad)
		}
		said := slices.DeleteFunc(m.texts, func(text string) bool {
			return strings.HasPrefix(text, "checking ") || strings.HasPrefix(text, "reading ")
		})
		if !slices.Equal(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
	}
	verify(VerifyOptions{Contents: true}, false)
	damage := func(p storepath.Path) {
		os.Chmod(g.RealPath(p), 0o644)
		os.WriteFile(g.RealPath(p), []byte("damage"), 0o444)
	}
	damage(g.lib)
	info, _ := g.PathInfo(ctx, g.lib)
	damaged, _ := store.FileNARHash([]byte("damage"))
	modified := fmt.Sprintf("path '%s' was modified! expected hash '%s', got '%s'",
		g.Dir().Join(g.lib), info.NARHash.Text(nixhash.Nix32, true), damaged.Text(nixhash.Nix32, true))
	verify(VerifyOptions{}, false)
	verify(VerifyOptions{Contents: true}, true, modified)
	repair := func(ctx context.Context, p storepath.Path) error {
		info, err := g.PathInfo(ctx, p)
		if err != nil {
			return err
		}
		_, archive := storetest.Object("lib", strings.Repeat("lib", 1000))
		return g.AddNAR(ctx, info, bytes.NewReader(archive), store.AddOptions{Repair: true})
	}
	verify(VerifyOptions{Contents: true, Repair: repair}, false, modified)
	verify(VerifyOptions{Contents: true}, false)
	os.Remove(g.RealPath(g.lib))
	gone := "path '" + g.Dir().Join(g.lib) + "' disappeared, but it still has valid referrers!"
	verify(VerifyOptions{}, true, gone)
	verify(VerifyOptions{Repair: repair}, false, gone)
	os.Remove(g.RealPath(g.app))
	verify(VerifyOptions{}, false, "path '"+g.Dir().Join(g.app)+"' disappeared, removing from database...")
	if got := g.valid(); got != "drv lib no out src" {
		t.Errorf("left %s", got)
	}
	os.WriteFile(filepath.Join(g.linksDir(), strings.Repeat("0", 52)), []byte("x"), 0o444)
	m.texts = nil
	if bad, err := g.Verify(ctx, VerifyOptions{Contents: true}); !bad || err != nil {
		t.Errorf("a shared file under a wrong name: %v, %v", bad, err)
	}
}
