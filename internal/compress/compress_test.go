package compress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
)

var all = []Method{None, Gzip, Bzip2, Xz, Zstd, Brotli, LZ4, LZMA}

func pack(t testing.TB, m Method, data []byte, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(m, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		n := min(len(data), 100_000)
		if _, err := w.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpack(m Method, packed []byte) ([]byte, error) {
	r, err := NewReader(m, bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// sample is n bytes that compress somewhat.
func sample(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 0, n+20)
	for len(b) < n {
		b = fmt.Appendf(b, "line %d of many\n", rng.Uint32()>>rng.IntN(32))
	}
	return b[:n]
}

func TestRoundTrip(t *testing.T) {
	inputs := [][]byte{nil, {0}, []byte("hello"), sample(60_000)}
	for _, m := range all {
		options := []Options{{}, {Workers: 3}}
		if m != None {
			options = append(options, Level(methods[m].levels[0]), Level(min(methods[m].levels[1], 9)))
		}
		for _, o := range options {
			for _, in := range inputs {
				got, err := unpack(m, pack(t, m, in, o))
				if err != nil || !bytes.Equal(got, in) {
					t.Errorf("%s %+v: %d bytes became %d, %v", m, o, len(in), len(got), err)
				}
			}
		}
	}
}

func TestSmallReads(t *testing.T) {
	in := sample(20_000)
	for _, m := range all {
		r, err := NewReader(m, iotest.HalfReader(bytes.NewReader(pack(t, m, in, Options{}))))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(iotest.OneByteReader(r))
		if err != nil || !bytes.Equal(got, in) {
			t.Errorf("%s: %d bytes, %v", m, len(got), err)
		}
	}
}

func TestConcatenated(t *testing.T) {
	a, b := sample(70_000), []byte("and the rest")
	for _, m := range all {
		if m == Brotli || m == LZMA {
			continue // its streams cannot follow each other
		}
		both := append(pack(t, m, a, Options{}), pack(t, m, nil, Options{})...)
		both = append(both, pack(t, m, b, Options{})...)
		got, err := unpack(m, both)
		if want := append(bytes.Clone(a), b...); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d of %d bytes, %v", m, len(got), len(want), err)
		}
	}
}

// A stream that breaks off anywhere must not look whole.
func TestTruncated(t *testing.T) {
	in := sample(600)
	for _, m := range all[1:] {
		packed := pack(t, m, in, Options{})
		for n := range packed {
			got, err := unpack(m, packed[:n])
			if err == nil {
				t.Errorf("%s: %d of %d bytes pass as %d", m, n, len(packed), len(got))
				break
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: %d of %d bytes: %v", m, n, len(packed), err)
				break
			}
		}
	}
}

func TestTrailingGarbage(t *testing.T) {
	for _, m := range all[1:] {
		packed := append(pack(t, m, sample(3000), Options{}), "garbage behind it"...)
		if _, err := unpack(m, packed); err == nil {
			t.Errorf("%s: garbage behind the stream was ignored", m)
		} else if !strings.HasPrefix(err.Error(), "decompress "+m.String()+": ") {
			t.Errorf("%s: %v", m, err)
		}
	}
}

// A bit that flips is noticed by every method that has a checksum.
func TestBitFlips(t *testing.T) {
	in := sample(600)
	for _, m := range all[1:] {
		if m == Brotli || m == LZMA {
			continue
		}
		packed := pack(t, m, in, Options{})
		for i := range packed {
			packed[i] ^= 0x10
			got, err := unpack(m, packed)
			if err == nil && !bytes.Equal(got, in) {
				t.Errorf("%s: byte %d of %d may change unseen", m, i, len(packed))
			}
			packed[i] ^= 0x10
		}
	}
}

func TestZstdFrames(t *testing.T) {
	in := bytes.Repeat([]byte("0123456789abcdef"), (2*zstdLevels[1].frame+5000)/16)
	one := pack(t, Zstd, in, Options{})
	if n := bytes.Count(one, []byte("\x28\xb5\x2f\xfd")); n != 3 {
		t.Errorf("%d frames, want 3", n)
	}
	if two := pack(t, Zstd, in, Options{Workers: 2}); !bytes.Equal(one, two) {
		t.Error("the result depends on the number of workers")
	}
	got, err := unpack(Zstd, one)
	if err != nil || !bytes.Equal(got, in) {
		t.Errorf("%d of %d bytes, %v", len(got), len(in), err)
	}
}

type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestWriterReportsFailure(t *testing.T) {
	for _, m := range all {
		w, err := NewWriter(m, &failing{left: 50}, Options{Workers: 2})
		if err != nil {
			continue
		}
		_, err = w.Write(sample(100_000))
		if end := w.Close(); err == nil {
			err = end
		}
		if err == nil {
			t.Errorf("%s: the full disk went unnoticed", m)
		}
	}
}

func TestDetect(t *testing.T) {
	in := sample(1000)
	for _, m := range all {
		if m == Brotli || m == LZMA {
			continue
		}
		r, got, err := NewAutoReader(bytes.NewReader(pack(t, m, in, Options{})))
		if err != nil || got != m {
			t.Errorf("%s: taken for %s, %v", m, got, err)
			continue
		}
		if out, err := io.ReadAll(r); err != nil || !bytes.Equal(out, in) {
			t.Errorf("%s: %d bytes, %v", m, len(out), err)
		}
	}
	if _, m, err := NewAutoReader(strings.NewReader("")); m != None || err != nil {
		t.Errorf("empty stream: %s, %v", m, err)
	}
}

func TestNames(t *testing.T) {
	for _, m := range all {
		if got, err := Parse(m.String()); got != m || err != nil {
			t.Errorf("%s: %v, %v", m, got, err)
		}
	}
	if m, err := Parse(""); m != None || err != nil {
		t.Errorf("empty name: %v, %v", m, err)
	}
	for name, want := range map[string]string{
		"brotli": "unknown compression method 'brotli'",
		"lzip":   "compression method 'lzip' is not supported; use one of none, gzip, bzip2, xz, zstd, br, lz4, lzma",
	} {
		if _, err := Parse(name); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewWriter(Xz, io.Discard, Level(10)); err == nil {
		t.Error("xz level 10 was accepted")
	}
	if _, err := NewWriter(None, io.Discard, Level(10)); err != nil {
		t.Errorf("none does not ignore its level: %v", err)
	}
}

// Other programs read what is written here, and the reverse.
func TestOtherPrograms(t *testing.T) {
	in := sample(50_000)
	for _, c := range []struct {
		m    Method
		prog string
	}{{Gzip, "gzip"}, {Bzip2, "bzip2"}, {Xz, "xz"}, {Zstd, "zstd"}, {Brotli, "brotli"}, {LZ4, "lz4"}, {LZMA, "lzma"}} {
		t.Run(c.prog, func(t *testing.T) {
			if _, err := exec.LookPath(c.prog); err != nil {
				t.Skipf("no %s here", c.prog)
			}
			run := func(stdin []byte, args ...string) []byte {
				cmd := exec.Command(c.prog, args...)
				cmd.Stdin = bytes.NewReader(stdin)
				cmd.Stderr = os.Stderr
				out, err := cmd.Output()
				if err != nil {
					t.Errorf("%s %v: %v", c.prog, args, err)
				}
				return out
			}
			if got := run(pack(t, c.m, in, Options{}), "-d", "-c"); !bytes.Equal(got, in) {
				t.Errorf("%s reads %d of %d bytes", c.prog, len(got), len(in))
			}
			if got, err := unpack(c.m, run(in, "-c")); err != nil || !bytes.Equal(got, in) {
				t.Errorf("%s wrote, %d of %d bytes read: %v", c.prog, len(got), len(in), err)
			}
		})
	}
}

// FuzzRead feeds hostile streams: an error or an end, in bounded time and memory.
func FuzzRead(f *testing.F) {
	for _, m := range all {
		f.Add(uint8(m), pack(f, m, sample(2000), Options{}))
		f.Add(uint8(m), pack(f, m, nil, Options{}))
	}
	f.Fuzz(func(t *testing.T, m uint8, data []byte) {
		r, err := NewReader(Method(int(m)%len(methods)), bytes.NewReader(data))
		if err != nil {
			return
		}
		defer r.Close()
		io.Copy(io.Discard, io.LimitReader(r, 1<<20))
	})
}

// FuzzRoundTrip writes and reads back.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint8(Zstd), []byte("abc"))
	f.Fuzz(func(t *testing.T, m uint8, data []byte) {
		method := Method(int(m) % len(methods))
		got, err := unpack(method, pack(t, method, data, Options{}))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%s: %d bytes became %d, %v", method, len(data), len(got), err)
		}
	})
}
