package syntax

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"firn/internal/diag"
)

func TestLints(t *testing.T) {
	cases := []struct{ text, setting, warning, fatal string }{
		{"http://example.org", "url",
			`URL literals are discouraged. Consider using a string literal "http://example.org" instead (lint-url-literals) at 1:1`,
			`URL literals are disallowed. Consider using a string literal "http://example.org" instead (lint-url-literals) at 1:1`},
		{"[ a/b ]", "short",
			"relative path literal 'a/b' should be prefixed with '.' for clarity: './a/b' (lint-short-path-literals) at 1:3", ""},
		{"[ ./a ../b /c .d/e ]", "short", "", ""},
		{"{ x = /a/${b}; }", "absolute", "absolute path literals are not portable. " +
			"Consider replacing path literal '/a/' by a string, relative path, or parameter (lint-absolute-path-literals) at 1:7", ""},
		{"~/a", "absolute", "home path literals are not portable. " +
			"Consider replacing path literal '~/a' by a string, relative path, or parameter (lint-absolute-path-literals) at 1:1", ""},
		{"./a", "absolute", "", ""},
	}
	for _, c := range cases {
		if c.fatal == "" {
			c.fatal = c.warning
		}
		for _, level := range []Lint{Ignore, Warn, Fatal} {
			o := Options{}
			switch c.setting {
			case "url":
				o.LintURLLiterals = level
			case "short":
				o.LintShortPaths = level
			case "absolute":
				o.LintAbsolutePaths = level
			}
			warned, err := parseWarned(c.text, o)
			want := [...]struct{ warned, err string }{{"", ""}, {c.warning, ""}, {"", c.fatal}}[level]
			if warned != want.warned || err != want.err {
				t.Errorf("%s, level %d:\n got %q, %q\nwant %q, %q", c.text, level, warned, err, want.warned, want.err)
			}
		}
	}
}

// parseWarned returns the warnings and the error, each with its position.
func parseWarned(text string, o Options) (warned, failed string) {
	table := &diag.Table{}
	show := func(err error) string {
		at := table.Resolve(err.(*diag.Error).Pos)
		if !at.Valid() {
			return err.Error()
		}
		return fmt.Sprintf("%v at %d:%d", err, at.Line, at.Column)
	}
	var all []string
	o.Positions, o.Origin = table, diag.Origin{Kind: diag.FromString, Text: text}
	o.Warn = func(e *diag.Error) { all = append(all, show(e)) }
	if _, err := Parse(text, o, &Arena{}); err != nil {
		failed = show(err)
	}
	return strings.Join(all, "\n"), failed
}

// TestOrWord warns where a future Nix will read "f or" as two arguments.
func TestOrWord(t *testing.T) {
	warning := func(column int, text string) string {
		return fmt.Sprintf("at «string»:1:%d: This expression uses `or` as an identifier in a way that will change "+
			"in a future Nix release.\nWrap this entire expression in parentheses to preserve its current meaning:\n"+
			"    (%s)\nGive feedback at https://github.com/NixOS/nix/pull/11121", column, text)
	}
	for text, want := range map[string]string{
		"f or":                "",
		"f or a":              "",
		"f (a or)":            "",
		"f a or":              warning(3, "a or"),
		"[ a or (b or) ]":     warning(3, "a or"),
		"[ (a b) or c ]":      warning(3, "(a b) or"),
		"a.b or c or":         warning(8, "c or"),
		"a.b or (c or)":       "",
		"f (x: x) or b.c":     warning(3, "(x: x) or"),
		"[ (a\r\n or) ] b or": warning(15, "b or"),
	} {
		if text == "[ (a\r\n or) ] b or" {
			want = "at «string»:2:8: " + strings.TrimPrefix(want, "at «string»:1:15: ")
		}
		if warned, failed := parseWarned(text, Options{}); warned != want || failed != "" {
			t.Errorf("%q:\n got %s%s\nwant %s", text, warned, failed, want)
		}
	}
}

func TestHome(t *testing.T) {
	for _, c := range []struct {
		text string
		err  error
		want string
	}{
		{"~/a", nil, ""},
		{"~/a/b", ErrPure, "the path '~/a/b' can not be resolved in pure mode"},
		{"~/${a}", ErrPure, "the path '~/' can not be resolved in pure mode"},
		{"[ 1 ~/a ]", errors.New("no home"), "no home"},
	} {
		if _, err := parseWarned(c.text, Options{Home: "/home", HomeErr: c.err}); err != c.want {
			t.Errorf("%s with %v: got %q, want %q", c.text, c.err, err, c.want)
		}
	}
}

func TestPipesAreExperimental(t *testing.T) {
	const want = "experimental Nix feature 'pipe-operators' is disabled; " +
		"add '--extra-experimental-features pipe-operators' to enable it at 1:3"
	for _, text := range []string{"a |> b", "a <| b", "a |> |>"} {
		if _, err := parseWarned(text, Options{}); err != want {
			t.Errorf("%s: got %q, want %q", text, err, want)
		}
	}
}
