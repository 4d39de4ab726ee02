package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"firn/internal/compress"
)

// member describes an entry: "name/", "name", "name*" (executable), "name -> target", "name => other" (hard link).
func makeTar(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i, m := range members {
		h := &tar.Header{Name: m, Mode: 0o644, ModTime: time.Unix(1000000000+int64(i), 0)}
		text := ""
		switch {
		case strings.Contains(m, " -> "):
			h.Name, h.Linkname, _ = strings.Cut(m, " -> ")
			h.Typeflag = tar.TypeSymlink
		case strings.Contains(m, " => "):
			h.Name, h.Linkname, _ = strings.Cut(m, " => ")
			h.Typeflag = tar.TypeLink
		case strings.HasSuffix(m, "/"):
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		default:
			if strings.HasSuffix(m, "*") {
				h.Name, h.Mode = strings.TrimSuffix(m, "*"), 0o755
			}
			text = fmt.Sprint(i)
			h.Size = int64(len(text))
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func collect(data []byte, o Options) (*Node[string], int64, error) {
	r, err := NewReader(bytes.NewReader(data), o)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	return Collect(r, func(size int64, src io.Reader) (string, error) {
		text, err := io.ReadAll(src)
		if err == nil && int64(len(text)) != size {
			err = fmt.Errorf("%d bytes, not %d", len(text), size)
		}
		return string(text), err
	})
}

// show lists a tree: "a/ a/b=text a/c*=text a/l->target".
func show(n *Node[string], prefix string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(n.Children)) {
		c := n.Children[name]
		path := prefix + name
		switch c.Kind {
		case Directory:
			out = append(out, path+"/")
			if s := show(c, path+"/"); s != "" {
				out = append(out, s)
			}
		case Symlink:
			out = append(out, path+"->"+c.Target)
		default:
			mark := ""
			if c.Executable {
				mark = "*"
			}
			out = append(out, path+mark+"="+c.Contents)
		}
	}
	return strings.Join(out, " ")
}

func TestCollect(t *testing.T) {
	for _, c := range []struct {
		members []string
		want    string
	}{
		{nil, ""},
		{[]string{"./", "./a/", "./a/b"}, "a/ a/b=2"},
		{[]string{"top/", "top/x*", "top/l -> x"}, "top/ top/l->x top/x*=1"},
		{[]string{"a/b/c/d"}, "a/ a/b/ a/b/c/ a/b/c/d=0"},
		{[]string{"/abs/x", "a//b/./c/../d"}, "a/ a/b/ a/b/d=1 abs/ abs/x=0"},
		{[]string{"a", "a", "a*"}, "a*=2"},
		{[]string{"a/", "a"}, "a=1"},
		{[]string{"a -> b", "a"}, "a=1"},
		{[]string{"a/b", "a/", "a/c"}, "a/ a/b=0 a/c=2"},
		{[]string{"h => t", "t*"}, "h*=1 t*=1"},
		{[]string{"l -> t", "h => l", "h2 => h"}, "h->t h2->t l->t"},
		{[]string{"x", "h => ."}, "x=0"},
		{[]string{"evil -> /etc", "ok"}, "evil->/etc ok=1"},
	} {
		root, last, err := collect(makeTar(t, c.members...), Options{})
		if err != nil {
			t.Errorf("%q: %v", c.members, err)
			continue
		}
		if got := show(root, ""); got != c.want {
			t.Errorf("%q: %s, want %s", c.members, got, c.want)
		}
		if n := int64(len(c.members)); n > 0 && last != 1000000000+n-1 {
			t.Errorf("%q: last modified %d", c.members, last)
		}
	}
}

func TestHostile(t *testing.T) {
	for _, c := range []struct {
		members []string
		want    string
	}{
		{[]string{"../x"}, "archive member '../x' is outside of the archive"},
		{[]string{"a/../../x"}, "archive member 'a/../../x' is outside of the archive"},
		{[]string{"h => ../../etc/passwd"}, "archive member '../../etc/passwd' is outside of the archive"},
		{[]string{"evil -> /etc", "evil/passwd"}, "parent of 'evil/passwd' is not a directory"},
		{[]string{"a", "a/b"}, "parent of 'a/b' is not a directory"},
		{[]string{"a/b", "a"}, "cannot create 'a', conflicting non-empty directory"},
		{[]string{"a/b", "a -> x"}, "cannot create 'a', conflicting non-empty directory"},
		{[]string{"h => none"}, "while creating a hard link from 'h' to 'none': path 'none' does not exist"},
		{[]string{"d/", "h => d"}, "while creating a hard link from 'h' to 'd': cannot create a hard link to a directory"},
		{[]string{"f", "h => f/x"}, "while creating a hard link from 'h' to 'f/x': path 'f/x' has a non-directory parent"},
		{[]string{"."}, "archive has a file as its root"},
		{[]string{strings.Repeat("d/", 5000) + "x"}, "archive nests more than 4096 directories"},
	} {
		if root, _, err := collect(makeTar(t, c.members...), Options{}); err == nil || err.Error() != c.want {
			t.Errorf("%.60q: %v, %v, want %s", c.members, root, err, c.want)
		}
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "dev", Typeflag: tar.TypeBlock})
	w.Close()
	if _, _, err := collect(b.Bytes(), Options{}); err == nil || !strings.Contains(err.Error(), "file 'dev' in tarball has unsupported file type") {
		t.Errorf("device: %v", err)
	}
	data := makeTar(t, "a", "b")
	if _, _, err := collect(data[:512], Options{}); err == nil {
		t.Error("a truncated archive has no error")
	}
}

func TestSingle(t *testing.T) {
	for _, c := range []struct {
		members []string
		want    string
	}{
		{[]string{"top/a", "top/b/c"}, "a=0 b/ b/c=1"},
		{[]string{"top/in/a"}, "in/ in/a=0"},
		{[]string{"a", "top/b"}, "a=0 top/ top/b=1"},
		{[]string{"only"}, "only=0"},
	} {
		root, _, err := collect(makeTar(t, c.members...), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := show(root.Single(), ""); got != c.want {
			t.Errorf("%q: %s", c.members, got)
		}
	}
}

func TestCompression(t *testing.T) {
	plain := makeTar(t, "a/b", "a/l -> b")
	for _, m := range []compress.Method{compress.None, compress.Gzip, compress.Bzip2, compress.Xz, compress.Zstd, compress.LZ4} {
		data := pack(t, m, plain)
		root, _, err := collect(data, Options{})
		if err != nil || show(root, "") != "a/ a/b=0 a/l->b" {
			t.Errorf("%s: %v", m, err)
		}
	}
	if root, _, err := collect(pack(t, compress.Gzip, pack(t, compress.Zstd, plain)), Options{}); err != nil || root.Children["a"] == nil {
		t.Errorf("compressed twice: %v", err)
	}
	if root, last, err := collect(nil, Options{}); err != nil || len(root.Children) != 0 || last != 0 {
		t.Errorf("empty: %v", err)
	}
	for _, bad := range []string{"no archive", strings.Repeat("no archive", 100), "\x1f\x8bno gzip"} {
		if _, _, err := collect([]byte(bad), Options{}); err == nil || !strings.HasPrefix(err.Error(), "Failed to open archive (") {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

func pack(t *testing.T, m compress.Method, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := compress.NewWriter(m, &b, compress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func makeZip(t testing.TB) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range []struct {
		name, text string
		mode       fs.FileMode
		dos        bool
	}{{"d/", "", fs.ModeDir | 0o755, false}, {"d/x", "run", 0o755, false}, {"d/y", "text", 0o644, false}, {"d/l", "x", fs.ModeSymlink | 0o777, false},
		{`w\v`, "dos", 0, true}} {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Unix(1000000000, 0)}
		if !f.dos {
			h.SetMode(f.mode)
		}
		out, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(out, f.text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestZipStreamed pins what the reference makes of one archive under the names "a.zip" and "b".
func TestZipStreamed(t *testing.T) {
	data := makeZip(t)
	for _, c := range []struct {
		streamed bool
		want     string
	}{{false, "d/ d/l->x d/x*=run d/y=text w/ w/v=dos"}, {true, "d/ d/l=x d/x=run d/y=text w/ w/v=dos"}} {
		root, last, err := collect(data, Options{Streamed: c.streamed})
		if err != nil || show(root, "") != c.want || last != 1000000000 {
			t.Errorf("streamed %t: %v, %d", c.streamed, err, last)
		}
	}
	spooled := false
	_, _, err := collect(data, Options{Spool: func(src io.Reader) (io.ReaderAt, int64, error) {
		spooled = true
		return spoolInMemory(src)
	}})
	if err != nil || !spooled {
		t.Errorf("spool: %t, %v", spooled, err)
	}
}

// TestGitArchive reads what git writes: a global header with the commit in it.
func TestGitArchive(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git program")
	}
	dir := t.TempDir()
	script := "git init -q . && echo hi >f && git add f && git -c user.name=a -c user.email=a@example.org commit -q -m x && git archive --prefix=p/ HEAD"
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if root, _, err := collect(data, Options{}); err != nil || show(root, "") != "p/ p/f=hi\n" {
		t.Errorf("%v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(makeTar(f, "a/b", "a/l -> b", "h => a/b"))
	f.Add(makeZip(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data), Options{})
		if err != nil {
			return
		}
		defer r.Close()
		Collect(r, func(size int64, src io.Reader) (string, error) {
			text, err := io.ReadAll(io.LimitReader(src, 1<<16))
			return string(text), err
		})
	})
}
