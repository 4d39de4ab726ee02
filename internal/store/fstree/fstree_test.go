//go:build linux

package fstree

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firn/internal/format/nar"
)

// grow makes a tree in a new directory and returns its path.
func grow(t testing.TB) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "tree")
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(root, "b", "deep", "er"), 0o755))
	must(os.Mkdir(filepath.Join(root, "empty"), 0o700))
	must(os.WriteFile(filepath.Join(root, "a"), []byte("plain"), 0o600))
	must(os.WriteFile(filepath.Join(root, "b", "run"), []byte("#!/bin/sh\n"), 0o744))
	must(os.WriteFile(filepath.Join(root, "b", "deep", "er", "none"), nil, 0o644))
	must(os.WriteFile(filepath.Join(root, "b", "big"), bytes.Repeat([]byte("0123456789"), 100_000), 0o644))
	must(os.Symlink("../a", filepath.Join(root, "b", "link")))
	must(os.Symlink("/nowhere", filepath.Join(root, "dangling")))
	return root
}

func dump(t testing.TB, path string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Dump(&b, path, nar.DumpOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// listing returns a line for every node with its metadata.
func listing(t testing.TB, root string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		line := rel + " " + info.Mode().String()
		if s := info.Sys().(*syscall.Stat_t); s.Mtim.Sec != 1 || s.Mtim.Nsec != 0 {
			line += " wrong time"
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(lines)
	return lines
}

var canonicalListing = []string{
	". dr-xr-xr-x", "a -r--r--r--", "b dr-xr-xr-x", "b/big -r--r--r--", "b/deep dr-xr-xr-x", "b/deep/er dr-xr-xr-x",
	"b/deep/er/none -r--r--r--", "b/link Lrwxrwxrwx", "b/run -r-xr-xr-x", "dangling Lrwxrwxrwx", "empty dr-xr-xr-x",
}

// removable makes the test's own cleaning up possible for ordinary users.
func removable(t testing.TB, path string) {
	t.Cleanup(func() {
		if _, err := Remove(path); err != nil {
			t.Error(err)
		}
	})
}

func TestDumpIsWhatTheLibraryDumps(t *testing.T) {
	root := grow(t)
	var want bytes.Buffer
	if err := nar.Dump(&want, os.DirFS(root), ".", nar.DumpOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, root); !bytes.Equal(got, want.Bytes()) {
		t.Errorf("archives differ: %d and %d bytes", len(got), want.Len())
	}
	for _, p := range []string{"a", "b/run", "b/link", "empty"} {
		want.Reset()
		if err := nar.Dump(&want, os.DirFS(root).(fs.ReadLinkFS), p, nar.DumpOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, filepath.Join(root, p)); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: archives differ", p)
		}
	}
}

func TestRestoreIsCanonical(t *testing.T) {
	archive := dump(t, grow(t))
	for _, umask := range []int{0o022, 0o077, 0o000} {
		old := syscall.Umask(umask)
		to := filepath.Join(t.TempDir(), "x")
		err := Restore(nar.NewReader(bytes.NewReader(archive)), to, RestoreOptions{})
		syscall.Umask(old)
		removable(t, to)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(canonicalListing, listing(t, to)); d != "" {
			t.Errorf("umask %03o: %s", umask, d)
		}
		if !bytes.Equal(dump(t, to), archive) {
			t.Errorf("umask %03o: archive differs after a round trip", umask)
		}
	}
}

func TestRestoreOfOneNode(t *testing.T) {
	root := grow(t)
	for _, name := range []string{"a", "b/run", "b/link"} {
		archive := dump(t, filepath.Join(root, name))
		to := filepath.Join(t.TempDir(), "x")
		if err := Restore(nar.NewReader(bytes.NewReader(archive)), to, RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(dump(t, to), archive) {
			t.Errorf("%s: archive differs", name)
		}
		if err := Restore(nar.NewReader(bytes.NewReader(archive)), to, RestoreOptions{}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: written over what was there: %v", name, err)
		}
	}
}

func TestRestoreObserves(t *testing.T) {
	archive := dump(t, grow(t))
	to := filepath.Join(t.TempDir(), "x")
	removable(t, to)
	var seen []string
	err := Restore(nar.NewReader(bytes.NewReader(archive)), to, RestoreOptions{
		Observe: func(h nar.Header) { seen = append(seen, h.Name) },
	})
	want := "|a|b|big|deep|er|none|link|run|dangling|empty"
	if got := strings.Join(seen, "|"); err != nil || got != want {
		t.Errorf("saw %s, %v", got, err)
	}
}

func TestBrokenArchiveNamesPlace(t *testing.T) {
	archive := dump(t, grow(t))
	to := filepath.Join(t.TempDir(), "x")
	removable(t, to)
	err := Restore(nar.NewReader(bytes.NewReader(archive[:len(archive)-400])), to, RestoreOptions{})
	if err == nil {
		t.Error("a broken archive passed")
	}
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := WriteFile(path, []byte("text"), false); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{". -r--r--r--"}, listing(t, path)); d != "" {
		t.Error(d)
	}
	if err := WriteFile(path, nil, true); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	if err := WriteFile(filepath.Join(path, "g"), nil, true); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("got %v", err)
	}
}

func TestRemove(t *testing.T) {
	root := grow(t)
	os.Chmod(filepath.Join(root, "b", "deep"), 0)
	os.Chmod(filepath.Join(root, "b"), 0o500)
	n, err := Remove(root)
	if want := int64(5 + 10 + 1_000_000 + 4 + 8); err != nil || n != want {
		t.Errorf("gave back %d bytes, %v; want %d", n, err, want)
	}
	if _, err := os.Lstat(root); !errors.Is(err, fs.ErrNotExist) {
		t.Error("still there:", err)
	}
	for _, p := range []string{root, filepath.Join(root, "below", "it")} {
		if n, err := Remove(p); n != 0 || err != nil {
			t.Errorf("removing nothing: %d, %v", n, err)
		}
	}
}

func TestRemoveCountsLinks(t *testing.T) {
	dir := t.TempDir()
	a := filepath.Join(dir, "a")
	os.WriteFile(a, []byte("12345"), 0o644)
	for i, want := range map[string]int64{"b": 5, "c": 0} {
		if err := os.Link(a, filepath.Join(dir, i)); err != nil {
			t.Fatal(err)
		}
		_ = want
	}
	for _, c := range []struct {
		name string
		want int64
	}{{"c", 0}, {"b", 5}, {"a", 5}} {
		if n, err := Remove(filepath.Join(dir, c.name)); n != c.want || err != nil {
			t.Errorf("%s: %d bytes, %v; want %d", c.name, n, err, c.want)
		}
	}
}

func TestCanonicalise(t *testing.T) {
	root := grow(t)
	removable(t, root)
	before := dump(t, root)
	os.Chmod(filepath.Join(root, "b", "deep"), 0)
	if err := Canonicalise(root, CanonicalOptions{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(canonicalListing, listing(t, root)); d != "" {
		t.Error(d)
	}
	if !bytes.Equal(dump(t, root), before) {
		t.Error("contents changed")
	}
}

func TestCanonicaliseStripsAttributes(t *testing.T) {
	root := grow(t)
	removable(t, root)
	path := filepath.Join(root, "a")
	if err := syscall.Setxattr(path, "user.mark", []byte("1"), 0); err != nil {
		t.Skipf("no extended attributes here: %v", err)
	}
	if err := Canonicalise(root, CanonicalOptions{KeepXattrs: []string{"user.mark"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Getxattr(path, "user.mark", nil); err != nil {
		t.Errorf("attribute to be kept is gone: %v", err)
	}
	os.Chmod(path, 0o644)
	if err := Canonicalise(root, CanonicalOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Getxattr(path, "user.mark", nil); err != syscall.ENODATA {
		t.Errorf("attribute stays: %v", err)
	}
}

func TestCanonicaliseRefuses(t *testing.T) {
	root := grow(t)
	if err := syscall.Mkfifo(filepath.Join(root, "b", "pipe"), 0o644); err != nil {
		t.Skip(err)
	}
	err := Canonicalise(root, CanonicalOptions{})
	if err == nil || !strings.Contains(err.Error(), "b/pipe\" has an unsupported type") {
		t.Errorf("pipe: %v", err)
	}
	if err := Dump(&bytes.Buffer{}, root, nar.DumpOptions{}); err == nil || !strings.Contains(err.Error(), "b/pipe") {
		t.Errorf("pipe archived: %v", err)
	}
	root = grow(t)
	me := uint32(os.Geteuid())
	err = Canonicalise(root, CanonicalOptions{Owners: &[2]uint32{me + 1, me + 9}})
	if err == nil || !strings.Contains(err.Error(), "invalid ownership") {
		t.Errorf("another's files: %v", err)
	}
}

func TestFailuresNamePath(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	for name, err := range map[string]error{
		"dump":         Dump(&bytes.Buffer{}, missing, nar.DumpOptions{}),
		"canonicalise": Canonicalise(missing, CanonicalOptions{}),
		"sync":         Sync(missing),
	} {
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := SyncAll(dir); err != nil {
		t.Error(err)
	}
	if err := Sync(dir); err != nil {
		t.Error(err)
	}
}

func BenchmarkDump(b *testing.B) {
	root := grow(b)
	for b.Loop() {
		var n counter
		if err := Dump(&n, root, nar.DumpOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
