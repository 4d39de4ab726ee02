package storepath

import (
	"encoding/json"
	"testing"

	"firn/internal/format/nixhash"
)

var addresses = []struct{ text, json string }{
	{"text:sha256:1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s", `{"hash":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=","method":"text"}`},
	{"fixed:sha256:1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s", `{"hash":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=","method":"flat"}`},
	{"fixed:r:md5:3jgzhjhz9zjvbb0kyj7jc500ch", `{"hash":"md5-kAFQmDzST7DWlj99KOF/cg==","method":"nar"}`},
	{"fixed:git:sha1:kpcd173cq987hw957sx6m0868wv3x6d9", `{"hash":"sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=","method":"git"}`},
}

func TestContentAddress(t *testing.T) {
	for _, a := range addresses {
		ca, err := ParseContentAddress(a.text)
		if err != nil || ca.String() != a.text {
			t.Errorf("%s: %s, %v", a.text, ca, err)
		}
		if got, err := json.Marshal(ca); string(got) != a.json || err != nil {
			t.Errorf("%s: %s, %v, want %s", a.text, got, err, a.json)
		}
		var back ContentAddress
		if err := json.Unmarshal([]byte(a.json), &back); back != ca || err != nil {
			t.Errorf("%s: %s, %v", a.json, back, err)
		}
		m, algo, err := ParseMethodAlgo(MethodAlgo(ca.Method, ca.Hash.Algo()))
		if m != ca.Method || algo != ca.Hash.Algo() || err != nil {
			t.Errorf("%s: %s, %s, %v", MethodAlgo(ca.Method, ca.Hash.Algo()), m, algo, err)
		}
		m, rest := CutPrefix(ca.Method.Prefix() + "sha256")
		if m != ca.Method || rest != "sha256" {
			t.Errorf("CutPrefix: %s, %s", m, rest)
		}
	}
	if ca, err := ParseContentAddressOpt(""); !ca.IsZero() || err != nil || ca.String() != "" {
		t.Errorf("empty: %v, %v", ca, err)
	}
}

func TestContentAddressErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "not a content address because it is not in the form '<prefix>:<rest>': "},
		{"foo", "not a content address because it is not in the form '<prefix>:<rest>': foo"},
		{"foo:bar", "content address prefix 'foo' is unrecognized. Recogonized prefixes are 'text' or 'fixed'"},
		{"text:sha256", "content address hash must be in form '<algo>:<hash>', but found: text:sha256"},
		{"fixed:r:sha256", "content address hash must be in form '<algo>:<hash>', but found: fixed:r:sha256"},
		{"fixed:text:sha256:x", "unknown hash algorithm 'text', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"},
		{"fixed:sha256:x", "hash 'x' has wrong length for hash algorithm 'sha256'"},
	} {
		if _, err := ParseContentAddress(c.text); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := ParseMethod("narwhal"); err == nil {
		t.Error("narwhal is no method")
	}
	for _, text := range []string{`{"method":"nar"}`, `{"hash":"sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}`, `{"hash":"x","method":"nar"}`} {
		var ca ContentAddress
		if err := json.Unmarshal([]byte(text), &ca); err == nil {
			t.Errorf("%s accepted", text)
		}
	}
}

func FuzzParseContentAddress(f *testing.F) {
	for _, a := range addresses {
		f.Add(a.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ca, err := ParseContentAddress(text)
		if err != nil {
			return
		}
		if back, err := ParseContentAddress(ca.String()); back != ca || err != nil {
			t.Fatalf("%q: %s, %v", text, back, err)
		}
		if ca.Hash.Algo() == nixhash.Algorithm(0) {
			t.Fatalf("%q: no algorithm", text)
		}
	})
}

// The texts are those of builtins.placeholder and of outputs of a floating
// content-addressed derivation in the reference, and of its own unit tests.
func TestPlaceholders(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{HashPlaceholder("out"), "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9"},
		{HashPlaceholder("dev"), "/02qcpld1y6xhs5gz9bchpxaw0xdhmsp5dv88lh25r2ss44kh8dxz"},
		{UnknownCAOutput("pwp7jfbdp7d0c0gf9iwj4g3vxqjnannk-foo.drv", "out").String(), "/0rsvp810wgjl7n6ppczq14f9di2phmb7d8z899shvcyamgs6dmla"},
		{UnknownCAOutput("pwp7jfbdp7d0c0gf9iwj4g3vxqjnannk-foo.drv", "dev").String(), "/1zqsc0xkv04ssjw75q0xddhi6sp5xxq57crl2fq8lgy1aq0s8xhf"},
		{UnknownCAOutput("g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo.drv", "out").String(), "/0c6rn30q4frawknapgwq386zq358m8r6msvywcvc89n6m5p2dgbz"},
		{UnknownDerivation(UnknownCAOutput("g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo.drv.drv", "out"), "out").String(),
			"/0gn6agqxjyyalf0dpihgyf49xq5hqxgw100f0wydnj6yqrhqsb3w"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}
