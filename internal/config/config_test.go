package config

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"firn/internal/diag"
)

// testHost is the machine on which testdata/nix-2.34.8.json was taken.
var testHost = &Host{
	OS: "linux", System: "x86_64-linux", Processors: 4, Root: true, Home: "/home/alice", ConfDir: "/etc/nix",
	ExtraPlatforms: []string{"i686-linux", "x86_64-v1-linux", "x86_64-v2-linux", "x86_64-v3-linux", "x86_64-v4-linux"},
	SystemFeatures: []string{"nixos-test", "benchmark", "big-parallel", "uid-range", "kvm"},
	CertFile:       "/etc/ssl/certs/ca-certificates.crt",
}

func env(pairs ...string) Env {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func files(m map[string]string) Reader {
	return func(path string) (string, error) {
		if text, ok := m[path]; ok {
			return text, nil
		}
		return "", fs.ErrNotExist
	}
}

// collect makes a config that remembers its warnings, without highlights.
func collect(h *Host, e Env) (*Config, *[]string) {
	c := New(h, e)
	warnings := new([]string)
	c.Warn = func(msg string) { *warnings = append(*warnings, diag.Strip(msg)) }
	return c, warnings
}

// Settings, aliases, defaults and gates are those of the reference; more are
// the settings that came after it and our own.
func TestSettingsOfReference(t *testing.T) {
	type facts struct {
		Aliases             []string
		DefaultValue        any
		DocumentDefault     bool
		ExperimentalFeature *string
	}
	var want, got map[string]facts
	data, err := os.ReadFile("testdata/nix-2.34.8.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if nix, err := exec.LookPath("nix"); err == nil && os.Getenv("FIRN_CORPORA") != "" {
		out, err := exec.Command(nix, "--extra-experimental-features", "nix-command", "config", "show", "--json").Output()
		if err == nil && strings.Contains(string(out), "experimental-features") {
			if err := json.Unmarshal(out, &want); err != nil {
				t.Fatal(err)
			}
		}
	}
	data, err = New(testHost, env()).JSON(false)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	// Renamed after 2.34; the old name is an alias.
	renamed := want["download-attempts"]
	renamed.Aliases = []string{"download-attempts"}
	want["filetransfer-retry-attempts"] = renamed
	delete(want, "download-attempts")
	newer := map[string]bool{
		"build-hook-kill-timeout": true, "http3": true, "filetransfer-retry-delay": true,
		"filetransfer-retry-delay-rate-limited": true, "filetransfer-retry-jitter": true, "filetransfer-retry-max-delay": true,
	}
	for name, w := range want {
		g, ok := got[name]
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		if !reflect.DeepEqual(g, w) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, g, w)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok && !newer[name] && !Lookup(name).Own {
			t.Errorf("%s is not a setting of Nix", name)
		}
	}
}

func TestDeclarations(t *testing.T) {
	seen := map[string]bool{}
	for _, theme := range Themes() {
		if theme.Title == "" || theme.Name == "" {
			t.Errorf("theme %q has no title", theme.Name)
		}
		for i := range theme.Settings {
			s := &theme.Settings[i]
			for _, name := range append([]string{s.Name}, s.Aliases...) {
				if seen[name] {
					t.Errorf("%s is declared twice", name)
				}
				seen[name] = true
			}
			if len(s.Doc) < 20 || !strings.HasSuffix(strings.TrimSpace(s.Doc), ".") && !strings.Contains(s.Doc, "\n\n    ") {
				t.Errorf("%s: no full sentence of documentation", s.Name)
			}
			var v Values
			text := s.defaultText(testHost)
			if text == "" {
				continue
			}
			if err := s.field.set(&v, s.Name, text, false, func(m string) { t.Errorf("%s: %s", s.Name, m) }); err != nil {
				t.Errorf("default of %s: %v", s.Name, err)
			}
			if back := s.field.text(&v); back != text && s.field.kind() != "set of strings" {
				t.Errorf("default of %s: %q reads as %q", s.Name, text, back)
			}
		}
	}
	for _, f := range Features() {
		if f.Doc() == "" || f.String() == "" {
			t.Errorf("feature %d has no name or doc", f)
		}
	}
	if len(Features()) != 21 {
		t.Errorf("%d experimental features", len(Features()))
	}
}

// What each type of setting makes of a value, with the messages of the
// reference.
func TestSet(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"cores", "2M", "2097152"},
		{"cores", "5000000000", "error: setting 'cores' has invalid value '5000000000'"},
		{"cores", "-1", "error: setting 'cores' has invalid value '-1'"},
		{"cores", "x", "error: setting 'cores' has invalid value 'x'"},
		{"cores", "", "error: setting 'cores' has invalid value ''"},
		{"timeout", "-1", "-1"},
		{"max-free", "1T", "1099511627776"},
		{"max-free", "99999999T", "error: setting 'max-free' has invalid value '99999999T'"},
		{"max-jobs", "auto", "4"},
		{"max-jobs", "2K", "error: configuration setting 'max-jobs' should be 'auto' or an integer"},
		{"fallback", "yes", "true"},
		{"build-fallback", "1", "true"},
		{"fallback", "on", "error: Boolean setting 'fallback' has invalid value 'on'"},
		{"sandbox", "relaxed", "relaxed"},
		{"build-use-sandbox", "yes", "error: option 'sandbox' has invalid value 'yes'"},
		{"eval-profiler", "x", "error: option 'eval-profiler' has invalid value 'x'"},
		{"lint-url-literals", "x", "error: option 'lint-url-literals' has invalid value 'x' (expected 'ignore', 'warn', or 'fatal')"},
		{"netrc-file", "", "error: setting 'netrc-file' is a path and paths cannot be empty"},
		{"netrc-file", "a/b", `error: not an absolute path: "a/b"`},
		{"build-dir", "/a/../b//c/", "/b/c"},
		{"build-dir", "", ""},
		{"eval-profile-file", "", "error: setting 'eval-profile-file' is a path and paths cannot be empty"},
		{"substituters", "foo", "error: Cannot parse Nix store 'foo'"},
		{"substituters", "https://a?b=c&a=1 s3://foo?region=x", "https://a?a=1&b=c s3://foo?region=x"},
		{"extra-substituters", "https://a", "https://cache.nixos.org/ https://a"},
		{"extra-cores", "3", "warning: unknown setting 'extra-cores'"},
		{"store", "daemon?x=y", "unix://?x=y"},
		{"store", "local?root=/tmp/a b&a=1", "local://?a=1&root=/tmp/a%20b"},
		{"store", "/tmp/x", "local:///tmp/x"},
		{"access-tokens", "b=1 a=2 c", " a=2 b=1"},
		{"extra-sandbox-paths", "/x?=/y /z? /w=/w?", "/w? /x?=/y /z?"},
		{"extra-system-features", "a", "a benchmark big-parallel kvm nixos-test uid-range"},
		{"extra-experimental-features", "flakes", "fetch-tree flakes"},
		{"external-builders", `[{"systems":["a"],"args":[],"program":"p"}]`, `[{"args":[],"program":"p","systems":["a"]}]`},
		{"huge-pages", "never", "never"},
		{"nix-path", "a=b  c", "a=b c"},
	} {
		cfg, warnings := collect(testHost, env())
		var got string
		if err := cfg.Set(c.name, c.value); err != nil {
			got = "error: " + err.Error()
			if diag.As(err).Code != diag.InvalidSetting {
				t.Errorf("%s = %s: code %q", c.name, c.value, diag.As(err).Code)
			}
		} else if cfg.WarnUnknown(); len(*warnings) > 0 {
			got = "warning: " + strings.Join(*warnings, "\n")
		} else {
			got, _ = cfg.Text(mainName(c.name))
		}
		if got != c.want {
			t.Errorf("%s = %s: got %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func mainName(name string) string {
	if s := Lookup(name); s != nil {
		return s.Name
	}
	return strings.TrimPrefix(name, "extra-")
}

func TestFeatures(t *testing.T) {
	c, warnings := collect(testHost, env())
	if err := c.Set("accept-flake-config", "true"); err != nil {
		t.Fatal(err)
	}
	if err := c.Set("experimental-features", "nix-command foo no-url-literals"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Ignoring setting 'accept-flake-config' because experimental feature 'flakes' is not enabled",
		"unknown experimental feature 'foo'",
		"experimental feature 'no-url-literals' has been stabilized and renamed; use 'lint-url-literals = fatal' setting instead",
	}
	if !reflect.DeepEqual(*warnings, want) {
		t.Errorf("got %q", *warnings)
	}
	if c.Flake.AcceptConfig || !c.Enabled(NixCommand) || c.Enabled(Flakes) || !c.Enabled(NoFeature) {
		t.Error("wrong features")
	}
	if err := c.Require(NixCommand); err != nil {
		t.Error(err)
	}
	err := c.Require(PipeOperators)
	if err == nil || err.Error() != "experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features pipe-operators' to enable it" {
		t.Errorf("got %v", err)
	}
	err = c.General.ExperimentalFeatures.Require(Flakes, "for nothing")
	if err == nil || err.Error() != "experimental Nix feature 'flakes' is disabled (for nothing); add '--extra-experimental-features flakes' to enable it" {
		t.Errorf("got %v", err)
	}
	if _, ok := c.Text("accept-flake-config"); ok {
		t.Error("shows a setting of a disabled feature")
	}
}

func TestLints(t *testing.T) {
	c, warnings := collect(testHost, env())
	if err := c.Set("warn-short-path-literals", "true"); err != nil {
		t.Fatal(err)
	}
	if c.Eval.LintShortPaths != Warn || len(*warnings) != 1 ||
		(*warnings)[0] != "'warn-short-path-literals' is deprecated, use 'lint-short-path-literals = warn' instead" {
		t.Errorf("%v, %q", c.Eval.LintShortPaths, *warnings)
	}
	c, _ = collect(testHost, env())
	c.Set("lint-short-path-literals", "fatal")
	c.Set("warn-short-path-literals", "true")
	if c.Eval.LintShortPaths != Fatal {
		t.Error("the old name overrides the new one")
	}
}

// Flags of settings, with the oddity of aliases as seen with 2.34.8.
func TestFlags(t *testing.T) {
	for _, c := range []struct {
		flag, value, setting, want string
		arity                      int
	}{
		{"fallback", "", "fallback", "true", 0},
		{"no-fallback", "", "fallback", "false", 0},
		{"build-fallback", "", "fallback", "false", 0},
		{"cores", "3", "cores", "3", 1},
		{"build-cores", "3", "cores", "3", 1},
		{"substituters", "https://a", "substituters", "https://a", 1},
		{"extra-substituters", "https://a", "substituters", "https://cache.nixos.org/ https://a", 1},
		{"binary-caches", "https://a", "substituters", "https://cache.nixos.org/ https://a", 1},
		{"relaxed-sandbox", "", "sandbox", "relaxed", 0},
		{"build-use-sandbox", "", "sandbox", "relaxed", 0},
		{"no-sandbox", "", "sandbox", "false", 0},
		{"accept-flake-config", "", "accept-flake-config", "true", 0},
	} {
		cfg, _ := collect(testHost, env())
		f, ok := FindFlag(c.flag, "linux")
		if !ok || f.Arity != c.arity || f.Doc() == "" || f.Name != c.flag {
			t.Errorf("--%s: %+v, %v", c.flag, f, ok)
			continue
		}
		if err := cfg.SetFlag(f, c.value); err != nil {
			t.Errorf("--%s: %v", c.flag, err)
		}
		cfg.General.ExperimentalFeatures = cfg.General.ExperimentalFeatures.With(Flakes)
		if got, _ := cfg.Text(c.setting); got != c.want {
			t.Errorf("--%s %s: %s is %q", c.flag, c.value, c.setting, got)
		}
		if !cfg.Overridden(c.setting) {
			t.Errorf("--%s does not count as override", c.flag)
		}
	}
	for _, name := range []string{"", "no-cores", "extra-cores", "foo", "relaxed-fallback", "darwin-log-sandbox-violations", "xcores", "no-build-fallback"} {
		if f, ok := FindFlag(name, "linux"); ok {
			t.Errorf("--%s is %+v", name, f)
		}
	}
}

func TestKeyValue(t *testing.T) {
	c, _ := collect(testHost, env())
	text := c.KeyValue()
	if !strings.HasPrefix(text, "abort-on-warn = false\naccess-tokens = \nallow-dirty = true\n") {
		t.Errorf("begins %q", text[:100])
	}
	if strings.Contains(text, "accept-flake-config") || strings.Contains(text, "darwin-") {
		t.Error("shows what does not exist")
	}
	// What is shown can be read again.
	again, warnings := collect(testHost, env())
	if err := again.Apply(text, "test", env(), files(nil)); err != nil {
		t.Fatal(err)
	}
	again.WarnUnknown()
	if again.KeyValue() != text || len(*warnings) != 1 { // the deprecated switch warns
		t.Errorf("does not round trip: %q", *warnings)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(testHost, env())
	}
}
