package uri

import (
	"reflect"
	"strings"
	"testing"
)

func host(kind HostKind, name string) *Authority { return &Authority{Kind: kind, Host: name} }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  URI
		print string // if it differs from text
	}{
		{"http://www.example.org/file.tar.gz", URI{Scheme: "http", Authority: host(Name, "www.example.org"), Path: []string{"", "file.tar.gz"}}, ""},
		{"https://example.org/f?download=fast&when=now#hello", URI{Scheme: "https", Authority: host(Name, "example.org"), Path: []string{"", "f"},
			Query: map[string]string{"download": "fast", "when": "now"}, Fragment: "hello"}, ""},
		{"git+https://example.org", URI{Scheme: "git+https", Authority: host(Name, "example.org"), Path: []string{""}}, ""},
		{"http://127.0.0.1:8080/", URI{Scheme: "http", Authority: &Authority{Kind: IPv4, Host: "127.0.0.1", Port: 8080}, Path: []string{"", ""}}, ""},
		{"http://[fe80::1%25eth0]:80", URI{Scheme: "http", Authority: &Authority{Kind: IPv6, Host: "fe80::1%eth0", Port: 80}, Path: []string{""}}, ""},
		{"http://[v7.a:b]/", URI{Scheme: "http", Authority: host(IPFuture, "v7.a:b"), Path: []string{"", ""}}, ""},
		{"http://u%40:p:w@h:/x?a=b", URI{Scheme: "http", Authority: &Authority{Host: "h", User: "u@", HasUser: true, Password: "p:w", HasPassword: true},
			Path: []string{"", "x"}, Query: map[string]string{"a": "b"}}, "http://u%40:p%3Aw@h/x?a=b"},
		{"file:///none/of//yours/", URI{Scheme: "file", Authority: &Authority{}, Path: []string{"", "none", "of", "", "yours", ""}}, ""},
		{"file:/x", URI{Scheme: "file", Path: []string{"", "x"}}, ""},
		{"file:x", URI{Scheme: "file", Path: []string{"x"}}, ""},
		{"file:", URI{Scheme: "file", Path: []string{"", ""}}, "file:/"},
		{"file://", URI{Scheme: "file", Authority: &Authority{}, Path: []string{"", ""}}, "file:///"},
		{"scheme:", URI{Scheme: "scheme", Path: []string{""}}, ""},
		{"scheme://", URI{Scheme: "scheme", Authority: &Authority{}, Path: []string{""}}, ""},
		{"path:./a/../b", URI{Scheme: "path", Path: []string{".", "a", "..", "b"}}, ""},
		{"x:a%2Fb/%41+", URI{Scheme: "x", Path: []string{"a/b", "A+"}}, "x:a%2Fb/A%2B"},
		{"x:y?a=1&a=2&&b=x%20y&c=/?:@&d==", URI{Scheme: "x", Path: []string{"y"}, Query: map[string]string{"a": "1", "b": "x y", "c": "/?:@", "d": "="}},
			"x:y?a=1&b=x%20y&c=/?:@&d=%3D"},
		{"x:y#?a=%23", URI{Scheme: "x", Path: []string{"y"}, Fragment: "?a=#"}, "x:y#%3Fa%3D%23"},
		{"HTTP://H/", URI{Scheme: "HTTP", Authority: host(Name, "H"), Path: []string{"", ""}}, ""},
		{"git:example.org:owner/repo", URI{Scheme: "git", Path: []string{"example.org:owner", "repo"}}, ""},
	} {
		got, err := Parse(c.text)
		if err != nil || !got.Equal(c.want) {
			t.Errorf("Parse(%q) = %#v, %v", c.text, got, err)
			continue
		}
		if c.print == "" {
			c.print = c.text
		}
		if got.String() != c.print {
			t.Errorf("%q prints as %q, want %q", c.text, got, c.print)
		}
	}
}

// TestParseErrors holds texts that Nix 2.34.8 rejects, with its words.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "'' doesn't have a scheme"},
		{"foo", "'foo' doesn't have a scheme"},
		{"a/b:c", "'a/b:c' doesn't have a scheme"},
		{":x", "':x' is not a valid URL: leftover"},
		{"1http://x", "'1http://x' is not a valid URL: mismatch"},
		{"http://foo bar", "'http://foo bar' is not a valid URL: leftover"},
		{"http://x/%", "'http://x/%' is not a valid URL: mismatch"},
		{"http://x/%1", "'http://x/%1' is not a valid URL: mismatch"},
		{"http://x/%zz", "'http://x/%zz' is not a valid URL: mismatch"},
		{"http://x/?a=%4", "'http://x/?a=%4' is not a valid URL: leftover"},
		{"http://x/#%", "'http://x/#%' is not a valid URL: mismatch"},
		{"http://ex%ample/", "'http://ex%ample/' is not a valid URL: mismatch"},
		{"http://a@b@c/", "'http://a@b@c/' is not a valid URL: leftover"},
		{"http://x/a|b", "'http://x/a|b' is not a valid URL: leftover"},
		{"http://x/é", "'http://x/é' is not a valid URL: leftover"},
		{"http://x/a?b^=1", "'http://x/a?b^=1' is not a valid URL: leftover"},
		{"path:/a b", "'path:/a b' is not a valid URL: leftover"},
		{"http://[::1/", "'http://[::1/' is not a valid URL: mismatch"},
		{"http://x:99999/", "port '99999' is invalid"},
		{"http://x:0/", "port '0' is invalid"},
		{"file://host/x", "file:// URL 'file://host/x' has unexpected authority 'host'"},
	} {
		if _, err := Parse(c.text); err == nil || err.Error() != c.want {
			t.Errorf("Parse(%q): %v, want %s", c.text, err, c.want)
		}
	}
}

func TestLenient(t *testing.T) {
	text := `http://example.org/f?query "= 12"#cap^quote"space `
	if _, err := Parse(text); err == nil {
		t.Error("strict parser took it")
	}
	u, err := Parser{Lenient: true}.Parse(text)
	if err != nil || u.Fragment != `cap^quote"space ` || !reflect.DeepEqual(u.Query, map[string]string{`query "`: ` 12"`}) {
		t.Errorf("got %#v, %v", u, err)
	}
	if _, err := (Parser{Lenient: true}).Parse("http://example.org/a b"); err == nil {
		t.Error("a space in the path is never valid")
	}
	var warnings []string
	p := Parser{Warn: func(s string) { warnings = append(warnings, s) }}
	if u, err := p.Parse("x:y?bar&a=?"); err != nil || u.Query["a"] != "?" || len(u.Query) != 1 {
		t.Errorf("got %#v, %v", u, err)
	}
	if want := "dubious URI query 'bar' is missing equal sign '=', ignoring"; len(warnings) != 1 || warnings[0] != want {
		t.Errorf("warnings %q", warnings)
	}
}

func TestFixGit(t *testing.T) {
	for _, c := range []struct {
		text, want string
		warns      bool
	}{
		{"git+ssh://user@domain:1234/path", "ssh://user@domain:1234/path", false},
		{"git@example.org:owner/repo.git", "ssh://git@example.org/owner/repo.git", true},
		{"example.org:/owner/repo.git", "ssh://example.org/owner/repo.git", false},
		{"example.org:~me/repo", "ssh://example.org/~me/repo", false},
		{"/home/me//repo/", "file:///home/me/repo/", false},
		{"/a/b/%20 c\"", "file:///a/b/%2520%20c%22", false},
		{"file:/var/x", "file:/var/x", false},
		{"git+file:///var/x", "file:///var/x", false},
		{"user@[2001:db8:0:1::2]:/home/file", "ssh://user@[2001:db8:0:1::2]/home/file", false},
		{"user%20@[::1]:repo/path", "ssh://user%2520@[::1]/repo/path", true},
		{"[::1]:12345", "ssh://[::1]/12345", true},
		{"host[1]:repo", "ssh://host%5B1%5D/repo", true},
		{"[user]@[::1]:path", "ssh://%5Buser%5D@[::1]/path", true},
		{"user@[host:path", "ssh://user@%5Bhost/path", true},
		{"a:b@c:d", "ssh://a/b@c:d", true},
		{"git:example.org:owner/repo", "git:example.org:owner/repo", false},
		{"git+https:/example.org/x", "https:/example.org/x", false},
		{"git+helper://x/y", "helper://x/y", false},
	} {
		warned := false
		u, err := FixGit(c.text, func(string) { warned = true })
		if err != nil || u.String() != c.want || warned != c.warns {
			t.Errorf("FixGit(%q) = %q, %v, warned %t; want %q", c.text, u, err, warned, c.want)
			continue
		}
		if again, err := FixGit(c.want, nil); err != nil || !again.Equal(u) {
			t.Errorf("FixGit(%q) = %#v, %v, differs from the first", c.want, again, err)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"file://var/x", "has unexpected authority 'var'"},
		{"relative/repo", "doesn't have a scheme"},
		{"x@foo/bar:baz", "doesn't have a scheme"},
		{"host:", "SCP-style Git URL 'host:' has an empty path"},
		{"user@[::1]/path", "is not a valid URL"},
		{"user@[::1]foo:path", "is not a valid URL"},
		{"user@[host]", "is not a valid URL"},
		{"[[]:path", "is not a valid IPv6 address"},
	} {
		if _, err := FixGit(c.text, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("FixGit(%q): %v, want %s", c.text, err, c.want)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, c := range []struct {
		path string
		want []string
		back string
	}{
		{"/foo/bar", []string{"", "foo", "bar"}, "/foo/bar"},
		{"/", []string{"", ""}, "/"},
		{"//foo///bar//", []string{"", "foo", "bar", ""}, "/foo/bar/"},
		{"./a", []string{".", "a"}, "./a"},
		{"", nil, ""},
	} {
		got := FromPath(c.path)
		back, err := ToPath(got)
		if !reflect.DeepEqual(got, c.want) || back != c.back || err != nil {
			t.Errorf("%q: %q, back %q, %v", c.path, got, back, err)
		}
	}
	if p, err := ToPath([]string{"", "", "", "of", "", "x", "", ""}); p != "/of/x/" || err != nil {
		t.Errorf("got %q, %v", p, err)
	}
	for _, seg := range []string{"a/b", "a\x00"} {
		if _, err := ToPath([]string{"", seg}); err == nil {
			t.Errorf("%q is no file name", seg)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct{ base, ref, want string }{
		{"http://example.org/dir/page.html", "subdir/file.txt", "http://example.org/dir/subdir/file.txt"},
		{"http://example.org/dir/page.html", "./subdir/file.txt", "http://example.org/dir/subdir/file.txt"},
		{"http://example.org:234/dir/page.html", "../up.txt", "http://example.org:234/up.txt"},
		{"http://example.org/a%2Fb/c%2Fd/page", "../up.txt", "http://example.org/a%2Fb/up.txt"},
		{"http://example.org/dir/page.html", "/rooted.txt", "http://example.org/rooted.txt"},
		{"https://example.org/path/index.html?z=3", "other.html?x=1&y=2#frag", "https://example.org/path/other.html?x=1&y=2#frag"},
		{"http://example.org/path", "https://[fe80::1%25x]/s?a=b", "https://[fe80::1%25x]/s?a=b"},
		{"https://example.org/p/i?a=1#frag", "", "https://example.org/p/i?a=1"},
		{"https://example.org/p/i?a=1#frag", "#f2", "https://example.org/p/i?a=1#f2"},
		{"https://example.org/p/i?a=1#frag", "?", "https://example.org/p/i"},
		{"https://example.org/p/i?a=1#frag", "?b=2#f2", "https://example.org/p/i?b=2#f2"},
		{"https://example.org", "x", "https://example.org/x"},
		{"https://example.org/p", "//other.example.org/q", "https://other.example.org/q"},
		{"mailto:a@b.c?x=y", "mailto:d@e.f?s=t", "mailto:d@e.f?s=t"},
		{"https://example.org/a/b/", "../../../c", "https://example.org/c"},
	} {
		base, err := Parse(c.base)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Resolve(c.ref, base); err != nil || got.String() != c.want {
			t.Errorf("Resolve(%q, %q) = %q, %v; want %q", c.ref, c.base, got, err, c.want)
		}
	}
}

func TestValidScheme(t *testing.T) {
	for s, want := range map[string]bool{"http": true, "file+https": true, "fi.le": true, "file-ssh": true, "file1": true,
		"": false, "file:": false, "+file": false, "1file": false, "http\n": false, "Http": false} {
		if ValidScheme(s) != want {
			t.Errorf("ValidScheme(%q) = %t", s, !want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"http://u:p@[::1]:8080/a%2Fb/?x=%41&y=#z", "path:./x", "git+file:///a b", "x:y?&&a", "file:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range []Parser{{}, {Lenient: true}} {
			u, err := p.Parse(s)
			if err != nil {
				continue
			}
			text := u.String()
			again, err := Parse(text)
			if err != nil || !again.Equal(u) {
				t.Fatalf("%q prints as %q, which parses as %#v, %v", s, text, again, err)
			}
		}
		if u, err := FixGit(s, nil); err == nil && u.String() == "" {
			t.Fatal("empty")
		}
		base := URI{Scheme: "http", Authority: &Authority{Host: "h"}, Path: []string{"", "a", "b"}}
		if u, err := Resolve(s, base); err == nil && u.Scheme == "" {
			t.Fatal("no scheme")
		}
	})
}
