package posixre

import (
	"regexp"
	"strings"
	"testing"
)

var benchmarks = []struct{ name, pattern, text string }{
	{"shellArg", `[[:alnum:],._+:@%/-]+`, "/nix/store/abc-hello-2.12.1/bin/hello"},
	{"version", `([0-9]+)\.([0-9]+)\.?([0-9]*)(-.*)?`, "5.10.213-rc3"},
	{"hex40", `[0-9a-f]{40}`, "0123456789abcdef0123456789abcdef01234567"},
	{"path", `(.*)/([^/]*)\.nix`, "pkgs/development/libraries/some/thing/default.nix"},
	{"alternatives", `.*\.(nix|json|toml|md)`, "pkgs/development/libraries/some/thing/default.nix"},
	{"miss", `[a-z]*://.*`, "pkgs/development/libraries/some/thing/default.nix"},
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			re, err := Compile(c.pattern)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var groups []Span
			for b.Loop() {
				groups, _, _ = re.Match(groups, c.text)
			}
		})
	}
}

func BenchmarkMatchGo(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			re := regexp.MustCompile(`\A(?:` + c.pattern + `)\z`)
			for b.Loop() {
				re.FindStringSubmatchIndex(c.text)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(c.pattern); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEach(b *testing.B) {
	lines := strings.Repeat("some = words and a number 42;\n", 10000)
	for _, c := range []struct{ name, pattern string }{
		{"newline", "\n"}, {"blanks", "[ \t\n]+"}, {"words", "([a-z]+) = "}, {"either", "(a|b|n)(d|u)"},
	} {
		b.Run(c.name, func(b *testing.B) {
			re, err := Compile(c.pattern)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(lines)))
			for b.Loop() {
				re.Each(lines, func([]Span) bool { return true })
			}
		})
	}
}
