package git

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// testRepo is a repository made with the git program.
type testRepo struct {
	t   *testing.T
	dir string
}

func newTestRepo(t *testing.T, initArgs ...string) testRepo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git program")
	}
	r := testRepo{t, filepath.Join(t.TempDir(), "repo")}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.git(append([]string{"init", "-q", "-b", "master"}, initArgs...)...)
	return r
}

// git runs git in the repository without the user's configuration and returns what it prints.
func (r testRepo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.org",
		"GIT_AUTHOR_DATE=1000000000 +0100", "GIT_COMMITTER_DATE=1000000001 +0200",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=protocol.file.allow", "GIT_CONFIG_VALUE_0=always")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

func (r testRepo) write(name, text string) {
	r.t.Helper()
	name = filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r testRepo) commit(message string) string {
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

func (r testRepo) open() *Repo {
	r.t.Helper()
	repo, err := Open(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(repo.Close)
	return repo
}

func mustID(t *testing.T, s string) ID {
	t.Helper()
	id, err := ParseID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// grow makes a history whose packs hold deltas: files that change a little in each commit.
func (r testRepo) grow() {
	rnd := rand.New(rand.NewPCG(1, 2))
	lines := make([]string, 400)
	for i := range lines {
		lines[i] = strconv.FormatUint(rnd.Uint64(), 36)
	}
	var b strings.Builder
	file := func(mode, name, text string) {
		fmt.Fprintf(&b, "M %s inline %s\ndata %d\n%s\n", mode, name, len(text), text)
	}
	for n := range 12 {
		for range 5 {
			lines[rnd.IntN(len(lines))] = fmt.Sprint("changed in ", n, rnd.Uint32())
		}
		text := strings.Join(lines, "\n")
		fmt.Fprintf(&b, "commit refs/heads/master\ncommitter c <c@example.org> 1000000001 +0200\ndata 1\n%c\n", 'a'+n)
		file("100644", "a/grows", text)
		file("100755", "a/b/other", text+"tail")
		file("100644", fmt.Sprintf("c/file%d", n), strings.Repeat("x", n*100))
	}
	file("100644", "big", strings.Repeat("0123456789abcdef", 1<<17))
	file("100644", "empty", "")
	file("120000", "link", "a/grows")
	cmd := exec.Command("git", "fast-import", "--quiet")
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(b.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	r.git("reset", "-q", "--hard")
	r.git("tag", "-a", "-m", "message", "v1")
	r.git("tag", "-a", "-m", "message", "v1tag", "v1")
}

// TestObjects reads every object in every way that it can be stored and compares with git cat-file.
func TestObjects(t *testing.T) {
	for _, c := range []struct {
		name string
		init []string
		pack [][]string
	}{
		{"loose", nil, nil},
		{"packed", nil, [][]string{{"repack", "-adfq", "--depth=50", "--window=50"}, {"prune-packed"}}},
		{"reference deltas", nil, [][]string{{"-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"}, {"prune-packed"}}},
		{"index version 1", nil, [][]string{{"-c", "pack.indexVersion=1", "repack", "-adfq"}, {"prune-packed"}}},
		{"sha256", []string{"--object-format=sha256"}, [][]string{{"repack", "-adfq"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTestRepo(t, c.init...)
			r.grow()
			for _, args := range c.pack {
				r.git(args...)
			}
			repo := r.open()
			n := 0
			for line := range strings.Lines(r.git("cat-file", "--batch-all-objects", "--batch-check")) {
				f := strings.Fields(line)
				id := mustID(t, f[0])
				if c.pack != nil {
					if _, err := repo.statLoose(id); err == nil {
						t.Errorf("%s is still loose", id)
					}
				}
				checkObject(t, r, repo, id, f[1], f[2])
				n++
			}
			if n < 60 {
				t.Errorf("only %d objects", n)
			}
			missing := MakeID(make([]byte, repo.hash))
			if _, _, err := repo.Read(missing); err != (NotFound{missing}) || repo.Has(missing) {
				t.Errorf("missing object: %v", err)
			}
		})
	}
}

func checkObject(t *testing.T, r testRepo, repo *Repo, id ID, kind, size string) {
	t.Helper()
	k, data, err := repo.Read(id)
	if err != nil || k.String() != kind || strconv.Itoa(len(data)) != size {
		t.Fatalf("%s: %s of %d bytes, %v; want %s of %s", id, k, len(data), err, kind, size)
	}
	if got := hashObject(k, data, repo.hash); got != id {
		t.Errorf("%s %s: contents hash to %s", kind, id, got)
	}
	if k2, n, err := repo.Stat(id); k2 != k || n != int64(len(data)) || err != nil {
		t.Errorf("Stat(%s) = %s, %d, %v", id, k2, n, err)
	}
	_, n, rc, err := repo.Objects.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if streamed, err := io.ReadAll(rc); !bytes.Equal(streamed, data) || n != int64(len(data)) || err != nil {
		t.Errorf("Open(%s) gives %d bytes, says %d, %v", id, len(streamed), n, err)
	}
	if !repo.Has(id) {
		t.Errorf("Has(%s) is false", id)
	}
}

// TestNewPacks has a pack appear, and loose objects vanish, while the repository is open.
func TestNewPacks(t *testing.T) {
	r := newTestRepo(t)
	r.write("a", "1")
	first := r.commit("1")
	repo := r.open()
	if !repo.Has(mustID(t, first)) {
		t.Fatal("first commit is missing")
	}
	r.write("a", "2")
	second := r.commit("2")
	r.git("gc", "-q")
	for _, id := range []string{first, second} {
		if _, _, err := repo.Read(mustID(t, id)); err != nil {
			t.Error(err)
		}
	}
}

func TestAlternates(t *testing.T) {
	r := newTestRepo(t)
	r.write("a", "1")
	id := r.commit("1")
	clone := filepath.Join(t.TempDir(), "clone")
	r.git("clone", "-q", "--shared", r.dir, clone)
	repo := testRepo{t, clone}.open()
	if !repo.Has(mustID(t, id)) {
		t.Error("object of the alternate is missing")
	}
}

func TestRefs(t *testing.T) {
	r := newTestRepo(t)
	repo := r.open()
	if ref, id, err := repo.Head(); ref != "refs/heads/master" || !id.IsZero() || err != nil {
		t.Errorf("unborn HEAD: %q, %s, %v", ref, id, err)
	}
	if _, ok, err := repo.HeadCommit(); ok || err != nil {
		t.Errorf("unborn commit: %t, %v", ok, err)
	}
	r.write("a", "1")
	first := mustID(t, r.commit("1"))
	r.git("tag", "-a", "-m", "x", "v1")
	r.git("tag", "-a", "-m", "x", "v2", "v1")
	r.git("branch", "v1") // the tag wins
	r.write("a", "2")
	second := mustID(t, r.commit("2"))
	r.git("branch", "feature/x")
	check := func(repo *Repo) {
		t.Helper()
		for ref, want := range map[string]ID{"master": second, "HEAD": second, "refs/heads/master": second, "heads/master": second,
			"feature/x": second, "v1": first, "v2": first, "refs/tags/v2": first, "refs/heads/v1": first, first.String(): first} {
			if got, err := repo.Resolve(ref); got != want || err != nil {
				t.Errorf("Resolve(%q) = %s, %v; want %s", ref, got, err, want)
			}
		}
		for _, ref := range []string{"none", "refs/heads", "config", "../x", "refs/../HEAD", ""} {
			if got, err := repo.Resolve(ref); err == nil {
				t.Errorf("Resolve(%q) = %s", ref, got)
			}
		}
	}
	check(repo)
	r.git("pack-refs", "--all")
	check(repo)
	linked := filepath.Join(t.TempDir(), "linked")
	r.git("worktree", "add", "-q", "--detach", linked, first.String())
	work := testRepo{t, linked}.open()
	if ref, id, err := work.Head(); ref != "" || id != first || err != nil {
		t.Errorf("detached HEAD: %q, %s, %v", ref, id, err)
	}
	if got, err := work.Resolve("master"); got != second || err != nil {
		t.Errorf("shared branch: %s, %v", got, err)
	}
	if work.Work != linked || work.IsShallow() {
		t.Errorf("work tree %q, shallow %t", work.Work, work.IsShallow())
	}
	if at, err := repo.CommitTime(first); at != 1000000001 || err != nil {
		t.Errorf("commit time %d, %v", at, err)
	}
	if _, err := Open(t.TempDir()); !os.IsNotExist(err) && !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("no repository: %v", err)
	}
	shallow := filepath.Join(t.TempDir(), "shallow")
	r.git("clone", "-q", "--depth", "1", "file://"+r.dir, shallow)
	if !(testRepo{t, shallow}.open().IsShallow()) {
		t.Error("shallow clone is not shallow")
	}
}

func TestTreeFS(t *testing.T) {
	r := newTestRepo(t)
	r.grow()
	repo := r.open()
	head, err := repo.Resolve("v1tag")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := repo.TreeOf(head)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := repo.Tree(tree)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(r.git("ls-tree", "-r", "-t", "HEAD")) {
		f := strings.Fields(line)
		want = append(want, f[0]+" "+f[3])
	}
	var got []string
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := map[fs.FileMode]string{0o644: "100644", 0o755: "100755", fs.ModeSymlink | 0o777: "120000", fs.ModeDir | 0o755: "040000"}[info.Mode()]
		got = append(got, mode+" "+name)
		if info.Mode().IsRegular() {
			disk, err := os.ReadFile(filepath.Join(r.dir, name))
			data, err2 := fs.ReadFile(fsys, name)
			if err != nil || err2 != nil || !bytes.Equal(disk, data) || info.Size() != int64(len(data)) {
				t.Errorf("%s: %v, %v, %d bytes", name, err, err2, len(data))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if target, err := fs.ReadLink(fsys, "link"); target != "a/grows" || err != nil {
		t.Errorf("link: %q, %v", target, err)
	}
	for _, name := range []string{"none", "a/none", "a/grows/x", "/a", "a/", "link"} {
		if f, err := fsys.Open(name); err == nil {
			t.Errorf("Open(%q) = %v", name, f)
		}
	}
	sub, err := fs.Sub(fsys, "c")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(sub, "file0", "file11"); err != nil {
		t.Error(err)
	}
}

func TestSubmodule(t *testing.T) {
	sub := newTestRepo(t)
	sub.write("x", "y")
	commit := sub.commit("1")
	r := newTestRepo(t)
	r.git("submodule", "add", "-q", sub.dir, "deps/sub")
	r.commit("2")
	repo := r.open()
	head, _ := repo.Resolve("HEAD")
	tree, err := repo.TreeOf(head)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := repo.Tree(tree)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := fsys.Submodule("deps/sub"); !ok || id.String() != commit {
		t.Errorf("submodule is at %s, %t", id, ok)
	}
	if list, err := fs.ReadDir(fsys, "deps/sub"); len(list) != 0 || err != nil {
		t.Errorf("submodule holds %v, %v", list, err)
	}
	if _, ok := fsys.Submodule("deps"); ok {
		t.Error("a directory is no submodule")
	}
}

func TestParseConfig(t *testing.T) {
	const text = "\ufeff[core]\n\tBare = false ; note\n  [submodule \"a \\\"b\\\\c\"]\npath=\"x \" y # z\nurl\n[old.Style] x = a\\\n b\\tc\n[e]v=\n"
	got, err := ParseConfig([]byte(text))
	want := Config{{"core.bare", "false"}, {`submodule.a "b\c.path`, "x  y"}, {`submodule.a "b\c.url`, "true"}, {"old.style.x", "a b\tc"}, {"e.v", ""}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"x = y", "[a", "[]\n", "[a \"b]\n", "[a]\n= x", "[a]\nb = \"c\n", "[a]\nb = \\q", "[a]\nb c"} {
		if c, err := ParseConfig([]byte(bad)); err == nil {
			t.Errorf("%q: %q", bad, c)
		}
	}
}

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x", "bare")
	for range 2 {
		if err := Init(dir); err != nil {
			t.Fatal(err)
		}
	}
	repo, err := Open(dir)
	if err != nil || repo.Work != "" {
		t.Fatalf("work tree %q, %v", repo.Work, err)
	}
	if _, err := exec.LookPath("git"); err != nil {
		return
	}
	if out, err := exec.Command("git", "-C", dir, "fsck").CombinedOutput(); err != nil {
		t.Errorf("git fsck: %s", out)
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01\x30x\x9c\x03\x00\x00\x00\x00\x01"), int64(12))
	f.Fuzz(func(t *testing.T, data []byte, offset int64) {
		o := &Objects{hash: 20, loaded: true}
		p := &pack{data: data, index: &packIndex{hash: 20, fanout: make([]byte, 1024)}}
		o.packs = []*pack{p}
		kind, got, err := o.readPacked(p, offset, 0)
		if err != nil {
			return
		}
		if k, n, err := o.statPacked(p, offset); k != kind || n != int64(len(got)) || err != nil {
			t.Fatalf("stat says %s of %d, %v; read %s of %d", k, n, err, kind, len(got))
		}
	})
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("hello world"), []byte("\x0b\x06\x90\x05\x01!"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		if _, size, _, err := deltaSizes(delta); err == nil && size < 1<<20 {
			if out, err := applyDelta(base, delta); err == nil && int64(len(out)) != size {
				t.Fatalf("%d bytes, not %d", len(out), size)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("100644 a\x00aaaaaaaaaaaaaaaaaaaa"))
	f.Add([]byte("[a \"b\"]\nc = d\\\n"))
	f.Add(append(slices.Clone(indexMagic), make([]byte, 1064)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseTree(data, 20)
		ParseConfig(data)
		if x, err := parsePackIndex(data, 20); err == nil {
			for i := range min(x.count, 10) {
				id := MakeID(x.name(i))
				x.find(&id)
				x.offset(i)
			}
		}
	})
}
