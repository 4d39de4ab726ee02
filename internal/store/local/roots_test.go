//go:build linux

package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firn/internal/filelock"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/storetest"
)

func sample(n int) (paths []storepath.Path) {
	for i := range n {
		info, _ := storetest.Object(fmt.Sprint("sample-", i), "")
		paths = append(paths, info.Path)
	}
	return paths
}

// rootsFile returns the name of the file of this process's temporary roots.
func rootsFile(t *testing.T, s *Store) string {
	t.Helper()
	name, err := s.ownRoots(t.Context())
	if err != nil || name == "" {
		t.Fatal("no temporary roots", err)
	}
	return name
}

// recorded returns the temporary roots of this process, as a collector sees them.
func recorded(t *testing.T, s *Store) (roots []string) {
	t.Helper()
	text, err := os.ReadFile(rootsFile(t, s))
	if err != nil {
		t.Fatal(err)
	}
	for r := range strings.SplitSeq(strings.TrimSuffix(string(text), "\x00"), "\x00") {
		p, err := s.Dir().Parse(r)
		if err != nil {
			t.Errorf("root %q: %v", r, err)
		}
		roots = append(roots, string(p))
	}
	return roots
}

func TestTempRoots(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	paths := sample(5)
	if err := s.AddTempRoots(ctx, paths[0], paths[1]); err != nil {
		t.Fatal(err)
	}
	if err := s.AddTempRoots(ctx, paths[1], paths[2]); err != nil {
		t.Fatal(err)
	}
	got := recorded(t, s)
	slices.Sort(got)
	got = slices.Compact(got)
	want := []string{string(paths[0]), string(paths[1]), string(paths[2])}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("roots %v, want %v", got, want)
	}
	path := rootsFile(t, s)
	if !strings.HasPrefix(filepath.Base(path), strconv.Itoa(os.Getpid())+"-") {
		t.Errorf("roots are in %s", path)
	}
	other, err := filelock.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if ok, err := other.Try(filelock.Exclusive); ok || err != nil {
		t.Errorf("a collector takes the file for a dead process's: %v, %v", ok, err)
	}
	s.Close()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("roots of a closed store: %v", err)
	}
}

// fakeCollector holds the collector's lock and listens for roots.
type fakeCollector struct {
	lock  *filelock.File
	l     net.Listener
	roots chan string
}

func collect(t *testing.T, s *Store) *fakeCollector {
	t.Helper()
	if err := s.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	lock, err := filelock.Open(s.state("gc.lock"))
	if err == nil {
		err = lock.Lock(t.Context(), filelock.Exclusive)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &fakeCollector{lock: lock, roots: make(chan string, 1000)}
}

// listen answers roots until the listener is closed; after limit of them it
// hangs up.
func (c *fakeCollector) listen(t *testing.T, s *Store, limit int) {
	t.Helper()
	dir := s.state("gc-socket")
	os.MkdirAll(dir, 0o755)
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c.l, err = net.Listen("unix", fmt.Sprintf("/proc/self/fd/%d/socket", f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := c.l.Accept()
			if err != nil {
				return
			}
			lines := bufio.NewScanner(conn)
			for n := 0; n < limit && lines.Scan(); n++ {
				c.roots <- lines.Text()
				conn.Write([]byte("1"))
			}
			conn.Close()
		}
	}()
}

func (c *fakeCollector) end(s *Store) {
	if c.l != nil {
		c.l.Close()
		os.Remove(s.state("gc-socket", "socket"))
	}
	c.lock.Close()
}

func TestRootsReachCollector(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	c := collect(t, s)
	c.listen(t, s, 1000)
	paths := sample(100)
	if err := s.AddTempRoots(ctx, paths...); err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if got := <-c.roots; got != s.Dir().Join(p) {
			t.Errorf("collector got %q, want %s", got, p)
		}
	}
	if got := recorded(t, s); len(got) != 100 {
		t.Errorf("%d roots recorded for the next collector", len(got))
	}
	c.end(s)
	more := sample(101)[100]
	if err := s.AddTempRoots(ctx, more); err != nil {
		t.Fatal(err)
	}
	if got := recorded(t, s); got[len(got)-1] != string(more) {
		t.Error("not recorded after the collector ended")
	}
}

// A collector that does not listen yet, or ends while it is told, is waited for
// or done without.
func TestCollectorComesAndGoes(t *testing.T) {
	s := rooted(t, nil)
	c := collect(t, s)
	go func() {
		time.Sleep(80 * time.Millisecond)
		c.listen(t, s, 3)
		time.Sleep(100 * time.Millisecond)
		c.end(s)
	}()
	if err := s.AddTempRoots(t.Context(), sample(10)...); err != nil {
		t.Fatal(err)
	}
	if got := recorded(t, s); len(got) != 10 {
		t.Errorf("recorded %v", got)
	}
	silent := collect(t, s)
	defer silent.end(s)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(30*time.Millisecond, func() { cancel(cause) })
	if err := s.AddTempRoots(ctx, sample(11)[10]); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestPermRoots(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	ctx := t.Context()
	p := sample(1)[0]
	link := filepath.Join(root, "deep", "result")
	for range 2 {
		got, err := s.AddPermRoot(ctx, p, filepath.Join(root, "x", "..", "deep", ".", "result"))
		if err != nil || got != link {
			t.Fatalf("link %s, %v", got, err)
		}
	}
	if target, _ := os.Readlink(link); target != s.Dir().Join(p) {
		t.Errorf("link to %s", target)
	}
	auto, err := os.ReadDir(s.state("gcroots", "auto"))
	if err != nil || len(auto) != 1 || len(auto[0].Name()) != 32 {
		t.Fatalf("indirect roots %v, %v", auto, err)
	}
	if target, _ := os.Readlink(s.state("gcroots", "auto", auto[0].Name())); target != link {
		t.Errorf("indirect root to %s", target)
	}
	taken := filepath.Join(root, "taken")
	os.WriteFile(taken, nil, 0o644)
	elsewhere := filepath.Join(root, "elsewhere")
	os.Symlink("/etc", elsewhere)
	for link, want := range map[string]string{
		taken:             "cannot create symlink \"" + taken + "\"; already exists",
		elsewhere:         "cannot create symlink \"" + elsewhere + "\"; already exists",
		"/nix/store/x/in": "creating a garbage collector root (\"/nix/store/x/in\") in the Nix store is forbidden (are you running nix-build inside the store?)",
	} {
		if _, err := s.AddPermRoot(ctx, p, link); err == nil || err.Error() != want {
			t.Errorf("%s: %v", link, err)
		}
	}
	if err := s.AddIndirectRoot(ctx, "relative"); err == nil {
		t.Error("a relative indirect root was accepted")
	}
}

// Another process is making some of the paths of a batch: they are waited for,
// and what refers to them as well.
func TestBatchWaitsForOthers(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	var texts []store.Text
	var paths []storepath.Path
	for i := range 20 {
		text := store.Text{Name: fmt.Sprint("n", i)}
		if i > 0 {
			text.References = []storepath.Path{paths[i-1]}
		}
		p, err := text.PathIn(s.Dir())
		if err != nil {
			t.Fatal(err)
		}
		texts, paths = append(texts, text), append(paths, p)
	}
	if err := s.ready(ctx); err != nil {
		t.Fatal(err)
	}
	lock, err := filelock.TryPath(s.RealPath(paths[7]))
	if lock == nil || err != nil {
		t.Fatal(err)
	}
	var released atomic.Bool
	go func() {
		// What comes before the locked path does not wait with it.
		for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(time.Millisecond) {
			if ok, _ := s.IsValid(context.Background(), paths[6]); ok {
				released.Store(true)
				break
			}
		}
		lock.Release()
	}()
	b := s.Batch()
	for _, text := range texts {
		if err := b.Add(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(ctx); err != nil || !released.Load() {
		t.Fatalf("flushed, lock released %v: %v", released.Load(), err)
	}
	for _, p := range paths {
		if ok, _ := s.IsValid(ctx, p); !ok {
			t.Errorf("%s is not valid", p)
		}
	}
	onlyObjects(t, s)
}

func TestSignatures(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	p, err := s.AddText(ctx, store.Text{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	one := signature.NewSecretKey("one", [32]byte{1}).Sign("x")
	two := signature.NewSecretKey("two", [32]byte{2}).Sign("x")
	for _, sigs := range [][]signature.Signature{{two}, {one, two}} {
		if err := s.AddSignatures(ctx, p, sigs); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := s.PathInfo(ctx, p); err != nil || !slices.Equal(info.Signatures, []signature.Signature{one, two}) {
		t.Errorf("signatures %v, %v", info.Signatures, err)
	}
	if err := s.AddSignatures(ctx, sample(1)[0], nil); !errors.Is(err, store.ErrNotValid) {
		t.Errorf("got %v", err)
	}
}
