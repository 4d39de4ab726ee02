package tomltext

import (
	"maps"
	"math/rand"
	"slices"
	"strconv"
	"strings"
)

// printer is a Builder that writes values as JSON with sorted keys, times as Nix does.
type printer struct{}

func (printer) Bool(b bool) string { return strconv.FormatBool(b) }
func (printer) Int(i int64) string { return strconv.FormatInt(i, 10) }

func (printer) Float(f float64) string {
	if f-f != 0 {
		return "null"
	}
	return "float " + strconv.FormatFloat(f, 'g', -1, 64)
}

func (printer) String(s string) (string, error) { return strconv.Quote(s), nil }

func (printer) Time(text string) (string, error) {
	return `{"_type":"timestamp","value":` + strconv.Quote(text) + `}`, nil
}

func (printer) Array(list []string) string { return "[" + strings.Join(list, ",") + "]" }

func (printer) Table(members []Member[string]) (string, error) {
	all := map[string]string{}
	for _, m := range members {
		all[m.Key] = m.Value
	}
	var list []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		list = append(list, strconv.Quote(k)+":"+all[k])
	}
	return "{" + strings.Join(list, ",") + "}", nil
}

// result is what a text is read as, or what is wrong with it.
func result(text string) string {
	s, err := Read[string](text, printer{})
	if err != nil {
		return err.Error()
	}
	return s
}

// Pieces of random documents.
var (
	someKeys = []string{
		"a", "b", "c", "a.b", "a . b", "a.b.c", `"a"`, `'b'`, `"a b"`, `"\u0041"`, `"\ud800"`, "é", "", "a.", ".a", "1", "-_",
		"b.c", `""`, `a."b".c`,
	}
	easyValues = []string{"1", "{}", "[]", "{x=1}", "[{}]", `"s"`}
	someValues = []string{
		"1", "-1", "+5", "0", "01", "1_000", "1__0", "_1", "1_", "0x1F", "0xg", "0o17", "0o8", "0b101", "0b2", "+0x1",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "0x7fffffffffffffff", "0x8000000000000000",
		"0b1" + strings.Repeat("0", 62), "0b1" + strings.Repeat("0", 63), "1.5", "1.", ".5", "1e5", "1e", "1.5e+3", "1e400",
		"1e-400", "1.5_0", "1.5_", "inf", "-inf", "nan", "+nan", "Inf", "NaN", "infx", "true", "false", "True", "tru", "truex",
		`"x"`, `"`, `"a`, `"\n"`, `"\x41"`, `"\u00e9"`, `"\ud800"`, `"\U00110000"`, `'x'`, `'`, `"""a"""`, `"""`,
		"\"\"\"\na\\\n  b\"\"\"", `""""a""""`, `"""a"""""`, `"""a""""""`, `'''a'''`, `'''`, "'''\na\nb'''", `''''a''''`,
		"1979-05-27", "1979-02-29", "1979-13-01", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00+01:00",
		"1979-05-27t07:32:00.123456789123-00:30", "1979-05-27T07:32", "1979-05-27T7:32:00", "1979-05-27 7", "1979-05-27 x",
		"1979-05-27T07:32:00+9:00", "1979-05-27T25:00:00", "1979-05-27T07:32:00+25:00", "1979-05-271", "07:32:00", "07:32:00.5",
		"07:32:61", "07:32", "[1, 2]", "[1, 2,]", "[1 2]", "[", "[1,", "[1", "[,]", "[[1],[2]]", "[\n1, # c\n2\n]",
		"[{a=1},{b=2}]", "[{}, 1]", "{}", "{a=1}", "{a=1,b=2}", "{a=1,}", "{a=1", "{", "{a=1 b=2}", "{a=1,a=2}",
		"{a.b=1,a.c=2}", "{a=\n1}", "{\n}", "[#c\n]", "[#\x01\n]", "=", "x", "", "é", `"é"`, "\"\xff\"", "\"\x01\"", "\"\t\"",
		"\"\x7f\"", "'\t'", "[1, [2, 3]\n", "{a=[1,2],b={c=3}}", "{a=}", "[a]", "[=", `["a", 'b', `, strings.Repeat("1", 60),
		`"` + strings.Repeat("x", 70) + `\q"`, `"""` + strings.Repeat("x\n", 40),
	}
	oddLines = []string{"# c", "#\x01", "  ", "x", "[", "[[a]", "[a", "]", "=", "a b = 1", "\t", byteOrderMark}
	lineEnds = []string{"\n", "\n", "\n", "\n", "\n", "\n", " # c\n", "\n\n", " #\x02 c\n", " ", ",", "#é\n", ""}
)

func oneOf(r *rand.Rand, list []string) string { return list[r.Intn(len(list))] }

func randomDocument(r *rand.Rand) string {
	var s string
	for n := r.Intn(6); n > 0; n-- {
		key, value, end := oneOf(r, someKeys[:8]), oneOf(r, easyValues), oneOf(r, lineEnds)
		if r.Intn(2) == 0 {
			key = oneOf(r, someKeys)
		}
		if r.Intn(2) == 0 {
			value = oneOf(r, someValues)
		}
		switch r.Intn(7) {
		case 0, 1:
			s += "[" + key + "]" + end
		case 2:
			s += "[[" + key + "]]" + end
		case 3:
			s += oneOf(r, oddLines) + end
		default:
			s += key + oneOf(r, []string{"=", " = ", " = ", " = ", "", " =\n"}) + value + end
		}
	}
	if r.Intn(8) == 0 {
		const bytes = "\n=#[]{}\"',. \t\xc3a1"
		i, c := r.Intn(len(s)+1), r.Intn(len(bytes))
		s = s[:i] + bytes[c:c+1] + s[i:]
	}
	if r.Intn(8) == 0 {
		s = s[:r.Intn(len(s)+1)]
	}
	return s
}
