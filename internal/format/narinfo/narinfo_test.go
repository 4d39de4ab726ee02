package narinfo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

const (
	dir    = storepath.Default
	public = "test-key-1:jA4MukBsfJxsn49YOaQ3sUGT5+hXXMNnUaZL67qQNDg="
)

// The files in testdata are a binary cache that the reference wrote and signed.
func files(t testing.TB) map[string]string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.narinfo")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files, %v", err)
	}
	texts := make(map[string]string)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimSuffix(filepath.Base(name), ".narinfo")] = string(b)
	}
	return texts
}

func TestReference(t *testing.T) {
	keys, err := signature.ParsePublicKeys([]string{public})
	if err != nil {
		t.Fatal(err)
	}
	for hashPart, text := range files(t) {
		info, err := Parse(dir, text, hashPart)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if got := info.Text(dir); got != text {
			t.Errorf("%s, want %s", got, text)
		}
		if info.Path.HashPart() != hashPart {
			t.Errorf("%s is not %s", info.Path, hashPart)
		}
		if is, _ := info.IsContentAddressed(dir); !is {
			t.Errorf("%s is not content-addressed", info.Path)
		}
		print, err := info.Fingerprint(dir)
		if n := keys.Count(print, info.Signatures); n != 1 || err != nil {
			t.Errorf("%s: %d signatures hold, %v", info.Path, n, err)
		}
	}
}

const minimal = "StorePath: /nix/store/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo\nURL: nar/x\nNarHash: sha256:1xmr8jicvzszfzpz46g37mlpvbzjl2wpwvl2b05psipssyp1sm8h\nNarSize: 120\n"

func TestParseLenient(t *testing.T) {
	info, err := Parse(dir, minimal+"References: n5wkd9frr45pa74if5gpz9j7mifg27fh-b  g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo\nDeriver: unknown-deriver\nCA: \nFuture: thing\n", "x")
	if err != nil {
		t.Fatal(err)
	}
	want := []storepath.Path{"g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo", "n5wkd9frr45pa74if5gpz9j7mifg27fh-b"}
	if info.Compression != "bzip2" || info.Deriver != "" || !info.CA.IsZero() || !slices.Equal(info.References, want) {
		t.Errorf("%+v", info)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "StorePath missing"},
		{strings.Replace(minimal, "NarHash", "Narhash", 1), "NarHash missing"},
		{strings.Replace(minimal, "nar/x", "", 1), "URL missing"},
		{strings.Replace(minimal, "120", "0", 1), "NarSize missing or zero"},
		{strings.Replace(minimal, "120", "-1", 1), "invalid NarSize at line 4"},
		{strings.Replace(minimal, "sha256:1", "sha256:e", 1), "bad hash at line 3"},
		{strings.Replace(minimal, "/nix/store/", "/foo/", 1), "path \"/foo/g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q-foo\" is not in the Nix store at line 1"},
		{minimal + "FileSize: many\n", "invalid FileSize at line 5"},
		{minimal + "Compression: 7z\n", "invalid Compression at line 5"},
		{minimal + "References: foo\n", "'foo' is too short to be a valid store path at line 5"},
		{minimal + "References: n5wkd9frr45pa74if5gpz9j7mifg27fh-b\nReferences: \n", "extra References at line 6"},
		{minimal + "CA: text:sha256:1xmr8jicvzszfzpz46g37mlpvbzjl2wpwvl2b05psipssyp1sm8h\nCA: \n", "extra CA at line 6"},
		{minimal + "Sig: x\n", "signature is corrupt at line 5"},
		{minimal + "Deriver: x\n", "'x' is too short to be a valid store path at line 5"},
		{minimal + "nonsense\n", "expecting ':' at line 5"},
		{minimal + "Future: thing", `expecting '\n' at line 5`},
	} {
		if _, err := Parse(dir, c.in, "f"); err == nil || err.Error() != "NAR info file 'f' is corrupt: "+c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// The text is what `nix path-info --json --store` of the reference prints.
func TestJSON(t *testing.T) {
	const want = `{"ca":"fixed:r:sha256:0zsawi6yjgw8n7hqni3l1h5krq74f22f1rpb02h5w6j13vahz87b","compression":"none","deriver":"/nix/store/g2qzxa0jx66bcf068s9jfrz5hfyh29w6-selfie.drv","downloadHash":"sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=","downloadSize":256,"narHash":"sha256-RiPlAeZ/b4sqCDRFAWsslpPodU3yM6Bp5GCsZ4YK7ec=","narSize":256,"references":["/nix/store/draf2pm7skqzj8g3kv0bamg214p6sd70-a","/nix/store/nzfas95xmmqqs930nl13l9cfdh7v0zac-b","/nix/store/q8hpqgwvjpfaciwqkd9jfcnryw10l4p3-selfie"],"registrationTime":null,"signatures":["test-key-1:pwOmAXp1g0/WiR4zzL4XGRFBP7XVrJcAUaZKK0wHRFFzsOpQI7fRnJ9vs2ibXAfoM36nls1/H/JIUZI+PWAjDQ=="],"storeDir":"/nix/store","ultimate":false,"url":"nar/1rzd1a36gb30wils0czj9msyi4wn5imh2i9l10m8nvvzwq0ya8s6.nar","version":1}`
	info, err := Parse(dir, files(t)["q8hpqgwvjpfaciwqkd9jfcnryw10l4p3"], "x")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(info.JSON(dir, pathinfo.V1, true)); string(got) != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range files(f) {
		f.Add(text)
	}
	f.Add(minimal)
	f.Fuzz(func(t *testing.T, text string) {
		info, err := Parse(dir, text, "x")
		if err != nil {
			return
		}
		back, err := Parse(dir, info.Text(dir), "x")
		if err != nil {
			t.Fatalf("%s: %v", info.Text(dir), err)
		}
		if len(info.References) == 0 {
			info.References, back.References = nil, nil
		}
		if !reflect.DeepEqual(back, info) {
			t.Fatalf("%+v, then %+v", info, back)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := files(b)["q8hpqgwvjpfaciwqkd9jfcnryw10l4p3"]
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(dir, text, "x"); err != nil {
			b.Fatal(err)
		}
	}
}
