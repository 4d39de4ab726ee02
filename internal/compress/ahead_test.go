package compress

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	xzread "github.com/mikelolasagasti/xz"
)

// aheadOf reads a stream by several goroutines, no matter how small its blocks are.
func aheadOf(m Method, r io.Reader) ([]byte, error) {
	wide <- struct{}{}
	src := bufio.NewReader(&firm{r: r})
	var a *ahead
	if m == Zstd {
		a = newAhead(&zstdFrames{src: src, decoders: make(chan *zstd.Decoder, runtime.GOMAXPROCS(0))})
	} else {
		x := &xzBlocks{src: src, decoders: make(chan *xzread.Reader, runtime.GOMAXPROCS(0))}
		a = newAhead(x)
		if err := x.begin(); err != nil {
			return nil, errors.Join(unexpected(err), a.Close())
		}
	}
	defer a.Close()
	return io.ReadAll(a)
}

// inTurn reads a stream by one goroutine.
func inTurn(m Method, r io.Reader) ([]byte, error) {
	read := readBlocks
	if m == Zstd {
		read = readFrames
	}
	dec, err := read(r)
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	return io.ReadAll(dec)
}

// inBlocks packs data in blocks of a size.
func inBlocks(t testing.TB, m Method, data []byte, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(m, &b, Level(1))
	if err != nil {
		t.Fatal(err)
	}
	if m == Zstd {
		w.(*zstdWriter).size = size
	} else {
		w.(*xzWriter).size = size
	}
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAhead(t *testing.T) {
	data := sample(100_000)
	for _, m := range []Method{Xz, Zstd} {
		for _, size := range []int{500, 30_000, 1 << 20} {
			stream := inBlocks(t, m, data, size)
			for _, s := range [][]byte{stream, append(bytes.Clone(stream), stream...), append(bytes.Clone(stream), pack(t, m, []byte("more"), Options{})...)} {
				want, err := inTurn(m, bytes.NewReader(s))
				if err != nil {
					t.Fatal(err)
				}
				got, err := aheadOf(m, iotest.HalfReader(bytes.NewReader(s)))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s in blocks of %d: %d of %d bytes, %v", m, size, len(got), len(want), err)
				}
			}
		}
	}
}

// TestAheadOfMixedBlocks has blocks that do not tell their sizes among others.
func TestAheadOfMixedBlocks(t *testing.T) {
	data := sample(20_000)
	for kept := range 8 {
		stream := mixed(data, kept)
		for name, read := range map[string]func(Method, io.Reader) ([]byte, error){"in turn": inTurn, "ahead": aheadOf} {
			got, err := read(Xz, bytes.NewReader(stream))
			if want := bytes.Repeat(data, 3); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %03b: %d of %d bytes, %v", name, kept, len(got), len(want), err)
			}
		}
	}
}

// mixed is an xz stream of three blocks; bits of sized say which tell their sizes.
func mixed(data []byte, sized int) []byte {
	var b bytes.Buffer
	w, _ := NewWriter(Xz, &b, Level(1))
	x := w.(*xzWriter)
	for i := range 3 {
		p := x.pack(nil, data)
		block := p.data[p.skip:]
		if sized>>i&1 == 0 {
			n := 4*int(block[0]) + 4
			header := []byte{2, 0, 0x21, 1, dictionaryCode(len(data)), 0, 0, 0}
			header = binary.LittleEndian.AppendUint32(header, crc32.ChecksumIEEE(header))
			block = append(header, block[n:]...)
			p.written()
			x.index[i].unpadded += len(header) - n
		} else {
			p.written()
		}
		x.raw(block)
	}
	x.Close()
	return b.Bytes()
}

// TestWide reads streams that are read by several goroutines of themselves.
func TestWide(t *testing.T) {
	if runtime.GOMAXPROCS(0) == 1 {
		t.Skip("there is one core")
	}
	data := bytes.Repeat(sample(500_000), 30)
	for _, m := range []Method{Xz, Zstd} {
		r, err := NewReader(m, bytes.NewReader(pack(t, m, data, Level(1))))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := r.(*reader).dec.(*ahead); !ok {
			t.Errorf("%s: %d bytes are read by one goroutine", m, len(data))
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d of %d bytes, %v", m, len(got), len(data), err)
		}
		r.Close()
	}
	if len(wide) != 0 {
		t.Error("a stream that ended counts")
	}
}

// TestWideOfPrograms reads what the programs write.
func TestWideOfPrograms(t *testing.T) {
	data := bytes.Repeat(sample(1_000_000), 6)
	for _, c := range []struct {
		method Method
		args   []string
	}{
		{Xz, []string{"xz", "-1", "-T2", "--block-size=2MiB", "-c"}},
		{Xz, []string{"xz", "-1", "-T2", "--block-list=2MiB,1MiB,1,0", "--check=sha256", "-c"}},
		{Xz, []string{"xz", "-1", "-T1", "--check=crc32", "-c"}},
		{Xz, []string{"xz", "-1", "-T2", "--block-size=2MiB", "--x86", "--lzma2=preset=1", "-c"}},
		{Zstd, []string{"zstd", "-1", "-c", "--stream-size=6000000"}},
		{Zstd, []string{"zstd", "-1", "-c"}},
		{Zstd, []string{"pzstd", "-1", "-c", "-p", "2"}},
	} {
		if _, err := exec.LookPath(c.args[0]); err != nil {
			t.Logf("without %s: %v", c.args[0], err)
			continue
		}
		cmd := exec.Command(c.args[0], c.args[1:]...)
		cmd.Stdin = bytes.NewReader(data)
		packed, err := cmd.Output()
		if err != nil {
			t.Errorf("%v: %v", c.args, err)
			continue
		}
		if got, err := unpack(c.method, packed); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%v: %d of %d bytes, %v", c.args, len(got), len(data), err)
		}
	}
}

// TestAheadFails closes a stream whose source fails, or in the middle.
func TestAheadFails(t *testing.T) {
	data := sample(100_000)
	broken := errors.New("broken")
	for _, m := range []Method{Xz, Zstd} {
		stream := inBlocks(t, m, data, 5000)
		for n := 20; n < len(stream); n += 997 {
			got, err := aheadOf(m, io.MultiReader(bytes.NewReader(stream[:n]), iotest.ErrReader(broken)))
			if !errors.Is(err, broken) || !bytes.HasPrefix(data, got) {
				t.Fatalf("%s: after %d bytes: %v", m, n, err)
			}
			if got, err = aheadOf(m, bytes.NewReader(stream[:n])); err == nil || !bytes.HasPrefix(data, got) {
				t.Fatalf("%s: %d of %d bytes pass as whole: %v", m, n, len(stream), err)
			}
		}
	}
}

func FuzzAhead(f *testing.F) {
	data := sample(3000)
	for i, m := range []Method{Xz, Zstd} {
		stream := inBlocks(f, m, data, 700)
		f.Add(i == 0, stream, uint16(0), byte(0))
		f.Add(i == 0, append(bytes.Clone(stream), stream...), uint16(40), byte(1))
		f.Add(i == 0, append(append(bytes.Clone(stream), 0, 0, 0, 0), stream...), uint16(0), byte(0))
		f.Add(i == 0, append(bytes.Clone(stream), 0, 0), uint16(0), byte(0))
	}
	for sized := range 8 {
		f.Add(true, mixed(data[:500], sized), uint16(0), byte(0))
	}
	f.Fuzz(func(t *testing.T, isXz bool, stream []byte, at uint16, flip byte) {
		m := Zstd
		if isXz {
			m = Xz
		}
		if len(stream) > 0 {
			stream = bytes.Clone(stream)
			stream[int(at)%len(stream)] ^= flip
		}
		want, wantErr := inTurn(m, bytes.NewReader(stream))
		got, err := aheadOf(m, bytes.NewReader(stream))
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; in turn %d bytes, %v", m, len(got), err, len(want), wantErr)
		}
	})
}

// TestAheadOfFlips changes every byte of streams.
func TestAheadOfFlips(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, m := range []Method{Xz, Zstd} {
		stream := inBlocks(t, m, sample(2000), 700)
		for i := range stream {
			flip := byte(1) << rng.IntN(8)
			stream[i] ^= flip
			want, wantErr := inTurn(m, bytes.NewReader(stream))
			got, err := aheadOf(m, bytes.NewReader(stream))
			if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
				t.Errorf("%s, byte %d: %d bytes, %v; in turn %d bytes, %v", m, i, len(got), err, len(want), wantErr)
			}
			stream[i] ^= flip
		}
	}
}
