package posixre

import (
	"fmt"
	"math/rand"
	"strconv"
	"strings"
)

// A trial is a pattern and a text to match or to split.
type trial struct {
	split         bool
	pattern, text string
}

// randomTrial makes patterns that are mostly valid and rich in nested repetition, and short texts over few letters.
func randomTrial(r *rand.Rand) trial {
	t := trial{split: r.Intn(2) == 0}
	switch r.Intn(8) {
	case 0:
		t.pattern = pick(r, "ab[]()*+?{}|^$.\\-:=,12[]a", r.Intn(9))
	case 1:
		t.pattern = randomBracket(r)
	default:
		t.pattern = randomPattern(r, 1+r.Intn(6))
	}
	t.text = pick(r, "abcd"[:3+r.Intn(2)], r.Intn(9))
	return t
}

func pick(r *rand.Rand, letters string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.Intn(len(letters))]
	}
	return string(b)
}

func oneOf(r *rand.Rand, list ...string) string { return list[r.Intn(len(list))] }

func randomPattern(r *rand.Rand, depth int) string {
	switch n := r.Intn(22); {
	case n < 6:
		return oneOf(r, "a", "b", "c")
	case n < 7:
		return "."
	case n < 8:
		return oneOf(r, "[ab]", "[^a]", "[b-c]", "[[:alpha:]]", "[a]")
	case n < 9:
		return oneOf(r, "^", "$", "", "()")
	case depth <= 0:
		return "a"
	case n < 12:
		return randomPattern(r, depth-1) + randomPattern(r, depth-1)
	case n < 14:
		return "(" + randomPattern(r, depth-1) + "|" + randomPattern(r, depth-1) + ")"
	case n < 15:
		return randomPattern(r, depth-1) + "|" + randomPattern(r, depth-1)
	case n < 19:
		return "(" + randomPattern(r, depth-1) + ")" + randomQuantifier(r)
	case n < 21:
		return randomPattern(r, depth-1) + randomQuantifier(r)
	}
	return "(" + randomPattern(r, depth-1) + ")"
}

func randomQuantifier(r *rand.Rand) string {
	return oneOf(r, "*", "*", "+", "?", "{2}", "{0,2}", "{1,}", "{1,3}", "{0}", "{2,1}")
}

func randomBracket(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(oneOf(r, "[", "[", "[^"))
	for n := r.Intn(5); n >= 0; n-- {
		b.WriteString(oneOf(r, "a", "b", "-", "]", "[", "^", "a-c", "b-a", "c", "\\", "[:digit:]", "[:LOWER:]", "[=b=]", "[.a.]",
			"[.hyphen.]", "[:w:]", "[:nope:]", "a-", "--c", "é"))
	}
	return b.String() + oneOf(r, "]", "]", "]+", "]*", "")
}

// render gives the result in the syntax of Nix, or the kind of error.
func (t trial) render() string {
	re, err := Compile(t.pattern)
	if err != nil {
		return kindName(err)
	}
	return t.renderWith(re, newMachine(re, t.text))
}

func kindName(err error) string {
	if err.(*Error).Kind == Limit {
		return "limit"
	}
	return "invalid"
}

// renderWith is render on a given machine, which it releases.
func (t trial) renderWith(re *Regexp, m *machine) string {
	defer m.release()
	if re.prog.isLiteral {
		return t.renderLiteral(re)
	}
	if !t.split {
		ok, err := m.match()
		switch {
		case err != nil:
			return kindName(err)
		case !ok:
			return "null"
		}
		return t.list(appendSpans(nil, m.caps[2:]))
	}
	return t.renderSplit(m.each)
}

func (t trial) renderLiteral(re *Regexp) string {
	if t.split {
		return t.renderSplit(func(yield func([]Span) bool) error { return re.Each(t.text, yield) })
	}
	groups, ok, err := re.Match(nil, t.text)
	if err != nil || !ok {
		return "null"
	}
	return t.list(groups)
}

func (t trial) renderSplit(each func(func([]Span) bool) error) string {
	var b strings.Builder
	end := 0
	b.WriteString("[ ")
	err := each(func(spans []Span) bool {
		b.WriteString(quote(t.text[end:spans[0].Start]) + " " + t.list(spans[1:]) + " ")
		end = spans[0].End
		return true
	})
	if err != nil {
		return kindName(err)
	}
	return b.String() + quote(t.text[end:]) + " ]"
}

func (t trial) list(spans []Span) string {
	var b strings.Builder
	b.WriteString("[ ")
	for _, s := range spans {
		if s.Matched() {
			b.WriteString(quote(s.Of(t.text)) + " ")
		} else {
			b.WriteString("null ")
		}
	}
	return b.String() + "]"
}

// quote writes a string as Nix does.
func quote(s string) string {
	r := strings.NewReplacer("\\", "\\\\", `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", `\${`)
	return `"` + r.Replace(s) + `"`
}

// line is a trial with its result, as a line of testdata.
func (t trial) line(result string) string {
	verb := "match"
	if t.split {
		verb = "split"
	}
	return fmt.Sprintf("%s %s %s %s", verb, strconv.QuoteToASCII(t.pattern), strconv.QuoteToASCII(t.text), result)
}

// parseLine undoes line.
func parseLine(line string) (t trial, result string, err error) {
	verb, rest, _ := strings.Cut(line, " ")
	t.split = verb == "split"
	for _, to := range []*string{&t.pattern, &t.text} {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return t, "", err
		}
		if *to, err = strconv.Unquote(quoted); err != nil {
			return t, "", err
		}
		rest = strings.TrimPrefix(rest[len(quoted):], " ")
	}
	return t, rest, nil
}
