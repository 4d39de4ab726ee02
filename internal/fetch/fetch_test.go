package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"firn/internal/activity"
	"firn/internal/fetch/download"
	"firn/internal/fetch/input"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// testStore keeps objects in memory.
type testStore struct {
	mu      sync.Mutex
	objects map[storepath.Path]testObject
	added   int
}

type testObject struct {
	tree    fs.FS
	narHash nixhash.Hash
}

func newTestStore() *testStore { return &testStore{objects: map[storepath.Path]testObject{}} }

func (s *testStore) Dir() storepath.Dir {
	dir, err := storepath.ParseDir("/nix/store")
	if err != nil {
		panic(err)
	}
	return dir
}

func (s *testStore) AddTree(ctx context.Context, name string, tree fs.FS, root string, method storepath.Method) (storepath.Path, nixhash.Hash, error) {
	var b bytes.Buffer
	if err := nar.Dump(&b, tree, root, nar.DumpOptions{}); err != nil {
		return "", nixhash.Hash{}, err
	}
	narHash := nixhash.Sum(nixhash.SHA256, b.Bytes())
	ca := storepath.ContentAddress{Method: method, Hash: narHash}
	if method == storepath.Flat {
		data, err := fs.ReadFile(tree, root)
		if err != nil {
			return "", nixhash.Hash{}, err
		}
		ca.Hash = nixhash.Sum(nixhash.SHA256, data)
	}
	p, err := s.Dir().MakeFixed(name, ca, storepath.References{})
	if err != nil {
		return "", nixhash.Hash{}, err
	}
	copied, err := copyTree(tree, root)
	if err != nil {
		return "", nixhash.Hash{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[p] = testObject{copied, narHash}
	s.added++
	return p, narHash, nil
}

// copyTree keeps a tree, or a file, below "object".
func copyTree(tree fs.FS, root string) (fs.FS, error) {
	out := fstest.MapFS{}
	return out, fs.WalkDir(tree, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := "object"
		if name != root {
			to += "/" + strings.TrimPrefix(strings.TrimPrefix(name, root), "/")
		}
		f := &fstest.MapFile{Mode: d.Type() | 0o644}
		switch {
		case d.IsDir():
			f.Mode |= 0o111
		case d.Type() == fs.ModeSymlink:
			target, err := fs.ReadLink(tree, name)
			if err != nil {
				return err
			}
			f.Data = []byte(target)
		default:
			info, err := d.Info()
			if err != nil {
				return err
			}
			f.Mode |= info.Mode() & 0o111
			if f.Data, err = fs.ReadFile(tree, name); err != nil {
				return err
			}
		}
		out[to] = f
		return nil
	})
}

func (s *testStore) Open(ctx context.Context, p storepath.Path) (fs.FS, string, nixhash.Hash, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[p]
	if !ok {
		return nil, "", nixhash.Hash{}, fs.ErrNotExist
	}
	return o.tree, "object", o.narHash, nil
}

func (s *testStore) Ensure(ctx context.Context, p storepath.Path) error {
	_, _, _, err := s.Open(ctx, p)
	return err
}

// text returns a file of an object in the store.
func (s *testStore) text(t *testing.T, p storepath.Path, name string) string {
	t.Helper()
	tree, root, _, err := s.Open(context.Background(), p)
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	if name != "" {
		root += "/" + name
	}
	data, err := fs.ReadFile(tree, root)
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	return string(data)
}

// said keeps messages.
type said struct {
	mu    sync.Mutex
	lines []string
}

func (s *said) Emit(e activity.Event) {
	if m, ok := e.(activity.Message); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lines = append(s.lines, strings.TrimPrefix(m.Text, warningPrefix))
	}
}

// take returns what was said since the last time.
func (s *said) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strings.Join(s.lines, "\n")
	s.lines = nil
	return text
}

// fixture is a fetcher with a store and a clock of its own.
type fixture struct {
	*Fetcher
	t     *testing.T
	store *testStore
	said  *said
	time  time.Time
}

func setup(t *testing.T, change func(*Config)) *fixture {
	t.Helper()
	x := &fixture{t: t, store: newTestStore(), said: &said{}, time: time.Now()}
	r := activity.NewRecorder(x.said, 0)
	client, err := download.New(download.Options{Attempts: 2, RetryDelay: time.Millisecond, RateLimitDelay: time.Millisecond, NoJitter: true, Recorder: r})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Store: x.store, CacheDir: filepath.Join(t.TempDir(), "cache"), Download: client, Recorder: r, TTL: DefaultTTL}
	if change != nil {
		change(&c)
	}
	x.Fetcher = New(c)
	x.now = func() time.Time { return x.time }
	t.Cleanup(func() { x.Close() })
	return x
}

// again is a new process with the same cache and store.
func (x *fixture) again() *fixture {
	x.t.Helper()
	y := *x
	y.Fetcher = New(x.Config)
	y.now = func() time.Time { return y.time }
	x.t.Cleanup(func() { y.Close() })
	return &y
}

func (x *fixture) attrs(json string) *Tree {
	x.t.Helper()
	t, err := x.tryAttrs(json)
	if err != nil {
		x.t.Fatalf("%s: %v", json, err)
	}
	return t
}

func (x *fixture) tryAttrs(json string) (*Tree, error) {
	var a input.Attrs
	if err := a.UnmarshalJSON([]byte(json)); err != nil {
		x.t.Fatal(err)
	}
	return x.TreeOf(context.Background(), Call{Attrs: a}, Rules{})
}

// git is fetchGit.
func (x *fixture) git(json string) *Tree {
	x.t.Helper()
	t, err := x.tryGit(json)
	if err != nil {
		x.t.Fatalf("%s: %v", json, err)
	}
	return t
}

func (x *fixture) tryGit(json string) (*Tree, error) {
	var a input.Attrs
	if err := a.UnmarshalJSON([]byte(json)); err != nil {
		x.t.Fatal(err)
	}
	return x.TreeOf(context.Background(), Call{Git: true, Attrs: a}, Rules{})
}

// list shows a tree without .gitmodules: names, "*" for executable, contents or target.
func list(t *testing.T, tree *Tree) string {
	t.Helper()
	var out []string
	err := fs.WalkDir(tree.FS, tree.Root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." || d.Name() == ".gitmodules" {
			return err
		}
		switch {
		case d.IsDir():
			out = append(out, name+"/")
		case d.Type() == fs.ModeSymlink:
			target, err := fs.ReadLink(tree.FS, name)
			out = append(out, name+"->"+target)
			return err
		default:
			data, err := fs.ReadFile(tree.FS, name)
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			mark := ""
			if info.Mode()&0o100 != 0 {
				mark = "*"
			}
			out = append(out, name+mark+"="+strings.TrimSpace(string(data)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

// attributes shows what a builtin would return, outPath and narHash aside.
func attributes(t *testing.T, tree *Tree, git bool) string {
	t.Helper()
	var out []string
	for _, a := range tree.Attributes(context.Background(), git) {
		if a.Name == "outPath" || a.Name == "narHash" {
			continue
		}
		v := a.Value
		if f, ok := v.(func() (uint64, error)); ok {
			n, err := f()
			if v = n; err != nil {
				v = err
			}
		}
		out = append(out, fmt.Sprintf("%s=%v", a.Name, v))
	}
	return strings.Join(out, " ")
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("no %s program", program)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error %v, want %q", err, part)
	}
}

func TestPath(t *testing.T) {
	x := setup(t, nil)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "d/f"), "text")
	os.Symlink("f", filepath.Join(dir, "d/l"))
	latest := time.Date(2022, 11, 11, 11, 11, 0, 0, time.UTC)
	for _, name := range []string{"d/f", "d", "."} {
		os.Chtimes(filepath.Join(dir, name), latest.Add(-time.Hour), latest.Add(-time.Hour))
	}
	os.Chtimes(filepath.Join(dir, "d/f"), latest, latest)
	os.Remove(filepath.Join(dir, "d/l")) // a link's own time cannot be set portably
	os.Chtimes(filepath.Join(dir, "d"), latest, latest)
	tree := x.attrs(`{"type":"path","path":"` + dir + `"}`)
	if got := attributes(t, tree, false); got != "lastModified=1668165060 lastModifiedDate=20221111111100" {
		t.Errorf("attributes: %s", got)
	}
	if got := list(t, tree); got != "d/ d/f=text" || !tree.Stored() || tree.Path.Name() != "source" {
		t.Errorf("tree %s at %s", got, tree.Path)
	}
	again := x.attrs(fmt.Sprintf(`{"type":"path","path":"%s","lastModified":123,"narHash":"%s"}`, dir, tree.NARHash.SRI()))
	if got := attributes(t, again, false); !strings.HasPrefix(got, "lastModified=123 ") || again.Path != tree.Path {
		t.Errorf("attributes: %s", got)
	}
	_, err := x.tryAttrs(`{"type":"path","path":"` + dir + `","narHash":"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`)
	wantError(t, err, "NAR hash mismatch in input 'path:"+dir+"?narHash=")
	var mismatch input.Mismatch
	if !errors.As(err, &mismatch) {
		t.Error("a mismatch has its exit status")
	}
	_, err = x.tryAttrs(`{"type":"path","path":"./x"}`)
	wantError(t, err, "while fetching the input 'path:./x': cannot fetch input 'path:./x' because it uses a relative path")
	_, err = x.tryAttrs(`{"type":"path","path":"/does/not/exist"}`)
	wantError(t, err, "path '/does/not/exist' does not exist")
	file := x.attrs(`{"type":"path","path":"` + dir + `/d/f"}`)
	if got := x.store.text(t, file.Path, ""); got != "text" {
		t.Errorf("file: %q", got)
	}
	stored := x.attrs(`{"type":"path","path":"/nix/store/` + string(tree.Path) + `"}`)
	if stored.Path != tree.Path || attributes(t, stored, false) != "lastModified=0 lastModifiedDate=19700101000000" {
		t.Errorf("store path: %s, %s", stored.Path, attributes(t, stored, false))
	}
}

func TestLazy(t *testing.T) {
	x := setup(t, func(c *Config) { c.Lazy = true })
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "text")
	tree := x.attrs(`{"type":"path","path":"` + dir + `"}`)
	if x.store.added != 0 || tree.Stored() {
		t.Error("copied before it was asked for")
	}
	p, err := tree.Copy(context.Background())
	if err != nil || p != tree.Path || !tree.Stored() || x.store.text(t, p, "f") != "text" {
		t.Errorf("%s, %v", p, err)
	}
	x.store.objects = map[storepath.Path]testObject{}
	x.Forget()
	tree = x.attrs(`{"type":"path","path":"` + dir + `"}`)
	write(t, filepath.Join(dir, "f"), "again")
	_, err = tree.Copy(context.Background())
	wantError(t, err, "Make sure files do not change during evaluation")
}

func TestRules(t *testing.T) {
	x := setup(t, nil)
	call := func(c Call, r Rules) error {
		_, err := x.TreeOf(context.Background(), c, r)
		return err
	}
	url := Call{URL: "git+file:///foo"}
	wantError(t, call(url, Rules{Pure: true}), "in pure evaluation mode, 'fetchTree' doesn't fetch unlocked input 'git+file:///foo'")
	wantError(t, call(Call{Git: true, URL: "file:///foo"}, Rules{Pure: true}), "in pure evaluation mode, 'fetchGit' doesn't fetch unlocked input 'git+file:///foo?exportIgnore=1'")
	asked := ""
	refuse := Rules{CheckURI: func(s string) error { asked = s; return errors.New("refused") }}
	wantError(t, call(url, refuse), "refused")
	if asked != "git+file:///foo" {
		t.Errorf("asked about %q", asked)
	}
	wantError(t, call(Call{Attrs: input.Attrs{"url": input.String("x")}}, Rules{}), "argument 'type' is missing in call to 'fetchTree'")
	wantError(t, call(Call{Git: true, Attrs: input.Attrs{"type": input.String("git")}}, Rules{}), "unexpected argument 'type'")
	wantError(t, call(Call{Attrs: input.Attrs{"type": input.String("tarball"), "url": input.String("x:"), "name": input.String("y")}}, Rules{}), "argument 'name' isn’t supported in call to 'fetchTree'")
	wantError(t, call(Call{Attrs: input.Attrs{"type": input.String("tarball"), "url": input.String("file:///x"), "__final": input.Bool(true)}}, Rules{}), "is not allowed to use the '__final' attribute")
	wantError(t, call(Call{URL: "flake:x"}, Rules{}), "'flake:x' is an indirect flake reference, but registry lookups are not allowed")
	wantError(t, call(Call{Attrs: input.Attrs{"type": input.String("odd")}}, Rules{}), "cannot show unsupported input '{\"type\":\"odd\"}'")
	x.Resolve = func(_ context.Context, in input.Input) (input.Input, error) {
		return input.FromURL(input.Options{}, "path:/does/not/exist", false)
	}
	wantError(t, call(Call{URL: "flake:x"}, Rules{}), "while fetching the input 'path:/does/not/exist'")
	x.Options.Enabled = func(string) bool { return false }
	wantError(t, call(url, Rules{}), "passing a string argument to 'fetchTree' requires the 'flakes' experimental feature")
}

func TestCacheSurvivesDamage(t *testing.T) {
	x := setup(t, nil)
	os.MkdirAll(x.CacheDir, 0o755)
	write(t, filepath.Join(x.CacheDir, "fetcher-cache-v4.sqlite"), strings.Repeat("this is no database", 100))
	x.cache.put("d", input.Attrs{"k": input.Int(1)}, input.Attrs{"v": input.Int(2)}, x.time)
	row, ok := x.cache.find("d", input.Attrs{"k": input.Int(1)})
	if n, _, _ := row.value.Int("v"); !ok || n != 2 {
		t.Errorf("row %v, %t", row, ok)
	}
	if got := x.said.take(); !strings.Contains(got, "cannot use the fetcher cache") {
		t.Errorf("said %q", got)
	}
}

func TestMount(t *testing.T) {
	base := fstest.MapFS{"a/b/x": {Data: []byte("hidden")}, "a/y": {Data: []byte("y")}}
	m := mountFS{base, map[string]fs.FS{"a/b": fstest.MapFS{"z/q": {Data: []byte("q")}}}}
	if err := fstest.TestFS(m, "a/y", "a/b/z/q"); err != nil {
		t.Error(err)
	}
	if _, err := fs.ReadFile(m, "a/b/x"); err == nil {
		t.Error("a mounted tree shows what is below it")
	}
}
