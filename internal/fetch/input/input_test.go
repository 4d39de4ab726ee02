package input

import (
	"strings"
	"testing"
)

const rev = "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed"

func TestURL(t *testing.T) {
	for _, c := range []struct {
		url, attrs string
		print      string // if it differs from url
	}{
		{"flake:nixpkgs", `{"id":"nixpkgs","type":"indirect"}`, ""},
		{"flake:nixpkgs/branch", `{"id":"nixpkgs","ref":"branch","type":"indirect"}`, ""},
		{"flake:/nixpkgs///branch///" + strings.ToUpper(rev) + "//", `{"id":"nixpkgs","ref":"branch","rev":"` + rev + `","type":"indirect"}`, "flake:nixpkgs/branch/" + rev},
		{"git://somewhere/repo?ref=branch", `{"ref":"branch","type":"git","url":"git://somewhere/repo"}`, ""},
		{"git+https://example.org/repo?ref=branch&x=y&shallow=1&submodules=0",
			`{"ref":"branch","shallow":true,"submodules":false,"type":"git","url":"https://example.org/repo?x=y"}`,
			"git+https://example.org/repo?ref=branch&shallow=1&x=y"},
		{"git+file:///a%20b?rev=" + rev, `{"rev":"` + rev + `","type":"git","url":"file:///a%20b"}`, ""},
		{"github://////owner%42/////repo%41///branch%43////", `{"owner":"ownerB","ref":"branchC","repo":"repoA","type":"github"}`, "github:ownerB/repoA/branchC"},
		{"gitlab:/owner%252Fsub/repo/a/b", `{"owner":"owner%2Fsub","ref":"a/b","repo":"repo","type":"gitlab"}`, "gitlab:owner%252Fsub/repo/a%2Fb"},
		{"github:foo/bar?ref=branch%23&host=example.org", `{"host":"example.org","owner":"foo","ref":"branch#","repo":"bar","type":"github"}`,
			"github:foo/bar/branch%23?host=example.org"},
		{"sourcehut:~foo/bar/" + rev, `{"owner":"~foo","repo":"bar","rev":"` + rev + `","type":"sourcehut"}`, ""},
		{"path:/foo/bar?rev=" + rev + "&revCount=123", `{"path":"/foo/bar","rev":"` + rev + `","revCount":123,"type":"path"}`, ""},
		{"path:./x", `{"path":"./x","type":"path"}`, ""},
		{"path://foo", "", ""},
		{"hg+file:///x?ref=default", `{"ref":"default","type":"hg","url":"file:///x"}`, ""},
		{"http://localhost:8181/test/+3d.tar.gz", `{"type":"tarball","url":"http://localhost:8181/test/%2B3d.tar.gz"}`, "http://localhost:8181/test/%2B3d.tar.gz"},
		{"https://example.org/x?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&rev=" + rev + "&lastModified=1&revCount=x&q=1",
			`{"lastModified":1,"narHash":"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","rev":"` + rev + `","type":"file","url":"https://example.org/x?q=1"}`,
			"https://example.org/x?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D&q=1"},
		{"tarball+file:///x", `{"type":"tarball","url":"file:///x"}`, "file:///x"},
		{"file+https://example.org/x.tar", `{"type":"file","url":"https://example.org/x.tar"}`, "https://example.org/x.tar"},
		{"file:///x.tar.zst", `{"type":"tarball","url":"file:///x.tar.zst"}`, ""},
	} {
		in, err := FromURL(Options{}, c.url, false)
		if c.attrs == "" {
			if err == nil {
				t.Errorf("%q: no error", c.url)
			}
			continue
		}
		if err != nil || in.Attrs().JSON() != c.attrs {
			t.Errorf("%q: %s, %v; want %s", c.url, in.Attrs().JSON(), err, c.attrs)
			continue
		}
		if c.print == "" {
			c.print = c.url
		}
		if in.String() != c.print {
			t.Errorf("%q prints as %q, want %q", c.url, in, c.print)
		}
		again, err := FromAttrs(Options{}, in.Attrs())
		if err != nil || !again.Equal(in) {
			t.Errorf("%q: attributes give %s, %v", c.url, again, err)
		}
	}
}

func TestRequireTree(t *testing.T) {
	for url, want := range map[string]string{"https://example.org/x": "tarball", "file+https://example.org/x": "file", "file:///x.zip": "tarball"} {
		in, err := FromURL(Options{}, url, true)
		if err != nil || in.Type() != want {
			t.Errorf("%q: %q, %v", url, in.Type(), err)
		}
	}
}

// TestURLErrors has Nix's words.
func TestURLErrors(t *testing.T) {
	for url, want := range map[string]string{
		"foo:bar":                         "input 'foo:bar' is unsupported",
		"HTTP://x/a.tar":                  "input 'HTTP://x/a.tar' is unsupported",
		"file+git:///x":                   "input 'file+git:///x' is unsupported; did you mean 'git+file' instead of 'file+git'?",
		"flake:a/b/c/d":                   "GitHub URL 'flake:a/b/c/d' is invalid",
		"flake:1x":                        "'1x' is not a valid flake ID",
		"flake:a/b../c":                   "in flake URL 'flake:a/b../c', 'b..' is not a branch/tag name",
		"flake:a/b..":                     "in flake URL 'flake:a/b..', 'b..' is not a commit hash or branch/tag name",
		"flake:a/b/c":                     "in flake URL 'flake:a/b/c', 'c' is not a commit hash",
		"path://h/x":                      "path URL 'path://h/x' should not have an authority ('h')",
		"path:./x?foo=1":                  "path URL 'path:./x?foo=1' has unsupported parameter 'foo'",
		"path:/x?revCount=z":              "path URL 'path:/x?revCount=z' has invalid parameter 'revCount'",
		"git+file:///x?ref=a..b":          "invalid Git branch/tag name 'a..b'",
		"git+file:///x?rev=zz":            "hash 'zz' has wrong length for hash algorithm 'sha1'",
		"github:a":                        "URL 'github:a' is invalid",
		"github:a/b/c?ref=d":              "URL 'github:a/b/c?ref=d' contains multiple branch/tag names",
		"github:a/b/" + rev + "?rev=x":    "URL 'github:a/b/" + rev + "?rev=x' contains multiple commit hashes",
		"github:a/b?tag=foo":              "URL 'github:a/b?tag=foo' contains unknown parameter 'tag'",
		"github:a/b?host=a_b":             `input {"host":"a_b","owner":"a","repo":"b","type":"github"} contains an invalid instance host`,
		"github:a/b/c?rev=" + rev:         `input {"owner":"a","ref":"c","repo":"b","rev":"` + rev + `","type":"github"} contains both a commit hash ('` + rev + `') and a branch/tag name ('c')`,
		"github:a/b/c..d":                 `input {"owner":"a","ref":"c..d","repo":"b","type":"github"} contains an invalid branch/tag name`,
		"https://example.org/x?narHash=x": "hash 'x' is not SRI",
	} {
		if _, err := FromURL(Options{}, url, false); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", url, err, want)
		}
	}
}

func TestAttrs(t *testing.T) {
	const zeros, fours = "0000000000000000000000000000000000000000", "4242424242424242424242424242424242424242"
	for _, c := range []struct{ attrs, url, normal string }{
		{`{"type":"git","url":"git+ssh://git@example.org/a/b"}`, "git+ssh://git@example.org/a/b", `{"type":"git","url":"ssh://git@example.org/a/b"}`},
		{`{"type":"git","url":"/a b"}`, "git+file:///a%20b", `{"type":"git","url":"file:///a%20b"}`},
		{`{"type":"git","url":"git://u@example.org/a","rev":"sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA="}`, "git://u@example.org/a?rev=" + zeros, ""},
		{`{"type":"git","url":"git+https://example.org/a","rev":"AAAAAAAAAAAAAAAAAAAAAAAAAAA="}`, "git+https://example.org/a?rev=" + zeros,
			`{"rev":"AAAAAAAAAAAAAAAAAAAAAAAAAAA=","type":"git","url":"https://example.org/a"}`},
		{`{"type":"git","url":"http://somewhere/p%2Fq","rev":"89144hj289144hj289144hj289144hj2"}`, "git+http://somewhere/p%2Fq?rev=" + fours, ""},
		{`{"type":"git","url":"http://somewhere?s=abcd#a","rev":"sha1:89144hj289144hj289144hj289144hj2"}`, "git+http://somewhere?rev=" + fours + "&s=abcd#a", ""},
		{`{"type":"git","url":"helper:///x///?t=%2F%3f"}`, "git+helper:///x///?t=/?", `{"type":"git","url":"helper:///x///?t=/?"}`},
		{`{"type":"indirect","id":"some_Id-1","ref":"s/B%2f/HEAD"}`, "flake:some_Id-1/s%2FB%252f%2FHEAD", ""},
		{`{"type":"path","path":"/foo//x","lastModified":1}`, "path:/foo/x?lastModified=1", ""},
		{`{"type":"git","url":"file:///x","publicKey":"K","keytype":"ssh-rsa"}`, "git+file:///x?keytype=ssh-rsa&publicKey=K", ""},
		{`{"type":"git","url":"file:///x","publicKeys":"[{\"key\":\"K\"},{\"key\":\"L\",\"type\":\"ssh-rsa\"}]"}`,
			"git+file:///x?publicKeys=%5B%7B%22key%22:%22K%22%2C%22type%22:%22ssh-ed25519%22%7D%2C%7B%22key%22:%22L%22%2C%22type%22:%22ssh-rsa%22%7D%5D", ""},
		{`{"type":"strange","a":true}`, `{"a":true,"type":"strange"}`, ""},
	} {
		var attrs Attrs
		if err := attrs.UnmarshalJSON([]byte(c.attrs)); err != nil {
			t.Fatal(err)
		}
		if c.normal == "" {
			c.normal = attrs.JSON()
		}
		in, err := FromAttrs(Options{}, attrs)
		if err != nil || in.Attrs().JSON() != c.normal || in.String() != c.url {
			t.Errorf("%s: %s, %q, %v", c.attrs, in.Attrs().JSON(), in, err)
		}
	}
}

func TestAttrsErrors(t *testing.T) {
	for attrs, want := range map[string]string{
		`{}`:                       "'type' attribute to specify input scheme is required but not provided",
		`{"type":"git"}`:           "input attribute 'url' is missing",
		`{"type":"git","url":1}`:   `input attribute 'url' is not a string {"type":"git","url":1}`,
		`{"type":"git","foo":"x"}`: "input attribute 'foo' not supported by scheme 'git'",
		`{"type":"git","url":"file:///x","shallow":"1"}`:                               "input attribute 'shallow' is not a Boolean",
		`{"type":"git","url":"file:///x","revCount":true}`:                             "input attribute 'revCount' is not an integer",
		`{"type":"git","url":"file:///x","ref":""}`:                                    "invalid Git branch/tag name ''",
		`{"type":"github","owner":"x"}`:                                                "input attribute 'repo' is missing",
		`{"type":"path"}`:                                                              "input attribute 'path' is missing",
		`{"type":"indirect","id":"."}`:                                                 "'.' is not a valid flake ID",
		`{"type":"hg","url":"x"}`:                                                      "'x' doesn't have a scheme",
		`{"type":"hg","url":"x:y","ref":"a b"}`:                                        "invalid Mercurial branch/tag name 'a b'",
		`{"type":"tarball","url":"x:y","narHash":"sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0="}`: "narHash must use SHA-256",
	} {
		var a Attrs
		if err := a.UnmarshalJSON([]byte(attrs)); err != nil {
			t.Fatal(err)
		}
		if _, err := FromAttrs(Options{}, a); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", attrs, err, want)
		}
	}
	for _, text := range []string{`{"a":null}`, `{"a":[]}`, `{"a":{}}`} {
		var a Attrs
		if err := a.UnmarshalJSON([]byte(text)); err == nil || err.Error() != "unsupported input attribute type in lock file" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFeatures(t *testing.T) {
	off := Options{Enabled: func(string) bool { return false }}
	for url, feature := range map[string]string{"path:/x": "flakes", "github:a/b": "flakes", "flake:x": "flakes",
		"git+file:///x?publicKey=y": "verified-fetches", "git+file:///x": "", "https://example.org/": "", "hg+file:///x": ""} {
		_, err := FromURL(off, url, false)
		want := ""
		if feature != "" {
			want = "experimental Nix feature '" + feature + "' is disabled; add '--extra-experimental-features " + feature + "' to enable it"
		}
		if got := text(err); got != want {
			t.Errorf("%q: %s", url, got)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func mustURL(t *testing.T, url string) Input {
	t.Helper()
	in, err := FromURL(Options{}, url, false)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestOverride(t *testing.T) {
	for _, c := range []struct{ url, ref, rev, want string }{
		{"github:a/b", "main", "", "github:a/b/main"},
		{"github:a/b/main", "", rev, "github:a/b/" + rev},
		{"github:a/b", "main", rev, "!cannot apply both a commit hash (" + rev + ") and a branch/tag name ('main') to input 'github:a/b'"},
		{"flake:a", "main", rev, "flake:a/main/" + rev},
		{"git+file:///x", "main", "", "git+file:///x?ref=main"},
		{"git+file:///x", "", rev, "!Git input 'git+file:///x?rev=" + rev + "' has a commit hash but no branch/tag name"},
		{"path:/x", "", "", "path:/x"},
		{"path:/x", "main", "", "!don't know how to set branch/tag name of input 'path:/x' to 'main'"},
		{"path:/x", "", rev, "!don't know how to set revision of input 'path:/x' to '" + rev + "'"},
	} {
		in, err := mustURL(t, c.url).Override(c.ref, c.rev)
		got := "!" + text(err)
		if err == nil {
			got = in.String()
		}
		if got != c.want {
			t.Errorf("%q with %q, %q: %s", c.url, c.ref, c.rev, got)
		}
	}
}

func TestLock(t *testing.T) {
	const nar = "narHash=sha256-ungWv48Bz%2BpBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0%3D"
	for _, c := range []struct {
		url           string
		trust, locked bool
		fingerprint   string
	}{
		{"git+file:///x", true, false, ""},
		{"git+file:///x?rev=0000000000000000000000000000000000000000", true, false, "git:0000000000000000000000000000000000000000"},
		{"git+file:///x?submodules=1&exportIgnore=1&lfs=1&rev=" + rev, false, true, "git:" + rev + ";s;e;l"},
		{"github:a/b/" + rev, true, true, "github:" + rev},
		{"github:a/b/" + rev, false, false, "github:" + rev},
		{"github:a/b/" + rev + "?" + nar, false, true, "github:" + rev},
		{"https://example.org/x.tar?" + nar, false, true, "tarball:sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
		{"https://example.org/x.tar?rev=" + rev, false, false, "tarball:" + rev},
		{"https://example.org/x?" + nar, false, true, ""},
		{"path:/x?" + nar, false, true, ""},
		{"flake:x/a/" + rev, true, false, ""},
		{"hg+file:///x?rev=" + rev, false, true, "hg:" + rev},
	} {
		in := mustURL(t, c.url)
		if in.IsLocked(c.trust) != c.locked || in.Fingerprint() != c.fingerprint {
			t.Errorf("%q: locked %t, fingerprint %q", c.url, in.IsLocked(c.trust), in.Fingerprint())
		}
	}
}

func TestCheckLocks(t *testing.T) {
	const a, b = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	with := func(in Input, name string, v Attr) Input {
		in, err := in.With(name, v)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	plain := mustURL(t, "https://example.org/x.tar")
	final := with(with(plain, "narHash", String(strings.TrimSuffix(a, "="))), "__final", Bool(true))
	result := with(with(plain, "narHash", String(a)), "lastModified", Int(1))
	for _, c := range []struct {
		specified, result Input
		want              string
	}{
		{plain, result, result.Attrs().JSON()},
		{final, result, with(final, "narHash", String(a)).Attrs().JSON()},
		{with(final, "lastModified", Int(2)), result, `!mismatch in field 'lastModified' of input '{"__final":true,"lastModified":2,"narHash":"` + a +
			`","type":"tarball","url":"https://example.org/x.tar"}', got '{"lastModified":1,"narHash":"` + a + `","type":"tarball","url":"https://example.org/x.tar"}'`},
		{with(plain, "narHash", String(b)), result, "!NAR hash mismatch in input 'https://example.org/x.tar?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D', expected '" + b + "' but got '" + a + "'"},
		{with(plain, "narHash", String(b)), plain, "!NAR hash mismatch in input 'https://example.org/x.tar?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D', expected '" + b + "' but got none"},
		{with(plain, "rev", String(rev)), result, "!'rev' attribute mismatch in input 'https://example.org/x.tar?narHash=sha256-ungWv48Bz%2BpBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0%3D', expected " + rev},
	} {
		in, err := CheckLocks(c.specified, c.result)
		got := "!" + text(err)
		if err == nil {
			got = in.Attrs().JSON()
		}
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.specified.Attrs().JSON(), got, c.want)
		}
	}
	if m, ok := any(Mismatch{}).(interface{ ExitStatus() int }); !ok || m.ExitStatus() != 102 {
		t.Error("a mismatch ends with status 102")
	}
}

func TestRelations(t *testing.T) {
	a, b := mustURL(t, "github:a/b"), mustURL(t, "github:a/b/main")
	if !a.Contains(b) || b.Contains(a) || !a.Contains(a) {
		t.Error("Contains")
	}
	if p, ok := mustURL(t, "path:./x").Relative(); p != "./x" || !ok {
		t.Errorf("relative %q, %t", p, ok)
	}
	if _, ok := mustURL(t, "path:/x").Relative(); ok {
		t.Error("absolute path is relative")
	}
	if mustURL(t, "flake:x").IsDirect() || !a.IsDirect() {
		t.Error("IsDirect")
	}
}

// TestLegalRefName holds what the reference accepts and rejects.
func TestLegalRefName(t *testing.T) {
	for _, name := range []string{"A/b", "AaA/b", "FOO/BAR/BAZ", "foox", "1337", "foo.baz", "foo/bar/baz", "foo./bar", "heads/foo@bar",
		"heads/fu\u00df", "foo-bar-baz", "branch#", "$1", "foo.locke", "HEAD", "refs/heads/x", "-a/b"} {
		if !LegalRefName(name) {
			t.Errorf("%q should be legal", name)
		}
	}
	for _, name := range []string{"refs///heads/foo", "heads/foo/", "///heads/foo", ".foo", "./foo", "foo/./bar", "foo/bar/.", "foo bar", "foo?bar",
		"foo^bar", "foo~bar", "foo:bar", "foo[bar", ".refs/foo", "refs/heads/foo.", "heads/foo..bar", "heads/foo.lock", "foo.lock/bar",
		"heads/v@{ation", `heads/foo\.ar`, "heads/foo\t", "heads/foo\x1f", "heads/foo\x7f", "@", "foo/*", "*", "/foo", "", "-a"} {
		if LegalRefName(name) {
			t.Errorf("%q should be illegal", name)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"github:a/b/c", "path:./x?rev=1", "git+file:///x?ref=y&publicKeys=[]", "flake:a/b", "hg+ssh://x/y", "https://x/y.zip?rev=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in, err := FromURL(Options{}, s, false)
		if err != nil {
			return
		}
		if again, err := FromAttrs(Options{}, in.Attrs()); err != nil || !again.Equal(in) {
			t.Fatalf("%q: attributes %s give %v, %v", s, in.Attrs().JSON(), again, err)
		}
		var back Attrs
		if err := back.UnmarshalJSON([]byte(in.Attrs().JSON())); err != nil {
			t.Fatalf("%q: %v", in.Attrs().JSON(), err)
		}
		u, err := in.URI()
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		again, err := FromURI(Options{}, u, in.Type() == "tarball")
		if err != nil || again.Type() != in.Type() && in.Type() != "file" {
			t.Fatalf("%q prints as %q, which gives %s, %v", s, u, again, err)
		}
	})
}
