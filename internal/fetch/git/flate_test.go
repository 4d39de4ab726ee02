package git

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"
)

func deflate(level int, data []byte) []byte {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, level)
	if err != nil {
		panic(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// samples are texts of several kinds: empty, repeated, random, words, and long enough for several blocks.
func samples() [][]byte {
	rnd := rand.New(rand.NewPCG(1, 1))
	list := [][]byte{nil, []byte("a"), []byte("abcabcabcabc"), bytes.Repeat([]byte("x"), 1000), bytes.Repeat([]byte("0123456"), 50_000)}
	for _, n := range []int{10, 300, 70_000, 400_000} {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		list = append(list, b)
		var words strings.Builder
		for words.Len() < n {
			words.WriteString([]string{"the ", "quick ", "brown ", "fox\n", "jumps(", ")over", "{lazy", "dog}", "\t\t"}[rnd.IntN(9)])
			if rnd.IntN(5) == 0 {
				words.WriteByte(byte(rnd.Uint32()))
			}
		}
		list = append(list, []byte(words.String()))
		skew := make([]byte, n) // long codes: few symbols, very unequal
		for i := range skew {
			skew[i] = byte(rnd.ExpFloat64() * 12)
		}
		list = append(list, skew)
	}
	return list
}

func TestUnzlib(t *testing.T) {
	for i, want := range samples() {
		for _, level := range []int{zlib.HuffmanOnly, 0, 1, 6, 9} {
			z := append(deflate(level, want), "what follows"...)
			got := make([]byte, len(want))
			if err := unzlib(got, z); err != nil || !bytes.Equal(got, want) {
				t.Errorf("sample %d, level %d: %v", i, level, err)
			}
			if err := unzlib(make([]byte, len(want)+1), z); err == nil {
				t.Errorf("sample %d, level %d: too short for its size, and no error", i, level)
			}
			if n := len(want); n > 0 {
				if err := unzlib(make([]byte, n-1), z); err == nil {
					t.Errorf("sample %d, level %d: too long for its size, and no error", i, level)
				}
			}
			for _, cut := range []int{0, 1, 2, 6, len(z) / 2, len(z) - len("what follows") - 1} {
				if err := unzlib(got, z[:min(cut, len(z)-13)]); err == nil {
					t.Errorf("sample %d, level %d: no error for %d bytes", i, level, cut)
				}
			}
		}
	}
}

// FuzzUnzlib compares with the decoder of the standard library.
func FuzzUnzlib(f *testing.F) {
	for _, s := range samples() {
		if len(s) < 1000 {
			f.Add(deflate(6, s), uint16(len(s)))
			f.Add(deflate(0, s), uint16(len(s)))
		}
	}
	f.Fuzz(func(t *testing.T, z []byte, size uint16) {
		got := make([]byte, size)
		err := unzlib(got, z)
		var want []byte
		r, wantErr := zlib.NewReader(bytes.NewReader(z))
		if wantErr == nil {
			want, wantErr = io.ReadAll(io.LimitReader(r, int64(size)+1))
		}
		if ok := wantErr == nil && len(want) == int(size); ok != (err == nil) || ok && !bytes.Equal(got, want) {
			t.Fatalf("%v; standard library: %d bytes, %v", err, len(want), wantErr)
		}
	})
}

func BenchmarkUnzlib(b *testing.B) {
	data := samples()[12]
	z := deflate(6, data)
	out := make([]byte, len(data))
	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if err := unzlib(out, z); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("standard", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		var f inflater
		for b.Loop() {
			f.reset(bytes.NewReader(z))
			if _, err := io.ReadFull(&f, out); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestBuildTable makes complete codes of every shape and finds each symbol by its code.
func TestBuildTable(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 300 {
		// Split leaves of a tree until there are enough; those at the depth wanted are left alone, so that many end there.
		lens, stop := []uint8{0}, uint8(8+round%8)
		for tries := 0; len(lens) < 286 && tries < 100_000; tries++ {
			i := rnd.IntN(len(lens))
			if lens[i] >= 15 || lens[i] == stop && rnd.IntN(50) > 0 {
				continue
			}
			lens[i]++
			lens = append(lens, lens[i])
		}
		rnd.Shuffle(len(lens), func(i, j int) { lens[i], lens[j] = lens[j], lens[i] })
		var tables flateTables
		if err := buildTable(tables.lit[:], lens, litBits, func(s int) uint32 { return uint32(s) << 16 }); err != nil {
			t.Fatalf("%v: %v", lens, err)
		}
		code := 0
		for n := uint8(1); n <= 15; n++ {
			for symbol, l := range lens {
				if l != n {
					continue
				}
				r := bitReader{buf: uint64(bits.Reverse16(uint16(code)) >> (16 - n)), n: 15 + 7}
				if e, ok := r.lookup(tables.lit[:], litBits); !ok || e>>16 != uint32(symbol) || r.n != 15+7-uint(n) {
					t.Fatalf("%v: symbol %d has code %d of %d bits, found %d", lens, symbol, code, n, e>>16)
				}
				code++
			}
			code <<= 1
		}
	}
	for _, bad := range [][]uint8{{1, 1, 1}, {1, 2}, {2, 2, 2}, {15, 15}} {
		var tables flateTables
		if err := buildTable(tables.lit[:], bad, litBits, litEntry); err == nil {
			t.Errorf("%v is no code", bad)
		}
	}
}
