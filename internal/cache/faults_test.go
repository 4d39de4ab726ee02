package cache_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firn/internal/cache"
	"firn/internal/cache/blob"
	"firn/internal/cache/infocache"
	"firn/internal/compress"
	"firn/internal/fetch/download"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/store/mem"
	"firn/internal/store/storetest"
)

// remembering opens the cache at a URL with a memory on disk.
func remembering(t *testing.T, url, memory string) *cache.Cache {
	client, err := download.New(download.Options{Attempts: 1})
	must(t, err)
	o := cache.Defaults(storepath.Default)
	d, err := infocache.Open(t.Context(), memory, infocache.TTL{Positive: time.Hour, Negative: time.Hour, Meta: time.Hour})
	must(t, err)
	o.Memory = d
	c := cache.New(blob.NewHTTP(url, client), o)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestChangedMind remembers what a cache said, while the cache moves, loses and replaces the archive.
func TestChangedMind(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, dir string, info *pathinfo.Info)
		want   string // "" if the path can be had
	}{
		{"other compression", func(t *testing.T, dir string, info *pathinfo.Info) {
			must(t, os.RemoveAll(filepath.Join(dir, "nar")))
			must(t, os.Remove(filepath.Join(dir, info.Path.HashPart()+".narinfo")))
			o := cache.Defaults(storepath.Default)
			o.Compression = compress.Zstd
			add(t, openWith(dir, o), "object", "contents")
		}, ""},
		{"collected", func(t *testing.T, dir string, info *pathinfo.Info) {
			must(t, os.RemoveAll(filepath.Join(dir, "nar")))
			must(t, os.Remove(filepath.Join(dir, info.Path.HashPart()+".narinfo")))
		}, "the cache does not have it any more"},
		{"archive lost", func(t *testing.T, dir string, info *pathinfo.Info) {
			must(t, os.RemoveAll(filepath.Join(dir, "nar")))
		}, "though its narinfo names it; remove '"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, memory := t.TempDir(), t.TempDir()
			info, archive := add(t, open(dir), "object", "contents")
			_, url := web(t, dir)
			must(t, remembering(t, url, memory).WriteNAR(t.Context(), info.Path, io.Discard))
			first := remembering(t, url, memory)
			if ok, err := first.IsValid(t.Context(), info.Path); !ok || err != nil {
				t.Fatal(ok, err)
			}
			c.change(t, dir, info)
			for _, again := range []*cache.Cache{first, remembering(t, url, memory)} {
				var b bytes.Buffer
				err := again.WriteNAR(t.Context(), info.Path, &b)
				switch {
				case c.want == "" && (err != nil || !bytes.Equal(b.Bytes(), archive)):
					t.Errorf("%d bytes, %v", b.Len(), err)
				case c.want != "" && err == nil:
					t.Error("no error")
				case c.want != "" && again == first && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), url) || !strings.Contains(err.Error(), string(info.Path))):
					t.Errorf("got %v, want %q, path and cache", err, c.want)
				}
			}
		})
	}
}

// TestInterrupted has a server break every connection off after some bytes; it is asked for what is missing.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	o := cache.Defaults(storepath.Default)
	o.Compression = compress.None
	info, archive := add(t, openWith(dir, o), "object", strings.Repeat("contents ", 100_000))
	files := http.FileServer(http.Dir(dir))
	var ranges atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/nar/") {
			if r.Header.Get("Range") != "" {
				ranges.Add(1)
			}
			w = &breaksOff{w, 300_000}
		}
		files.ServeHTTP(w, r)
	}))
	defer s.Close()
	client, err := download.New(download.Options{Attempts: 5, RetryDelay: time.Millisecond})
	must(t, err)
	c := cache.New(blob.NewHTTP(s.URL, client), cache.Defaults(storepath.Default))
	var b bytes.Buffer
	must(t, c.WriteNAR(t.Context(), info.Path, &b))
	if !bytes.Equal(b.Bytes(), archive) || ranges.Load() < 2 {
		t.Errorf("%d of %d bytes after %d continuations", b.Len(), len(archive), ranges.Load())
	}
}

type breaksOff struct {
	http.ResponseWriter
	left int
}

func (b *breaksOff) Write(p []byte) (int, error) {
	if len(p) > b.left {
		b.ResponseWriter.Write(p[:b.left])
		b.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	b.left -= len(p)
	return b.ResponseWriter.Write(p)
}

// TestEndlessServer never stops sending whatever it is asked for.
func TestEndlessServer(t *testing.T) {
	dir := t.TempDir()
	o := cache.Defaults(storepath.Default)
	o.Compression = compress.None
	info, archive := add(t, openWith(dir, o), "object", "contents")
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/nar/") {
			files.ServeHTTP(w, r)
			return
		}
		w.Write(archive)
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	if err := remote(t, s.URL).WriteNAR(t.Context(), info.Path, io.Discard); err == nil || !strings.Contains(err.Error(), "it is longer than the") {
		t.Error(err)
	}
}

// hostile is the archive of a directory with one entry.
func hostile(name string) []byte {
	var b []byte
	for _, word := range []string{"nix-archive-1", "(", "type", "directory", "entry", "(", "name", name, "node", "(", "type", "regular", "contents", "x", ")", ")", ")"} {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(word)))
		b = append(b, word...)
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

// TestNamesThatLeaveTheirDirectory unpacks archives that are what their narinfos say, with entries that are not below them.
func TestNamesThatLeaveTheirDirectory(t *testing.T) {
	for _, name := range []string{"..", ".", "", "../../escaped", "/escaped", "a/../../escaped", "a\x00b"} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			archive := hostile(name)
			info := &pathinfo.Info{
				Path: "0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hostile", NARHash: nixhash.Sum(nixhash.SHA256, archive), NARSize: uint64(len(archive)),
			}
			root := t.TempDir()
			st, err := local.New(local.Rooted(root))
			must(t, err)
			defer st.Close()
			batch := st.Batch().(store.NARBatch)
			err = batch.AddNAR(t.Context(), info, archive, store.AddOptions{Unsigned: true})
			if err == nil {
				err = batch.Flush(t.Context())
			}
			again := st.AddNAR(t.Context(), info, bytes.NewReader(archive), store.AddOptions{Unsigned: true})
			for _, err := range []error{err, again} {
				if err == nil || !strings.Contains(err.Error(), "hostile") {
					t.Errorf("%v, want an error that names the path", err)
				}
			}
			if _, err := nar.Index(bytes.NewReader(archive)); err == nil {
				t.Error("the archive has a listing")
			}
			filepath.WalkDir(root, func(path string, _ os.DirEntry, _ error) error {
				if path = strings.TrimPrefix(path, root); strings.Contains(path, "escaped") || strings.HasSuffix(path, "-hostile") {
					t.Errorf("left behind: %s", path)
				}
				return nil
			})
			if ok, err := st.IsValid(t.Context(), info.Path); ok || err != nil {
				t.Error(ok, err)
			}
		})
	}
}

// TestForeignNarinfo has a narinfo for a path in another store directory.
func TestForeignNarinfo(t *testing.T) {
	dir := t.TempDir()
	info, _ := storetest.Object("object", "contents")
	add(t, open(dir), "object", "contents")
	file := filepath.Join(dir, info.Path.HashPart()+".narinfo")
	text, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, bytes.Replace(text, []byte("StorePath: /nix/store/"), []byte("StorePath: /other/store/"), 1), 0o644))
	if _, err := open(dir).IsValid(t.Context(), info.Path); err == nil || !strings.Contains(err.Error(), "/other/store/") || !strings.Contains(err.Error(), "file://"+dir) {
		t.Errorf("%v, want an error that names path and cache", err)
	}
}

// TestManyQueries asks for many paths of a server that takes a while for each, as copying does.
func TestManyQueries(t *testing.T) {
	const (
		paths   = 5000
		latency = 20 * time.Millisecond
	)
	object, _ := storetest.Object("object", "contents")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency)
		hashPart, isNarinfo := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".narinfo")
		if !isNarinfo {
			io.WriteString(w, "StoreDir: /nix/store\n")
			return
		}
		fmt.Fprintf(w, "StorePath: /nix/store/%s-x\nURL: nar/x.nar\nCompression: none\nNarHash: %s\nNarSize: %d\nReferences: \n",
			hashPart, object.NARHash.Text(nixhash.Nix32, true), object.NARSize)
	}))
	defer s.Close()
	client, err := download.New(download.Options{Connections: 256})
	must(t, err)
	c := cache.New(blob.NewHTTP(s.URL, client), cache.Defaults(storepath.Default))
	var list []*pathinfo.Info
	for i := range paths {
		one := *object
		one.Path = storepath.Path(fmt.Sprintf("%032d-x", i))
		list = append(list, &one)
	}
	start := time.Now()
	none := mem.New(storepath.Default)
	// None of them is there to be copied, so one that the upstream cache did not have would fail.
	must(t, store.Copy(t.Context(), none, none, list, store.CopyOptions{Upstreams: []store.Reader{c}}))
	t.Logf("%d queries in %v", paths, time.Since(start))
}
