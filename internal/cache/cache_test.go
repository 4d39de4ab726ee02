package cache_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"firn/internal/cache"
	"firn/internal/cache/blob"
	"firn/internal/compress"
	"firn/internal/fetch/download"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/storetest"
)

var (
	_ store.Store    = (*cache.Cache)(nil)
	_ store.NARAdder = (*cache.Cache)(nil)
	_ store.Signable = (*cache.Cache)(nil)
	_ store.Traces   = (*cache.Cache)(nil)
	_ store.Logs     = (*cache.Cache)(nil)
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(dir string) *cache.Cache { return openWith(dir, cache.Defaults(storepath.Default)) }

func openWith(dir string, o cache.Options) *cache.Cache { return cache.New(blob.NewFile(dir), o) }

func add(t *testing.T, c *cache.Cache, name, contents string, refs ...storepath.Path) (*pathinfo.Info, []byte) {
	t.Helper()
	info, archive := storetest.Object(name, contents, refs...)
	must(t, c.AddNAR(t.Context(), info, bytes.NewReader(archive), store.AddOptions{}))
	return info, archive
}

// web serves a directory as a web server that takes uploads.
func web(t *testing.T, dir string) (*cache.Cache, string) {
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			files.ServeHTTP(w, r)
			return
		}
		path := filepath.Join(dir, filepath.FromSlash(r.URL.Path))
		data, err := io.ReadAll(r.Body)
		if err == nil {
			os.MkdirAll(filepath.Dir(path), 0o755)
			err = os.WriteFile(path, data, 0o644)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	t.Cleanup(s.Close)
	return remote(t, s.URL), s.URL
}

func remote(t *testing.T, url string) *cache.Cache {
	client, err := download.New(download.Options{Attempts: 1, StallTimeout: 200 * time.Millisecond})
	must(t, err)
	o := cache.Defaults(storepath.Default)
	o.MustExist = true
	return cache.New(blob.NewHTTP(url, client), o)
}

func TestEveryCompression(t *testing.T) {
	for _, name := range compress.Names() {
		for _, overHTTP := range []bool{false, true} {
			dir := t.TempDir()
			o := cache.Defaults(storepath.Default)
			o.Compression, _ = compress.Parse(name)
			c := openWith(dir, o)
			dep, _ := add(t, c, "dep", "dependency")
			info, archive := add(t, c, "object", strings.Repeat("contents ", 200_000), dep.Path)
			again := open(dir)
			if overHTTP {
				again, _ = web(t, dir)
			}
			got, err := again.PathInfo(t.Context(), info.Path)
			must(t, err)
			if got.NARHash != info.NARHash || len(got.References) != 1 {
				t.Errorf("%s: %+v", name, got)
			}
			var b bytes.Buffer
			must(t, again.WriteNAR(t.Context(), info.Path, &b))
			if !bytes.Equal(b.Bytes(), archive) {
				t.Errorf("%s: another archive of %d bytes", name, b.Len())
			}
		}
	}
}

func TestUpload(t *testing.T) {
	dir := t.TempDir()
	c, url := web(t, dir)
	object, _ := storetest.Object("object", "contents")
	if _, err := c.IsValid(t.Context(), object.Path); err == nil || err.Error() != "'"+url+"' does not appear to be a binary cache" {
		t.Error(err)
	}
	info, archive := add(t, c, "object", "contents")
	var b bytes.Buffer
	must(t, open(dir).WriteNAR(t.Context(), info.Path, &b))
	if !bytes.Equal(b.Bytes(), archive) {
		t.Error("another archive")
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	o := cache.Defaults(storepath.Default)
	o.WriteListing = true
	o.Keys = []signature.SecretKey{signature.NewSecretKey("test-1", [ed25519.SeedSize]byte{1})}
	c := openWith(dir, o)
	info, _ := add(t, c, "object", "contents")
	about, err := os.ReadFile(filepath.Join(dir, "nix-cache-info"))
	must(t, err)
	if string(about) != "StoreDir: /nix/store\n" {
		t.Errorf("nix-cache-info: %q", about)
	}
	list, err := os.ReadFile(filepath.Join(dir, info.Path.HashPart()+".ls"))
	must(t, err)
	if want := `{"root":{"executable":false,"narOffset":96,"size":8,"type":"regular"},"version":1}`; string(list) != want {
		t.Errorf("listing: %s", list)
	}
	more := signature.NewSecretKey("test-2", [ed25519.SeedSize]byte{2})
	text, err := info.Fingerprint(storepath.Default)
	must(t, err)
	must(t, c.AddSignatures(t.Context(), info.Path, []signature.Signature{more.Sign(text)}))
	got, err := open(dir).PathInfo(t.Context(), info.Path)
	must(t, err)
	keys := signature.PublicKeys{"test-1": o.Keys[0].Public(), "test-2": more.Public()}
	if n, err := got.CheckSignatures(storepath.Default, keys); n != 2 {
		t.Errorf("%d signatures, %v", n, err)
	}
	paths, err := open(dir).AllPaths(t.Context())
	if err != nil || len(paths) != 1 || paths[0] != info.Path {
		t.Errorf("all paths: %v, %v", paths, err)
	}
}

func TestTracesAndLogs(t *testing.T) {
	dir := t.TempDir()
	c, ctx := open(dir), t.Context()
	info, _ := storetest.Object("object", "contents")
	drv, _ := storetest.Object("object.drv", "contents")
	id := realisation.ID{Drv: drv.Path, Output: "out"}
	if r, err := c.Realisation(ctx, id); r != nil || err != nil {
		t.Errorf("%v, %v", r, err)
	}
	must(t, c.AddRealisations(ctx, []realisation.Realisation{{ID: id, OutPath: info.Path}}))
	r, err := c.Realisation(ctx, id)
	if err != nil || r == nil || r.OutPath != info.Path {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := c.BuildLog(ctx, drv.Path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	must(t, c.AddBuildLog(ctx, drv.Path, strings.NewReader("line\n")))
	log, err := c.BuildLog(ctx, drv.Path)
	must(t, err)
	defer log.Close()
	if text, _ := io.ReadAll(log); string(text) != "line\n" {
		t.Errorf("%q", text)
	}
}

// Each case damages a cache; nothing of it may be taken for good.
func TestDamage(t *testing.T) {
	edit := func(pattern string, change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			files, _ := filepath.Glob(filepath.Join(dir, pattern))
			if len(files) != 1 {
				t.Fatal(files)
			}
			data, err := os.ReadFile(files[0])
			must(t, err)
			must(t, os.WriteFile(files[0], change(data), 0o644))
		}
	}
	for _, c := range []struct {
		name   string
		damage func(*testing.T, string)
		want   string // besides path and cache
		remedy string
	}{
		{"truncated archive", edit("nar/*", func(b []byte) []byte { return b[:len(b)-8] }), "hash mismatch importing path", "and copy the path to the cache again"},
		{"flipped bit", edit("nar/*", func(b []byte) []byte { b[100] ^= 1; return b }), "hash mismatch importing path", "and copy the path to the cache again"},
		{"longer archive", edit("nar/*", func(b []byte) []byte { return append(b, 0, 0) }), "it is longer than the", "and copy the path to the cache again"},
		{"no archive", func(t *testing.T, dir string) { must(t, os.RemoveAll(filepath.Join(dir, "nar"))) }, "does not exist in binary cache 'file://", "and copy the path to the cache again"},
		{"foreign prefix", edit("nix-cache-info", func([]byte) []byte { return []byte("StoreDir: /other/store\n") }), "is for Nix stores with prefix '/other/store', not '/nix/store'", ""},
		{"newline in a narinfo", edit("*.narinfo", func(b []byte) []byte { return bytes.Replace(b, []byte("References:"), []byte("References:\n\nSig"), 1) }), "is corrupt: expecting ':' at line", "and copy the path to the cache again"},
		{"endless narinfo", edit("*.narinfo", func(b []byte) []byte { return append(b, bytes.Repeat([]byte("x: y\n"), 4<<20)...) }), "has more than", ""},
		{"way out", edit("*.narinfo", func(b []byte) []byte { return bytes.Replace(b, []byte("URL: "), []byte("URL: ../../"), 1) }), "is no name of a file in binary cache", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			o := cache.Defaults(storepath.Default)
			o.Compression = compress.None
			info, _ := add(t, openWith(dir, o), "object", "contents of some length")
			c.damage(t, dir)
			err := open(dir).WriteNAR(t.Context(), info.Path, io.Discard)
			path := info.Path.HashPart()
			if c.name == "foreign prefix" {
				path = "" // it is of no use for any
			}
			for _, part := range []string{c.want, c.remedy, path, "'file://" + dir} {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("got %v, want %q", err, part)
				}
			}
		})
	}
}

func TestWrongArchiveIsNotAdded(t *testing.T) {
	c := open(t.TempDir())
	info, _ := storetest.Object("object", "contents")
	_, other := storetest.Object("object", "contentz")
	if err := c.AddNAR(t.Context(), info, bytes.NewReader(other), store.AddOptions{}); err == nil || !strings.Contains(err.Error(), "hash mismatch") {
		t.Error(err)
	}
	orphan, archive := storetest.Object("orphan", "x", info.Path)
	if err := c.AddNAR(t.Context(), orphan, bytes.NewReader(archive), store.AddOptions{}); err == nil || !strings.Contains(err.Error(), "because the reference") {
		t.Error(err)
	}
	for _, p := range []storepath.Path{info.Path, orphan.Path} {
		if ok, err := c.IsValid(t.Context(), p); ok || err != nil {
			t.Errorf("%s: %v, %v", p, ok, err)
		}
	}
}

func TestStalledServer(t *testing.T) {
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte("StoreDir"))
		w.(http.Flusher).Flush()
		<-stop
	}))
	defer s.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	info, _ := storetest.Object("object", "contents")
	if _, err := remote(t, s.URL).IsValid(ctx, info.Path); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "Timeout") {
		t.Error(err)
	}
}
