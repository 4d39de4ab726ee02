package cache_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/cache"
	"firn/internal/cache/blob"
	"firn/internal/compress"
	"firn/internal/fetch/download"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
)

// TestMain lets the test program be the process that is killed.
func TestMain(m *testing.M) {
	if root := os.Getenv("FIRN_CACHE_ROOT"); root != "" {
		if err := substituteInto(root, os.Getenv("FIRN_CACHE_URL"), storepath.Path(os.Getenv("FIRN_CACHE_PATH"))); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// substituteInto copies a path from a cache into the store below root.
func substituteInto(root, url string, path storepath.Path) error {
	ctx := context.Background()
	client, err := download.New(download.Options{Attempts: 1})
	if err != nil {
		return err
	}
	c := cache.New(blob.NewHTTP(url, client), cache.Defaults(storepath.Default))
	info, err := c.PathInfo(ctx, path)
	if err != nil {
		return err
	}
	to, err := local.New(rooted(root))
	if err != nil {
		return err
	}
	defer to.Close()
	return store.CopyPath(ctx, c, to, info, store.CopyOptions{Unsigned: true})
}

func rooted(root string) local.Options {
	o := local.Rooted(root)
	o.AllowSymlinks = true
	return o
}

// TestKilledSubstitution kills a process while an archive streams in: after none, some, or all but one of its bytes. The path is
// not valid then, the next attempt succeeds, and what is not attempted again a collection removes.
func TestKilledSubstitution(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   int
		method compress.Method
	}{
		{"in memory", 100_000, compress.None}, {"streamed", 5 << 20, compress.None}, {"compressed", 5 << 20, compress.Xz},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			o := cache.Defaults(storepath.Default)
			o.Compression = c.method
			contents := make([]byte, c.size)
			for i := range contents {
				contents[i] = byte(i * i >> 7)
			}
			info, archive := add(t, openWith(dir, o), "object", string(contents))
			s := &stopping{files: http.FileServer(http.Dir(dir)), reached: make(chan struct{}), release: make(chan struct{})}
			files, err := filepath.Glob(filepath.Join(dir, "nar", "*"))
			must(t, err)
			st, err := os.Stat(files[0])
			must(t, err)
			web := httptest.NewServer(s)
			defer web.Close()
			root := t.TempDir()
			for _, after := range []int64{0, 1, st.Size() / 2, st.Size() - 1} {
				s.after = after
				child := substituter(root, web.URL, info.Path)
				must(t, child.Start())
				<-s.reached
				must(t, child.Process.Kill())
				child.Wait()
				s.release <- struct{}{}
				inOrder(t, root, info, nil)
			}
			collectAll(t, root)
			if left := objects(t, root); len(left) > 0 {
				t.Errorf("a collection left %q", left)
			}
			for range 2 { // the second time it is there
				s.after = -1
				if out, err := substituter(root, web.URL, info.Path).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				inOrder(t, root, info, archive)
			}
			if left := objects(t, root); len(left) != 1 {
				t.Errorf("beside the path: %q", left)
			}
		})
	}
}

func substituter(root, url string, path storepath.Path) *exec.Cmd {
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "FIRN_CACHE_ROOT="+root, "FIRN_CACHE_URL="+url, "FIRN_CACHE_PATH="+string(path))
	return child
}

// inOrder checks that a path is valid with the archive, or is not if that is nil.
func inOrder(t *testing.T, root string, info *pathinfo.Info, archive []byte) {
	t.Helper()
	st, err := local.New(rooted(root))
	must(t, err)
	defer st.Close()
	valid, err := st.IsValid(t.Context(), info.Path)
	if err != nil || valid != (archive != nil) {
		t.Fatalf("valid: %v, %v", valid, err)
	}
	if !valid {
		return
	}
	var b bytes.Buffer
	if err := st.WriteNAR(t.Context(), info.Path, &b); err != nil || !bytes.Equal(b.Bytes(), archive) {
		t.Errorf("%d bytes instead of %d, %v", b.Len(), len(archive), err)
	}
}

func collectAll(t *testing.T, root string) {
	t.Helper()
	st, err := local.New(rooted(root))
	must(t, err)
	defer st.Close()
	_, err = st.Collect(t.Context(), local.CollectOptions{MaxFreed: local.Unlimited})
	must(t, err)
}

// objects are the entries of a store that are or were to become objects.
func objects(t *testing.T, root string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, "nix/store"))
	must(t, err)
	for _, e := range entries {
		if e.Name() != ".links" {
			names = append(names, e.Name())
		}
	}
	return names
}

// stopping serves files, archives only up to a number of bytes. It tells when it has sent them, and waits.
type stopping struct {
	files            http.Handler
	after            int64 // -1: all
	reached, release chan struct{}
}

func (s *stopping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/nar/") || s.after < 0 {
		s.files.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	s.files.ServeHTTP(rec, r)
	w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
	io.CopyN(w, rec.Body, s.after)
	w.(http.Flusher).Flush()
	s.reached <- struct{}{}
	<-s.release
	panic(http.ErrAbortHandler)
}
