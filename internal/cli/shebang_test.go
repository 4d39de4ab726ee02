package cli

import (
	"bufio"
	"strings"
	"testing"
)

func TestSplitScript(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"a  b\tc\nd\r\n", "a|b|c|d"},
		{"a#b", "a#b"},
		{"``a b``", "a b"},
		{"`` a b ``", " a b"},
		{"``a`b``", "a`b"},
		{"``a```b``", "a``b"},
		{"``a````b``", "a```b"},
		{"x``a``y", "a|y"},
		{"``` ``", "`"},
		{"````", ""},
		{"``$(x)*'\"``", "$(x)*'\""},
		{"a `b`", "error: single backtick is not a supported syntax in the nix shebang."},
		{"a $b", "error: unsupported unquoted character in nix shebang: $. Use double backticks to escape?"},
		{"a #b", "error: unquoted nix shebang argument cannot start with #. Use double backticks to escape?"},
		{"``a", "error: unterminated quoted string in nix shebang"},
	} {
		words, err := splitScript(c.in)
		got := strings.Join(words, "|")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestScriptArguments(t *testing.T) {
	for _, c := range []struct {
		in, program, want string
		script            bool
	}{
		{"", "nix", "", false},
		{"{ a = 1; }", "nix", "", false},
		{"#!/usr/bin/env nix\n#! nix eval\n# c\n#!nix   --expr ``1\n#!   nix\n#! nix: 2``\nbody\n#! nix x", "nix", "eval\n  --expr ``1\n\n2``\n", true},
		{"#!/usr/bin/env nix\n#! firn eval\n#! nixes", "nix", "", true},
		{"#!/usr/bin/env firn\n#! firn eval\n//! nix\n\n#! nix", "firn", "eval\n", true},
		{"#!/usr/bin/env nix", "nix", "", true},
	} {
		got, ok := scriptArguments(bufio.NewReader(strings.NewReader(c.in)), c.program)
		if got != c.want || ok != c.script {
			t.Errorf("%q: got %q, %v", c.in, got, ok)
		}
	}
}

func FuzzSplitScript(f *testing.F) {
	f.Add("a ``b c`` ``` #")
	f.Fuzz(func(t *testing.T, s string) {
		words, err := splitScript(s)
		if err == nil && len(words) > len(s) {
			t.Errorf("%q became %q", s, words)
		}
	})
}
