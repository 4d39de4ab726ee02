package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"firn/internal/fetch/input"
	"firn/internal/format/storepath"
)

// reference is the Nix that FIRN_NIX names (a command, to which arguments are added), and a directory that it sees under
// the same name as this process does, FIRN_REFERENCE_DIR or else the usual one for temporary files.
type reference struct {
	t       *testing.T
	command []string
	dir     string
	calls   *int   // each gets a cache of its own: what is remembered of a commit can be wrong for its work tree
	cache   string // unless there is a common one
}

func findReference(t *testing.T) reference {
	command := strings.Fields(os.Getenv("FIRN_NIX"))
	if len(command) == 0 {
		t.Skip("set FIRN_NIX to the command of a reference Nix to compare with it")
	}
	dir, err := os.MkdirTemp(os.Getenv("FIRN_REFERENCE_DIR"), "firn-fetch-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		exec.Command("chmod", "-R", "u+w", dir).Run()
		os.RemoveAll(dir)
	})
	return reference{t: t, command: command, dir: dir, calls: new(int)}
}

// eval evaluates an expression and returns its JSON, or the error.
func (r reference) eval(expr string) (string, error) {
	args := append(r.command[1:], "--extra-experimental-features", "nix-command flakes fetch-tree", "eval", "--impure", "--json",
		"--store", filepath.Join(r.dir, "store"), "--expr", expr)
	*r.calls++
	cache := r.cache
	if cache == "" {
		cache = filepath.Join(r.dir, fmt.Sprint("cache", *r.calls))
	}
	cmd := exec.Command(r.command[0], args...)
	cmd.Env = append(os.Environ(), "HOME="+r.dir, "XDG_CACHE_HOME="+cache)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, &stderr)
	}
	return strings.TrimSpace(string(out)), nil
}

// builtin evaluates a builtin on attributes in JSON, and returns the set, strings and numbers alike as text.
func (r reference) builtin(name, attrs string) (map[string]string, error) {
	out, err := r.eval(fmt.Sprintf("let r = builtins.%s (builtins.fromJSON ''%s''); in builtins.removeAttrs r [\"outPath\"] // { path = r.outPath; }", name, attrs))
	if err != nil {
		return nil, err
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		r.t.Fatalf("%s: %v", out, err)
	}
	text := map[string]string{}
	for k, v := range m {
		if f, ok := v.(float64); ok {
			v = uint64(f)
		}
		text[k] = fmt.Sprint(v)
	}
	return text, nil
}

// ours is what we return, in the same form.
func ours(t *testing.T, x *fixture, builtin, attrs string) (map[string]string, error) {
	t.Helper()
	var tree *Tree
	var err error
	if builtin == "fetchGit" {
		tree, err = x.tryGit(attrs)
	} else {
		tree, err = x.tryAttrs(attrs)
	}
	if err != nil {
		return nil, err
	}
	m := map[string]string{}
	for _, a := range tree.Attributes(context.Background(), builtin == "fetchGit") {
		v := a.Value
		switch f := v.(type) {
		case func() (uint64, error):
			if v, err = f(); err != nil {
				return nil, err
			}
		case storepath.Path:
			m["path"] = x.store.Dir().Join(f)
			continue
		}
		m[a.Name] = fmt.Sprint(v)
	}
	return m, nil
}

func TestReference(t *testing.T) {
	ref := findReference(t)
	isolate(t)
	for _, c := range referenceCases(t, ref.dir) {
		t.Run(c.name, func(t *testing.T) {
			x := setup(t, nil)
			want, wantErr := ref.builtin(c.builtin, c.attrs)
			got, gotErr := ours(t, x, c.builtin, c.attrs)
			if (wantErr != nil) != (gotErr != nil) {
				t.Fatalf("%s\nours: %v, %v\nreference: %v, %v", c.attrs, got, gotErr, want, wantErr)
			}
			if wantErr != nil {
				if first := strings.Split(gotErr.Error(), "\n")[0]; !strings.Contains(wantErr.Error(), lastPart(first)) {
					t.Errorf("%s\nours: %v\nreference: %v", c.attrs, gotErr, wantErr)
				}
				return
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s\nours:      %v\nreference: %v", c.attrs, got, want)
			}
		})
	}
}

// lastPart cuts off what Nix shows as lines of a trace.
func lastPart(text string) string {
	if strings.HasPrefix(text, "while fetching the input '") {
		_, text, _ = strings.Cut(text, "': ")
	}
	return text
}

type referenceCase struct{ name, builtin, attrs string }

// referenceCases makes repositories and archives and says what to fetch of them.
func referenceCases(t *testing.T, dir string) []referenceCase {
	var cases []referenceCase
	add := func(name, builtin, format string, args ...any) {
		cases = append(cases, referenceCase{name, builtin, fmt.Sprintf(format, args...)})
	}
	in := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }

	r := newRepository(t, in("repo"))
	write(t, in("repo/.gitattributes"), "/hidden export-ignore\nwonky export-ignore=x\ndir/ export-ignore\n*.tmp export-ignore\nkeep.tmp -export-ignore\n[attr]mac export-ignore\nbymacro mac\nsub/*/deep export-ignore\n")
	for _, name := range []string{"hidden", "wonky", "dir/file", "a.tmp", "keep.tmp", "bymacro", "sub/x/deep", "sub/deep", "a-b", "a/b", "a.c"} {
		write(t, in("repo", name), name)
	}
	os.Chmod(in("repo/a/b"), 0o755)
	os.Symlink("a/b", in("repo/link"))
	rev1 := r.commit("hello", "1")
	r.git("tag", "-a", "-m", "x", "v1")
	rev2 := r.commit("hello", "2")
	r.git("checkout", "-q", "-b", "side", "HEAD~1")
	r.commit("side", "3")
	r.git("checkout", "-q", "master")
	r.git("merge", "-q", "--no-edit", "side")
	for _, b := range []string{"fetchGit", "fetchTree"} {
		kind := ""
		if b == "fetchTree" {
			kind = `,"type":"git"`
		}
		add(b+" clean work tree", b, `{"url":"file://%s"%s}`, in("repo"), kind)
		add(b+" rev", b, `{"url":"file://%s","rev":"%s"%s}`, in("repo"), rev1, kind)
		add(b+" ref", b, `{"url":"file://%s","ref":"side"%s}`, in("repo"), kind)
		add(b+" tag", b, `{"url":"file://%s","ref":"refs/tags/v1"%s}`, in("repo"), kind)
		add(b+" exportIgnore", b, `{"url":"file://%s","rev":"%s","exportIgnore":true%s}`, in("repo"), rev2, kind)
		add(b+" no exportIgnore", b, `{"url":"file://%s","rev":"%s","exportIgnore":false%s}`, in("repo"), rev2, kind)
		add(b+" not shallow", b, `{"url":"file://%s","ref":"master","shallow":false%s}`, in("repo"), kind)
	}
	add("named", "fetchGit", `{"url":"%s","rev":"%s","name":"other"}`, in("repo"), rev2)
	add("missing ref", "fetchGit", `{"url":"%s","ref":"a..b"}`, in("repo"))
	add("missing repository", "fetchGit", `{"url":"%s"}`, in("none"))
	add("odd attribute", "fetchGit", `{"url":"%s","foo":1}`, in("repo"))
	r.git("clone", "-q", "--bare", in("repo"), in("bare"))
	add("bare", "fetchGit", `{"url":"file://%s"}`, in("bare"))
	add("bare, rev", "fetchGit", `{"url":"file://%s","rev":"%s"}`, in("bare"), rev1)
	add("bare, tree", "fetchTree", `{"type":"git","url":"file://%s"}`, in("bare"))
	add("bare, all refs", "fetchGit", `{"url":"file://%s","allRefs":true}`, in("bare"))
	add("bare, HEAD", "fetchGit", `{"url":"file://%s","ref":"HEAD"}`, in("bare"))

	d := newRepository(t, in("dirty"))
	d.commit("gone", "x")
	d.commit("kept", "x")
	os.Remove(in("dirty/gone"))
	write(t, in("dirty/kept"), "changed")
	write(t, in("dirty/added"), "added")
	write(t, in("dirty/untracked"), "x")
	d.git("add", "added")
	add("dirty", "fetchGit", `{"url":"%s"}`, in("dirty"))
	add("dirty tree", "fetchTree", `{"type":"git","url":"%s"}`, in("dirty"))
	newRepository(t, in("empty"))
	add("empty", "fetchGit", `{"url":"%s"}`, in("empty"))

	sub := newRepository(t, in("sub"))
	sub.commit("inside", "x")
	super := newRepository(t, in("super"))
	super.git("submodule", "add", "-q", "../sub", "deps/sub")
	srev := super.commit("x", "y")
	add("submodules", "fetchGit", `{"url":"%s","rev":"%s","submodules":true}`, in("super"), srev)
	add("no submodules", "fetchGit", `{"url":"%s","rev":"%s"}`, in("super"), srev)
	add("work tree with submodules", "fetchGit", `{"url":"%s","submodules":true}`, in("super"))

	w := newRepository(t, in("plain"))
	w.git("submodule", "add", "-q", "../sub", "deps/sub")
	w.commit("x", "y")
	add("work tree without submodules", "fetchGit", `{"url":"%s","exportIgnore":false}`, in("plain"))

	write(t, in("files/top/a"), "a")
	write(t, in("files/top/d/run"), "run")
	os.Chmod(in("files/top/d/run"), 0o755)
	os.Symlink("a", in("files/top/l"))
	os.Link(in("files/top/a"), in("files/top/zlink"))
	for name, command := range map[string]string{
		"a.tar": "tar --mtime=@1000000000 -cf a.tar -C files top", "a.tar.gz": "tar --mtime=@1000000000 -czf a.tar.gz -C files top",
		"two.tar": "mkdir -p files/other && tar --mtime=@1000000000 -cf two.tar -C files top other", "flat.tar": "tar --mtime=@1000000000 -cf flat.tar -C files/top .",
		"pax.tar": "tar --format=posix -cf pax.tar -C files top", "git.tar.gz": "git -C repo archive --prefix=p/ -o ../git.tar.gz HEAD",
		"empty.tar": "mkdir -p nothing && tar --mtime=@1000000000 -cf empty.tar -C nothing .",
	} {
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", command, out)
		}
		add(name, "fetchTree", `{"type":"tarball","url":"file://%s"}`, in(name))
	}
	add("no tarball", "fetchTree", `{"type":"tarball","url":"file://%s"}`, in("none.tar"))
	add("directory", "fetchTree", `{"type":"tarball","url":"file://%s"}`, in("files"))
	add("repository", "fetchTree", `{"type":"tarball","url":"file://%s"}`, in("repo"))
	add("file", "fetchTree", `{"type":"file","url":"file://%s"}`, in("a.tar"))
	add("no file", "fetchTree", `{"type":"file","url":"file://%s"}`, in("none"))
	add("path", "fetchTree", `{"type":"path","path":"%s"}`, in("files"))
	add("path of a file", "fetchTree", `{"type":"path","path":"%s"}`, in("a.tar"))
	add("path with a time", "fetchTree", `{"type":"path","path":"%s","lastModified":123,"rev":"%s","revCount":5}`, in("files"), rev1)
	add("relative path", "fetchTree", `{"type":"path","path":"./x"}`)
	return cases
}

// TestReferenceURLs compares what is said about URLs that are not right.
func TestReferenceURLs(t *testing.T) {
	ref := findReference(t)
	for _, url := range []string{
		"http://foo bar", "http://x/%", "foo", "", ":x", "1http://x", "http://x/?a=%4", "http://a@b@c/", "http://x:99999/", "foo:bar", "HTTP://x/a",
		"file+git:///x", "flake:a/b/c/d", "flake:1x", "flake:a/b..", "flake:a/b/c", "path://h/x", "path:./x?foo=1", "path:/x?revCount=z", "path:./x",
		"git+file:///x?ref=a..b", "git+file:///x?rev=zz", "github:a", "github:a/b/c?ref=d", "github:a/b?host=a_b", "github:a/b/c..d", "hg+file:///x?ref=a%20b",
		"https://example.org/x?narHash=x", "https://example.org/x?narHash=sha1-qZk%2BNkcGgWq6PiVxeFDCbJzQ2J0=", "file://host/x", "git+file://host/x",
	} {
		_, want := ref.eval(fmt.Sprintf("builtins.fetchTree %q", url))
		_, got := input.FromURL(input.Options{}, url, true)
		if got == nil {
			x := setup(t, nil)
			_, got = x.TreeOf(context.Background(), Call{URL: url}, Rules{})
		}
		if got == nil || want == nil || !strings.Contains(want.Error(), lastPart(got.Error())) {
			t.Errorf("%q\nours: %v\nreference: %v", url, got, want)
		}
	}
}

// TestReferenceCache has each program use what the other has fetched, with the source gone.
func TestReferenceCache(t *testing.T) {
	ref := findReference(t)
	isolate(t)
	for _, order := range []string{"ours first", "reference first"} {
		t.Run(order, func(t *testing.T) {
			dir := filepath.Join(ref.dir, strings.ReplaceAll(order, " ", "-"))
			s := newSite(t)
			s.set("/a.tar.gz", archive("x", order, "d/run*", strings.Repeat("two", 1000), "same", "y"))
			s.set("/file", order)
			r := newRepository(t, filepath.Join(dir, "repo"))
			r.commit("f", order)
			r.git("clone", "-q", "--bare", r.dir, filepath.Join(dir, "bare"))
			sources := []referenceCase{
				{"tarball", "fetchTree", `{"type":"tarball","url":"` + s.URL + `/a.tar.gz"}`},
				{"clone", "fetchGit", `{"url":"file://` + dir + `/bare"}`},
			}
			shared := ref
			shared.cache = filepath.Join(dir, "cache")
			x := setup(t, func(c *Config) { c.CacheDir = filepath.Join(dir, "cache/nix") })
			first := func(c referenceCase) (map[string]string, error) { return ours(t, x, c.builtin, c.attrs) }
			second := func(c referenceCase) (map[string]string, error) { return shared.builtin(c.builtin, c.attrs) }
			if order == "reference first" {
				first, second = second, first
			}
			want := map[string]map[string]string{}
			for _, c := range sources {
				m, err := first(c)
				if err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				want[c.name] = m
			}
			x.Close()
			x = x.again()
			s.fail(true)
			if err := os.Rename(filepath.Join(dir, "bare"), filepath.Join(dir, "gone")); err != nil {
				t.Fatal(err)
			}
			os.Mkdir(filepath.Join(dir, "bare"), 0o755) // or else it would count as a work tree
			for _, c := range sources {
				if got, err := second(c); err != nil || !reflect.DeepEqual(got, want[c.name]) {
					t.Errorf("%s: %v, %v\nfirst it was %v", c.name, got, err, want[c.name])
				}
			}
		})
	}
}
