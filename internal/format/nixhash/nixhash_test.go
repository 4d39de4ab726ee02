package nixhash

import (
	"bytes"
	"testing"
)

// Each row was printed by the reference's `nix hash convert`, the BLAKE3 one by
// `nix hash file`.
var known = []struct {
	algo                  Algorithm
	data                  string
	base16, nix32, base64 string
}{
	{MD5, "abc", "900150983cd24fb0d6963f7d28e17f72", "3jgzhjhz9zjvbb0kyj7jc500ch", "kAFQmDzST7DWlj99KOF/cg=="},
	{SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d", "kpcd173cq987hw957sx6m0868wv3x6d9", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
	{SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
	{SHA512, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445",
		"12k9jiq29iyqm03swfsgiw5mlqs173qazm3n7daz43infy12pyrcdf30fkk3qwv4yl2ick8yipc2mqnlh48xsvvxl60lbx8vp38yji0",
		"IEqPxt2oLwoM7XvrjgikFlfBbvRosiioJ5vjMacDwzWW/RXBOxsH+aodO+pXeJygMa2Fx6cd1wNU7GMSOMo0RQ=="},
	{BLAKE3, "abc", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
		"11cxppanr71mzl1xnyax8rccaj5milx2fx9vnvzk6la672nb6dv4", "ZDezrDhGUTP/tjt1JzqNtUjFWEZdedsD/TWcbNW9nYU="},
}

func TestKnown(t *testing.T) {
	for _, k := range known {
		h := Sum(k.algo, []byte(k.data))
		name := k.algo.String()
		for _, c := range []struct{ got, want string }{
			{h.Base16(), k.base16},
			{h.Nix32(), k.nix32},
			{h.Base64(), k.base64},
			{h.SRI(), name + "-" + k.base64},
			{h.Text(SRI, false), name + "-" + k.base64},
			{h.Text(Base16, true), name + ":" + k.base16},
			{h.Text(Nix32, true), name + ":" + k.nix32},
			{h.Text(Base64, true), name + ":" + k.base64},
		} {
			if c.got != c.want {
				t.Errorf("%s: got %s, want %s", name, c.got, c.want)
			}
		}
		for _, text := range []string{k.base16, k.nix32, k.base64} {
			if got, err := ParseAny(text, k.algo); got != h || err != nil {
				t.Errorf("ParseAny(%s, %s) = %s, %v", text, name, got, err)
			}
			if got, err := ParseNonSRIUnprefixed(text, k.algo); got != h || err != nil {
				t.Errorf("ParseNonSRIUnprefixed(%s, %s) = %s, %v", text, name, got, err)
			}
			if got, err := ParseAnyPrefixed(name + ":" + text); got != h || err != nil {
				t.Errorf("ParseAnyPrefixed(%s:%s) = %s, %v", name, text, got, err)
			}
		}
		if got, err := ParseSRI(h.SRI()); got != h || err != nil {
			t.Errorf("ParseSRI(%s) = %s, %v", h.SRI(), got, err)
		}
		if got, err := ParseAny(string(bytes.ToUpper([]byte(k.base16))), k.algo); got != h || err != nil {
			t.Errorf("upper case base16: %s, %v", got, err)
		}
		w := NewWriter(k.algo)
		w.Write([]byte(k.data))
		if w.Sum() != h || w.Size() != uint64(len(k.data)) {
			t.Errorf("Writer: %s, %d bytes", w.Sum(), w.Size())
		}
		if got, err := FromBytes(k.algo, h.Bytes()); got != h || err != nil {
			t.Errorf("FromBytes: %s, %v", got, err)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range []Format{Base64, Nix32, Base16, SRI} {
		if got, err := ParseFormat(f.String()); got != f || err != nil {
			t.Errorf("ParseFormat(%s) = %s, %v", f, got, err)
		}
	}
	if got, err := ParseFormat("base32"); got != Nix32 || err != nil {
		t.Errorf("base32: %s, %v", got, err)
	}
	if _, err := ParseFormat("sha0042"); err == nil {
		t.Error("sha0042 accepted")
	}
}

func TestParseAnyFormat(t *testing.T) {
	h := Sum(SHA256, nil)
	for _, f := range []Format{Base64, Nix32, Base16, SRI} {
		if _, got, err := ParseAnyFormat(h.Text(f, true), 0); got != f || err != nil {
			t.Errorf("ParseAnyFormat(%s) found %s, %v", h.Text(f, true), got, err)
		}
	}
}

func TestParseLenientBase64(t *testing.T) {
	h := Sum(SHA256, []byte("abc"))
	for _, text := range []string{
		"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",
		"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0==",
		"sha256-ungWv48Bz+pBQUDeXa4i\nI7ADYaOWF3qctBD/YfIAFa0=",
		"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa1=", // left-over bits
	} {
		if got, err := ParseSRI(text); got != h || err != nil {
			t.Errorf("ParseSRI(%q) = %s, %v", text, got, err)
		}
	}
}

// The messages are those of `nix hash convert --hash-algo sha256` of the
// reference.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		text string
		algo Algorithm
		want string
	}{
		{"za7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", SHA256,
			"invalid base16 hash 'za7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', length 0 != expected length 32"},
		{"eb8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s", SHA256,
			"invalid nix32 hash 'eb8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s', length 0 != expected length 32"},
		{"zb8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s", SHA256,
			"invalid nix32 hash 'zb8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s', length 33 != expected length 32"},
		{"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfI*Fa0=", SHA256,
			"invalid Base64 hash 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfI*Fa0=', length 0 != expected length 32"},
		{"abc", SHA256, "hash 'abc' has wrong length for hash algorithm 'sha256'"},
		{"sha256:abc", 0, "hash 'abc' has wrong length for hash algorithm 'sha256'"},
		{"sha256-!!", SHA256, "invalid SRI hash '!!', length 0 != expected length 32"},
		{"sha256-ungWv48Bz", SHA256, "invalid SRI hash 'ungWv48Bz', length 6 != expected length 32"},
		{"md5:abc", SHA256, "hash 'md5:abc' should have type 'sha256'"},
		{"sha3:abc", SHA256, "unknown hash algorithm 'sha3', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"},
		{"abc", 0, "hash 'abc' does not include a type, nor is the type otherwise known from context"},
	} {
		if _, err := ParseAny(c.text, c.algo); err == nil || err.Error() != c.want {
			t.Errorf("ParseAny(%s): %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := ParseAnyPrefixed("abc"); err == nil || err.Error() != "hash 'abc' does not include a type" {
		t.Errorf("ParseAnyPrefixed(abc): %v", err)
	}
	if _, err := ParseSRI("abc"); err == nil || err.Error() != "hash 'abc' is not SRI" {
		t.Errorf("ParseSRI(abc): %v", err)
	}
	if _, err := FromBytes(SHA1, nil); err == nil {
		t.Error("FromBytes took an empty digest")
	}
}

// An explicit notation that does not fit the algorithm is an error.
func TestParseUnprefixed(t *testing.T) {
	text := known[2].base16
	for _, c := range []struct {
		algo Algorithm
		f    Format
		want string
	}{
		{SHA256, Base16, ""},
		{SHA1, Base16, "invalid base16 hash '" + text + "', length 32 != expected length 20"},
		{SHA256, Nix32, "invalid nix32 hash '" + text + "', length 0 != expected length 32"},
		{SHA256, Base64, "invalid Base64 hash '" + text + "', length 48 != expected length 32"},
		{0, Base16, "hash '" + text + "' has no algorithm"},
	} {
		_, err := ParseUnprefixed(text, c.algo, c.f)
		if got := errText(err); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.algo, c.f, got, c.want)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestCompressHash(t *testing.T) {
	h := Sum(SHA256, []byte("abc"))
	d := h.Bytes()
	got := CompressHash(d)
	for i := range got {
		want := d[i]
		if i < 12 {
			want ^= d[i+20]
		}
		if got[i] != want {
			t.Fatalf("byte %d is %x, want %x", i, got[i], want)
		}
	}
}

func TestCompare(t *testing.T) {
	order := []Hash{{}, Sum(MD5, nil), Sum(SHA1, nil), Sum(BLAKE3, nil), Sum(SHA256, nil), Sum(SHA512, nil)}
	for i, a := range order {
		for j, b := range order {
			if got := Compare(a, b); got != sign(i-j) {
				t.Errorf("Compare(%s, %s) = %d", a, b, got)
			}
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func FuzzParseAny(f *testing.F) {
	for _, k := range known {
		h := Sum(k.algo, []byte(k.data))
		f.Add(h.SRI(), uint8(0))
		f.Add(h.Text(Nix32, true), uint8(0))
		f.Add(h.Base16(), uint8(k.algo))
	}
	f.Fuzz(func(t *testing.T, text string, a uint8) {
		algo := Algorithm(a % 6)
		h, _, err := ParseAnyFormat(text, algo)
		if err != nil {
			return
		}
		for _, f := range []Format{Base64, Nix32, Base16, SRI} {
			again, got, err := ParseAnyFormat(h.Text(f, true), algo)
			if again != h || got != f || err != nil {
				t.Fatalf("%s as %s: %s, %s, %v", h, f, again, got, err)
			}
		}
	})
}
