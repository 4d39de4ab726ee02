package nixbase32

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

// Pairs as `nix-hash --to-base32` of the reference prints them.
var pairs = []struct{ hex, text string }{
	{"", ""},
	{"00", "00"},
	{"01", "01"},
	{"1f", "0z"},
	{"ff", "7z"},
	{"800d59cfcd3c05e900cb4e214be48f6b886a08df", "vw46m23bizj4n8afrc0fj19wrp7mj3c0"},
	{"900150983cd24fb0d6963f7d28e17f72", "3jgzhjhz9zjvbb0kyj7jc500ch"},
	{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s"},
	{"204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445",
		"12k9jiq29iyqm03swfsgiw5mlqs173qazm3n7daz43infy12pyrcdf30fkk3qwv4yl2ick8yipc2mqnlh48xsvvxl60lbx8vp38yji0"},
}

func TestPairs(t *testing.T) {
	for _, p := range pairs {
		b, err := hex.DecodeString(p.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got := EncodeToString(b); got != p.text {
			t.Errorf("EncodeToString(%s) = %q, want %q", p.hex, got, p.text)
		}
		if got := AppendEncode([]byte("x"), b); string(got) != "x"+p.text {
			t.Errorf("AppendEncode(x, %s) = %q", p.hex, got)
		}
		got, err := DecodeString(p.text)
		if err != nil || !bytes.Equal(got, b) {
			t.Errorf("DecodeString(%q) = %x, %v, want %s", p.text, got, err, p.hex)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"0e", "invalid character in Nix32 (Nix's Base32 variation) string: 'e'"},
		{"0O", "invalid character in Nix32 (Nix's Base32 variation) string: 'O'"},
		{"0\xff", "invalid character in Nix32 (Nix's Base32 variation) string: '\xff'"},
		{"80", "invalid Nix32 string '80': padding bits of '8' are not zero"},
		{"0", "invalid Nix32 string '0': no bytes encode to 1 letters"},
		{"000", "invalid Nix32 string '000': no bytes encode to 3 letters"},
		{"000000", "invalid Nix32 string '000000': no bytes encode to 6 letters"},
	} {
		_, err := DecodeString(c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("DecodeString(%q): error %v, want %q", c.text, err, c.want)
		}
	}
	var ce *CharError
	if _, err := DecodeString("a!cd"); !errors.As(err, &ce) || ce.Char != '!' || ce.Offset != 1 {
		t.Errorf("DecodeString(a!cd): %#v", err)
	}
}

func TestIsLetter(t *testing.T) {
	n := 0
	for c := range 256 {
		if IsLetter(byte(c)) {
			n++
		}
	}
	if n != 32 || IsLetter('e') || IsLetter('A') || !IsLetter('z') {
		t.Errorf("%d letters", n)
	}
}

func TestAppendEncodeAllocates(t *testing.T) {
	src, dst := make([]byte, 20), make([]byte, 0, 32)
	if n := testing.AllocsPerRun(100, func() { dst = AppendEncode(dst[:0], src) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzEncode(f *testing.F) {
	for _, p := range pairs {
		b, _ := hex.DecodeString(p.hex)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text := EncodeToString(b)
		if len(text) != EncodedLen(len(b)) || DecodedLen(len(text)) != len(b) {
			t.Fatalf("%d bytes became %d letters", len(b), len(text))
		}
		back, err := DecodeString(text)
		if err != nil || !bytes.Equal(back, b) {
			t.Fatalf("%x -> %q -> %x, %v", b, text, back, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, p := range pairs {
		f.Add(p.text)
	}
	f.Add("zz")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := DecodeString(text)
		if err == nil && EncodeToString(b) != text {
			t.Fatalf("%q -> %x -> %q", text, b, EncodeToString(b))
		}
	})
}

func BenchmarkAppendEncode20(b *testing.B) {
	src, dst := make([]byte, 20), make([]byte, 0, 32)
	for b.Loop() {
		dst = AppendEncode(dst[:0], src)
	}
}
