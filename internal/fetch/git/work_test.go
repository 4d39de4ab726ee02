package git

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// age sets the times of all files back, so that the index can be trusted.
func (r testRepo) age() {
	r.t.Helper()
	old := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(r.dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && !strings.Contains(name, "/.git/") {
			err = os.Chtimes(name, old, old)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.git("update-index", "-q", "--refresh")
}

func (r testRepo) status() *Status {
	r.t.Helper()
	s, err := r.open().Status()
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func checkStatus(t *testing.T, s *Status, files, dirty, deleted string) {
	t.Helper()
	for _, c := range []struct {
		what string
		got  []string
		want string
	}{{"files", s.Files, files}, {"dirty", s.Dirty, dirty}, {"deleted", s.Deleted, deleted}} {
		if got := strings.Join(c.got, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func TestStatus(t *testing.T) {
	r := newTestRepo(t)
	checkStatus(t, r.status(), "", "", "")
	r.write("new", "1")
	checkStatus(t, r.status(), "", "", "")
	r.git("add", "-N", "new")
	checkStatus(t, r.status(), "new", "new", "")
	for _, name := range []string{"a-b", "a/b", "a/c/d", "a.c", "mode", "same", "gone", "unindexed"} {
		r.write(name, name)
	}
	if err := os.Symlink("a", filepath.Join(r.dir, "link")); err != nil {
		t.Fatal(err)
	}
	r.commit("1")
	r.age()
	all := "a-b a.c a/b a/c/d gone link mode new same unindexed"
	s := r.status()
	checkStatus(t, s, all, "", "")
	if s.IsDirty() || s.Head.String() != r.git("rev-parse", "HEAD") {
		t.Errorf("dirty %t, head %s", s.IsDirty(), s.Head)
	}
	r.write("a/b", "A/B") // the same size
	r.write("a/c/staged", "x")
	r.git("add", "a/c/staged")
	r.write("same", "same") // the same contents, another time
	r.write("untracked", "x")
	os.Remove(filepath.Join(r.dir, "gone"))
	r.git("rm", "-q", "--cached", "unindexed")
	os.Chmod(filepath.Join(r.dir, "mode"), 0o755)
	os.Remove(filepath.Join(r.dir, "link"))
	os.Symlink("b", filepath.Join(r.dir, "link"))
	checkStatus(t, r.status(), "a-b a.c a/b a/c/d a/c/staged link mode new same", "a/b a/c/staged link mode", "gone unindexed")

	// A directory replaced by a link to it must not lead out of the tree.
	os.Rename(filepath.Join(r.dir, "a"), filepath.Join(r.dir, "moved"))
	os.Symlink("moved", filepath.Join(r.dir, "a"))
	checkStatus(t, r.status(), "a-b a.c link mode new same", "link mode", "a/b a/c/d a/c/staged gone unindexed")
}

// TestStatusVariants has the same tree in every form of the index.
func TestStatusVariants(t *testing.T) {
	r := newTestRepo(t)
	for _, name := range []string{"d/a", "d/b", "d/e/f", "long/common/prefix/one", "long/common/prefix/two"} {
		r.write(name, name)
	}
	r.commit("1")
	const all = "d/a d/b d/e/f long/common/prefix/one long/common/prefix/two"
	for _, version := range []string{"4", "3", "2"} {
		r.git("update-index", "--index-version", version)
		checkStatus(t, r.status(), all, "", "")
	}
	r.git("update-index", "--skip-worktree", "d/a")
	r.git("update-index", "--assume-unchanged", "d/b")
	r.write("d/b", "changed")
	os.Remove(filepath.Join(r.dir, "d/a"))
	checkStatus(t, r.status(), strings.TrimPrefix(all, "d/a "), "", "")
	r.git("update-index", "--split-index")
	if _, err := r.open().readIndex(); err == nil || !strings.Contains(err.Error(), "index extension 'link'") {
		t.Errorf("split index: %v", err)
	}
	r.git("update-index", "--no-skip-worktree", "d/a")
	r.write("d/e/f", "changed")
	checkStatus(t, r.status(), strings.TrimPrefix(all, "d/a "), "d/e/f", "d/a")
}

func TestStatusFilters(t *testing.T) {
	r := newTestRepo(t)
	r.write(".gitattributes", "*.txt text eol=crlf\n")
	r.write("a.txt", "x\r\ny\r\n")
	r.write("b.bin", "x\r\n")
	r.commit("1")
	r.age()
	os.Chtimes(filepath.Join(r.dir, "a.txt"), time.Now(), time.Now())
	checkStatus(t, r.status(), ".gitattributes a.txt b.bin", "", "")
	r.write("a.txt", "x\r\nz\r\n")
	r.write("b.bin", "x\n")
	checkStatus(t, r.status(), ".gitattributes a.txt b.bin", "a.txt b.bin", "")
}

func TestStatusConflict(t *testing.T) {
	r := newTestRepo(t)
	r.write("x", "1")
	r.commit("1")
	r.git("checkout", "-q", "-b", "other")
	r.write("x", "2")
	r.commit("2")
	r.git("checkout", "-q", "master")
	r.write("x", "3")
	r.commit("3")
	r.git("read-tree", "-m", "HEAD~1", "master", "other")
	checkStatus(t, r.status(), "x", "x", "")
}

func TestWorkdir(t *testing.T) {
	r := newTestRepo(t)
	for _, name := range []string{"a-b", "a/b", "a/c/d", "a.c"} {
		r.write(name, name)
	}
	os.Chmod(filepath.Join(r.dir, "a/b"), 0o700)
	os.Symlink("a/b", filepath.Join(r.dir, "link"))
	r.git("add", "-A")
	r.write("a/untracked", "x")
	w := NewWorkdir(r.dir, r.status().Files)
	var got []string
	fs.WalkDir(w, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		info, _ := d.Info()
		got = append(got, name+" "+info.Mode().String())
		return nil
	})
	want := []string{". drwxr-xr-x", "a drwxr-xr-x", "a/b -rwxr-xr-x", "a/c drwxr-xr-x", "a/c/d -rw-r--r--", "a-b -rw-r--r--", "a.c -rw-r--r--", "link Lrwxrwxrwx"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if target, err := fs.ReadLink(w, "link"); target != "a/b" || err != nil {
		t.Errorf("link: %q, %v", target, err)
	}
	for _, name := range []string{"a/untracked", ".git/HEAD", "../x", "link"} {
		if _, err := fs.ReadFile(w, name); err == nil {
			t.Errorf("%s can be read", name)
		}
	}
	os.Remove(filepath.Join(r.dir, "link"))
	r.git("add", "-A")
	if err := fstest.TestFS(NewWorkdir(r.dir, r.status().Files), "a/c/d"); err != nil {
		t.Error(err)
	}
	if list, err := fs.ReadDir(NewWorkdir(r.dir, nil), "."); len(list) != 0 || err != nil {
		t.Errorf("empty: %v, %v", list, err)
	}
}

func TestExportIgnore(t *testing.T) {
	r := newTestRepo(t)
	r.write(".gitattributes", "[attr]internal -diff export-ignore\n/top export-ignore\n*.tmp export-ignore\nkeep.tmp -export-ignore\n"+
		"wonky export-ignore=wonk\nsecret internal\nd/*/deep export-ignore\ndir/ export-ignore\n\"sp ace\" export-ignore\n**/any export-ignore\n")
	r.write("sub/.gitattributes", "local export-ignore\n*.tmp !export-ignore\n")
	shown := []string{".gitattributes", "keep.tmp", "wonky", "d/deep", "d/e/f/deep", "sub/.gitattributes", "sub/a.tmp", "local", "sub/top"}
	hidden := []string{"top", "a.tmp", "secret", "x/secret", "d/e/deep", "dir/file", "sp ace", "sub/local", "x/y/any", "any"}
	for _, name := range slices.Concat(shown, hidden) {
		if !strings.HasSuffix(name, ".gitattributes") {
			r.write(name, "x")
		}
	}
	r.commit("1")
	list := func(fsys fs.FS) string {
		var names []string
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				names = append(names, name)
				_, err = fs.ReadFile(fsys, name)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	slices.Sort(shown)
	want := strings.Join(shown, " ")
	repo := r.open()
	work, err := repo.ExportWorkdir(NewWorkdir(r.dir, r.status().Files))
	if err != nil {
		t.Fatal(err)
	}
	if got := list(work); got != want {
		t.Errorf("work tree:\n%s\nwant\n%s", got, want)
	}
	export := func(r testRepo) *ExportFS {
		repo := r.open()
		head, _, err := repo.HeadCommit()
		if err != nil {
			t.Fatal(err)
		}
		id, err := repo.TreeOf(head)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := repo.Tree(id)
		if err != nil {
			t.Fatal(err)
		}
		e, err := repo.ExportTree(tree)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := export(r)
	if got := list(e); got != want {
		t.Errorf("commit:\n%s\nwant\n%s", got, want)
	}
	for _, name := range hidden {
		if _, err := fs.ReadFile(e, name); err == nil || !strings.Contains(err.Error(), "exportIgnore") {
			t.Errorf("%s: %v", name, err)
		}
	}
	archive := r.git("archive", "--format=tar", "HEAD")
	for _, name := range shown {
		if !strings.Contains(archive, name) {
			t.Errorf("git archive leaves out %s", name)
		}
	}
	bare := filepath.Join(t.TempDir(), "bare")
	r.git("clone", "-q", "--bare", r.dir, bare)
	slices.Sort(shown)
	shown = append(shown, "dir/file")
	slices.Sort(shown)
	if got := list(export(testRepo{t, bare})); got != strings.Join(shown, " ") {
		t.Errorf("bare: %s", got)
	}
}

func TestWildmatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"foo", "foo", true}, {"foo", "bar", false}, {"", "", true}, {"???", "foo", true}, {"??", "foo", false}, {"*", "foo", true},
		{"f*", "foo", true}, {"*f", "foo", false}, {"*foo*", "foo", true}, {"*ob*a*r*", "foobar", true}, {"*ab", "aaaaaaabababab", true},
		{`foo\*`, "foo*", true}, {`foo\*bar`, "foobar", false}, {`f\\oo`, `f\oo`, true}, {"*[al]?", "ball", true}, {"[ten]", "ten", false},
		{"**[!te]", "ten", true}, {"**[!ten]", "ten", false}, {"t[a-g]n", "ten", true}, {"t[!a-g]n", "ten", false}, {"t[!a-g]n", "ton", true},
		{"t[^a-g]n", "ton", true}, {"a[]]b", "a]b", true}, {"a[]-]b", "a-b", true}, {"a[]a-]b", "aab", true}, {"]", "]", true},
		{"foo*bar", "foo/baz/bar", false}, {"foo**bar", "foo/baz/bar", false}, {"foo/**/bar", "foo/baz/bar", true}, {"foo/**/**/bar", "foo/bar", true},
		{"foo/**/bar", "foo/b/a/z/bar", true}, {"foo/**/bar", "foo/bar", true}, {"foo?bar", "foo/bar", false}, {"foo[/]bar", "foo/bar", false},
		{"**/foo", "foo", true}, {"**/foo", "XXX/foo", true}, {"**/foo", "bar/baz/foo", true}, {"*/foo", "bar/baz/foo", false}, {"**/bar*", "foo/bar/baz", false},
		{"**/bar/*", "deep/foo/bar/baz", true}, {"**/bar/*", "deep/foo/bar/baz/x", false}, {"**/bar/**", "deep/foo/bar/baz/x", true}, {"**/bar/**", "deep/foo/bar", false},
		{"*/bar/**", "foo/bar/baz/x", true}, {"*/bar/**", "deep/foo/bar/baz/x", false}, {"foo/**", "foo", false}, {"foo/**", "foo/a/b", true},
		{"[[:alpha:]][[:digit:]][[:upper:]]", "a1B", true}, {"[[:digit:]a-c]", "c", true}, {"[[:space:]]", ".", false}, {"[a-c]b*", "abc", true},
		{"[", "[", false}, {"[a", "a", false}, {`[\]]`, "]", true}, {`[\-a]`, "-", true}, {"a**/b", "ax/b", true},
	} {
		if got := wildmatch(c.pattern, c.name); got != c.want {
			t.Errorf("wildmatch(%q, %q) = %t", c.pattern, c.name, got)
		}
	}
	if wildmatch(strings.Repeat("*a", 50)+"b", strings.Repeat("a", 5000)) {
		t.Error("matched")
	}
}

func TestModules(t *testing.T) {
	got, err := ParseModules([]byte("[submodule \"a.b\"]\n\tpath = x/y\n\turl = ../z.git\n\tbranch = .\n[submodule \"out\"]\npath = ../out\n[submodule \"q\"]\nurl = u\n"))
	if err != nil || !slices.Equal(got, []Module{{Path: "x/y", URL: "../z.git", Branch: "."}}) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, c := range []struct{ base, url, want string }{
		{"https://example.org/a/b.git", "../c.git", "https://example.org/a/c.git"},
		{"https://example.org/a/b/", "./c/", "https://example.org/a/b/c"},
		{"git@example.org:b", "../c", "git@example.org:c"},
		{"/x/y/z", "../../w", "/x/w"},
		{"", "../w", "/repo/w"},
		{"https://example.org/a", "https://example.org/b", "https://example.org/b"},
	} {
		r := &Repo{Work: "/repo/here"}
		if c.base != "" {
			r.config = Config{{"remote.origin.url", c.base}}
		}
		if got := r.ModuleURL(c.url); got != c.want {
			t.Errorf("%q from %q: %q", c.url, c.base, got)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x00" + "TREE\x00\x00\x00\x06\x00-1 0\n" + strings.Repeat("x", 20)))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := parseIndex(data, 20)
		if err != nil {
			return
		}
		for _, e := range x.entries {
			if !fs.ValidPath(e.name) {
				t.Fatalf("entry %q", e.name)
			}
		}
	})
}

func FuzzAttributes(f *testing.F) {
	f.Add("*.c text\n[attr]x export-ignore\n\"a\\n\" x", "a/b.c")
	f.Fuzz(func(t *testing.T, text, name string) {
		macros := map[string][]attrSetting{}
		parseAttributes([]byte(text), "", macros).lookup(name, exportIgnore, true)
		parseAttributes([]byte(text), "a", macros).lookup(name, exportIgnore, false)
	})
}
