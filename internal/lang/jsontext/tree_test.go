package jsontext

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strconv"
	"strings"
)

// A tree is a Handler that keeps the values of a text as JSON, objects sorted by key and without repeated keys, as
// builtins.fromJSON and builtins.toJSON would.
type tree struct {
	open []container
	done string
}

type container struct {
	key   string
	items []string          // of an array
	attrs map[string]string // of an object, else nil
}

func (t *tree) add(text string) error {
	if len(t.open) == 0 {
		t.done = text
		return nil
	}
	c := &t.open[len(t.open)-1]
	if c.attrs != nil {
		c.attrs[c.key] = text
	} else {
		c.items = append(c.items, text)
	}
	return nil
}

func (t *tree) addString(s string, inText bool) error {
	b, err := AppendString(nil, s)
	if err != nil {
		return err
	}
	if inText && strings.IndexByte(s, 0) >= 0 {
		return fmt.Errorf("NUL in a piece of the text")
	}
	return t.add(string(b))
}

func (t *tree) pop() container {
	c := t.open[len(t.open)-1]
	t.open = t.open[:len(t.open)-1]
	return c
}

func (t *tree) Null() error       { return t.add("null") }
func (t *tree) Bool(b bool) error { return t.add(strconv.FormatBool(b)) }
func (t *tree) Int(i int64) error { return t.add(strconv.FormatInt(i, 10)) }
func (t *tree) Uint(u uint64) error {
	return fmt.Errorf("unsigned json number %d outside of Nix integer range", u)
}
func (t *tree) Float(f float64) error          { return t.add(string(AppendFloat(nil, f))) }
func (t *tree) String(s string, in bool) error { return t.addString(s, in) }

func (t *tree) Key(s string, in bool) error {
	t.open[len(t.open)-1].key = strings.Clone(s)
	return nil
}

func (t *tree) BeginArray() error {
	t.open = append(t.open, container{})
	return nil
}

func (t *tree) EndArray() error { return t.add("[" + strings.Join(t.pop().items, ",") + "]") }

func (t *tree) BeginObject() error {
	t.open = append(t.open, container{attrs: map[string]string{}})
	return nil
}

func (t *tree) EndObject() error {
	attrs := t.pop().attrs
	var list []string
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		b, err := AppendString(nil, k)
		if err != nil {
			return err
		}
		list = append(list, string(b)+":"+attrs[k])
	}
	return t.add("{" + strings.Join(list, ",") + "}")
}

// canonical reads text and writes it again.
func canonical(text string) (string, error) {
	t := &tree{}
	err := Read(text, t)
	return t.done, err
}

// pieces are what random texts are made of.
var pieces = []string{
	"{", "}", "[", "]", ":", ",", "true", "false", "null", "tru", "nul", "f", "1", "-1", "0", "01", "1.5", "-", "1.", "1e",
	"1e+", "1e5", "-0", "-0.0", "1e999", "1e-999", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"-9223372036854775809", "18446744073709551615", "18446744073709551616", "123456789012345678", "1234567890123456789",
	`"a"`, `"`, `"\u0041"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00"`, `"\ud83d\u0041"`, `"\u12"`, `"\x"`,
	"\"\x01\"", "\"\t\"", "\"\x0b\"", `"é"`, "\"\xff\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
	"\"\xf0\x9f\x98\x80\"", "\"\xc3", " ", "\n", "\t", "\r\n", "//c\n", "/* */", "x", "\xef\xbb\xbf", "\xef\xbb", "\x0b",
	`"\n\t\"\\\/\b\f\r"`, "\x7f", "é", `"12345678\n12345678"`, `"1234567890é1234567890"`, "'",
}

func randomText(r *rand.Rand) string {
	var s string
	if r.Intn(2) == 0 {
		for n := r.Intn(8); n >= 0; n-- {
			s += pieces[r.Intn(len(pieces))]
		}
	} else {
		s = randomValue(r, 4)
	}
	if r.Intn(3) == 0 {
		i := r.Intn(len(s) + 1)
		s = s[:i] + pieces[r.Intn(len(pieces))] + s[i:]
	}
	if r.Intn(6) == 0 {
		s = s[:r.Intn(len(s)+1)]
	}
	return s
}

func randomValue(r *rand.Rand, depth int) string {
	blank := []string{"", "", " ", "\n", "\t "}[r.Intn(5)]
	if depth == 0 || r.Intn(3) == 0 {
		return blank + pieces[r.Intn(len(pieces))] + blank
	}
	object := r.Intn(2) == 0
	var list []string
	for n := r.Intn(4); n > 0; n-- {
		v := randomValue(r, depth-1)
		if object {
			v = `"k` + strconv.Itoa(r.Intn(3)) + `"` + blank + ":" + v
		}
		list = append(list, v)
	}
	if object {
		return blank + "{" + strings.Join(list, ",") + "}"
	}
	return blank + "[" + strings.Join(list, ",") + "]"
}
