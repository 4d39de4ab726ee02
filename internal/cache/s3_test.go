package cache_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"firn/internal/cache"
	"firn/internal/cache/blob"
	"firn/internal/compress"
	"firn/internal/fetch/download"
	"firn/internal/fetch/s3"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/storetest"
)

// bucketServer is a server of S3 with an empty bucket "cache". It takes only
// what is signed by "key" and has come whole, and notes what was asked.
type bucketServer struct {
	url string
	mu  sync.Mutex
	log []string
	bad func(r *http.Request) bool // requests that fail
}

func newBucketServer(t *testing.T) *bucketServer {
	backend := s3mem.New()
	must(t, backend.CreateBucket("cache"))
	handler := gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server()
	b := new(bucketServer)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.log = append(b.log, r.Method+" "+r.URL.RequestURI())
		bad := b.bad
		b.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		sum := sha256.Sum256(body)
		signed := strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/")
		if err != nil || !signed || r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]) {
			http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
			return
		}
		if bad != nil && bad(r) {
			http.Error(w, "<Error><Code>Invalid</Code></Error>", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	b.url = s.URL
	return b
}

func (b *bucketServer) requests() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.log
	b.log = nil
	return list
}

// inBucket opens the cache in a bucket, signed by key and secret.
func inBucket(t *testing.T, url, key, secret string, change func(*cache.Options, *blob.S3Options)) *cache.Cache {
	env := map[string]string{"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_EC2_METADATA_DISABLED": "true"}
	chain := s3.NewChain(s3.Options{Home: t.TempDir(), Env: func(name string) (string, bool) { v := env[name]; return v, v != "" }})
	client, err := download.New(download.Options{Attempts: 1, S3: chain})
	must(t, err)
	o, b := cache.Defaults(storepath.Default), blob.DefaultS3Options()
	b.Params = map[string]string{"endpoint": url}
	if change != nil {
		change(&o, &b)
	}
	blobs, err := blob.NewS3("cache", b, client)
	must(t, err)
	return cache.New(blobs, o)
}

func TestBucket(t *testing.T) {
	server := newBucketServer(t)
	c := inBucket(t, server.url, "key", "secret", func(o *cache.Options, b *blob.S3Options) {
		o.WriteListing = true
		o.NarinfoEncoding, o.ListingEncoding, o.LogEncoding = compress.Zstd, compress.Gzip, compress.Brotli
		b.StorageClass = "STANDARD_IA"
	})
	dep, _ := add(t, c, "dep", "dependency")
	info, archive := add(t, c, "object", strings.Repeat("contents ", 10_000), dep.Path)
	drv := storepath.Path("0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello.drv")
	must(t, c.AddBuildLog(t.Context(), drv, strings.NewReader("building\n")))
	again := inBucket(t, server.url, "key", "secret", nil)
	var b bytes.Buffer
	must(t, again.WriteNAR(t.Context(), info.Path, &b))
	if !bytes.Equal(b.Bytes(), archive) {
		t.Error("another archive")
	}
	paths, err := again.AllPaths(t.Context())
	must(t, err)
	if want := []storepath.Path{dep.Path, info.Path}; !sameElements(paths, want) {
		t.Errorf("%v, want %v", paths, want)
	}
	log, err := again.BuildLog(t.Context(), drv)
	must(t, err)
	text, err := io.ReadAll(log)
	must(t, err)
	if log.Close(); string(text) != "building\n" {
		t.Errorf("log %q", text)
	}
	missing, _ := storetest.Object("missing", "")
	if valid, err := again.IsValid(t.Context(), missing.Path); valid || err != nil {
		t.Error(valid, err)
	}
}

func sameElements(a, b []storepath.Path) bool {
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestBucketThatForbids(t *testing.T) {
	server := newBucketServer(t)
	info, archive := storetest.Object("object", "contents")
	c := inBucket(t, server.url, "other", "secret", nil)
	err := c.AddNAR(t.Context(), info, bytes.NewReader(archive), store.AddOptions{})
	if err == nil || !strings.Contains(err.Error(), "write 'nix-cache-info' to binary cache 's3://cache?endpoint=") || !strings.Contains(err.Error(), "AccessDenied") {
		t.Error(err)
	}
}

func TestParts(t *testing.T) {
	server := newBucketServer(t)
	c := inBucket(t, server.url, "key", "secret", func(o *cache.Options, b *blob.S3Options) {
		o.Compression = compress.None
		b.Multipart, b.Threshold = true, 6<<20
	})
	small, _ := add(t, c, "small", strings.Repeat("5 MiB", 1<<20))
	for _, r := range server.requests() {
		if strings.Contains(r, "uploads") {
			t.Errorf("parts of %s: %s", small.Path, r)
		}
	}
	info, archive := add(t, c, "big", strings.Repeat("12 MiB......", 1<<20))
	parts := 0
	for _, r := range server.requests() {
		if strings.Contains(r, "partNumber") {
			parts++
		}
	}
	if parts != 3 {
		t.Errorf("%d parts", parts)
	}
	var b bytes.Buffer
	must(t, inBucket(t, server.url, "key", "secret", nil).WriteNAR(t.Context(), info.Path, &b))
	if !bytes.Equal(b.Bytes(), archive) {
		t.Error("another archive")
	}
}

func TestPartThatFails(t *testing.T) {
	server := newBucketServer(t)
	server.bad = func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" }
	c := inBucket(t, server.url, "key", "secret", func(o *cache.Options, b *blob.S3Options) {
		o.Compression = compress.None
		b.Multipart, b.Threshold = true, 1<<20
	})
	info, archive := storetest.Object("big", strings.Repeat("12 MiB......", 1<<20))
	err := c.AddNAR(t.Context(), info, bytes.NewReader(archive), store.AddOptions{})
	if err == nil || !strings.Contains(err.Error(), "part 2:") {
		t.Error(err)
	}
	if list := server.requests(); !strings.HasPrefix(list[len(list)-1], "DELETE /cache/nar/") {
		t.Errorf("the upload was not given up: %v", list)
	}
	if valid, err := c.IsValid(t.Context(), info.Path); valid || err != nil {
		t.Error(valid, err)
	}
}

// TestForeignBucket runs against a real server that checks signatures.
func TestForeignBucket(t *testing.T) {
	program := os.Getenv("FIRN_VERSITYGW")
	if program == "" {
		t.Skip("FIRN_VERSITYGW does not name the program versitygw")
	}
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "cache"), 0o755))
	const address = "127.0.0.1:17070"
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program, "--access", "key", "--secret", "secret", "--port", address, "posix", dir)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	must(t, cmd.Start())
	defer func() {
		stop()
		cmd.Wait()
	}()
	c := inBucket(t, "http://"+address, "key", "secret", func(o *cache.Options, b *blob.S3Options) {
		o.Compression = compress.None
		b.Multipart, b.Threshold = true, 6<<20
	})
	waitFor(t, "http://"+address)
	for _, size := range []int{0, 1 << 10, 12 << 20} {
		info, archive := add(t, c, fmt.Sprint("object", size), strings.Repeat("c", size))
		var b bytes.Buffer
		must(t, c.WriteNAR(t.Context(), info.Path, &b))
		if !bytes.Equal(b.Bytes(), archive) {
			t.Error("another archive")
		}
	}
	paths, err := c.AllPaths(t.Context())
	if len(paths) != 3 || err != nil {
		t.Errorf("%v, %v", paths, err)
	}
	info, _ := storetest.Object("object0", "")
	wrong := inBucket(t, "http://"+address, "key", "wrong", nil)
	if err := wrong.WriteNAR(t.Context(), info.Path, io.Discard); err == nil {
		t.Error("read with a wrong secret")
	}
}

// waitFor waits until a server answers.
func waitFor(t *testing.T, url string) {
	for range 200 {
		if resp, err := http.Get(url); err == nil {
			resp.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(url + " does not answer")
}
