package format

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"firn/internal/lang/syntax"
)

func TestGolden(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/cases.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		in, want := archive.Files[i], archive.Files[i+1]
		if want.Name != in.Name+", formatted" {
			t.Fatalf("%s is followed by %s", in.Name, want.Name)
		}
		got, err := Format(string(in.Data), syntax.Options{})
		if err != nil {
			t.Errorf("%s: %v", in.Name, err)
		} else if got != string(want.Data) {
			t.Errorf("%s:\n%s\nwant:\n%s", in.Name, got, want.Data)
		}
		check(t, in.Name, string(in.Data))
	}
}

// TestErrors refuses what is no expression, but not what means nothing.
func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"{ a = 1; a = 2; }": "",
		"{ a = ; }":         "syntax error, unexpected ';'",
		"1 \x00 # lost":     "text with a NUL byte, at byte 2, can not be formatted",
		strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000): "expression is nested too deeply to be formatted: " +
			"more than 2000 levels",
	} {
		if _, err := Format(text, syntax.Options{}); err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%.20s: got %v, want %s", text, err, want)
		}
	}
}

// TestManyAlternatives formats code of which each level could be laid out in
// several ways, which must not be tried all.
func TestManyAlternatives(t *testing.T) {
	check(t, "calls in calls", strings.Repeat("(f ", 60)+"a"+strings.Repeat(") x (y z)", 60))
}

func FuzzFormat(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/cases.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		f.Add(string(file.Data))
	}
	f.Fuzz(func(t *testing.T, text string) { check(t, text, text) })
}
