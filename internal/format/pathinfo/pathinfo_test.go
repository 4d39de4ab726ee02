package pathinfo

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firn/internal/format/nixhash"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

const (
	dir    = storepath.Default
	secret = "test-key-1:ly9DsNX5acrZdwfp2+PeTKJMB80z/iwAreUbiAz+FFeMDgy6QGx8nGyfj1g5pDexQZPn6Fdcw2dRpkvrupA0OA=="
	public = "test-key-1:jA4MukBsfJxsn49YOaQ3sUGT5+hXXMNnUaZL67qQNDg="
	sigOf  = "test-key-1:pwOmAXp1g0/WiR4zzL4XGRFBP7XVrJcAUaZKK0wHRFFzsOpQI7fRnJ9vs2ibXAfoM36nls1/H/JIUZI+PWAjDQ=="
)

func hash(t testing.TB, text string) nixhash.Hash {
	t.Helper()
	h, err := nixhash.ParseSRI(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// selfie is a path that the reference built, signed with the key above, and
// printed with `nix path-info --json`.
func selfie(t testing.TB) *Info {
	t.Helper()
	sig, err := signature.Parse(sigOf)
	if err != nil {
		t.Fatal(err)
	}
	return &Info{
		Path:             "q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie",
		NARHash:          hash(t, "sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec="),
		NARSize:          256,
		References:       []storepath.Path{"draf2pm7skqzj8g3kv0bamg214p6sd70-a", "nzfas95xmmqqs930nl13l9cfdh7v0zac-b", "q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie"},
		Deriver:          "g2qzxa0jx66bcf068s9jfrz5hfyh29w6-selfie.drv",
		RegistrationTime: 1795250799,
		Ultimate:         true,
		Signatures:       []signature.Signature{sig},
		CA:               storepath.ContentAddress{Method: storepath.NAR, Hash: hash(t, "sha256-66AP1R5BGl6gAOvm4IRw5OA8Cwx0RIvhsYg/6U3kSn8=")},
	}
}

// The texts, V3 aside, are the reference's.
var selfieJSON = map[JSONFormat]string{
	V1: `{"ca":"fixed:r:sha256:0zsawi6yjgw8n7hqni3l1h5krq74f22f1rpb02h5w6j13vahz87b","deriver":"/nix/store/g2qzxa0jx66bcf068s9jfrz5hfyh29w6-selfie.drv","narHash":"sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=","narSize":256,"references":["/nix/store/draf2pm7skqzj8g3kv0bamg214p6sd70-a","/nix/store/nzfas95xmmqqs930nl13l9cfdh7v0zac-b","/nix/store/q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie"],"registrationTime":1795250799,"signatures":["` + sigOf + `"],"storeDir":"/nix/store","ultimate":true,"version":1}`,
	V2: `{"ca":{"hash":"sha256-66AP1R5BGl6gAOvm4IRw5OA8Cwx0RIvhsYg/6U3kSn8=","method":"nar"},"deriver":"g2qzxa0jx66bcf068s9jfrz5hfyh29w6-selfie.drv","narHash":"sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=","narSize":256,"references":["draf2pm7skqzj8g3kv0bamg214p6sd70-a","nzfas95xmmqqs930nl13l9cfdh7v0zac-b","q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie"],"registrationTime":1795250799,"signatures":["` + sigOf + `"],"storeDir":"/nix/store","ultimate":true,"version":2}`,
	V3: `{"ca":{"hash":"sha256-66AP1R5BGl6gAOvm4IRw5OA8Cwx0RIvhsYg/6U3kSn8=","method":"nar"},"deriver":"g2qzxa0jx66bcf068s9jfrz5hfyh29w6-selfie.drv","narHash":"sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=","narSize":256,"references":["draf2pm7skqzj8g3kv0bamg214p6sd70-a","nzfas95xmmqqs930nl13l9cfdh7v0zac-b","q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie"],"registrationTime":1795250799,"signatures":[{"keyName":"test-key-1","sig":"` + sigOf[len("test-key-1:"):] + `"}],"storeDir":"/nix/store","ultimate":true,"version":3}`,
}

func TestJSON(t *testing.T) {
	info := selfie(t)
	for f, want := range selfieJSON {
		got, err := json.Marshal(info.JSON(dir, f, true))
		if string(got) != want || err != nil {
			t.Errorf("V%d: %s, %v, want %s", f, got, err, want)
		}
		back, backDir, err := ParseJSON("/other", info.Path, []byte(want))
		if err != nil || backDir != dir || !reflect.DeepEqual(back, info) {
			t.Errorf("V%d: %+v, %s, %v", f, back, backDir, err)
		}
	}
	empty := &Info{Path: info.Path, NARHash: info.NARHash}
	got, err := json.Marshal(empty.JSON(dir, V2, true))
	want := `{"ca":null,"deriver":null,"narHash":"sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=","narSize":0,"references":[],"registrationTime":null,"signatures":[],"storeDir":"/nix/store","ultimate":false,"version":2}`
	if string(got) != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	got, err = json.Marshal(empty.JSON(dir, V3, false))
	want = `{"ca":null,"narHash":"sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=","narSize":0,"references":[],"storeDir":"/nix/store","version":3}`
	if string(got) != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	// A form without version is the first, and takes its directory from outside.
	old := strings.NewReplacer(`,"version":1`, ``, `"storeDir":"/nix/store",`, ``).Replace(selfieJSON[V1])
	if back, _, err := ParseJSON(dir, info.Path, []byte(old)); err != nil || !reflect.DeepEqual(back, info) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestParseJSONErrors(t *testing.T) {
	const read = "read path info of 'q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie': "
	for _, c := range []struct{ old, new, want string }{
		{`"version":2`, `"version":4`, "unsupported path info JSON format version 4; supported versions are 1, 2 and 3"},
		{`"storeDir":"/nix/store",`, ``, "'storeDir' field is required in path info JSON format version 2"},
		{`"/nix/store"`, `"store"`, `not an absolute path: "store"`},
		{`"narSize":256,`, ``, "Expected JSON object to contain key 'narSize' but it doesn't"},
		{`sha256-RiPl`, `sha256_RiPl`, "hash 'sha256_RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=' is not SRI"},
		{`["draf2`, `["draf1u`, "while reading key 'references': 'draf1upm7skqzj8g3kv0bamg214p6sd70-a' can't name a store path because the hash part is not followed by a '-'"},
		{`"method":"nar"`, `"method":"x"`, "while reading key 'ca': Unknown file ingestion method 'x', expect `flat`, `nar`, or `git`"},
		{`g2qzxa`, ``, "'0jx66bcf068s9jfrz5hfyh29w6-selfie.drv' can't name a store path because the hash part is not followed by a '-'"},
	} {
		in := strings.Replace(selfieJSON[V2], c.old, c.new, 1)
		if _, _, err := ParseJSON(dir, "q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie", []byte(in)); err == nil || err.Error() != read+c.want {
			t.Errorf("%s: %v, want %s", c.new, err, c.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	info := selfie(t)
	got, err := info.Fingerprint(dir)
	want := "1;/nix/store/q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie;sha256:1rzd1a36gb30wils0czj9msyi4wn5imh2i9l10m8nvvzwq0ya8s6;256;" +
		"/nix/store/draf2pm7skqzj8g3kv0bamg214p6sd70-a,/nix/store/nzfas95xmmqqs930nl13l9cfdh7v0zac-b,/nix/store/q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie"
	if got != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	info.NARSize = 0
	if _, err := info.Fingerprint(dir); err == nil || err.Error() != "cannot calculate fingerprint of path '/nix/store/q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie' because its size is not known" {
		t.Error(err)
	}
}

func TestSignatures(t *testing.T) {
	info := selfie(t)
	key, err := signature.ParseSecretKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := signature.ParsePublicKeys([]string{public})
	if err != nil {
		t.Fatal(err)
	}
	signed := *info
	signed.Signatures = nil
	if err := signed.Sign(dir, key, key); err != nil || !slices.Equal(signed.Signatures, info.Signatures) {
		t.Errorf("%v, %v", signed.Signatures, err)
	}
	check := func(i *Info, want int) {
		t.Helper()
		if n, err := i.CheckSignatures(dir, keys); n != want || err != nil {
			t.Errorf("%d hold, %v, want %d", n, err, want)
		}
	}
	check(info, AllSignatures)
	signed.CA = storepath.ContentAddress{}
	check(&signed, 1)
	signed.NARSize++
	check(&signed, 0)
	signed.CA = info.CA
	signed.Path = "q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-other"
	if is, claims := signed.IsContentAddressed(dir); is || !claims {
		t.Errorf("%v, %v", is, claims)
	}
}

func TestFromCA(t *testing.T) {
	want := selfie(t)
	refs := want.SplitReferences()
	if len(refs.Others) != 2 || !refs.Self {
		t.Fatalf("%v", refs)
	}
	got, err := FromCA(dir, "selfie", want.CA, refs, want.NARHash, want.NARSize)
	if err != nil || got.Path != want.Path || !slices.Equal(got.References, want.References) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := FromCA(dir, "a b", want.CA, refs, want.NARHash, 1); err == nil {
		t.Error("bad name accepted")
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, text := range selfieJSON {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info, d, err := ParseJSON(dir, "q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie", data)
		if err != nil {
			return
		}
		for _, form := range []JSONFormat{V1, V2, V3} {
			once, err := json.Marshal(info.JSON(d, form, true))
			if err != nil {
				t.Fatal(err)
			}
			back, d2, err := ParseJSON(d, info.Path, once)
			if err != nil {
				t.Fatalf("%s: %v", once, err)
			}
			again, _ := json.Marshal(back.JSON(d2, form, true))
			if !bytes.Equal(again, once) {
				t.Fatalf("%s, then %s", once, again)
			}
		}
	})
}
