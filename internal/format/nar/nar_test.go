package nar

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"firn/internal/format/nixhash"
	"firn/internal/format/wire"
)

// testTree is the tree that testdata/tree.nar was dumped from by the reference's
// `nix-store --dump`.
var testTree = fstest.MapFS{
	"a":              {Data: []byte("hello\n"), Mode: 0o644},
	"run":            {Data: []byte("#!/bin/sh\necho hi\n"), Mode: 0o755},
	"empty":          {Mode: fs.ModeDir | 0o755},
	"sub/link":       {Data: []byte("../a"), Mode: fs.ModeSymlink | 0o777},
	"sub/empty":      {Mode: 0o644},
	"sub/eight":      {Data: []byte("12345678"), Mode: 0o644},
	"sub/deeper/big": {Data: bytes.Repeat([]byte("x"), 5000), Mode: 0o644},
	"ü":              {Data: []byte("é"), Mode: 0o644},
	"A b\"\\":        {Mode: 0o644},
}

func golden(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/tree.nar")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func dump(t testing.TB, fsys fs.FS, name string, opts DumpOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Dump(&out, fsys, name, opts); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDumpEqualsReference(t *testing.T) {
	if got := dump(t, testTree, ".", DumpOptions{}); !bytes.Equal(got, golden(t)) {
		t.Errorf("archive differs: %d bytes", len(got))
	}
}

// The hashes are those that the reference's test suite pins for `nix hash path`.
func TestDumpSingle(t *testing.T) {
	fsys := fstest.MapFS{
		"dir/hi":      {Data: []byte("hi\n"), Mode: 0o600},
		"dir/nowhere": {Data: []byte("/non-existent-48cujwe8ndf4as0bne"), Mode: fs.ModeSymlink},
	}
	for name, want := range map[string]string{
		"dir/hi":      "1xmr8jicvzszfzpz46g37mlpvbzjl2wpwvl2b05psipssyp1sm8h",
		"dir/nowhere": "1bl5ry3x1fcbwgr5c2x50bn572iixh4j1p6ax5isxly2ddgn8pbp",
	} {
		if got := nixhash.Sum(nixhash.SHA256, dump(t, fsys, name, DumpOptions{})).Nix32(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A real directory, where only the owner's executable bit counts.
func TestDumpRealDirectory(t *testing.T) {
	dir := t.TempDir()
	try := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "ea9b55537dd4c7e104515b2ccfaf4100"
	try(os.WriteFile(filepath.Join(dir, "hello"), []byte("Hello World\n"), 0o644))
	if got := nixhash.Sum(nixhash.MD5, dump(t, os.DirFS(dir), ".", DumpOptions{})).Base16(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	try(os.Chmod(filepath.Join(dir, "hello"), 0o744))
	want = "20f3ffe011d4cfa7d72bfabef7882836"
	if got := nixhash.Sum(nixhash.MD5, dump(t, os.DirFS(dir), ".", DumpOptions{})).Base16(); got != want {
		t.Errorf("executable: %s, want %s", got, want)
	}
	try(os.Remove(filepath.Join(dir, "hello")))
	try(os.Symlink("x", filepath.Join(dir, "hello")))
	want = "f78b733a68f5edbdf9413899339eaa4a"
	if got := nixhash.Sum(nixhash.MD5, dump(t, os.DirFS(dir), ".", DumpOptions{})).Base16(); got != want {
		t.Errorf("link: %s, want %s", got, want)
	}
}

func TestDumpFilter(t *testing.T) {
	var asked []string
	opts := DumpOptions{Filter: func(path string, typ Type) (bool, error) {
		asked = append(asked, path+" "+typ.String())
		return path != "/run" && path != "/sub/deeper", nil
	}}
	got := dump(t, testTree, ".", opts)
	want := "/A b\"\\ regular,/a regular,/empty directory,/run regular,/sub directory,/sub/deeper directory,/sub/eight regular,/sub/empty regular,/sub/link symlink,/ü regular"
	if strings.Join(asked, ",") != want {
		t.Errorf("asked %q", asked)
	}
	less := fstest.MapFS{}
	for name, f := range testTree {
		if name != "run" && name != "sub/deeper/big" {
			less[name] = f
		}
	}
	if !bytes.Equal(got, dump(t, less, ".", DumpOptions{})) {
		t.Error("filtered archive differs from that of the filtered tree")
	}
	stop := errors.New("stop")
	opts.Filter = func(string, Type) (bool, error) { return false, stop }
	if err := Dump(io.Discard, testTree, ".", opts); err != stop {
		t.Errorf("filter error: %v", err)
	}
}

func TestDumpErrors(t *testing.T) {
	deep := strings.Repeat("d/", MaxDepth-1)
	for _, c := range []struct {
		name string
		fsys fs.FS
		want string
	}{
		{"socket", fstest.MapFS{"a/s": {Mode: fs.ModeSocket}}, "file '/a/s' has an unsupported type"},
		{"deep", fstest.MapFS{deep + "x": {}}, "path '/" + deep + "x' exceeds maximum NAR directory depth of 64"},
		{"target", fstest.MapFS{"l": {Mode: fs.ModeSymlink}}, "write archive at '/l': NAR contains invalid symlink target"},
		{"shrinks", growing{fstest.MapFS{"f": {Data: []byte("abc")}}, 2}, "write archive: file '/f' of 5 bytes: 2 bytes missing: unexpected EOF"},
	} {
		err := Dump(io.Discard, c.fsys, ".", DumpOptions{})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if err := Dump(io.Discard, testTree, "nothing", DumpOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing root: %v", err)
	}
	if err := Dump(iotest.TruncateWriter(failingWriter{}, 0), testTree, ".", DumpOptions{}); err != nil {
		t.Errorf("truncating writer: %v", err)
	}
	if err := Dump(failingWriter{}, testTree, ".", DumpOptions{}); err == nil || !strings.HasSuffix(err.Error(), "full") {
		t.Errorf("failing writer: %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

// growing claims files to be some bytes longer than they are.
type growing struct {
	fstest.MapFS
	by int64
}

func (g growing) Open(name string) (fs.File, error) {
	f, err := g.MapFS.Open(name)
	if info, statErr := f.Stat(); err == nil && statErr == nil && info.Mode().IsRegular() {
		return growingFile{f, g.by}, nil
	}
	return f, err
}

type growingFile struct {
	fs.File
	by int64
}

func (f growingFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return growingInfo{info, f.by}, err
}

type growingInfo struct {
	fs.FileInfo
	by int64
}

func (i growingInfo) Size() int64 { return i.FileInfo.Size() + i.by }

// render reads an archive into one line a node.
func render(r *Reader) (string, error) {
	var b strings.Builder
	for {
		h, err := r.Next()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		fmt.Fprintf(&b, "%d %s %s", h.Depth, r.Path(), h.Type)
		switch h.Type {
		case Regular:
			data, err := io.ReadAll(r)
			if err != nil {
				return b.String(), err
			}
			if len(data) > 20 {
				data = data[:20]
			}
			fmt.Fprintf(&b, " %v %d@%d %q", h.Executable, h.Size, h.Offset, data)
		case Symlink:
			fmt.Fprintf(&b, " %s", h.Target)
		}
		b.WriteByte('\n')
	}
}

const rendered = `0 / directory
1 /A b"\ regular false 0@232 ""
1 /a regular false 6@416 "hello\n"
1 /empty directory
1 /run regular true 18@808 "#!/bin/sh\necho hi\n"
1 /sub directory
2 /sub/deeper directory
3 /sub/deeper/big regular false 5000@1288 "xxxxxxxxxxxxxxxxxxxx"
2 /sub/eight regular false 8@6504 "12345678"
2 /sub/empty regular false 0@6696 ""
2 /sub/link symlink ../a
1 /ü regular false 2@7104 "é"
`

func TestReader(t *testing.T) {
	in := golden(t)
	for name, src := range map[string]io.Reader{
		"whole": bytes.NewReader(in),
		"bytes": iotest.OneByteReader(bytes.NewReader(in)),
		"small": wire.NewReaderSize(bytes.NewReader(in), 0),
	} {
		r := NewReader(src)
		got, err := render(r)
		if got != rendered || err != nil {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		if r.Offset() != int64(len(in)) {
			t.Errorf("%s: offset %d", name, r.Offset())
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("%s: after the end: %v", name, err)
		}
	}
}

// A reader on a *wire.Reader stops where the archive ends, also if contents are
// skipped.
func TestReaderLeavesRest(t *testing.T) {
	src := wire.NewReader(io.MultiReader(strings.NewReader("12345678"), bytes.NewReader(golden(t)), strings.NewReader("sentinel")))
	if _, err := src.Uint64(); err != nil {
		t.Fatal(err)
	}
	l, err := Index(src)
	if err != nil || l.Lookup("a").Offset != 416 {
		t.Fatalf("%v", err)
	}
	if rest, err := io.ReadAll(src); string(rest) != "sentinel" || err != nil {
		t.Errorf("rest %q, %v", rest, err)
	}
}

func TestCopy(t *testing.T) {
	in := golden(t)
	var out bytes.Buffer
	if err := Copy(&out, bytes.NewReader(in)); !bytes.Equal(in, out.Bytes()) || err != nil {
		t.Errorf("copy differs, %v", err)
	}
	if err := Copy(failingWriter{}, bytes.NewReader(in)); err == nil || err.Error() != "full" {
		t.Errorf("%v", err)
	}
}

// script makes an archive out of strings, for broken ones: words beginning with
// "=" are taken as hexadecimal.
func script(words string) []byte {
	var b []byte
	for w := range strings.FieldsSeq(words) {
		if raw, ok := strings.CutPrefix(w, "="); ok {
			data, err := hex.DecodeString(raw)
			if err != nil {
				panic(err)
			}
			b = append(b, data...)
			continue
		}
		b = wire.AppendString(b, strings.NewReplacer("%s", " ", "%0", "\x00", "''", "").Replace(w))
	}
	return b
}

func TestReaderErrors(t *testing.T) {
	const file = " ( type regular contents hi )"
	long := strings.Repeat("n", 256)
	for _, c := range []struct{ in, want string }{
		{"", "read archive at '/', byte 0: unexpected EOF"},
		{"nix-archive-2", "bad archive: input doesn't look like a Nix archive (at '/', byte 24)"},
		{"=ffffffffffffffff", "bad archive: input doesn't look like a Nix archive (at '/', byte 8)"},
		{"nix-archive-1 type", "bad archive: expected tag '(', got 'type' (at '/', byte 40)"},
		{"nix-archive-1 ( type fifo", "bad archive: unknown file type 'fifo' (at '/', byte 72)"},
		{"nix-archive-1 ( type regular AAAAAAAA", "bad archive: expected tag 'contents', got 'AAAAAAAA' (at '/', byte 88)"},
		{"nix-archive-1 ( type regular contents hi executable '' )", "bad archive: expected tag ')', got 'executable' (at '/', byte 128)"},
		{"nix-archive-1 ( type regular executable yes contents hi )", "bad archive: string is too long: 3 bytes, at most 0 allowed (at '/', byte 96)"},
		{"nix-archive-1 ( type regular contents =0300000000000000 =6869", "read archive at '/', byte 98: unexpected EOF"},
		{"nix-archive-1 ( type regular contents =0100000000000000 =7800000001000000 )", "bad archive: non-zero padding (at '/', byte 97)"},
		{"nix-archive-1 ( type regular contents =0000000000000080", "bad archive: file of 9223372036854775808 bytes (at '/', byte 96)"},
		{"nix-archive-1 ( type symlink target '' )", "bad archive: NAR contains invalid symlink target (at '/', byte 96)"},
		{"nix-archive-1 ( type symlink target a%0b )", "bad archive: NAR contains invalid symlink target (at '/', byte 104)"},
		{"nix-archive-1 ( type directory entry ( node" + file + " name x ) )", "bad archive: expected tag 'name', got 'node' (at '/', byte 128)"},
		{"nix-archive-1 ( type directory name", "bad archive: expected tag 'entry' or ')', got 'name' (at '/', byte 96)"},
		{"nix-archive-1 ( type directory entry ( name . node" + file + " ) )", "bad archive: NAR contains invalid file name '.' (at '/', byte 144)"},
		{"nix-archive-1 ( type directory entry ( name .. node" + file + " ) )", "bad archive: NAR contains invalid file name '..' (at '/', byte 144)"},
		{"nix-archive-1 ( type directory entry ( name '' node" + file + " ) )", "bad archive: NAR contains invalid file name '' (at '/', byte 136)"},
		{"nix-archive-1 ( type directory entry ( name x/y node" + file + " ) )", "bad archive: NAR contains invalid file name 'x/y' (at '/', byte 144)"},
		{"nix-archive-1 ( type directory entry ( name f%0o node" + file + " ) )", "bad archive: NAR contains invalid file name 'f\x00o' (at '/', byte 144)"},
		{"nix-archive-1 ( type directory entry ( name " + long + " node" + file + " ) )", "bad archive: string is too long: 256 bytes, at most 255 allowed (at '/', byte 128)"},
		{"nix-archive-1 ( type directory entry ( name b node" + file + " ) entry ( name a node" + file + " ) )", "bad archive: NAR directory is not sorted (at '/', byte 336)"},
		{"nix-archive-1 ( type directory entry ( name d node ( type directory entry ( name a node" + file + " ) entry ( name a", "bad archive: NAR directory is not sorted (at '/d', byte 472)"},
		{"nix-archive-1 ( type directory entry ( name a node ( type regular contents hi x", "bad archive: expected tag ')', got 'x' (at '/a', byte 256)"},
		{"nix-archive-1" + strings.Repeat(" ( type directory entry ( name d node", 64), "bad archive: NAR directory nesting exceeds maximum depth of 64 (at '" + strings.Repeat("/d", 64) + "', byte 8728)"},
	} {
		_, err := render(NewReader(bytes.NewReader(script(c.in))))
		if err == nil || err.Error() != c.want {
			t.Errorf("%.60s: %v, want %s", c.in, err, c.want)
		}
		if _, skipping := Index(bytes.NewReader(script(c.in))); skipping == nil || err == nil || skipping.Error() != err.Error() {
			t.Errorf("%.60s: skipping contents: %v", c.in, skipping)
		}
	}
	// Every archive that breaks off is an error.
	in := golden(t)
	for n := range len(in) {
		if n%8 > 1 && n%100 != 0 {
			continue
		}
		if _, err := render(NewReader(bytes.NewReader(in[:n]))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

func TestWriterErrors(t *testing.T) {
	dir, file := Header{Type: Directory}, Header{Depth: 1, Name: "f", Type: Regular, Size: 3}
	for _, c := range []struct {
		name string
		do   func(w *Writer) error
		want string
	}{
		{"nothing", func(w *Writer) error { return w.Close() }, "write archive: no root"},
		{"named root", func(w *Writer) error { return w.WriteHeader(Header{Name: "a", Type: Directory}) }, "write archive: the first node is not the root"},
		{"two roots", func(w *Writer) error { w.WriteHeader(dir); return w.WriteHeader(dir) }, "write archive: second root"},
		{"no directory", func(w *Writer) error { w.WriteHeader(Header{Type: Regular}); return w.WriteHeader(file) }, "write archive at '/': entry 'f' at depth 1 has no directory"},
		{"too few", func(w *Writer) error {
			w.WriteHeader(dir)
			w.WriteHeader(file)
			io.WriteString(w, "ab")
			return w.Close()
		}, "write archive: file '/f' of 3 bytes: 1 missing"},
		{"too many", func(w *Writer) error {
			w.WriteHeader(dir)
			w.WriteHeader(file)
			_, err := io.WriteString(w, "abcd")
			return err
		}, "write archive: file '/f' of 3 bytes: 1 too many"},
		{"order", func(w *Writer) error {
			w.WriteHeader(dir)
			w.WriteHeader(Header{Depth: 1, Name: "g", Type: Directory})
			return w.WriteHeader(file)
		}, "write archive at '/': NAR directory is not sorted"},
		{"name", func(w *Writer) error {
			w.WriteHeader(dir)
			return w.WriteHeader(Header{Depth: 1, Name: "a/b", Type: Directory})
		}, "write archive at '/': NAR contains invalid file name 'a/b'"},
		{"closed", func(w *Writer) error { w.WriteHeader(dir); w.Close(); return w.Close() }, "write archive: it is closed"},
	} {
		if err := c.do(NewWriter(io.Discard)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestCaseHack(t *testing.T) {
	fsys := fstest.MapFS{"CASE": {}, "Case": {}, "case/a": {}, "case/A": {}, "other": {}}
	in := dump(t, fsys, ".", DumpOptions{})
	r := NewReader(bytes.NewReader(in))
	r.CaseHack = true
	restored := fstest.MapFS{}
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Type == Regular {
			restored[strings.TrimPrefix(r.Path(), "/")] = &fstest.MapFile{}
		}
	}
	for _, name := range []string{"CASE", "Case~nix~case~hack~1", "case~nix~case~hack~2/A", "case~nix~case~hack~2/a~nix~case~hack~1", "other"} {
		if restored[name] == nil {
			t.Errorf("no %s in %v", name, restored)
		}
	}
	if back := dump(t, restored, ".", DumpOptions{CaseHack: true}); !bytes.Equal(back, in) {
		t.Error("the hack does not round trip")
	}
	restored["CASE~nix~case~hack~3"] = &fstest.MapFile{}
	err := Dump(io.Discard, restored, ".", DumpOptions{CaseHack: true})
	if err == nil || !strings.Contains(err.Error(), "file name collision between ") {
		t.Errorf("collision: %v", err)
	}

	in = dump(t, fstest.MapFS{"Test": {}, "Test~nix~case~hack~1": {}, "test": {}}, ".", DumpOptions{})
	r = NewReader(bytes.NewReader(in))
	r.CaseHack = true
	_, err = render(r)
	if want := "NAR contains file name 'test' that collides with case-hacked file name 'test~nix~case~hack~1'"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(golden(f))
	f.Add(script("nix-archive-1 ( type directory entry ( name b node ( type regular executable '' contents hi ) ) )"))
	f.Add(script("nix-archive-1 ( type symlink target x )"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		err := Copy(&out, bytes.NewReader(in))
		if err == nil && !bytes.HasPrefix(in, out.Bytes()) {
			t.Fatal("an accepted archive is not what would be written")
		}
		l, indexErr := Index(bytes.NewReader(in))
		if (err == nil) != (indexErr == nil) {
			t.Fatalf("copy: %v, index: %v", err, indexErr)
		}
		if err == nil {
			l.LSFile()
		}
	})
}

func BenchmarkDump(b *testing.B) {
	fsys := fstest.MapFS{}
	size := 0
	for i := range 200 {
		data := bytes.Repeat([]byte{byte(i)}, 1000*(i%40))
		size += len(data)
		fsys[fmt.Sprintf("dir%d/file%d", i%10, i)] = &fstest.MapFile{Data: data, Mode: 0o644}
	}
	dir := b.TempDir()
	if err := os.CopyFS(dir, fsys); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		w := nixhash.NewWriter(nixhash.SHA256)
		if err := Dump(w, os.DirFS(dir), ".", DumpOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	in := golden(b)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	src := wire.NewReader(nil)
	for b.Loop() {
		src.Reset(bytes.NewReader(in))
		r := NewReader(src)
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
