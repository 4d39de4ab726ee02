package fetch

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firn/internal/fetch/input"
	"firn/internal/format/storepath"
)

// repository is one made with the git program.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T, dir string) repository {
	t.Helper()
	need(t, "git")
	r := repository{t, dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.git("init", "-q", "-b", "master")
	r.git("config", "user.name", "a")
	r.git("config", "user.email", "a@example.org")
	return r
}

func (r repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit changes a file and commits everything.
func (r repository) commit(name, text string) string {
	r.t.Helper()
	write(r.t, filepath.Join(r.dir, name), text)
	r.git("add", "-A")
	r.git("commit", "-q", "-m", text)
	return r.git("rev-parse", "HEAD")
}

// isolate keeps git from the configuration of whoever runs the tests, and lets it use local submodules.
func isolate(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
	t.Setenv("GIT_CONFIG_VALUE_0", "always")
	t.Setenv("GIT_AUTHOR_DATE", "1000000000 +0100")
	t.Setenv("GIT_COMMITTER_DATE", "1000000001 +0200")
}

const date = "lastModified=1000000001 lastModifiedDate=20010909014641"

func TestGitWorkTree(t *testing.T) {
	isolate(t)
	r := newRepository(t, filepath.Join(t.TempDir(), "repo"))
	url := `{"url":"` + r.dir + `"}`
	x := setup(t, nil)
	if got := attributes(t, x.git(url), true); got != "submodules=false rev=0000000000000000000000000000000000000000 shortRev=0000000 revCount=0 lastModified=0 lastModifiedDate=19700101000000" {
		t.Errorf("empty: %s", got)
	}
	rev := r.commit("hello", "world")
	x.Forget()
	clean := x.git(url)
	if got := attributes(t, clean, true); got != "submodules=false rev="+rev+" shortRev="+rev[:7]+" revCount=1 "+date {
		t.Errorf("clean: %s", got)
	}
	if ref, _ := clean.Input.Ref(); ref != "refs/heads/master" || list(t, clean) != "hello=world" || clean.Fingerprint() != "git:"+rev+";e" {
		t.Errorf("clean: %s, %s, %s", ref, list(t, clean), clean.Fingerprint())
	}
	write(t, filepath.Join(r.dir, "hello"), "changed")
	write(t, filepath.Join(r.dir, "added"), "x")
	write(t, filepath.Join(r.dir, "untracked"), "x")
	r.git("add", "added")
	x.Forget()
	x.said.take()
	dirty := x.git(url)
	if got := attributes(t, dirty, true); got != "submodules=false rev=0000000000000000000000000000000000000000 shortRev=0000000 revCount=0 dirtyRev="+rev+"-dirty dirtyShortRev="+rev[:7]+"-dirty "+date {
		t.Errorf("dirty: %s", got)
	}
	if got := attributes(t, dirty, false); strings.Contains(got, " rev=") || strings.Contains(got, "revCount") {
		t.Errorf("fetchTree of a dirty tree: %s", got)
	}
	if got := list(t, dirty); got != "added=x hello=changed" {
		t.Errorf("dirty: %s", got)
	}
	if got := x.said.take(); got != "Git tree '"+r.dir+"' is dirty" {
		t.Errorf("said %q", got)
	}
	// The commit is still there.
	at := x.git(`{"url":"` + r.dir + `","rev":"` + rev + `"}`)
	if at.Path != clean.Path || !strings.Contains(attributes(t, at, true), "revCount=1") {
		t.Errorf("commit: %s, %s", at.Path, attributes(t, at, true))
	}
	x.RefuseDirty = true
	x.Forget()
	_, err := x.tryGit(url)
	wantError(t, err, "Git tree '"+r.dir+"' is dirty")
	// Committed, the same files have the same path.
	r.git("commit", "-q", "-a", "-m", "2")
	if again := x.git(url); again.Path != dirty.Path {
		t.Errorf("committed: %s", again.Path)
	}
	_, err = x.tryGit(`{"url":"` + t.TempDir() + `/none"}`)
	wantError(t, err, "does not exist.")
	_, err = x.tryGit(`{"url":"` + r.dir + `","exportIgnore":true,"submodules":true}`)
	wantError(t, err, "exportIgnore and submodules are not supported together yet")
}

func TestGitFilteredWorkTree(t *testing.T) {
	isolate(t)
	r := newRepository(t, filepath.Join(t.TempDir(), "repo"))
	write(t, filepath.Join(r.dir, ".gitattributes"), "*.txt text eol=crlf\n")
	rev := r.commit("a.txt", "x\r\n")
	x := setup(t, nil)
	work, at := x.git(`{"url":"`+r.dir+`"}`), x.git(`{"url":"`+r.dir+`","rev":"`+rev+`"}`)
	if work.Path == at.Path || work.Fingerprint() == at.Fingerprint() {
		t.Errorf("a work tree with other line ends is taken for its commit: %s", work.Fingerprint())
	}
	if data, _ := fs.ReadFile(work.FS, "a.txt"); string(data) != "x\r\n" {
		t.Errorf("work tree: %q", data)
	}
	if data, _ := fs.ReadFile(at.FS, "a.txt"); string(data) != "x\n" {
		t.Errorf("commit: %q", data)
	}
}

func TestGitClone(t *testing.T) {
	isolate(t)
	r := newRepository(t, filepath.Join(t.TempDir(), "repo"))
	rev1 := r.commit("hello", "utrecht")
	r.git("tag", "-a", "-m", "x", "tag1")
	rev2 := r.commit("hello", "world")
	r.git("checkout", "-q", "-b", "dev")
	rev3 := r.commit("dev", "x")
	r.git("checkout", "-q", "master")
	x := setup(t, func(c *Config) { c.ForceClone = true })
	url := func(more string) string { return `{"url":"file://` + r.dir + `"` + more + `}` }
	head := x.git(url(""))
	if got := attributes(t, head, true); got != "submodules=false rev="+rev2+" shortRev="+rev2[:7]+" revCount=2 "+date || list(t, head) != "hello=world" {
		t.Errorf("head: %s, %s", got, list(t, head))
	}
	if ref, _ := head.Input.Ref(); ref != "refs/heads/master" {
		t.Errorf("head is at %s", ref)
	}
	if got := list(t, x.git(url(`,"ref":"refs/tags/tag1"`))); got != "hello=utrecht" {
		t.Errorf("tag: %s", got)
	}
	if got := x.git(url(`,"ref":"dev"`)).Input.Rev().Base16(); got != rev3 {
		t.Errorf("branch: %s", got)
	}
	if got := x.git(url(`,"ref":"HEAD"`)); got.Path != head.Path {
		t.Errorf("HEAD: %s", got.Path)
	}
	// Without the repository, what is known will do.
	moved := r.dir + "-moved"
	if err := os.Rename(r.dir, moved); err != nil {
		t.Fatal(err)
	}
	if got := x.again().git(url("")); got.Path != head.Path {
		t.Errorf("fresh: %s", got.Path)
	}
	for rev, want := range map[string]string{rev1: "hello=utrecht", rev2: "hello=world"} {
		if got := list(t, x.again().git(url(`,"rev":"`+rev+`"`))); got != want {
			t.Errorf("rev: %s", got)
		}
	}
	x.time = x.time.Add(2 * time.Hour)
	x.said.take()
	if got := x.again().git(url("")); got.Path != head.Path {
		t.Errorf("stale: %s", got.Path)
	}
	if got := x.said.take(); !strings.Contains(got, "using expired cached ref 'refs/heads/master'") || !strings.Contains(got, "continuing with the most recent version") {
		t.Errorf("said %q", got)
	}
	_, err := x.tryGit(url(`,"ref":"never"`))
	wantError(t, err, "Failed to fetch git repository 'file://"+r.dir+"'")
	_, err = x.tryGit(url(`,"rev":"` + strings.Repeat("1", 40) + `"`))
	wantError(t, err, "Cannot find Git revision '"+strings.Repeat("1", 40)+"' in ref 'refs/heads/master' of repository 'file://"+r.dir+"'!")
	if err := os.Rename(moved, r.dir); err != nil {
		t.Fatal(err)
	}
	// The branch has moved on.
	x.time = x.time.Add(2 * time.Hour)
	rev4 := r.commit("hello", "again")
	if got := x.again().git(url("")).Input.Rev().Base16(); got != rev4 {
		t.Errorf("updated: %s, want %s", got, rev4)
	}
	r.git("checkout", "-q", "dev")
	x.time = x.time.Add(2 * time.Hour)
	if got := x.again().git(url("")).Input.Rev().Base16(); got != rev3 {
		t.Errorf("new default branch: %s, want %s", got, rev3)
	}
	// fetchTree clones one commit only, and so has no count.
	tree := x.attrs(`{"type":"git","url":"file://` + r.dir + `"}`)
	if got := attributes(t, tree, false); got != "submodules=false rev="+rev3+" shortRev="+rev3[:7]+" "+date {
		t.Errorf("shallow: %s", got)
	}
	if got := x.git(url(`,"allRefs":true,"rev":"` + rev1 + `"`)); list(t, got) != "hello=utrecht" {
		t.Errorf("all refs: %s", list(t, got))
	}
}

// TestGitLocalRefs reads branches and tags where they are.
func TestGitLocalRefs(t *testing.T) {
	isolate(t)
	r := newRepository(t, filepath.Join(t.TempDir(), "a b"))
	rev1 := r.commit("hello", "1")
	r.git("tag", "-a", "-m", "x", "v1")
	rev2 := r.commit("hello", "2")
	write(t, filepath.Join(r.dir, "hello"), "dirty")
	x := setup(t, nil)
	for ref, want := range map[string]string{"v1": rev1, "refs/tags/v1": rev1, "master": rev2, "refs/heads/master": rev2, "HEAD": rev2} {
		tree := x.git(`{"url":"` + r.dir + `","ref":"` + ref + `"}`)
		if tree.Input.Rev().Base16() != want {
			t.Errorf("%s: %s", ref, tree.Input)
		}
	}
	_, err := x.tryGit(`{"url":"` + r.dir + `","ref":"none"}`)
	wantError(t, err, "resolving Git reference 'none'")
	_, err = x.tryGit(`{"url":"` + r.dir + `","ref":"a..b"}`)
	wantError(t, err, "invalid Git branch/tag name 'a..b'")
	shallow := filepath.Join(t.TempDir(), "shallow")
	r.git("clone", "-q", "--depth", "1", "file://"+strings.ReplaceAll(r.dir, " ", "%20"), shallow)
	tree := x.git(`{"url":"` + shallow + `"}`)
	if got := attributes(t, tree, true); !strings.Contains(got, "revCount='"+shallow+"' is a shallow Git repository, so 'revCount' is not available") {
		t.Errorf("shallow: %s", got)
	}
	if got := attributes(t, x.git(`{"url":"`+shallow+`","shallow":true}`), false); strings.Contains(got, "revCount") {
		t.Errorf("asked to be shallow: %s", got)
	}
}

func TestGitNARHash(t *testing.T) {
	isolate(t)
	r := newRepository(t, filepath.Join(t.TempDir(), "repo"))
	rev := r.commit("hello", "world\n")
	x := setup(t, nil)
	at := `{"url":"` + r.dir + `","rev":"` + rev + `"`
	right := x.git(at + "}").NARHash.SRI()
	if _, err := x.tryGit(at + `,"narHash":"` + right + `"}`); err != nil {
		t.Error(err)
	}
	_, err := x.tryGit(at + `,"narHash":"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`)
	wantError(t, err, "NAR hash mismatch in input 'git+file://"+r.dir+"?exportIgnore=1&rev="+rev+"', expected 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' but got '"+right+"'")
	// Only a NAR hash is enough in pure evaluation, with a warning.
	x.said.take()
	attrs := input.Attrs{"url": input.String(r.dir), "ref": input.String("master"), "narHash": input.String(right)}
	if _, err := x.TreeOf(context.Background(), Call{Git: true, Attrs: attrs}, Rules{Pure: true}); err != nil {
		t.Error(err)
	}
	if got := x.said.take(); !strings.Contains(got, "Input 'git+file://"+r.dir+"?exportIgnore=1&ref=master' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash.") {
		t.Errorf("said %q", got)
	}
}

func TestGitSubmodules(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	c := newRepository(t, filepath.Join(dir, "c"))
	c.commit("inside-c", "c")
	b := newRepository(t, filepath.Join(dir, "b"))
	b.git("submodule", "add", "-q", c.dir, "c")
	b.commit("content", "b")
	a := newRepository(t, filepath.Join(dir, "a"))
	a.git("submodule", "add", "-q", "../b", "deps/b")
	rev := a.commit("content", "a")
	x := setup(t, nil)
	with := `,"submodules":true}`
	all := "content=a deps/ deps/b/ deps/b/c/ deps/b/c/inside-c=c deps/b/content=b"
	if got := list(t, x.git(`{"url":"`+a.dir+`","rev":"`+rev+`"}`)); got != "content=a deps/ deps/b/" {
		t.Errorf("without: %s", got)
	}
	at := x.git(`{"url":"` + a.dir + `","rev":"` + rev + `"` + with)
	if got := list(t, at); got != all || !strings.Contains(attributes(t, at, true), "submodules=true") {
		t.Errorf("with: %s", got)
	}
	clone := filepath.Join(dir, "elsewhere/x/clone")
	a.git("clone", "-q", "--bare", a.dir, clone) // its origin tells where "../b" is
	if got := x.git(`{"url":"` + a.dir + `","rev":"` + rev + `"` + with); got.Path != at.Path {
		t.Errorf("again: %s", got.Path)
	}
	// A work tree shows submodules that are checked out.
	a.git("submodule", "update", "-q", "--init", "--recursive")
	if got := x.git(`{"url":"` + a.dir + `"` + with); got.Path != at.Path {
		t.Errorf("work tree: %s, want %s", list(t, got), list(t, at))
	}
	x.Forget()
	if got := list(t, x.git(`{"url":"`+a.dir+`"}`)); got != "content=a" {
		t.Errorf("work tree without: %s", got)
	}
	write(t, filepath.Join(a.dir, "deps/b/content"), "changed")
	x.Forget()
	if got := attributes(t, x.git(`{"url":"`+a.dir+`"`+with), true); !strings.Contains(got, "dirtyRev="+rev+"-dirty") {
		t.Errorf("changed submodule: %s", got)
	}
}

func TestGitSubmoduleBranch(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	sub := newRepository(t, filepath.Join(dir, "sub"))
	sub.commit("lib.txt", "hello")
	super := newRepository(t, filepath.Join(dir, "super"))
	super.git("submodule", "add", "-q", "../sub", "deps/sub")
	super.git("config", "-f", ".gitmodules", "submodule.deps/sub.branch", ".")
	super.git("config", "-f", ".gitmodules", "submodule.missing.path", "missing")
	super.git("config", "-f", ".gitmodules", "submodule.missing.url", "https://example.org/missing")
	super.commit("x", "y")
	x := setup(t, nil)
	tree := x.git(`{"url":"file://` + super.dir + `","ref":"master","submodules":true}`)
	if data, err := fs.ReadFile(tree.FS, "deps/sub/lib.txt"); string(data) != "hello" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

func TestGitLFS(t *testing.T) {
	isolate(t)
	r := newRepository(t, filepath.Join(t.TempDir(), "repo"))
	const oid = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of "hello"
	write(t, filepath.Join(r.dir, ".git/lfs/objects/2c/f2", oid), "hello")
	write(t, filepath.Join(r.dir, "other"), "version https://git-lfs.github.com/spec/v1\noid sha256:"+oid+"\nsize 5\n")
	write(t, filepath.Join(r.dir, "big"), "version https://git-lfs.github.com/spec/v1\noid sha256:"+oid+"\nsize 5\n")
	write(t, filepath.Join(r.dir, "lost"), "version https://git-lfs.github.com/spec/v1\noid sha256:"+strings.Repeat("0", 64)+"\nsize 5\n")
	r.git("config", "filter.lfs.clean", "cat")
	r.git("config", "filter.lfs.smudge", "cat")
	rev := r.commit(".gitattributes", "big filter=lfs diff=lfs merge=lfs -text\n/lost filter=lfs\n")
	x := setup(t, nil)
	_, err := x.tryGit(`{"url":"` + r.dir + `","rev":"` + rev + `","lfs":true,"exportIgnore":false}`)
	wantError(t, err, "contents of 'lost' (Git LFS object "+strings.Repeat("0", 64)+", 5 bytes) are not in the local repository")
	os.Remove(filepath.Join(r.dir, "lost"))
	rev = r.commit("x", "y")
	for _, force := range []bool{false, true} {
		x.ForceClone = force
		x.Forget()
		tree := x.git(`{"url":"` + r.dir + `","rev":"` + rev + `","lfs":true,"exportIgnore":false}`)
		for name, want := range map[string]string{"big": "hello", "x": "y"} {
			if data, err := fs.ReadFile(tree.FS, name); string(data) != want || err != nil {
				t.Errorf("clone %t: %s: %q, %v", force, name, data, err)
			}
		}
		if data, _ := fs.ReadFile(tree.FS, "other"); !strings.HasPrefix(string(data), "version") {
			t.Errorf("a pointer without the attribute became %q", data)
		}
	}
}

func TestGitVerification(t *testing.T) {
	isolate(t)
	need(t, "ssh-keygen")
	dir := t.TempDir()
	key := func(name, kind string) string {
		t.Helper()
		out, err := exec.Command("ssh-keygen", "-q", "-f", filepath.Join(dir, name), "-t", kind, "-P", "", "-C", name).CombinedOutput()
		if err != nil {
			t.Fatalf("%s", out)
		}
		text, _ := os.ReadFile(filepath.Join(dir, name+".pub"))
		return strings.Fields(string(text))[1]
	}
	one, two := key("one", "ed25519"), key("two", "ecdsa")
	r := newRepository(t, filepath.Join(dir, "repo"))
	r.git("config", "gpg.format", "ssh")
	write(t, filepath.Join(r.dir, "text"), "hello")
	r.git("add", "text")
	r.git("-c", "user.signingkey="+filepath.Join(dir, "one.pub"), "commit", "-q", "-S", "-m", "1")
	x := setup(t, nil)
	url := `{"url":"` + r.dir + `"`
	if got := list(t, x.git(url+`,"publicKey":"`+one+`"}`)); got != "text=hello" {
		t.Errorf("good: %s", got)
	}
	keys := `[{\"key\":\"` + two + `\",\"type\":\"ssh-ecdsa\"},{\"key\":\"` + one + `\"}]`
	if _, err := x.tryGit(url + `,"publicKeys":"` + keys + `"}`); err != nil {
		t.Error(err)
	}
	_, err := x.tryGit(url + `,"keytype":"ssh-ecdsa","publicKey":"` + two + `"}`)
	wantError(t, err, "Commit signature verification on commit")
	_, err = x.tryGit(url + `,"keytype":"ssh-x","publicKey":"` + two + `"}`)
	wantError(t, err, "Invalid SSH key type 'ssh-x' in publicKeys.\nPlease use one of:\n  ssh-dsa\n")
	write(t, filepath.Join(r.dir, "text"), "changed")
	x.Forget()
	_, err = x.tryGit(url + `,"publicKey":"` + one + `"}`)
	wantError(t, err, "commit verification is required for Git repository")
}

func TestMercurial(t *testing.T) {
	x := setup(t, nil)
	ctx := context.Background()
	_, err := x.Mercurial(ctx, "", "", "", Rules{})
	wantError(t, err, "'url' argument required")
	_, err = x.Mercurial(ctx, "file:///x", "default", "", Rules{Pure: true})
	wantError(t, err, "in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision")
	need(t, "hg")
	dir := filepath.Join(t.TempDir(), "repo")
	hg := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("hg", append([]string{"--config", "ui.username=a <a@example.org>"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("hg %v: %s", args, out)
		}
		return strings.TrimSpace(string(out))
	}
	hg("init", dir)
	write(t, filepath.Join(dir, "hello"), "utrecht")
	hg("add", "--cwd", dir, "hello")
	hg("commit", "--cwd", dir, "-m", "1")
	write(t, filepath.Join(dir, "hello"), "world")
	hg("commit", "--cwd", dir, "-m", "2")
	rev := hg("log", "--cwd", dir, "-r", "tip", "--template", "{node}")
	get := func(rev string) (storepath.Path, map[string]any) {
		t.Helper()
		list, err := x.Mercurial(ctx, dir, rev, "", Rules{})
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]any{}
		for _, a := range list {
			m[a.Name] = a.Value
		}
		return m["outPath"].(storepath.Path), m
	}
	p, m := get("")
	if x.store.text(t, p, "hello") != "world" || m["rev"] != rev || m["branch"] != "default" || m["revCount"] != uint64(1) || m["shortRev"] != rev[:12] {
		t.Errorf("head: %v", m)
	}
	write(t, filepath.Join(dir, "hello"), "dirty")
	x.Forget()
	p, m = get("")
	if x.store.text(t, p, "hello") != "dirty" || m["rev"] != strings.Repeat("0", 40) {
		t.Errorf("dirty: %v", m)
	}
	if p, _ = get("default"); x.store.text(t, p, "hello") != "world" {
		t.Error("branch")
	}
	if p, _ = get(rev); x.store.text(t, p, "hello") != "world" {
		t.Error("rev")
	}
}

func TestPutFile(t *testing.T) {
	isolate(t)
	r := newRepository(t, filepath.Join(t.TempDir(), "repo"))
	write(t, filepath.Join(r.dir, ".gitignore"), "ignored\n")
	r.commit("a", "1")
	x := setup(t, nil)
	ctx := context.Background()
	in, err := input.FromURL(input.Options{}, "git+file://"+r.dir, false)
	if err != nil {
		t.Fatal(err)
	}
	x.git(`{"url":"` + r.dir + `"}`)
	for _, name := range []string{"new", "ignored"} {
		if err := x.PutFile(ctx, in, name, []byte("text"), ""); err != nil {
			t.Error(err)
		}
	}
	if got := list(t, x.git(`{"url":"`+r.dir+`"}`)); got != ".gitignore=ignored a=1 new=text" {
		t.Errorf("added: %s", got)
	}
	if err := x.PutFile(ctx, in, "new", []byte("more"), "say so"); err != nil {
		t.Error(err)
	}
	if got := r.git("log", "-1", "--format=%s", "--", "new"); got != "say so" {
		t.Errorf("committed: %q", got)
	}
	for url, want := range map[string]string{
		"git+https://example.org/x":    "cannot commit 'f' to Git repository 'git+https://example.org/x' because it's not a working tree",
		"hg+https://example.org/x":     "cannot commit 'f' to Mercurial repository 'hg+https://example.org/x' because it's not a working tree",
		"https://example.org/x.tar.gz": "input 'https://example.org/x.tar.gz' does not support modifying file 'f'",
		"path:./relative":              "input 'path:./relative' does not support modifying file 'f'",
		"github:a/b":                   "input 'github:a/b' does not support modifying file 'f'",
	} {
		in, err := input.FromURL(input.Options{}, url, true)
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, x.PutFile(ctx, in, "f", nil, ""), want)
	}
	wantError(t, x.PutFile(ctx, in, "../f", nil, ""), "not a relative path")
}

func TestClone(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	r := newRepository(t, filepath.Join(dir, "repo"))
	r.commit("a", "1")
	r.git("branch", "side")
	r.commit("a", "2")
	x := setup(t, nil)
	ctx := context.Background()
	clone := func(url, to string) error {
		t.Helper()
		in, err := input.FromURL(input.Options{}, url, true)
		if err != nil {
			t.Fatal(err)
		}
		return x.Clone(ctx, in, filepath.Join(dir, to))
	}
	if err := clone("git+file://"+r.dir+"?ref=side", "side"); err != nil {
		t.Error(err)
	}
	os.Symlink("a", filepath.Join(r.dir, "link"))
	if err := clone("path:"+r.dir, "files"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"side/a": "1", "files/a": "2", "files/link": "2"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); string(text) != want || err != nil {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	wantError(t, clone("path:"+r.dir, "files"), "cannot clone into existing path")
	wantError(t, clone("git+file://"+r.dir+"?ref=side&rev="+r.git("rev-parse", "HEAD"), "x"), "cloning a specific revision is not implemented")
	for url, want := range map[string]string{"github:a/b": "git+https://github.com/a/b.git", "gitlab:a/b?host=example.org": "git+https://example.org/a/b.git",
		"sourcehut:~a/b": "git+https://git.sr.ht/~a/b", "path:/x": ""} {
		in, _ := input.FromURL(input.Options{}, url, true)
		if got := forgeCloneURL(in); got != want {
			t.Errorf("%s: %q", url, got)
		}
	}
}
