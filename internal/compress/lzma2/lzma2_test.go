package lzma2

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/ulikunitz/xz/lzma"
)

var levels = []Level{{Ways: 1, Nice: 32}, {Ways: 4, Nice: 64, Lazy: 1}, {Ways: 32, Nice: 128, Lazy: 2}, {Ways: 128, Nice: 273, Lazy: 2}}

// check compresses with every level and has another implementation read the result, with no more dictionary than promised.
func check(t *testing.T, src []byte) (sizes []int) {
	t.Helper()
	for _, l := range levels {
		e := NewEncoder(l)
		for range 2 { // the second time with what the first one left
			packed := e.Append([]byte("before"), src)[len("before"):]
			dict := max(len(src), lzma.MinDictCap)
			r, err := lzma.Reader2Config{DictCap: dict}.NewReader2(bytes.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, src) {
				t.Fatalf("%+v: %d of %d bytes, %v", l, len(got), len(src), err)
			}
			sizes = append(sizes, len(packed))
		}
	}
	return sizes
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 120_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	few := make([]byte, 120_000) // of two kinds, without long matches
	for i := range few {
		few[i] = byte(r.Uint32() & 1)
	}
	mixed := append(append(append([]byte{}, noise...), few...), noise[:100_000]...) // stored, compressed, from far away
	for name, src := range map[string][]byte{
		"nothing": nil, "a byte": {7}, "two": {7, 7}, "same": bytes.Repeat([]byte{0}, 5<<19), "noise": noise, "few": few,
		"mixed": mixed, "compressed first": append(bytes.Clone(few), noise...), "words": bytes.Repeat([]byte("abcab ab "), 1000),
	} {
		t.Run(name, func(t *testing.T) { check(t, src) })
	}
}

// More work makes less of a text whose sentences come again with one word changed.
func TestLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var words, sentences [200][]byte
	for i := range words {
		for range 3 + r.IntN(8) {
			words[i] = append(words[i], 'a'+byte(r.IntN(26)))
		}
	}
	word := func() []byte { return append(bytes.Clone(words[r.IntN(len(words))]), ' ') }
	for i := range sentences {
		for range 5 + r.IntN(9) {
			sentences[i] = append(sentences[i], word()...)
		}
	}
	var text []byte
	for len(text) < 200_000 {
		s := sentences[r.IntN(len(sentences))]
		at := r.IntN(len(s))
		text = append(append(append(text, s[:at]...), word()...), s[at:]...)
	}
	sizes := check(t, text)
	for i := 0; i < len(sizes); i += 2 {
		if sizes[i] != sizes[i+1] || i > 0 && sizes[i] >= sizes[0] {
			t.Errorf("sizes by level, each twice: %v", sizes)
		}
	}
	if last := sizes[len(sizes)-1]; last > len(text)/6 {
		t.Errorf("%d bytes became %d", len(text), last)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("abcabcabcabcd"), uint16(3))
	f.Fuzz(func(t *testing.T, src []byte, times uint16) {
		if n := int(times) % 200; len(src)*n < 1<<20 {
			src = bytes.Repeat(src, n+1)
		}
		check(t, src)
	})
}
