package realisation

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

const (
	dir    = storepath.Default
	secret = "test-key-1:ly9DsNX5acrZdwfp2+PeTKJMB80z/iwAreUbiAz+FFeMDgy6QGx8nGyfj1g5pDexQZPn6Fdcw2dRpkvrupA0OA=="
)

var example = Realisation{ID: ID{"g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-bar.drv", "foo"}, OutPath: "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo"}

const fingerprint = `{"key":{"drvPath":"g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-bar.drv","outputName":"foo"},"value":{"outPath":"g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo"}}`

func TestFingerprint(t *testing.T) {
	r := example
	if got := r.Fingerprint(); got != fingerprint {
		t.Errorf("%s, want %s", got, fingerprint)
	}
	key, err := signature.ParseSecretKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	r.Sign(key)
	r.Sign(key)
	if len(r.Signatures) != 1 || r.Fingerprint() != fingerprint {
		t.Errorf("%v", r)
	}
	keys := signature.PublicKeys{key.Name: key.Public()}
	if n := r.CheckSignatures(keys); n != 1 {
		t.Errorf("%d signatures hold", n)
	}
	r.OutPath = "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-fox"
	if n := r.CheckSignatures(keys); n != 0 {
		t.Errorf("%d signatures hold for another path", n)
	}
}

func TestJSON(t *testing.T) {
	r := example
	r.Signatures = []signature.Signature{{KeyName: "asdf", Sig: "x"}}
	got, err := json.Marshal(&r)
	want := strings.Replace(fingerprint, `-foo"}}`, `-foo","signatures":[{"keyName":"asdf","sig":"eA=="}]}}`, 1)
	if string(got) != want || err != nil {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	for _, text := range []string{want, strings.Replace(want, `{"keyName":"asdf","sig":"eA=="}`, `"asdf:eA=="`, 1)} {
		var back Realisation
		if err := json.Unmarshal([]byte(text), &back); err != nil || !reflect.DeepEqual(back, r) {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
	if got := string(example.ValueJSON()); got != `{"outPath":"g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo","signatures":[]}` {
		t.Errorf("value %s", got)
	}
	for _, text := range []string{`{}`, `{"key":{}}`, `{"key":{"drvPath":"x","outputName":"y"},"value":{}}`,
		strings.Replace(want, `"outPath"`, `"outpath2"`, 1), strings.Replace(want, `-foo"`, `"`, 1)} {
		var back Realisation
		if err := json.Unmarshal([]byte(text), &back); err == nil {
			t.Errorf("%s accepted", text)
		}
	}
}

func TestID(t *testing.T) {
	id := example.ID
	if back, err := ParseID(dir, id.Text(dir)); back != id || err != nil || id.Text(dir) != "/nix/store/"+id.String() {
		t.Errorf("%s, %v", back, err)
	}
	if got := id.CachePath(); got != "build-trace-v2/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-bar.drv/foo.doi" {
		t.Error(got)
	}
	if _, err := ParseID(dir, "foo"); err == nil || err.Error() != "Invalid derivation output id 'foo': missing '^'" {
		t.Error(err)
	}
	if _, err := ParseID(dir, "/nix/store/foo^out"); err == nil {
		t.Error("bad path accepted")
	}
}

// A file that the reference (2.34.8) put into a binary cache.
const (
	legacyName = "realisations/sha256:1f993e35b319ff73aa4bc997c981922abd3f36f858adab90622decbccaa31072!out.doi"
	legacyText = `{"dependentRealisations":{},"id":"sha256:1f993e35b319ff73aa4bc997c981922abd3f36f858adab90622decbccaa31072!out","outPath":"b3zmpxxq302f2jm1r8czk0jw5bjvjmgh-dep","signatures":[]}`
)

func TestLegacy(t *testing.T) {
	var l Legacy
	if err := json.Unmarshal([]byte(legacyText), &l); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(&l); string(got) != legacyText || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got := l.ID.CachePath(); got != legacyName {
		t.Error(got)
	}
	if got, want := l.Fingerprint(), strings.Replace(legacyText, `,"signatures":[]`, ``, 1); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	in := strings.Replace(strings.Replace(legacyText, `[]`, `["a:eA=="]`, 1), `{}`, `{"`+l.ID.String()+`":"b3zmpxxq302f2jm1r8czk0jw5bjvjmgh-dep"}`, 1)
	if err := json.Unmarshal([]byte(in), &l); err != nil || len(l.Signatures) != 1 || len(l.Dependent) != 1 {
		t.Errorf("%v, %v", l, err)
	}
	if got, _ := json.Marshal(&l); string(got) != in {
		t.Errorf("%s, want %s", got, in)
	}
	for _, text := range []string{`{}`, strings.Replace(legacyText, "!", "^", 1), strings.Replace(legacyText, "1f99", "", 1), strings.Replace(legacyText, `[]`, `["a"]`, 1)} {
		if err := json.Unmarshal([]byte(text), &l); err == nil {
			t.Errorf("%s accepted", text)
		}
	}
}

func FuzzRealisation(f *testing.F) {
	text, _ := json.Marshal(&example)
	f.Add(text)
	f.Add([]byte(legacyText))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r, back Realisation
		if json.Unmarshal(data, &r) == nil {
			once, _ := json.Marshal(&r)
			if err := json.Unmarshal(once, &back); err != nil || !reflect.DeepEqual(back, r) {
				t.Fatalf("%s: %v, %v", once, back, err)
			}
		}
		var l, again Legacy
		if json.Unmarshal(data, &l) == nil {
			once, _ := json.Marshal(&l)
			if err := json.Unmarshal(once, &again); err != nil || again.Fingerprint() != l.Fingerprint() {
				t.Fatalf("%s: %v, %v", once, again, err)
			}
		}
	})
}
