package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"firn/internal/diag"
)

func TestParse(t *testing.T) {
	tree := files(map[string]string{
		"/etc/nix/more.conf":      "b = 2\ninclude sub/third.conf\n",
		"/etc/nix/sub/third.conf": "c = 3\n!include nothing.conf\ninclude ../last.conf",
		"/etc/nix/last.conf":      "d = 4",
		"/etc/nix/loop.conf":      "include loop.conf",
	})
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"a = 1\n\n# b = 2\n c\t=  x   y # z\r\n", "a=1;c=x y"},
		{"a =", "a="},
		{"a = b = c", "a=b = c"},
		{"a = 1\ninclude more.conf\ne = 5", "a=1;b=2;c=3;d=4;e=5"},
		{"!include nothing", ""},
		{"include /etc/nix/last.conf", "d=4"},
		{"a=1", `syntax error in configuration line 'a=1' in "/etc/nix/nix.conf"`},
		{"a", `syntax error in configuration line 'a' in "/etc/nix/nix.conf"`},
		{"a b c", `syntax error in configuration line 'a b c' in "/etc/nix/nix.conf"`},
		{"include a b", `syntax error in configuration line 'include a b' in "/etc/nix/nix.conf"`},
		{"include", `syntax error in configuration line 'include' in "/etc/nix/nix.conf"`},
		{"include nothing", `file "/etc/nix/nothing" included from "/etc/nix/nix.conf" not found`},
		{"include loop.conf", `file "/etc/nix/loop.conf" is included more than 100 levels deep`},
	} {
		list, err := Parse(c.text, "/etc/nix/nix.conf", tree)
		var got string
		if err != nil {
			got = err.Error()
			if diag.As(err).Code != diag.ConfigSyntax {
				t.Errorf("%q: code %q", c.text, diag.As(err).Code)
			}
		} else {
			var parts []string
			for _, a := range list {
				parts = append(parts, a.Name+"="+a.Value)
			}
			got = strings.Join(parts, ";")
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
	// A file that is there and cannot be read is passed over.
	denied := func(string) (string, error) { return "", errors.New("permission denied") }
	if list, err := Parse("include x\na = 1", "NIX_CONFIG", denied); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestLoad(t *testing.T) {
	tree := files(map[string]string{
		"/etc/nix/nix.conf":                "cores = 1\ntimeout = 1\nlog-lines = 1\nextra-nix-path = sys=/1",
		"/etc/nix/firn.conf":               "eval-cores = 7",
		"/etc/xdg/nix/nix.conf":            "timeout = 2\nlog-lines = 2\nunknown-thing = 1",
		"/home/alice/.config/nix/nix.conf": "log-lines = 3\nexperimental-features = flakes\n",
		"/else/nix.conf":                   "timeout = 9",
	})
	for _, c := range []struct {
		env  []string
		want string
	}{
		{nil, "cores=1 timeout=2 log-lines=3 nix-path=sys=/1 eval-cores=7"},
		{[]string{"NIX_CONFIG", "accept-flake-config = true\nlog-lines = 4"}, "cores=1 timeout=2 log-lines=4 nix-path=sys=/1 eval-cores=7"},
		{[]string{"NIX_USER_CONF_FILES", "/else/nix.conf:/etc/xdg/nix/nix.conf"}, "cores=1 timeout=9 log-lines=2 nix-path=sys=/1 eval-cores=7"},
		{[]string{"NIX_USER_CONF_FILES", ""}, "cores=1 timeout=1 log-lines=1 nix-path=sys=/1 eval-cores=7"},
		{[]string{"XDG_CONFIG_HOME", "/else", "XDG_CONFIG_DIRS", ""}, "cores=1 timeout=1 log-lines=1 nix-path=sys=/1 eval-cores=7"},
		{[]string{"NIX_CONFIG_HOME", "/else", "XDG_CONFIG_DIRS", ""}, "cores=1 timeout=9 log-lines=1 nix-path=sys=/1 eval-cores=7"},
		{[]string{"NIX_PATH", "a=b:c=http://x:d"}, "cores=1 timeout=2 log-lines=3 nix-path=a=b c=http://x d eval-cores=7"},
	} {
		cfg, _ := collect(testHost, env(c.env...))
		if err := cfg.Load(env(c.env...), tree); err != nil {
			t.Errorf("%q: %v", c.env, err)
			continue
		}
		var parts []string
		for _, name := range []string{"cores", "timeout", "log-lines", "nix-path", "eval-cores"} {
			text, _ := cfg.Text(name)
			parts = append(parts, name+"="+text)
		}
		if got := strings.Join(parts, " "); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.env, got, c.want)
		}
	}
	cfg, warnings := collect(testHost, env())
	if err := cfg.Load(env(), tree); err != nil {
		t.Fatal(err)
	}
	cfg.WarnUnknown()
	if !reflect.DeepEqual(*warnings, []string{"unknown setting 'unknown-thing'"}) {
		t.Errorf("%q", *warnings)
	}
	if cfg.Overridden("cores") || !cfg.Overridden("timeout") {
		t.Error("only what the user says overrides")
	}
	want := []Assignment{{"experimental-features", "fetch-tree flakes"}, {"log-lines", "3"}, {"timeout", "2"}}
	if got := cfg.Overrides(); !reflect.DeepEqual(got, want) {
		t.Errorf("overrides %v", got)
	}
	err := cfg.Load(env("NIX_CONFIG", "cores = x"), tree)
	if err == nil || err.Error() != "setting 'cores' has invalid value 'x'" {
		t.Errorf("got %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	e := env("NIX_REMOTE", "daemon", "NIX_REMOTE_SYSTEMS", "/a::/b", "NIX_IGNORE_SYMLINK_STORE", "1",
		"NIX_ABORT_ON_WARN", "yes", "SSL_CERT_FILE", "/certs", "NIX_CONF_DIR", "/conf/./nix")
	c := New(testHost, e)
	if c.General.Store != "daemon" || c.Build.Builders != "@/a\n@/b" || !c.Store.AllowSymlinkedStore || !c.Eval.AbortOnWarn || c.Transfer.SSLCertFile != "/certs" {
		t.Errorf("%+v", c.Values)
	}
	if ConfDir(e) != "/conf/nix" || ConfDir(env()) != "/etc/nix" {
		t.Error("wrong folder of configuration")
	}
}

func TestSplitNixPath(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"a", []string{"a"}},
		{"a:b=c", []string{"a", "b=c"}},
		{"a=https://x/y:b=c", []string{"a=https://x/y", "b=c"}},
		{"https://x/y:channel:foo:z", []string{"https://x/y", "channel:foo", "z"}},
		{"n=flake:nixpkgs:b", []string{"n=flake:nixpkgs", "b"}},
		{"a=channel:foo", []string{"a=channel:foo"}},
		{"a::b:", []string{"a", "", "b"}},
	} {
		if got := SplitNixPath(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q", c.in, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a = 1\ninclude x\n# c")
	f.Add("extra-experimental-features = flakes nix-command\nexternal-builders = []")
	f.Add("sandbox-paths = /a?=/b? /c\naccess-tokens = a=b c")
	f.Fuzz(func(t *testing.T, text string) {
		c := New(testHost, env())
		if c.Apply(text, "fuzz", env(), files(map[string]string{"x": "include x", "./x": text})) != nil {
			return
		}
		// Whatever was accepted can be shown and read again.
		shown := c.KeyValue()
		again := New(testHost, env())
		if err := again.Apply(shown, "again", env(), files(nil)); err != nil {
			t.Fatalf("%v\n%s", err, shown)
		}
	})
}
