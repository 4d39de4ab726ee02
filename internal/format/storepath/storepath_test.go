package storepath

import (
	"encoding/json"
	"strings"
	"testing"
)

const hashPart = "g1w7hy3qg1w7hy3qg1w7hy3qg1w7hy3q"

func TestCheckName(t *testing.T) {
	for _, name := range []string{
		"02345", "foo", "FOO", "foo+bar", "foo-dev", "foo_bar", "foo.txt", "foo?why", "foo=foo",
		".gitignore", "...a", "...1", "...-", "...", ".a-", "..a", strings.Repeat("a", 211),
	} {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q): %v", name, err)
		}
	}
	long := strings.Repeat("a", 212)
	for _, c := range []struct{ name, want string }{
		{"", "name must not be empty"},
		{long, "name '" + long + "' must be no longer than 211 characters"},
		{".", "name '.' is not valid"},
		{"..", "name '..' is not valid"},
		{".-b", "name '.-b' is not valid: first dash-separated component must not be '.'"},
		{"..-b", "name '..-b' is not valid: first dash-separated component must not be '..'"},
		{"~jiggle~", "name '~jiggle~' contains illegal character '~'"},
		{"a b", "name 'a b' contains illegal character ' '"},
		{"foo!o", "name 'foo!o' contains illegal character '!'"},
		{"\xc3\xa9", "name '\xc3\xa9' contains illegal character '\xc3'"},
		{"a\x00", "name 'a\x00' contains illegal character '\x00'"},
	} {
		if err := CheckName(c.name); err == nil || err.Error() != c.want {
			t.Errorf("CheckName(%q): %v, want %s", c.name, err, c.want)
		}
	}
}

func TestParseBase(t *testing.T) {
	p, err := ParseBase(hashPart + "-foo.drv")
	if err != nil {
		t.Fatal(err)
	}
	if p.HashPart() != hashPart || p.Name() != "foo.drv" || !p.IsDerivation() || p.DerivationName() != "foo" {
		t.Errorf("%s: %s, %s, %v, %s", p, p.HashPart(), p.Name(), p.IsDerivation(), p.DerivationName())
	}
	for _, c := range []struct{ base, want string }{
		{"abc", "'abc' is too short to be a valid store path"},
		{hashPart, "'" + hashPart + "' is too short to be a valid store path"},
		{hashPart + "_foo", "'" + hashPart + "_foo' can't name a store path because the hash part is not followed by a '-'"},
		{"e" + hashPart[1:] + "-x", "store path 'e" + hashPart[1:] + "-x' contains illegal base-32 character 'e'"},
		{"G" + hashPart[1:] + "-x", "store path 'G" + hashPart[1:] + "-x' contains illegal base-32 character 'G'"},
		{hashPart + "-", "path '" + hashPart + "-' is not a valid store path: name must not be empty"},
		{hashPart + "-a&b", "path '" + hashPart + "-a&b' is not a valid store path: name 'a&b' contains illegal character '&'"},
	} {
		if _, err := ParseBase(c.base); err == nil || err.Error() != c.want {
			t.Errorf("ParseBase(%q): %v, want %s", c.base, err, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	const want = Path(hashPart + "-foo")
	for _, full := range []string{
		"/nix/store/" + hashPart + "-foo",
		"/nix/store/" + hashPart + "-foo/",
		"/nix/store//" + hashPart + "-foo",
		"/nix/store/./" + hashPart + "-foo",
		"/nix/store/bar/../" + hashPart + "-foo",
	} {
		if p, err := Default.Parse(full); p != want || err != nil {
			t.Errorf("Parse(%s) = %s, %v", full, p, err)
		}
		p, err := Default.ParseCanonical(full)
		if canonical := full == Default.Join(want); (err == nil) != canonical || canonical && p != want {
			t.Errorf("ParseCanonical(%s) = %s, %v", full, p, err)
		}
	}
	for _, c := range []struct{ full, want string }{
		{"", "empty path is not a valid store path"},
		{hashPart + "-foo", "not an absolute path: \"" + hashPart + "-foo\""},
		{"/foo/bar/", "path \"/foo/bar\" is not in the Nix store"},
		{"/nix/store", "path \"/nix/store\" is not in the Nix store"},
		{"/nix/store/", "path \"/nix/store\" is not in the Nix store"},
		{"/nix/store/..", "path \"/nix\" is not in the Nix store"},
		{"/nix/store" + hashPart + "-foo", "path \"/nix/store" + hashPart + "-foo\" is not in the Nix store"},
		{"/nix/store/" + hashPart + "-foo/bin", "path \"/nix/store/" + hashPart + "-foo/bin\" is not in the Nix store"},
		{"/nix/store/abc", "'abc' is too short to be a valid store path"},
	} {
		if _, err := Default.Parse(c.full); err == nil || err.Error() != c.want {
			t.Errorf("Parse(%s): %v, want %s", c.full, err, c.want)
		}
		if p, err := Default.ParseCanonical(c.full); err == nil {
			t.Errorf("ParseCanonical(%s) = %s", c.full, p)
		}
	}
}

func TestParseInside(t *testing.T) {
	const want = Path(hashPart + "-foo")
	for _, c := range []struct{ full, rest string }{
		{"/nix/store/" + hashPart + "-foo", ""},
		{"/nix/store/" + hashPart + "-foo/", ""},
		{"/nix/store/" + hashPart + "-foo/..", ""},
		{"/nix/store/" + hashPart + "-foo/bin/sh", "/bin/sh"},
		{"/nix/store/" + hashPart + "-foo//bin/./x/../sh/", "/bin/sh"},
	} {
		if p, rest, err := Default.ParseInside(c.full); p != want || rest != c.rest || err != nil {
			t.Errorf("ParseInside(%s) = %s, %q, %v", c.full, p, rest, err)
		}
	}
	for _, c := range []struct{ full, want string }{
		{"/foo/bar", "path '/foo/bar' is not in the Nix store"},
		{"/nix/store", "path '/nix/store' is not in the Nix store"},
		{"/nix/store/x/y", "'x' is too short to be a valid store path"},
	} {
		if _, _, err := Default.ParseInside(c.full); err == nil || err.Error() != c.want {
			t.Errorf("ParseInside(%s): %v, want %s", c.full, err, c.want)
		}
	}
}

func TestParseDir(t *testing.T) {
	if d, err := ParseDir("/a//b/"); d != "/a/b" || err != nil {
		t.Errorf("%s, %v", d, err)
	}
	if _, err := ParseDir("a"); err == nil {
		t.Error("relative directory accepted")
	}
}

func TestPathJSON(t *testing.T) {
	var ps []Path
	if err := json.Unmarshal([]byte(`["`+hashPart+`-foo"]`), &ps); err != nil || ps[0] != hashPart+"-foo" {
		t.Errorf("%v, %v", ps, err)
	}
	if err := json.Unmarshal([]byte(`["foo"]`), &ps); err == nil {
		t.Error("bad path accepted")
	}
}

func FuzzParseInside(f *testing.F) {
	f.Add("/nix/store/" + hashPart + "-foo/bin/sh")
	f.Add("/nix/store//" + hashPart + "-foo")
	f.Add("/nix/store/" + hashPart + "-.-foo")
	f.Fuzz(func(t *testing.T, full string) {
		if p, err := Default.Parse(full); err == nil {
			if q, err := Default.ParseCanonical(Default.Join(p)); q != p || err != nil {
				t.Fatalf("%q: %s, then %s, %v", full, p, q, err)
			}
		}
		if p, rest, err := Default.ParseInside(full); err == nil {
			q, again, err := Default.ParseInside(Default.Join(p) + rest)
			if q != p || again != rest || err != nil {
				t.Fatalf("%q: %s %q, then %s %q, %v", full, p, rest, q, again, err)
			}
		}
	})
}
