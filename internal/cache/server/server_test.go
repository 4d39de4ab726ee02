package server

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"firn/internal/cache"
	"firn/internal/cache/blob"
	"firn/internal/compress"
	"firn/internal/fetch/download"
	"firn/internal/format/narinfo"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/mem"
	"firn/internal/store/storetest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func serve(t *testing.T, s Store, o Options) string {
	h := httptest.NewServer(New(s, o))
	t.Cleanup(h.Close)
	return h.URL
}

// filled is a store with two objects, one of which refers to the other.
func filled(t *testing.T) (s *mem.Store, dep, object *pathinfo.Info, archive []byte) {
	s = mem.New(storepath.Default)
	dep, depArchive := storetest.Object("dep", "dependency")
	object, archive = storetest.Object("object", strings.Repeat("contents ", 50_000), dep.Path)
	must(t, s.AddNAR(t.Context(), dep, bytes.NewReader(depArchive), store.AddOptions{}))
	must(t, s.AddNAR(t.Context(), object, bytes.NewReader(archive), store.AddOptions{}))
	return s, dep, object, archive
}

func client(t *testing.T, url string) *cache.Cache {
	c, err := download.New(download.Options{Attempts: 1})
	must(t, err)
	return cache.New(blob.NewHTTP(url, c), cache.Defaults(storepath.Default))
}

var key = signature.NewSecretKey("test-1", [ed25519.SeedSize]byte{1})

func TestEveryCompression(t *testing.T) {
	s, dep, object, archive := filled(t)
	for _, name := range compress.Names() {
		m, _ := compress.Parse(name)
		c := client(t, serve(t, s, Options{Compression: m, Keys: []signature.SecretKey{key}}))
		info, err := c.PathInfo(t.Context(), object.Path)
		must(t, err)
		if len(info.References) != 1 || info.References[0] != dep.Path {
			t.Errorf("%s: references %v", name, info.References)
		}
		must(t, store.CheckSignatures(storepath.Default, info, signature.PublicKeys{key.Name: key.Public()}))
		var b bytes.Buffer
		must(t, c.WriteNAR(t.Context(), object.Path, &b))
		if !bytes.Equal(b.Bytes(), archive) {
			t.Errorf("%s: another archive", name)
		}
	}
}

// get sends a request with headers in pairs.
func get(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp, string(body)
}

func TestRanges(t *testing.T) {
	s, _, object, archive := filled(t)
	url := serve(t, s, Options{})
	_, text := get(t, "GET", url+"/"+object.Path.HashPart()+".narinfo")
	info, err := narinfo.Parse(storepath.Default, text, "narinfo")
	must(t, err)
	file := url + "/" + info.URL
	whole, _ := get(t, "HEAD", file)
	etag := whole.Header.Get("ETag")
	if whole.ContentLength != int64(len(archive)) || whole.Header.Get("Accept-Ranges") != "bytes" || etag == "" {
		t.Errorf("HEAD: %+v", whole)
	}
	all := string(archive)
	for _, c := range []struct {
		header []string
		status int
		body   string
		part   string
	}{
		{nil, 200, all, ""},
		{[]string{"Range", "bytes=0-7"}, 206, all[:8], "bytes 0-7/"},
		{[]string{"Range", "bytes=100000-"}, 206, all[100000:], "bytes 100000-"},
		{[]string{"Range", "bytes=-5"}, 206, all[len(all)-5:], "bytes "},
		{[]string{"Range", "bytes=-99999999"}, 206, all, "bytes 0-"},
		{[]string{"Range", "bytes=5-99999999"}, 206, all[5:], "bytes 5-"},
		{[]string{"Range", "bytes=99999999-"}, 416, "range is outside of the file\n", "bytes */"},
		{[]string{"Range", "bytes=-0"}, 416, "range is outside of the file\n", "bytes */"},
		{[]string{"Range", "bytes=7-2"}, 200, all, ""},
		{[]string{"Range", "bytes=0-1,5-6"}, 200, all, ""},
		{[]string{"Range", "lines=1-2"}, 200, all, ""},
		{[]string{"Range", "bytes=0-7", "If-Range", etag}, 206, all[:8], "bytes 0-7/"},
		{[]string{"Range", "bytes=0-7", "If-Range", `"other"`}, 200, all, ""},
		{[]string{"If-None-Match", etag}, 304, "", ""},
		{[]string{"If-None-Match", `"other", W/` + etag}, 304, "", ""},
	} {
		resp, body := get(t, "GET", file, c.header...)
		if resp.StatusCode != c.status || body != c.body || !strings.HasPrefix(resp.Header.Get("Content-Range"), c.part) || c.part == "" && resp.Header.Get("Content-Range") != "" {
			t.Errorf("%q: status %d, %d bytes, range %q", c.header, resp.StatusCode, len(body), resp.Header.Get("Content-Range"))
		}
	}
}

func TestNames(t *testing.T) {
	s, _, object, _ := filled(t)
	url := serve(t, s, Options{Priority: 42})
	hash := object.NARHash.Text(nixhash.Nix32, false)
	for _, c := range []struct {
		method, name string
		status       int
		body         string
	}{
		{"GET", "nix-cache-info", 200, "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 42\n"},
		{"HEAD", "nix-cache-info", 200, ""},
		{"PUT", "nix-cache-info", 405, "this binary cache can only be read\n"},
		{"GET", "", 404, "not here\n"},
		{"GET", "0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2.narinfo", 404, "not here\n"},
		{"GET", "short.narinfo", 404, "not here\n"},
		{"GET", "%27%3B--.narinfo", 404, "not here\n"},
		{"GET", "../" + object.Path.HashPart() + ".narinfo", 404, "not here\n"},
		{"GET", "nar/" + object.Path.HashPart() + ".nar", 404, "not here\n"},
		{"GET", "nar/" + object.Path.HashPart() + "-" + strings.Repeat("0", 52) + ".nar", 404, "not here\n"},
		{"GET", "nar/" + archiveName(object.Path.HashPart(), object.NARHash) + ".zip", 404, "not here\n"},
		{"HEAD", "nar/" + object.Path.HashPart() + "-" + hash + ".nar.xz", 200, ""},
		{"GET", "log/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello.drv", 404, "not here\n"},
		{"GET", "log/../../etc/passwd", 404, "not here\n"},
		{"GET", "build-trace-v2/x/out.doi", 404, "not here\n"},
		{"GET", "realisations/x.doi", 404, "not here\n"},
	} {
		resp, body := get(t, c.method, url+"/"+c.name)
		if resp.StatusCode != c.status || body != c.body {
			t.Errorf("%s %s: %d %q", c.method, c.name, resp.StatusCode, body)
		}
	}
	_, list := get(t, "GET", url+"/"+object.Path.HashPart()+".ls")
	if !strings.HasPrefix(list, `{"root":{`) || !strings.HasSuffix(list, `"version":1}`) {
		t.Errorf("listing %s", list)
	}
}

// TestTraces serves what a binary cache in a directory knows of builds.
func TestTraces(t *testing.T) {
	dir := t.TempDir()
	from := cache.New(blob.NewFile(dir), cache.Defaults(storepath.Default))
	drv := storepath.Path("0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello.drv")
	id := realisation.ID{Drv: drv, Output: "out"}
	must(t, from.AddRealisations(t.Context(), []realisation.Realisation{{ID: id, OutPath: "1q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"}}))
	must(t, from.AddBuildLog(t.Context(), drv, strings.NewReader("building\n")))
	legacy, err := realisation.ParseLegacyID("sha256:" + strings.Repeat("ab", 32) + "!out")
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(dir, "realisations"), 0o755))
	const text = `{"dependentRealisations":{},"id":"sha256:abababababababababababababababababababababababababababababababab!out","outPath":"1q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello","signatures":[]}`
	must(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(legacy.CachePath())), []byte(text), 0o644))

	c := client(t, serve(t, from, Options{Keys: []signature.SecretKey{key}}))
	r, err := c.Realisation(t.Context(), id)
	must(t, err)
	if r == nil || r.CheckSignatures(signature.PublicKeys{key.Name: key.Public()}) != 1 {
		t.Errorf("realisation %+v", r)
	}
	l, err := c.LegacyRealisation(t.Context(), legacy)
	must(t, err)
	if l == nil || l.OutPath != "1q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello" {
		t.Errorf("legacy realisation %+v", l)
	}
	log, err := c.BuildLog(t.Context(), drv)
	must(t, err)
	defer log.Close()
	if text, err := io.ReadAll(log); string(text) != "building\n" || err != nil {
		t.Errorf("log %q, %v", text, err)
	}
}

// breaking is a store that fails in the middle of archives.
type breaking struct{ *mem.Store }

func (b breaking) WriteNAR(ctx context.Context, p storepath.Path, w io.Writer) error {
	w.Write([]byte("\r\x00\x00\x00\x00\x00\x00\x00nix-archive-1\x00\x00\x00"))
	return errors.New("disk on fire")
}

func TestBrokenArchive(t *testing.T) {
	s, _, object, _ := filled(t)
	for _, m := range []compress.Method{compress.None, compress.Zstd} {
		c := client(t, serve(t, breaking{s}, Options{Compression: m}))
		if err := c.WriteNAR(t.Context(), object.Path, io.Discard); err == nil || strings.Contains(err.Error(), "mismatch") {
			t.Errorf("%s: %v, want that it broke off", m, err)
		}
	}
}

// TestReference has an installed Nix copy from the server: the one on PATH, or the one in the system below
// $FIRN_REFERENCE_ROOT.
func TestReference(t *testing.T) {
	root := os.Getenv("FIRN_REFERENCE_ROOT")
	if _, err := exec.LookPath("nix"); err != nil && root == "" {
		t.Skip("no Nix on PATH; set FIRN_REFERENCE_ROOT to the tree of a system that has one")
	}
	if root != "" && os.Geteuid() != 0 {
		t.Skip("entering another system needs root")
	}
	s, dep, object, _ := filled(t)
	dir, err := os.MkdirTemp(filepath.Join(root, os.TempDir()), "firn-")
	must(t, err)
	defer exec.Command("sh", "-c", "chmod -R u+w "+dir+"; rm -rf "+dir).Run()
	home := strings.TrimPrefix(dir, strings.TrimRight(root, "/"))
	for _, m := range []compress.Method{compress.None, compress.Zstd, compress.Xz} {
		url := serve(t, s, Options{Compression: m, Keys: []signature.SecretKey{key}})
		to := home + "/" + m.String()
		for _, args := range [][]string{
			{"copy", "--from", url, "--to", to, string(storepath.Default.Join(object.Path)), "--trusted-public-keys", key.Public().String()},
			{"store", "verify", "--store", to, "--all", "--trusted-public-keys", key.Public().String()},
			{"store", "ls", "--store", url, "-R", string(storepath.Default.Join(dep.Path))},
		} {
			cmd := exec.Command("nix", append([]string{"--extra-experimental-features", "nix-command"}, args...)...)
			cmd.Env = []string{"PATH=/usr/bin:/bin:/usr/local/bin:" + os.Getenv("PATH"), "HOME=" + home, "NIX_CONF_DIR=" + home}
			cmd.Dir = "/"
			if root != "" {
				cmd.Path, cmd.Err = "/usr/bin/nix", nil
				cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: nix %s: %v\n%s", m, strings.Join(args, " "), err, out)
			}
		}
	}
}
