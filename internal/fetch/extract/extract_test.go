package extract_test

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"firn/internal/fetch/extract"
	"firn/internal/fetch/unpack"
)

// Files, links and hard links come out where the archive has them.
func TestExtract(t *testing.T) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, h := range []tar.Header{
		{Name: "top/dir/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "top/dir/script", Typeflag: tar.TypeReg, Mode: 0o755, Size: 4},
		{Name: "top/same", Typeflag: tar.TypeLink, Linkname: "top/dir/script"},
		{Name: "top/link", Typeflag: tar.TypeSymlink, Linkname: "dir/script"},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte("text")[:h.Size])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := unpack.NewReader(&archive, unpack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	root, err := extract.Spread(r, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := extract.LayOut(root, out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"top/dir/script", "top/same", "top/link"} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || string(text) != "text" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if info, err := os.Stat(filepath.Join(out, name)); err != nil || info.Mode() != 0o755 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}
