package signature

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A pair that the reference's `nix-store --generate-binary-cache-key` made.
const (
	secretText = "test-key-1:ly9DsNX5acrZdwfp2+PeTKJMB80z/iwAreUbiAz+FFeMDgy6QGx8nGyfj1g5pDexQZPn6Fdcw2dRpkvrupA0OA=="
	publicText = "test-key-1:jA4MukBsfJxsn49YOaQ3sUGT5+hXXMNnUaZL67qQNDg="
)

func keys(t *testing.T) (SecretKey, PublicKeys) {
	t.Helper()
	s, err := ParseSecretKey(secretText)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParsePublicKeys([]string{publicText})
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

// The signature is one that the reference put into a narinfo.
func TestSignEqualsReference(t *testing.T) {
	const fingerprint = "1;/nix/store/draf2pm7skqzj8g3kv0bamg214p6sd70-a;sha256:19d7mifi45mv9skq5wg07ygf8wqw26s68z727snim9glglp44cpj;120;"
	const want = "test-key-1:jBFP9jmlDia8ALUV/wq+rhluVhNk1I7nILgfNZ6Xs/HQ/XmlNGX/Imo9YLx5dnw/Vssf/ZpsY8boOuwpquQABw=="
	secret, public := keys(t)
	sig := secret.Sign(fingerprint)
	if sig.String() != want {
		t.Errorf("%s, want %s", sig, want)
	}
	parsed, err := Parse(want)
	if err != nil || parsed != sig {
		t.Errorf("%v, %v", parsed, err)
	}
	if err := public.Verify(fingerprint, sig); err != nil {
		t.Error(err)
	}
	if got := secret.Public().String(); got != publicText {
		t.Errorf("%s, want %s", got, publicText)
	}
	if secret.Reveal() != secretText {
		t.Error("the secret key does not round trip")
	}
}

// The vector of RFC 8032, section 7.1, SHA(abc).
func TestRFC8032(t *testing.T) {
	seed, _ := hex.DecodeString("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
	message, _ := hex.DecodeString("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
	k := NewSecretKey("test", [32]byte(seed))
	if got := hex.EncodeToString(k.Public().Bytes()); got != "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf" {
		t.Errorf("public key %s", got)
	}
	if got := hex.EncodeToString([]byte(k.Sign(string(message)).Sig)); got != "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704" {
		t.Errorf("signature %s", got)
	}
}

func TestVerify(t *testing.T) {
	secret, public := keys(t)
	good := secret.Sign("text")
	flipped := []byte(good.Sig)
	flipped[7] ^= 1
	for _, c := range []struct {
		text string
		sig  Signature
		want error
	}{
		{"text", good, nil},
		{"Text", good, ErrMismatch},
		{"text", Signature{good.KeyName, string(flipped)}, ErrMismatch},
		{"text", Signature{good.KeyName, good.Sig[:63]}, ErrMalformed},
		{"text", Signature{"other", good.Sig}, ErrUnknownKey},
	} {
		if err := public.Verify(c.text, c.sig); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.text, err, c.want)
		}
	}
	if err := secret.Public().Verify("text", Signature{"other", good.Sig}); err != ErrUnknownKey {
		t.Error(err)
	}
	if n := public.Count("text", []Signature{good, {"other", good.Sig}, good}); n != 2 {
		t.Errorf("%d hold", n)
	}
}

func TestParseErrors(t *testing.T) {
	short := "k:" + base64.StdEncoding.EncodeToString(make([]byte, 31))
	for _, c := range []struct {
		parse      func(string) error
		text, want string
	}{
		{parseSignature, "", "signature is corrupt"},
		{parseSignature, "abc", "signature is corrupt"},
		{parseSignature, ":YQ==", "signature is corrupt"},
		{parseSignature, "k:", "signature is corrupt"},
		{parseSignature, "k:a!bc", "invalid character in Base64 string: '!'"},
		{parsePublic, "k", "while decoding key named 'k' with raw value 'k': key is corrupt"},
		{parsePublic, short, "public key is not valid"},
		{parsePublic, short + "AAAA", "public key is not valid"},
		{parseSecret, "k:!", "while decoding key named 'k': invalid character in Base64 string: '!'"},
		{parseSecret, short, "secret key is not valid"},
		{parseSecret, strings.Replace(secretText, "A0OA==", "A0OB==", 1), ""},
		{parseSecret, "k:" + base64.StdEncoding.EncodeToString(make([]byte, 64)), "secret key is not valid: its public half belongs to another"},
	} {
		if err := c.parse(c.text); fmt.Sprint(err) != c.want && !(err == nil && c.want == "") {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
}

func parseSignature(s string) error { _, err := Parse(s); return err }
func parsePublic(s string) error    { _, err := ParsePublicKey(s); return err }
func parseSecret(s string) error    { _, err := ParseSecretKey(s); return err }

func TestSecretKeyDoesNotPrint(t *testing.T) {
	secret, _ := keys(t)
	for _, format := range []string{"%v", "%s", "%+v", "%#v"} {
		if got := fmt.Sprintf(format, secret); got != "test-key-1" {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

func TestInsert(t *testing.T) {
	var set []Signature
	for _, name := range []string{"b", "a", "c", "a", "b"} {
		set = Insert(set, Signature{name, "x"})
	}
	if fmt.Sprint(set) != "[a:eA== b:eA== c:eA==]" {
		t.Errorf("%v", set)
	}
}

func TestJSON(t *testing.T) {
	s := Signature{"asdf", strings.Repeat("\x00", 64)}
	zeros := base64.StdEncoding.EncodeToString(make([]byte, 64))
	got, err := json.Marshal(s)
	if want := `{"keyName":"asdf","sig":"` + zeros + `"}`; string(got) != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	for _, text := range []string{string(got), `"asdf:` + zeros + `"`} {
		var back Signature
		if err := json.Unmarshal([]byte(text), &back); back != s || err != nil {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
	for _, text := range []string{`{}`, `{"keyName":"a"}`, `"a"`, `1`, `{"keyName":"a","sig":"!"}`} {
		var s Signature
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("%s accepted", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(secretText)
	f.Add("a:b:c")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		if back, err := Parse(s.String()); back != s || err != nil {
			t.Fatalf("%q: %v, %v", text, back, err)
		}
	})
}
