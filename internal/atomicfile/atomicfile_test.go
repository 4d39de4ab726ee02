package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteReplaces(t *testing.T) {
	for name, write := range map[string]func(string, []byte, fs.FileMode) error{
		"synced": Write, "unsynced": WriteUnsynced,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			for _, c := range []struct {
				data string
				perm fs.FileMode
			}{{"one", 0o644}, {"two", 0o400}, {"", 0o666}} {
				if err := write(path, []byte(c.data), c.perm); err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(path)
				if err != nil || string(got) != c.data {
					t.Errorf("content %q, %v; want %q", got, err, c.data)
				}
				if st, err := os.Stat(path); err != nil || st.Mode() != c.perm {
					t.Errorf("mode %v, %v; want %v", st.Mode(), err, c.perm)
				}
			}
			if n := names(t, dir); len(n) != 1 {
				t.Errorf("left behind: %v", n)
			}
		})
	}
}

func TestDiscardKeepsOld(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := Write(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Create(path, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("new, incompl")
	f.Discard()
	f.Discard()
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("content %q after discard", got)
	}
	if err := f.Commit(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("commit after discard: %v", err)
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("left behind: %v", n)
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "d")
	if err := os.MkdirAll(filepath.Join(sub, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(sub, []byte("x"), 0o644); err == nil {
		t.Error("replaced a directory that is not empty")
	}
	if err := Write(filepath.Join(dir, "missing", "f"), nil, 0o644); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory: %v", err)
	}
	if err := Symlink("x", sub); err == nil {
		t.Error("replaced a directory by a link")
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("left behind: %v", n)
	}
}

func TestSymlink(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "l")
	for _, target := range []string{"a", "/b"} {
		if err := Symlink(target, path); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(path); err != nil || got != target {
			t.Errorf("link to %q, %v; want %q", got, err, target)
		}
	}
	if n := names(t, dir); len(n) != 1 {
		t.Errorf("left behind: %v", n)
	}
}
