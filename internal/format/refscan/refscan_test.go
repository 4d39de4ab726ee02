package refscan

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"firn/internal/format/nixbase32"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

const (
	a = storepath.Path("dc04vv14dak1c1r48qa0m23vr9jy8sm0-a")
	b = storepath.Path("zc842j0rz61mjsp3h3wp5ly71ak6qgdn-b")
)

func scan(candidates []storepath.Path, parts ...string) []storepath.Path {
	s := NewScanner(candidates)
	for _, p := range parts {
		s.Write([]byte(p))
	}
	return s.Found()
}

func TestScan(t *testing.T) {
	both := []storepath.Path{b, a}
	h := a.HashPart()
	for _, c := range []struct {
		parts []string
		want  string
	}{
		{[]string{""}, "[]"},
		{[]string{"foobar"}, "[]"},
		{[]string{h}, "[" + string(a) + "]"},
		{[]string{h, h}, "[" + string(a) + "]"},
		{[]string{"xx" + h + "xx"}, "[" + string(a) + "]"},
		{[]string{"e" + h + "!" + b.HashPart()}, "[" + string(a) + " " + string(b) + "]"},
		{[]string{h[:16], h[16:]}, "[" + string(a) + "]"},
		{[]string{"…" + h[:31], h[31:] + "…"}, "[" + string(a) + "]"},
		{[]string{h[:1], h[1:2], h[2:10], "", h[10:]}, "[" + string(a) + "]"},
		{[]string{h[:16], "e", h[16:]}, "[]"},
		{[]string{strings.Repeat("0", 100) + h + strings.Repeat("z", 100)}, "[" + string(a) + "]"},
		{[]string{h[1:] + h[:31]}, "[]"},
	} {
		if got := fmt.Sprint(scan(both, c.parts...)); got != c.want {
			t.Errorf("%q: %s, want %s", c.parts, got, c.want)
		}
	}
}

// naive is the definition.
func naive(candidates []storepath.Path, data string) []storepath.Path {
	var found []storepath.Path
	for _, p := range candidates {
		if strings.Contains(data, p.HashPart()) {
			found = append(found, p)
		}
	}
	slices.Sort(found)
	return found
}

// letters makes data that is mostly letters, to be hard on the scanner.
func letters(rnd *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = (nixbase32.Alphabet + "e/")[rnd.Intn(34)]
	}
	return string(b)
}

func TestScanEqualsDefinition(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for range 300 {
		var candidates []storepath.Path
		data := letters(rnd, rnd.Intn(300))
		for i := range 10 {
			p, err := storepath.FromDigest([20]byte{byte(rnd.Int()), byte(rnd.Int()), 19: byte(i)}, "x")
			if err != nil {
				t.Fatal(err)
			}
			candidates = append(candidates, p)
			if i%2 == 0 {
				at := rnd.Intn(len(data) + 1)
				data = data[:at] + p.HashPart() + data[at:]
			}
		}
		s := NewScanner(candidates)
		for rest := data; rest != ""; {
			n := min(len(rest), 1+rnd.Intn(50))
			s.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		if got, want := s.Found(), naive(candidates, data); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v", data, got, want)
		}
	}
}

func rewrite(t *testing.T, list []Rewrite, parts ...string) (string, []uint64) {
	t.Helper()
	var out bytes.Buffer
	r, err := NewRewriter(&out, list)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if n, err := r.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := r.Flush(); err != nil || r.Size() != uint64(out.Len()) {
		t.Fatal(err)
	}
	return out.String(), r.Matches()
}

func TestRewrite(t *testing.T) {
	for _, c := range []struct {
		list    []Rewrite
		parts   []string
		want    string
		matches string
	}{
		{nil, []string{"foo", "oo"}, "foooo", "[]"},
		{[]Rewrite{{"foo", "bar"}, {"bar", "baz"}}, []string{"foooo"}, "baroo", "[0]"},
		{[]Rewrite{{"fou", "bar"}, {"foo", "baz"}}, []string{"foooo"}, "bazoo", "[0]"},
		{[]Rewrite{{"aa", "bb"}}, []string{"a", "a", "a", "aa"}, "bbbba", "[0 2]"},
		{[]Rewrite{{"ab", "ba"}}, []string{"aab", "b"}, "abab", "[1]"},
		{[]Rewrite{{"ab", "xx"}, {"abcd", "yyyy"}}, []string{"abc", "d"}, "xxcd", "[0]"},
		{[]Rewrite{{"abcd", "yyyy"}, {"ab", "xx"}}, []string{"abc", "dab", "c"}, "yyyyxxc", "[0 4]"},
	} {
		got, matches := rewrite(t, c.list, c.parts...)
		if got != c.want || fmt.Sprint(matches) != c.matches {
			t.Errorf("%v of %q: %q at %v, want %q at %s", c.list, c.parts, got, matches, c.want, c.matches)
		}
	}
	for _, w := range []Rewrite{{"a", "b"}, {"abc", "ab"}} {
		if _, err := NewRewriter(nil, []Rewrite{w}); err == nil {
			t.Errorf("%v accepted", w)
		}
	}
	r, _ := NewRewriter(failing{}, []Rewrite{{"ab", "cd"}})
	if _, err := r.Write(make([]byte, 100)); err == nil {
		t.Error("the writer's failure is lost")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

// However the stream is cut, the result is that of the whole.
func TestRewriteInPieces(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for _, list := range [][]Rewrite{
		{{a.HashPart(), b.HashPart()}},
		{{a.HashPart(), strings.Repeat("x", 32)}, {"short", "SHORT"}, {b.HashPart(), a.HashPart()}},
	} {
		var data strings.Builder
		for data.Len() < 200_000 {
			data.WriteString(letters(rnd, rnd.Intn(100)))
			data.WriteString([]string{a.HashPart(), b.HashPart(), "short", a.HashPart()[:20]}[rnd.Intn(4)])
		}
		var pairs []string
		for _, w := range list {
			pairs = append(pairs, w.From, w.To)
		}
		want := strings.NewReplacer(pairs...).Replace(data.String())
		var parts []string
		for rest := data.String(); rest != ""; {
			n := min(len(rest), 1+rnd.Intn(200))
			parts = append(parts, rest[:n])
			rest = rest[n:]
		}
		whole, at := rewrite(t, list, data.String())
		cut, atCut := rewrite(t, list, parts...)
		if whole != want || cut != want || !slices.Equal(at, atCut) {
			t.Errorf("%d rewrites: results differ", len(list))
		}
	}
}

// The NAR of a content-addressed object with itself among its references, built
// by the reference (2.34.8), which hashed without the offsets.
func TestModulo(t *testing.T) {
	const self = storepath.Path("q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie")
	nar, err := os.ReadFile("testdata/selfie.nar")
	if err != nil {
		t.Fatal(err)
	}
	zeros := strings.Repeat("\x00", 32)
	blanked, at := rewrite(t, []Rewrite{{self.HashPart(), zeros}}, string(nar))
	if got := nixhash.Sum(nixhash.SHA256, []byte(blanked)).SRI(); got != "sha256-66AP1R5BGl6gAOvm4IRw5OA8Cwx0RIvhsYg/6U3kSn8=" {
		t.Errorf("without offsets: %s", got)
	}
	if fmt.Sprint(at) != "[107]" {
		t.Errorf("offsets %v", at)
	}
	m := NewModulo(nixhash.SHA256, self)
	for _, c := range nar {
		m.Write([]byte{c})
	}
	hash, size := m.Sum()
	if want := nixhash.Sum(nixhash.SHA256, []byte(blanked+"|107")); hash != want || size != uint64(len(nar)) {
		t.Errorf("%s, %d bytes, want %s", hash, size, want)
	}
	found := scan([]storepath.Path{a, self, "nzfas95xmmqqs930nl13l9cfdh7v0zac-b", "draf2pm7skqzj8g3kv0bamg214p6sd70-a"}, string(nar))
	if fmt.Sprint(found) != "[draf2pm7skqzj8g3kv0bamg214p6sd70-a nzfas95xmmqqs930nl13l9cfdh7v0zac-b "+string(self)+"]" {
		t.Errorf("%v", found)
	}
}

func FuzzScan(f *testing.F) {
	f.Add("x"+a.HashPart()+b.HashPart(), 7)
	f.Fuzz(func(t *testing.T, data string, cut int) {
		if cut < 0 || cut > len(data) {
			cut = 0
		}
		candidates := []storepath.Path{a, b}
		if got, want := scan(candidates, data[:cut], data[cut:]), naive(candidates, data); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func benchmarkScan(bm *testing.B, data []byte) {
	var candidates []storepath.Path
	for i := range 100 {
		p, _ := storepath.FromDigest([20]byte{byte(i), byte(i * 7)}, "x")
		candidates = append(candidates, p)
	}
	bm.SetBytes(int64(len(data)))
	for bm.Loop() {
		NewScanner(candidates).Write(data)
	}
}

func BenchmarkScanBinary(bm *testing.B) {
	data := make([]byte, 1<<20)
	rand.New(rand.NewSource(1)).Read(data)
	benchmarkScan(bm, data)
}

func BenchmarkScanText(bm *testing.B) {
	benchmarkScan(bm, bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog; int main(void) { return 0; }\n"), 1<<13))
}

func BenchmarkScanLetters(bm *testing.B) {
	benchmarkScan(bm, bytes.Repeat([]byte("0123456789abcdf"), 1<<16))
}

func BenchmarkModulo(bm *testing.B) {
	data := make([]byte, 1<<20)
	bm.SetBytes(1 << 20)
	for bm.Loop() {
		NewModulo(nixhash.SHA256, a).Write(data)
	}
}
