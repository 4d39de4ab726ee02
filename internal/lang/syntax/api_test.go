package syntax

import (
	"fmt"
	"strings"
	"testing"

	"firn/internal/diag"
)

func TestParseBindings(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1; b.c = a;":          "{ a = 1; b = { c = a; }; }",
		"inherit a; inherit (b) c": "syntax error, unexpected end of file",
		"inherit (a) b;":           "{ inherit (a) b; }",
		"":                         "syntax error, unexpected end of file, expecting 'inherit'",
		"a":                        "syntax error, unexpected end of file, expecting '.' or '='",
		"a = 1; }":                 "syntax error, unexpected '}', expecting end of file",
		"a = 1; a = 2;":            "attribute 'a' already defined at «string»:1:1",
		"1 + 1":                    "syntax error, unexpected integer, expecting 'inherit'",
	} {
		o := Options{Positions: &diag.Table{}, Origin: diag.Origin{Kind: diag.FromString, Text: text}}
		set, err := ParseBindings(text, o, &Arena{})
		got := fmt.Sprint(err)
		if err == nil {
			got = string(Print(nil, set))
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// TestTokens puts a text together again from its tokens.
func TestTokens(t *testing.T) {
	const text = "# c\n{ a ? \"x${b}y\", ... }: ''i ${c}'' + ./p/${d}.e + http://example.org <n/p> /* end */ "
	var b strings.Builder
	at := 0
	for _, token := range Tokens(text) {
		if token.Start < at {
			t.Fatalf("%v begins at %d before %d", token.Kind, token.Start, at)
		}
		b.WriteString(text[at:token.Start])
		b.WriteString(text[token.Start:token.End])
		at = token.End
	}
	if b.String() != text {
		t.Errorf("got %q", b.String())
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"a": `a a`, "a'b-c_1": `a'b-c_1 a'b-c_1`, "": `"" ""`, "1a": `"1a" "1a"`, "-a": `"-a" "-a"`,
		"if": `"if" "if"`, "or": "or or", "a b": `"a b" "a b"`, "a\"${": `"a\"\${" "a\"\${"`, "é": `"é" "é"`,
	} {
		got := string(AppendAttrName(append(AppendIdentifier(nil, name), ' '), name))
		if got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}
