package storepath

import (
	"slices"
	"testing"

	"firn/internal/format/nixhash"
)

func sum(t *testing.T, algo, data string) nixhash.Hash {
	t.Helper()
	a, err := nixhash.ParseAlgorithm(algo)
	if err != nil {
		t.Fatal(err)
	}
	return nixhash.Sum(a, []byte(data))
}

func parseHash(t *testing.T, text string) nixhash.Hash {
	t.Helper()
	h, err := nixhash.ParseAnyPrefixed(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The paths are those that `nix-store --print-fixed-path` of the reference
// prints for the digest of "abc".
func TestMakeFixed(t *testing.T) {
	for _, c := range []struct {
		m          Method
		algo, want string
	}{
		{Flat, "md5", "2pmndi1a46cg4rzrnnydfdr30dgs6j6k-abc.tar"},
		{NAR, "md5", "hqj33mbmavrlj9yqhn5wbadin41lxdyv-abc.tar"},
		{Flat, "sha1", "c37cpih3i1hrx54hnz8bf31w2hl5s81k-abc.tar"},
		{NAR, "sha1", "qkkkb2r3qzlrzl96hl6gaixsv97w2wjm-abc.tar"},
		{Flat, "sha256", "9y6yx6zk8qpgip9v634kdr4p2734201l-abc.tar"},
		{NAR, "sha256", "ilc692xz6qz0f0995ya2x7grzgzapy3j-abc.tar"},
		{Flat, "sha512", "kwfbvphm4qmhzd3mfx7b0h1sfyqd1l7w-abc.tar"},
		{NAR, "sha512", "xndy4r2acwbgp7dw2xgwi5gp1d61p7py-abc.tar"},
	} {
		got, err := Default.MakeFixed("abc.tar", ContentAddress{c.m, sum(t, c.algo, "abc")}, References{})
		if string(got) != c.want || err != nil {
			t.Errorf("%s %s: %s, %v, want %s", c.m, c.algo, got, err, c.want)
		}
	}
}

// The digest is that of the git blob "abc", the paths those of
// `nix store add --mode git`.
func TestMakeFixedGit(t *testing.T) {
	for _, c := range []struct{ algo, want string }{
		{"sha1", "cs3aa00vzd3c96ym3qkk497fm2vyn9fq-abc"},
		{"sha256", "fl30xbg34jlv7n3q433hv84yn8cmwc28-abc"},
	} {
		got, err := Default.MakeFixed("abc", ContentAddress{Git, sum(t, c.algo, "blob 3\x00abc")}, References{})
		if string(got) != c.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", c.algo, got, err, c.want)
		}
	}
}

// A content-addressed output built by the reference, with two references and
// itself.
func TestMakeFixedReferences(t *testing.T) {
	const want = Path("q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie")
	ca := ContentAddress{NAR, parseHash(t, "sha256-66AP1R5BGl6gAOvm4IRw5OA8Cwx0RIvhsYg/6U3kSn8=")}
	refs := References{Others: []Path{"nzfas95xmmqqs930nl13l9cfdh7v0zac-b", "draf2pm7skqzj8g3kv0bamg214p6sd70-a", "draf2pm7skqzj8g3kv0bamg214p6sd70-a"}, Self: true}
	given := slices.Clone(refs.Others)
	if got, err := Default.MakeFixed("selfie", ca, refs); got != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if !slices.Equal(refs.Others, given) {
		t.Error("the caller's references were sorted")
	}
}

func TestMakeFixedErrors(t *testing.T) {
	one := References{Others: []Path{"draf2pm7skqzj8g3kv0bamg214p6sd70-a"}}
	const refused = "fixed output derivation 'x' is not allowed to refer to other store paths.\n" +
		"You may need to use the 'unsafeDiscardReferences' derivation attribute, see the manual for more details."
	for _, c := range []struct {
		ca   ContentAddress
		refs References
		want string
	}{
		{ContentAddress{Flat, sum(t, "sha256", "")}, one, refused},
		{ContentAddress{NAR, sum(t, "sha1", "")}, References{Self: true}, refused},
		{ContentAddress{Git, sum(t, "md5", "")}, References{}, "Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: md5"},
		{ContentAddress{Text, sum(t, "sha256", "")}, References{Self: true}, "self-reference not allowed with text hashing"},
		{ContentAddress{Text, sum(t, "sha1", "")}, References{}, "text object 'x' needs a SHA-256 hash, not sha1"},
	} {
		if _, err := Default.MakeFixed("x", c.ca, c.refs); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.ca, err, c.want)
		}
	}
	if _, err := Default.MakeText("a b", sum(t, "sha256", ""), nil); err == nil {
		t.Error("bad name accepted")
	}
}

// builtins.toFile of the reference.
func TestMakeText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		refs       []Path
		want       Path
	}{
		{"foo", "bar", nil, "vxjiwkjkn7x4079qvh1jkl5pn05j2aw0-foo"},
		{"a", "A", nil, "draf2pm7skqzj8g3kv0bamg214p6sd70-a"},
		{"c", "/nix/store/draf2pm7skqzj8g3kv0bamg214p6sd70-a/nix/store/nzfas95xmmqqs930nl13l9cfdh7v0zac-b",
			[]Path{"draf2pm7skqzj8g3kv0bamg214p6sd70-a", "nzfas95xmmqqs930nl13l9cfdh7v0zac-b"}, "gy2y2nhn694lwnpjgk749wn9aqlc76h0-c"},
	} {
		if got, err := Default.MakeText(c.name, sum(t, "sha256", c.text), c.refs); got != c.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", c.name, got, err, c.want)
		}
	}
}

// More references than fit the buffer give what one long text gives.
func TestMakeManyReferences(t *testing.T) {
	var refs []Path
	text := "text"
	for i := range 300 {
		p, err := FromDigest([20]byte{19: byte(i), 18: byte(i >> 8)}, "reference")
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, p)
	}
	for _, p := range sortedSet(refs) {
		text += ":/nix/store/" + string(p)
	}
	h := sum(t, "sha256", "x")
	text += ":" + h.Text(nixhash.Base16, true) + ":/nix/store:many"
	want, _ := FromDigest(nixhash.CompressHash(sum(t, "sha256", text).Bytes()), "many")
	if got, err := Default.MakeText("many", h, refs); got != want || err != nil {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

func TestMakeOutput(t *testing.T) {
	// The path in a .drv's own output field, as `nix-instantiate` computed it,
	// is tested with package derivation; here only the two ways of naming.
	h := sum(t, "sha256", "x")
	out, err := Default.MakeOutput(h, "out", "foo")
	if err != nil || out.Name() != "foo" {
		t.Errorf("%s, %v", out, err)
	}
	dev, err := Default.MakeOutput(h, "dev", "foo")
	if err != nil || dev.Name() != "foo-dev" || dev.HashPart() == out.HashPart() {
		t.Errorf("%s, %v", dev, err)
	}
	if OutputPathName("foo", "out") != "foo" || OutputPathName("foo", "dev") != "foo-dev" {
		t.Error("OutputPathName")
	}
	if other, _ := Dir("/other").MakeOutput(h, "out", "foo"); other == out {
		t.Error("the directory does not matter")
	}
}

func TestAllocations(t *testing.T) {
	h := sum(t, "sha256", "x")
	var refs []Path
	for i := range 100 {
		p, _ := FromDigest([20]byte{0: byte(i)}, "reference")
		refs = append(refs, p)
	}
	refs = sortedSet(refs)
	for name, f := range map[string]func(){
		"MakeOutput": func() { Default.MakeOutput(h, "dev", "some-name-1.2.3") },
		"MakeText":   func() { Default.MakeText("some-name-1.2.3.drv", h, refs) },
		"MakeFixed":  func() { Default.MakeFixed("some-name", ContentAddress{Flat, h}, References{}) },
		"Parse":      func() { Default.Parse("/nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo") },
	} {
		want := 1.0
		if name == "Parse" {
			want = 0
		}
		if n := testing.AllocsPerRun(100, f); n > want {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkMakeOutput(b *testing.B) {
	h := nixhash.Sum(nixhash.SHA256, nil)
	b.ReportAllocs()
	for b.Loop() {
		Default.MakeOutput(h, "out", "some-name-1.2.3")
	}
}
