package fetch

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"firn/internal/fetch/download"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// site is a server whose files can be changed, with entity tags and a log of what was asked.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	link  map[string]string // immutable URLs
	asked []string
	down  bool
}

func newSite(t *testing.T) *site {
	s := &site{files: map[string]string{}, link: map[string]string{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.URL.Path)
	if s.down {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if to, ok := strings.CutPrefix(s.files[r.URL.Path], "redirect "); ok {
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	text, ok := s.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if to := s.link[r.URL.Path]; to != "" {
		w.Header().Set("Link", "<"+to+`>; rel="immutable"`)
	}
	tag := `"` + nixhash.Sum(nixhash.SHA256, []byte(text)).Nix32() + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		s.asked = append(s.asked, "304")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	io.WriteString(w, text)
}

func (s *site) set(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name] = text
}

func (s *site) fail(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// log returns what was asked since the last time.
func (s *site) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strings.Join(s.asked, " ")
	s.asked = nil
	return text
}

func (x *fixture) url(c FileCall) (storepath.Path, error) {
	return x.URL(context.Background(), c, Rules{})
}

func TestFetchURL(t *testing.T) {
	x, s := setup(t, nil), newSite(t)
	s.set("/a", "one")
	s.set("/b", "redirect /a")
	p, err := x.url(FileCall{URL: s.URL + "/b"})
	if err != nil || p.Name() != "b" || x.store.text(t, p, "") != "one" || s.log() != "/b /a" {
		t.Fatalf("%s, %v", p, err)
	}
	if want := nixhash.Sum(nixhash.SHA256, []byte("one")); p != mustFixed(t, x, "b", storepath.Flat, want) {
		t.Errorf("path %s", p)
	}
	// Fresh: nobody is asked. Every URL of the chain is known.
	for _, c := range []FileCall{{URL: s.URL + "/b"}, {URL: s.URL + "/a", Name: "b", HasName: true, IsSet: true}} {
		if again, err := x.again().url(c); again != p || err != nil || s.log() != "" {
			t.Errorf("%s, %v", again, err)
		}
	}
	// Stale: the server says that it is the same.
	x.time = x.time.Add(2 * time.Hour)
	if again, err := x.again().url(FileCall{URL: s.URL + "/b"}); again != p || err != nil || s.log() != "/b /a 304" {
		t.Errorf("%s, %v", again, err)
	}
	// Stale, and the server is down: what is there will do.
	x.time = x.time.Add(2 * time.Hour)
	s.fail(true)
	if again, err := x.again().url(FileCall{URL: s.URL + "/b"}); again != p || err != nil {
		t.Errorf("%s, %v", again, err)
	}
	if got := x.said.take(); !strings.Contains(got, "HTTP error 500; using cached version") {
		t.Errorf("said %q", got)
	}
	_, err = x.url(FileCall{URL: s.URL + "/b", Name: "other", HasName: true, IsSet: true})
	wantError(t, err, "unable to download '"+s.URL+"/b': HTTP error 500")
	s.fail(false)
	s.set("/a", "two")
	if p, err = x.url(FileCall{URL: s.URL + "/b"}); err != nil || x.store.text(t, p, "") != "two" {
		t.Errorf("%s, %v", p, err)
	}
	// Gone from the store: downloaded again.
	s.log()
	x.store.objects = map[storepath.Path]testObject{}
	if p, err = x.again().url(FileCall{URL: s.URL + "/b"}); err != nil || x.store.text(t, p, "") != "two" || s.log() != "/b /a" {
		t.Errorf("%s, %v", p, err)
	}
	_, err = x.url(FileCall{URL: s.URL + "/none"})
	wantError(t, err, "unable to download '"+s.URL+"/none': HTTP error 404")
}

func mustFixed(t *testing.T, x *fixture, name string, m storepath.Method, h nixhash.Hash) storepath.Path {
	t.Helper()
	p, err := x.store.Dir().MakeFixed(name, storepath.ContentAddress{Method: m, Hash: h}, storepath.References{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFetchURLChecks(t *testing.T) {
	x, s := setup(t, nil), newSite(t)
	s.set("/a", "one")
	s.set("/b%20c", "x")
	right := nixhash.Sum(nixhash.SHA256, []byte("one"))
	wrong := nixhash.Sum(nixhash.SHA256, []byte("two"))
	_, err := x.url(FileCall{URL: s.URL + "/a", IsSet: true, SHA256: wrong.Base16(), HasHash: true})
	wantError(t, err, fmt.Sprintf("hash mismatch in file downloaded from '%s/a':\n  specified: sha256:%s\n  got:       sha256:%s", s.URL, wrong.Nix32(), right.Nix32()))
	s.log()
	// Pinned and in the store: the URL does not matter.
	p, err := x.url(FileCall{URL: "http://does.not.exist.invalid/a", IsSet: true, SHA256: right.SRI(), HasHash: true})
	if err != nil || p.Name() != "a" || s.log() != "" {
		t.Errorf("%s, %v", p, err)
	}
	_, err = x.URL(context.Background(), FileCall{URL: s.URL + "/a"}, Rules{Pure: true})
	wantError(t, err, "in pure evaluation mode, 'fetchurl' requires a 'sha256' argument")
	for _, c := range []struct {
		call   FileCall
		advice string
	}{
		{FileCall{URL: s.URL + "/b c"}, "Please pass an attribute set with 'url' and 'name' attributes to 'fetchurl',  so that it can create a valid store path."},
		{FileCall{URL: s.URL + "/b c", IsSet: true}, "Please add a valid 'name' attribute to the argument for 'fetchurl', so that it can create a valid store path."},
		{FileCall{URL: s.URL + "/a", IsSet: true, Name: "b c", HasName: true}, "Please change the value for the 'name' attribute passed to 'fetchurl', so that it can create a valid store path."},
	} {
		_, err := x.url(c.call)
		wantError(t, err, "invalid store path name when fetching URL '"+c.call.URL+"': name 'b c' contains illegal character ' '. "+c.advice)
	}
	_, err = x.url(FileCall{URL: s.URL + "/a", IsSet: true, HasHash: true})
	wantError(t, err, "specified: sha256:0000000000000000000000000000000000000000000000000000")
	if got := x.said.take(); !strings.Contains(got, "found empty hash, assuming 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='") {
		t.Errorf("said %q", got)
	}
	_, err = x.URL(context.Background(), FileCall{URL: s.URL + "/a"}, Rules{CheckURI: func(u string) error { return fmt.Errorf("no %s", u) }})
	wantError(t, err, "no "+s.URL+"/a")
}

// archive makes a compressed tarball of files with one directory around them; a name with "*" is executable.
func archive(files ...string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := 0; i < len(files); i += 2 {
		h := &tar.Header{Name: "top/" + strings.TrimSuffix(files[i], "*"), Mode: 0o644, Size: int64(len(files[i+1])), ModTime: time.Unix(1000000000, 0)}
		if strings.HasSuffix(files[i], "*") {
			h.Mode = 0o755
		}
		w.WriteHeader(h)
		io.WriteString(w, files[i+1])
	}
	w.Close()
	z.Close()
	return b.String()
}

func TestFetchTarball(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		t.Run(fmt.Sprint("lazy ", lazy), func(t *testing.T) { testTarball(t, lazy) })
	}
}

func testTarball(t *testing.T, lazy bool) {
	x, s := setup(t, func(c *Config) { c.Lazy = lazy }), newSite(t)
	s.set("/a.tar.gz", archive("x", "one", "d/run*", "two"))
	tarball := func(x *fixture, c FileCall) *Tree {
		t.Helper()
		tree, err := x.Tarball(context.Background(), c, Rules{})
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}
	tree := tarball(x, FileCall{URL: s.URL + "/a.tar.gz"})
	if got := list(t, tree); got != "d/ d/run*=two x=one" || tree.Stored() == lazy {
		t.Errorf("tree %s, stored %t", got, tree.Stored())
	}
	if got := x.said.take(); got != "" {
		t.Errorf("said %q", got)
	}
	s.log()
	if again := tarball(x.again(), FileCall{URL: s.URL + "/a.tar.gz"}); again.Path != tree.Path || s.log() != "" {
		t.Errorf("fresh: %s", again.Path)
	}
	x.time = x.time.Add(2 * time.Hour)
	if again := tarball(x.again(), FileCall{URL: s.URL + "/a.tar.gz"}); again.Path != tree.Path || s.log() != "/a.tar.gz 304" {
		t.Errorf("stale: %s", again.Path)
	}
	named := tarball(x, FileCall{URL: s.URL + "/a.tar.gz", IsSet: true, Name: "other", HasName: true})
	if named.Path.Name() != "other" || named.NARHash != tree.NARHash {
		t.Errorf("named: %s", named.Path)
	}
	if _, err := tree.Copy(context.Background()); err != nil {
		t.Fatal(err)
	}
	pinned := tarball(x, FileCall{URL: "http://does.not.exist.invalid/", IsSet: true, SHA256: tree.NARHash.SRI(), HasHash: true})
	if pinned.Path != tree.Path || !pinned.Stored() {
		t.Errorf("pinned: %s", pinned.Path)
	}
	_, err := x.Tarball(context.Background(), FileCall{URL: s.URL + "/a.tar.gz", IsSet: true, SHA256: nixhash.Sum(nixhash.SHA256, nil).Base16(), HasHash: true}, Rules{})
	wantError(t, err, "NAR hash mismatch in input '"+s.URL+"/a.tar.gz?narHash=")
	_, err = x.Tarball(context.Background(), FileCall{URL: "channel:x"}, Rules{CheckURI: func(u string) error { return fmt.Errorf("no %s", u) }})
	wantError(t, err, "no https://channels.nixos.org/x/nixexprs.tar.xz")

	in := x.attrs(`{"type":"tarball","url":"` + s.URL + `/a.tar.gz"}`)
	if got := attributes(t, in, false); got != "lastModified=1000000000 lastModifiedDate=20010909014640" || in.Path != tree.Path {
		t.Errorf("fetchTree: %s", got)
	}
	if got := in.Input.Attrs().JSON(); got != `{"__final":true,"lastModified":1000000000,"narHash":"`+in.NARHash.SRI()+`","type":"tarball","url":"`+s.URL+`/a.tar.gz"}` {
		t.Errorf("locked: %s", got)
	}
	// The locked input needs no server, and no cache.
	final, err := x.again().Fetch(context.Background(), in.Input)
	if err != nil || final.Path != tree.Path || !final.Input.Equal(in.Input) {
		t.Errorf("final: %v", err)
	}
	// Successive archives share what is equal.
	s.set("/a.tar.gz", archive("x", "one", "d/run*", "two", "new", "three"))
	x.time = x.time.Add(2 * time.Hour)
	if got := list(t, tarball(x.again(), FileCall{URL: s.URL + "/a.tar.gz"})); got != "d/ d/run*=two new=three x=one" {
		t.Errorf("changed: %s", got)
	}
	if packs, _ := filepath.Glob(filepath.Join(x.CacheDir, "tarball-cache-v2/objects/pack/*.pack")); len(packs) != 2 {
		t.Errorf("packs %q", packs)
	}
}

func TestImmutableTarball(t *testing.T) {
	x, s := setup(t, nil), newSite(t)
	s.set("/latest", archive("x", "one"))
	s.link["/latest"] = s.URL + "/v1.tar.gz?rev=2aae6c35c94fcfb415dbe95f408b9ce91ee846ed&revCount=7"
	tree := x.attrs(`{"type":"tarball","url":"` + s.URL + `/latest"}`)
	want := "rev=2aae6c35c94fcfb415dbe95f408b9ce91ee846ed shortRev=2aae6c3 revCount=7 lastModified=1000000000 lastModifiedDate=20010909014640"
	if got := attributes(t, tree, false); got != want || tree.Input.Str("url") != s.URL+"/v1.tar.gz" {
		t.Errorf("%s, %s", got, tree.Input)
	}
	s.set("/other", archive("x", "two"))
	s.link["/other"] = "git+https://example.org/x"
	_, err := x.tryAttrs(`{"type":"tarball","url":"` + s.URL + `/other"}`)
	wantError(t, err, "tarball 'Link' headers that redirect to non-tarball URLs are not supported")
}

func TestTarballMistakes(t *testing.T) {
	x := setup(t, nil)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "repo/.git/HEAD"), "x")
	write(t, filepath.Join(dir, "text"), strings.Repeat("text ", 200))
	for url, want := range map[string]string{
		"file://" + dir + "/none": "tarball \"" + dir + "/none\" does not exist.",
		"file://" + dir:           "tarball \"" + dir + "\" is a directory, not a file.",
		"file://" + dir + "/repo": "tarball \"" + dir + "/repo\" is a git repository, not a tarball. Please use `git+file` as the scheme.",
		"file:x":                  "tarball 'file:x' must use an absolute path. The 'file' scheme does not support relative paths.",
		"file://" + dir + "/text": "Failed to open archive (Unrecognized archive format)",
	} {
		_, err := x.tryAttrs(`{"type":"tarball","url":"` + url + `"}`)
		wantError(t, err, want)
	}
}

func TestZip(t *testing.T) {
	x, s := setup(t, nil), newSite(t)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "top/run", Modified: time.Unix(1000000000, 0)}
	h.SetMode(0o755)
	out, _ := w.CreateHeader(h)
	io.WriteString(out, "x")
	h = &zip.FileHeader{Name: "top/link", Modified: time.Unix(1000000000, 0)}
	h.SetMode(fs.ModeSymlink | 0o777)
	out, _ = w.CreateHeader(h)
	io.WriteString(out, "run")
	w.Close()
	s.set("/a.ZIP", b.String())
	s.set("/b", b.String())
	for name, want := range map[string]string{"/a.ZIP": "link->run run*=x", "/b": "link=run run=x"} {
		if got := list(t, x.attrs(`{"type":"tarball","url":"`+s.URL+name+`"}`)); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestFileScheme(t *testing.T) {
	x, s := setup(t, nil), newSite(t)
	s.set("/f", "foo\n")
	tree := x.attrs(`{"type":"file","url":"` + s.URL + `/f"}`)
	if x.store.text(t, tree.Path, "") != "foo\n" || tree.Path.Name() != "source" || attributes(t, tree, false) != "" {
		t.Errorf("%s, %s", tree.Path, attributes(t, tree, false))
	}
	data, err := fs.ReadFile(tree.FS, tree.Root)
	if string(data) != "foo\n" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if tree.Path != mustFixed(t, x, "source", storepath.NAR, tree.NARHash) {
		t.Errorf("path %s", tree.Path)
	}
	_, err = x.tryAttrs(`{"type":"file","url":"` + s.URL + `/f","narHash":"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`)
	wantError(t, err, "NAR hash mismatch")
}

func TestForges(t *testing.T) {
	const rev = "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed"
	g := forgeQuery{owner: "o", repo: "r"}
	for _, c := range []struct{ kind, host, want string }{
		{"github", "github.com", "https://github.com/o/r/archive/" + rev + ".tar.gz"},
		{"github", "git.example.org", "https://git.example.org/api/v3/repos/o/r/tarball/" + rev},
		{"gitlab", "gitlab.com", "https://gitlab.com/api/v4/projects/o%2Fr/repository/archive.tar.gz?sha=" + rev},
		{"sourcehut", "git.sr.ht", "https://git.sr.ht/o/r/archive/" + rev + ".tar.gz"},
	} {
		g.host = c.host
		if got := forges[c.kind].archive(g, rev); got != c.want {
			t.Errorf("%s: %s", c.kind, got)
		}
	}
}

func TestTokens(t *testing.T) {
	f := &Fetcher{Config: Config{Tokens: map[string]string{"github.com": "token", "github.com/a/b": "another", "github.com/partial": "no", "gitlab.com/x": "sub"}}}
	for _, c := range []struct{ host, path, want string }{
		{"github.com", "github.com/a/a", "token"},
		{"github.com", "github.com/a/b", "another"},
		{"github.com", "github.com/partial-match/repo", "token"},
		{"gitlab.com", "gitlab.com/github.com/evil", ""},
		{"gitlab.com", "gitlab.com/x/y", "sub"},
	} {
		if got := f.token(c.host, c.path); got != c.want {
			t.Errorf("%s: %q", c.path, got)
		}
	}
}

// TestForgeAnswers asks a server in place of each forge.
func TestForgeAnswers(t *testing.T) {
	const rev = "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed"
	answers := map[string]string{
		"/api/v3/repos/o/r/commits/main":               `{"sha":"` + rev + `","commit":{"tree":{"sha":"x"}}}`,
		"/api/v4/projects/o%2Fr/repository/commits":    `[{"id":"` + rev + `"}]`,
		"/api/v4/projects/o%2Fnone/repository/commits": `[]`,
		"/o/r/HEAD":      "ref: refs/heads/main\n",
		"/o/r/info/refs": "0000000000000000000000000000000000000000\trefs/heads/other\n" + rev + "\trefs/heads/main\n",
	}
	var auth []string
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth = append(auth, r.Header.Get("Authorization")+r.Header.Get("Private-Token"))
		text, ok := answers[r.URL.EscapedPath()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		io.WriteString(w, text)
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "https://")
	x := setup(t, nil)
	x.Download = trusting(t, srv)
	ask := func(kind, repo, ref string) (string, error) {
		q := forgeQuery{f: x.Fetcher, host: host, owner: "o", repo: repo}
		token := map[string]string{"gitlab": "PAT:tok"}[kind]
		if token == "" {
			token = "tok"
		}
		q.headers = append(q.headers, forges[kind].auth(x.Fetcher, token))
		return forges[kind].commit(context.Background(), q, ref)
	}
	for _, c := range []struct{ kind, ref, auth string }{{"github", "main", "token tok"}, {"gitlab", "main", "tok"}, {"sourcehut", "main", "Bearer tok"}, {"sourcehut", "HEAD", "Bearer tok"}} {
		auth = nil
		got, err := ask(c.kind, "r", c.ref)
		if got != rev || err != nil || len(auth) == 0 || auth[0] != c.auth {
			t.Errorf("%s: %s, %v, %q", c.kind, got, err, auth)
		}
		auth = nil
		if got, err := ask(c.kind, "r", c.ref); got != rev || err != nil || len(auth) != 0 {
			t.Errorf("%s again: %s, %v, %q", c.kind, got, err, auth)
		}
	}
	_, err := ask("gitlab", "none", "x")
	wantError(t, err, "No commits returned by GitLab API -- does the git ref really exist?")
	_, err = ask("sourcehut", "r", "none")
	wantError(t, err, "couldn't find ref 'none'")
	_, err = ask("github", "none", "x")
	wantError(t, err, "HTTP error 404")
	if h := forges["gitlab"].auth(x.Fetcher, "X:y"); h.Name != "X" || h.Value != "y" || !strings.Contains(x.said.take(), "Unrecognized GitLab token type X") {
		t.Errorf("header %q", h)
	}
}

// trusting makes a client that trusts a test server.
func trusting(t *testing.T, srv *httptest.Server) *download.Client {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	write(t, name, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})))
	c, err := download.New(download.Options{CAFile: name, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
