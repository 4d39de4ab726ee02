package tomltext

import (
	"errors"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// TestReferenceData replays what Nix 2.34.8, with toml11 4.4.0, made of random documents; see TestReference.
func TestReferenceData(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(data)) {
		text, want, err := parseLine(strings.TrimSuffix(l, "\n"))
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if got := trimmed(result(text)); got != want {
			t.Errorf("%q\n got  %s\n want %s", text, got, want)
		}
	}
}

// TestMessages has what random documents do not reach: long lines, excerpts of several lines, several faults.
func TestMessages(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"attr = 9223372036854775808", `[error] toml::parse_dec_integer: too large integer: current max digits = 2^63
 --> fromTOML
   |
 1 | attr = 9223372036854775808
   |                           ^-- must be < 2^63
`},
		{"a = 1\na = \n[b]\n[b]\n", `[error] bad format: unknown value appeared
 --> fromTOML
   |
 2 | a = 
   |     ^-- here
[error] toml::insert_value: failed to insert a table, table already defined
 --> fromTOML
   |
 4 | [b]
   | ^^^-- inserting this
   | ...
   |
 3 | [b]
   | ^^^-- this table is explicitly defined
`},
		{"a = [", `[error] toml::parse_array: missing closing bracket ` + "`]`" + `
 --> fromTOML
   |
 1 | a = [
   |      -- 
 2 | a = [
   | ^^^^^^-- expected ` + "`]`" + `, reached EOF
`},
		{"\n\n\n\n\n\n\n\nx = { y = 'this is a long line that has to be cut', z = 1, z = 2, \tw = 'and it goes on'}\n", `[error] toml::insert_value: failed to insert a value, value already exists
 --> fromTOML
   |
 9 | ... e that has to be cut', z = 1, z = 2, 0x09(TAB)w = 'and it goes on'}
   |                                   ^-- inserting this
   | ...
   |
 9 | ... line that has to be cut', z = 1, z = 2, 0x09(TAB)w = 'and it goes on ...
   |                                   ^-- but value already exists
[error] toml::parse_simple_key: invalid key: key must be "quoted", 'quoted-literal', or bare key.
 --> fromTOML
   |
 9 | ... t has to be cut', z = 1, z = 2, 0x09(TAB)w = 'and it goes on'}
   |                                   ^-- expected alpha [a-zA-Z], digit [0-9], -, or _
Hint: non-ASCII scripts are allowed in toml v1.1.0, but not in v1.0.0.
`},
		{`a = "x\ud800"`, `[error] toml::parse_utf8_codepoint: [0xD800, 0xDFFF] is not a valid UTF-8
 --> internal temporary
   |
 1 | \ud800
   |  ^^^^^-- here
`},
	} {
		if got := result(c.text); got != c.want {
			t.Errorf("%q\n got  %s\n want %s", c.text, got, c.want)
		}
	}
}

// TestMoreLenient pins where toml11 accepts more than TOML 1.0.
func TestMoreLenient(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1 [b]\nc = 2":                     `{"a":1,"b":{"c":2}}`,
		"[a]\nb.c = 1\n[a.b.d]\ne = 2":         `{"a":{"b":{"c":1,"d":{"e":2}}}}`,
		"a = 1979-05-27T23:59:60+24:60":        `{"a":{"_type":"timestamp","value":"1979-05-27T23:59:60+25:00"}}`,
		"a = 1979-05-27 07:32:00.120000-00:00": `{"a":{"_type":"timestamp","value":"1979-05-27T07:32:00.120Z"}}`,
	} {
		if got := result(text); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

// TestComesBack has texts on which toml11 loops for ever.
func TestComesBack(t *testing.T) {
	for _, text := range []string{
		"#\x01\n# c\n",
		"a = [[ b = 1",
		"a = {[ b = 1",
		"a = [\x01{[{[ b = {[ c = 1\n\n",
		"a = x" + strings.Repeat("[{", 50000) + "=",
		strings.Repeat("a = [{", 20000),
	} {
		if _, err := Read[string](text, printer{}); err == nil {
			t.Errorf("%.40q: no error", text)
		}
	}
}

func TestDepth(t *testing.T) {
	for _, text := range []string{
		"a = " + strings.Repeat("[", 1000000),
		"a = " + strings.Repeat("{a=", 1000000),
		"a" + strings.Repeat(".a", 1000000) + " = 1",
		"[a" + strings.Repeat(".a", 1000000) + "]",
	} {
		if _, err := Read[string](text, printer{}); err == nil {
			t.Errorf("%.40q: no error", text)
		}
	}
	const depth = 5000
	got := result("a = " + strings.Repeat("[", depth) + strings.Repeat("]", depth))
	if want := `{"a":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"; got != want {
		t.Errorf("%.40q", got)
	}
}

// TestManyFaults checks that the time for a text that is no TOML at all is not quadratic.
func TestManyFaults(t *testing.T) {
	text := strings.Repeat("no TOML\n", 50000)
	if _, err := Read[string](text, printer{}); err == nil || strings.Count(err.Error(), "[error]") < 50000 {
		t.Error("too few faults")
	}
}

// refuser is a Builder that makes no strings and no times.
type refuser struct{ printer }

var errTime, errString = errors.New("time"), errors.New("string")

func (refuser) Time(string) (string, error)   { return "", errTime }
func (refuser) String(string) (string, error) { return "", errString }

func TestBuilderErrors(t *testing.T) {
	for text, want := range map[string]error{
		"a = 1979-05-27":              errTime,
		"a = [{b = 'x'}]":             errString,
		"a = 07:32:00\nb = ''\nc = 1": errTime,
	} {
		if _, err := Read[string](text, refuser{}); err != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	var syntax *SyntaxError
	if _, err := Read[string]("a = 07:32:00\nb", refuser{}); !errors.As(err, &syntax) {
		t.Error("faults of the text come first, not", err)
	}
}

// tree is a Builder that makes what go-toml makes, but times.
type tree struct{}

func (tree) Bool(b bool) any               { return b }
func (tree) Int(i int64) any               { return i }
func (tree) Float(f float64) any           { return f }
func (tree) String(s string) (any, error)  { return s, nil }
func (tree) Time(text string) (any, error) { return time.Time{}, nil }
func (tree) Array(list []any) any          { return list }

func (tree) Table(members []Member[any]) (any, error) {
	all := map[string]any{}
	for _, m := range members {
		all[m.Key] = m.Value
	}
	return all, nil
}

func same(a, b any) error {
	switch b := b.(type) {
	case map[string]any:
		m, ok := a.(map[string]any)
		if !ok || len(m) != len(b) {
			return fmt.Errorf("%v is not %v", a, b)
		}
		for k := range b {
			if err := same(m[k], b[k]); err != nil {
				return fmt.Errorf("%q: %w", k, err)
			}
		}
		return nil
	case []any:
		l, ok := a.([]any)
		if !ok || len(l) != len(b) {
			return fmt.Errorf("%v is not %v", a, b)
		}
		for i := range b {
			if err := same(l[i], b[i]); err != nil {
				return err
			}
		}
		return nil
	case float64:
		if f, ok := a.(float64); ok && math.IsNaN(f) && math.IsNaN(b) {
			return nil
		}
	case bool, int64, string:
	default:
		return nil // some time
	}
	if a != b {
		return fmt.Errorf("%v is not %v", a, b)
	}
	return nil
}

// FuzzRead compares with go-toml. That one knows TOML 1.1 in part, and is stricter where toml11 is lenient: what both
// accept must be the same.
func FuzzRead(f *testing.F) {
	r := rand.New(rand.NewSource(1))
	for range 300 {
		f.Add(randomDocument(r))
	}
	f.Add(cargoLock(2))
	f.Fuzz(func(t *testing.T, text string) {
		ours, err := Read[any](text, tree{})
		var syntax *SyntaxError
		if err != nil {
			if !errors.As(err, &syntax) || !strings.HasPrefix(err.Error(), "[error] ") {
				t.Fatal(err)
			}
			return
		}
		if !utf8.ValidString(text) {
			t.Fatal("accepted what is not UTF-8")
		}
		var theirs map[string]any
		if toml.Unmarshal([]byte(text), &theirs) == nil {
			if err := same(ours, theirs); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// cargoLock is like a Cargo.lock of n packages.
func cargoLock(n int) string {
	var b strings.Builder
	b.WriteString("# This file is automatically @generated by Cargo.\nversion = 3\n\n")
	for i := range n {
		b.WriteString(`[[package]]
name = "some-package-` + strconv.Itoa(i) + `"
version = "0.1.` + strconv.Itoa(i) + `"
source = "registry+https://example.org/index"
checksum = "2b2e311569f4df8e7c3ae30ae07f3d2a4b0a9a7c8f1f3b1f3d8f1c0d3c9a1b2c"
dependencies = [
 "first-package",
 "second-package 1.0.0",
]

`)
	}
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	text := cargoLock(5000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read[any](text, tree{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadPelletier(b *testing.B) {
	text := []byte(cargoLock(5000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var v map[string]any
		if err := toml.Unmarshal(text, &v); err != nil {
			b.Fatal(err)
		}
	}
}
