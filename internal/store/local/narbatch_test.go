package local

import (
	"bytes"
	"strings"
	"testing"

	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/storetest"
)

// A batch takes archives in the order of their references, refuses wrong ones at once, and leaves nothing of them.
func TestNARBatch(t *testing.T) {
	root := t.TempDir()
	s, err := New(Rooted(root))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := s.Batch().(store.NARBatch)
	dep, depArchive := storetest.Object("dep", "dependency")
	top, topArchive := storetest.Object("top", "contents", dep.Path)
	for _, c := range []struct {
		archive []byte
		want    string
	}{
		{depArchive, "hash mismatch importing path"},
		{append(bytes.Clone(topArchive), 0), "hash mismatch importing path"},
	} {
		if err := b.AddNAR(t.Context(), top, c.archive, store.AddOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	for _, add := range []func() error{
		func() error { return b.AddNAR(t.Context(), dep, depArchive, store.AddOptions{}) },
		func() error { return b.AddNAR(t.Context(), top, topArchive, store.AddOptions{}) },
	} {
		if err := add(); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range []storepath.Path{dep.Path, top.Path} {
		if valid, err := s.IsValid(t.Context(), p); !valid || err != nil {
			t.Errorf("%s: %v, %v", p, valid, err)
		}
	}
	var out bytes.Buffer
	if err := s.WriteNAR(t.Context(), top.Path, &out); err != nil || !bytes.Equal(out.Bytes(), topArchive) {
		t.Errorf("another archive: %v", err)
	}

	orphan, orphanArchive := storetest.Object("orphan", "x", "0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-nowhere")
	if err := b.AddNAR(t.Context(), orphan, orphanArchive, store.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(t.Context()); err == nil {
		t.Error("a path without what it refers to was registered")
	}
	if valid, err := s.IsValid(t.Context(), orphan.Path); valid || err != nil {
		t.Error(valid, err)
	}
}
