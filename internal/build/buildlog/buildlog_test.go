package buildlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const drv = "00000000000000000000000000000000-x.drv"

func read(t *testing.T, dir string) string {
	t.Helper()
	r, err := Open(dir, drv)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRoundTrip(t *testing.T) {
	long := strings.Repeat("a line of output\n", 20000)
	for _, compressed := range []bool{true, false} {
		dir := t.TempDir()
		for _, text := range []string{"", "one\n", long, "shorter again\n"} {
			l, err := Create(dir, drv, compressed)
			if err != nil {
				t.Fatal(err)
			}
			for piece := range slices.Chunk([]byte(text), 4095) {
				if _, err := l.Write(piece); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if got := read(t, dir); got != text {
				t.Errorf("compressed %v: got %d bytes, want %d", compressed, len(got), len(text))
			}
		}
		name := filepath.Join(dir, "drvs", drv[:2], drv[2:])
		if compressed {
			name += ".bz2"
		}
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}

func TestReplacesOtherKind(t *testing.T) {
	dir := t.TempDir()
	for i, compressed := range []bool{false, true, false} {
		l, err := Create(dir, drv, compressed)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint("build ", i)
		io.WriteString(l, text)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, dir); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, drv); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no log: %v", err)
	}
	if _, err := Open(dir, ""); err == nil {
		t.Error("no error for an empty name")
	}
	bad := filepath.Join(dir, "file")
	os.WriteFile(bad, nil, 0o666)
	l, err := Create(bad, drv, true)
	if err != nil {
		t.Fatal(err)
	}
	l.Write([]byte("x"))
	if err := l.Close(); err == nil {
		t.Error("no error for a directory that is a file")
	}
}

func TestLines(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"a\nb\n", []string{"a", "b"}},
		{"a\r\nb\r\n", []string{"a", "b"}},
		{"10%\r50%\r100%\ndone", []string{"100%", "done"}},
		{"longer\rab\n", []string{"ab"}},
		{"\n\n", []string{"", ""}},
		{"a\r", []string{"a"}},
		{"", nil},
	}
	for _, tt := range tests {
		for _, size := range []int{1, 3, 100} {
			var got []string
			l := NewLines(func(line []byte) { got = append(got, string(line)) })
			for piece := range slices.Chunk([]byte(tt.in), size) {
				l.Write(piece)
			}
			l.Flush()
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q in pieces of %d: got %q, want %q", tt.in, size, got, tt.want)
			}
		}
	}
}

// TestEndlessLine: a line comes in pieces, none of which is lost, and the memory for it stays bounded.
func TestEndlessLine(t *testing.T) {
	total, longest := 0, 0
	l := NewLines(func(line []byte) { total, longest = total+len(line), max(longest, len(line)) })
	piece := bytes.Repeat([]byte("x"), 1000)
	for range 3000 {
		l.Write(piece)
	}
	l.Flush()
	if total != 3_000_000 || longest != maxLine || cap(l.line) > 2*maxLine {
		t.Errorf("%d bytes came, %d at once, in %d", total, longest, cap(l.line))
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\r\nb\rc"), 2)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		split := func(size int) (out []byte) {
			l := NewLines(func(line []byte) { out = append(append(out, line...), 0) })
			for piece := range slices.Chunk(in, size) {
				l.Write(piece)
			}
			l.Flush()
			return out
		}
		if whole, cut := split(len(in)+1), split(1+size&7); !bytes.Equal(whole, cut) {
			t.Errorf("in one piece %q, cut %q", whole, cut)
		}
	})
}

func TestTail(t *testing.T) {
	for _, max := range []int{0, 1, 3, 10} {
		tail := NewTail(max)
		for i := range 5 {
			tail.Add(fmt.Appendf(nil, "%d", i))
		}
		want := []string{"0", "1", "2", "3", "4"}[5-min(5, max):]
		if got := tail.Lines(); !slices.Equal(got, want) {
			t.Errorf("%d: got %q, want %q", max, got, want)
		}
	}
}

func BenchmarkSmallLog(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		l, _ := Create(dir, drv, true)
		l.Write([]byte("some line\n"))
		l.Close()
	}
}
