package jsontext

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestReferenceData replays what Nix 2.34.8 made of texts, floats and strings; see TestReference.
func TestReferenceData(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		c, want, err := parseLine(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got := c.result(); got != want {
			t.Errorf("%s got %s", line, got)
		}
	}
}

// TestMessages has the errors of nlohmann/json 3.12 that no text from Nix can cause, and odd positions.
func TestMessages(t *testing.T) {
	const at = "[json.exception.parse_error.101] parse error at "
	for text, want := range map[string]string{
		"":                 at + "line 1, column 1: attempting to parse an empty input; check that your input string or stream contains the expected JSON",
		"\x00":             at + "line 1, column 1: attempting to parse an empty input; check that your input string or stream contains the expected JSON",
		" ":                at + "line 1, column 2: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
		"\"a\x00\"":        at + "line 1, column 3: syntax error while parsing value - invalid string: control character U+0000 (NUL) must be escaped to \\u0000; last read: '\"a<U+0000>'",
		"{1\n":             at + "line 1, column 0: syntax error while parsing object key - unexpected number literal; expected string literal",
		"[1,\n 2 3]":       at + "line 2, column 4: syntax error while parsing array - unexpected number literal; expected ']'",
		"[1e+-\n":          at + "line 1, column 5: syntax error while parsing value - invalid number; expected digit after exponent sign; last read: '1e+-'",
		"{\"a\": 1e999}":   "[json.exception.out_of_range.406] number overflow parsing '1e999'",
		"[\"a\", tru\n":    at + "line 2, column 0: syntax error while parsing value - invalid literal; last read: '\"a\", tru<U+000A>'",
		"\xef\xbb{":        at + "line 1, column 3: syntax error while parsing value - invalid BOM; must be 0xEF 0xBB 0xBF if given; last read: '\xef\xbb{'",
		"1 \"\\u00":        at + "line 1, column 8: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u00'; expected end of input",
		"{\"a\":1,\"b\n\"": at + "line 2, column 0: syntax error while parsing object key - invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; last read: '\"b<U+000A>'; expected string literal",
	} {
		_, err := canonical(text)
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got  %v\n want %s", text, err, want)
		}
	}
	if got, err := canonical("[1]\x00]"); got != "[1]" || err != nil {
		t.Error("NUL does not end the text:", got, err)
	}
}

func TestAppendString(t *testing.T) {
	for s, want := range map[string]string{
		"":                      `""`,
		"a\"\\/\b\f\n\r\t\x7f":  `"a\"\\/\b\f\n\r\t` + "\x7f\"",
		"\x00\x1f":              `"\u0000\u001f"`,
		"é€😀":                   `"é€😀"`,
		"ab\xff":                "[json.exception.type_error.316] invalid UTF-8 byte at index 2: 0xFF",
		"ab\xe2\x82":            "[json.exception.type_error.316] incomplete UTF-8 string; last byte: 0x82",
		"\xe2\x28\xa1":          "[json.exception.type_error.316] invalid UTF-8 byte at index 1: 0x28",
		"\xed\xa0\x80":          "[json.exception.type_error.316] invalid UTF-8 byte at index 1: 0xA0",
		"12345678\n12345678é\"": `"12345678\n12345678é\""`,
	} {
		b, err := AppendString(nil, s)
		got := string(b)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

// TestPowers computes the table again: each power to more digits than matter, rounded to the nearest.
func TestPowers(t *testing.T) {
	for i, p := range powers {
		ten := new(big.Float).SetPrec(2000).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(abs(firstPower+powerStep*i))), nil))
		if firstPower+powerStep*i < 0 {
			ten.Quo(big.NewFloat(1).SetPrec(2000), ten)
		}
		rounded := new(big.Float).SetPrec(64).SetMode(big.ToNearestEven).Set(ten)
		mantissa := new(big.Float)
		exponent := rounded.MantExp(mantissa)
		f, _ := mantissa.SetMantExp(mantissa, 64).Uint64()
		if want := (power{f, exponent - 64}); p != want {
			t.Errorf("10^%d: %x, want %x", firstPower+powerStep*i, p, want)
		}
	}
}

func abs(i int) int { return max(i, -i) }

// TestFloatReadsBack checks that digits are enough, and that they are the fewest in nearly all cases.
func TestFloatReadsBack(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	longer := 0
	const n = 100000
	for range n {
		x := math.Float64frombits(r.Uint64())
		if math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		s := string(AppendFloat(nil, x))
		if back, err := strconv.ParseFloat(s, 64); back != x || err != nil {
			t.Errorf("%s reads back as %v, not %v", s, back, x)
		}
		digits, _ := appendDigits(nil, math.Abs(x))
		shortest, _, _ := strings.Cut(strings.Replace(strconv.FormatFloat(math.Abs(x), 'e', -1, 64), ".", "", 1), "e")
		if string(digits) != shortest {
			longer++
		}
	}
	if longer == 0 || longer > n/500 {
		t.Errorf("%d of %d are not the shortest", longer, n)
	}
}

func TestDeep(t *testing.T) {
	const depth = 1 << 20
	if err := Read(strings.Repeat(`[{"a":`, depth)+"1"+strings.Repeat("}]", depth), nothing{}); err != nil {
		t.Error(err)
	}
	err := Read(strings.Repeat("[", depth), nothing{})
	if err == nil || !strings.HasSuffix(err.Error(), "unexpected end of input; expected '[', '{', or a literal") {
		t.Error(err)
	}
}

// TestHandlerStops checks that an error of the handler ends the reading and comes back as it is.
func TestHandlerStops(t *testing.T) {
	stop := errors.New("stop")
	for _, text := range []string{`"a"`, `{"a":1}`, `[1.5]`, `[null]`, `[true]`, `[false]`, `18446744073709551615`} {
		if err := Read(text, stopper{stop}); err != stop {
			t.Error(text, err)
		}
	}
}

type stopper struct{ err error }

func (s stopper) Null() error               { return s.err }
func (s stopper) Bool(bool) error           { return s.err }
func (s stopper) Int(int64) error           { return s.err }
func (s stopper) Uint(uint64) error         { return s.err }
func (s stopper) Float(float64) error       { return s.err }
func (s stopper) String(string, bool) error { return s.err }
func (s stopper) Key(string, bool) error    { return s.err }
func (s stopper) BeginArray() error         { return nil }
func (s stopper) EndArray() error           { return nil }
func (s stopper) BeginObject() error        { return nil }
func (s stopper) EndObject() error          { return nil }

// FuzzRead checks that what is accepted is what encoding/json accepts, but for the cases in which they are known to
// differ, and that writing it again changes nothing.
func FuzzRead(f *testing.F) {
	r := rand.New(rand.NewSource(1))
	for range 200 {
		f.Add(randomText(r))
	}
	f.Add(lockFile(2))
	f.Fuzz(func(t *testing.T, text string) {
		err := Read(text, nothing{})
		var syntax *SyntaxError
		if err != nil && !errors.As(err, &syntax) {
			t.Fatal(err)
		}
		plainText := utf8.ValidString(text) && !strings.Contains(text, "\x00") && !strings.HasPrefix(text, byteOrderMark)
		if valid := json.Valid([]byte(text)); plainText && valid != (err == nil) &&
			!strings.Contains(text, `\u`) && !(err != nil && strings.Contains(err.Error(), "406")) {
			t.Fatalf("%q: encoding/json says %v, we say %v", text, valid, err)
		}
		once, err := canonical(text)
		if err != nil {
			return
		}
		if twice, err := canonical(once); twice != once || err != nil {
			t.Fatalf("%q becomes %q (%v)", once, twice, err)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\n\x00é\xff")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := AppendString(nil, s)
		if (err == nil) != utf8.ValidString(s) {
			t.Fatal(err)
		}
		if err == nil {
			if back, err := canonical(string(b)); back != string(b) || err != nil {
				t.Fatal(back, err)
			}
		}
	})
}

func FuzzAppendFloat(f *testing.F) {
	f.Add(math.Float64bits(0.1))
	f.Fuzz(func(t *testing.T, bits uint64) {
		x := math.Float64frombits(bits)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return
		}
		s := string(AppendFloat(nil, x))
		if back, err := strconv.ParseFloat(s, 64); back != x || err != nil {
			t.Fatal(s, back, err)
		}
	})
}
