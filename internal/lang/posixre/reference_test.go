package posixre

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	update = flag.Bool("update", false, "write testdata/reference.txt from what the reference answers")
	trials = flag.Int("trials", 1500, "random trials of TestReference")
)

// TestReference compares random trials with an installed Nix. FIRN_NIX_INSTANTIATE is the command, several words if it
// must be entered through another program.
func TestReference(t *testing.T) {
	command := strings.Fields(os.Getenv("FIRN_NIX_INSTANTIATE"))
	if len(command) == 0 {
		t.Skip("FIRN_NIX_INSTANTIATE is not set")
	}
	seed := time.Now().UnixNano()
	if *update {
		seed = 1
	}
	r := rand.New(rand.NewSource(seed))
	t.Log("seed", seed)
	var valid, invalid []trial
	for _, c := range chosen {
		if _, err := Compile(c.pattern); err != nil {
			invalid = append(invalid, c)
		} else {
			valid = append(valid, c)
		}
	}
	few := len(invalid) + 40
	for len(valid) < len(chosen)+*trials {
		c := randomTrial(r)
		re, err := Compile(c.pattern)
		if err != nil {
			if len(invalid) < few {
				invalid = append(invalid, c)
			}
			continue
		}
		if m := newMachine(re, c.text); !m.cheap(c) {
			continue // the reference would take long
		}
		valid = append(valid, c)
	}
	var lines []string
	for i, result := range askAll(t, command, valid) {
		if got := valid[i].render(); got != result {
			t.Errorf("%s\n got %s", valid[i].line(result), got)
		}
		lines = append(lines, valid[i].line(result))
	}
	for _, c := range invalid {
		result := askOne(t, command, c)
		if got := c.render(); got != result {
			t.Errorf("%s\n got %s", c.line(result), got)
		}
		lines = append(lines, c.line(result))
	}
	if *update {
		if err := os.WriteFile("testdata/reference.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// cheap tells whether the machine gets by without notes and with few steps.
func (m *machine) cheap(c trial) bool {
	m.steps = 3000
	c.renderWith(m.re, m)
	return m.memory == nil
}

func (c trial) expression() string {
	verb := "match"
	if c.split {
		verb = "split"
	}
	return fmt.Sprintf("(builtins.%s %s %s)", verb, quote(c.pattern), quote(c.text))
}

// askAll evaluates all trials as one list.
func askAll(t *testing.T, command []string, list []trial) []string {
	var b strings.Builder
	b.WriteString("[\n")
	for _, c := range list {
		b.WriteString(c.expression() + "\n")
	}
	b.WriteString("]\n")
	out, errText, err := evaluate(command, b.String())
	if err != nil {
		t.Fatalf("%v: %s", err, errText)
	}
	results := elements(strings.TrimSpace(out))
	if len(results) != len(list) {
		t.Fatalf("%d results for %d trials", len(results), len(list))
	}
	return results
}

func askOne(t *testing.T, command []string, c trial) string {
	out, errText, err := evaluate(command, c.expression())
	switch {
	case err == nil:
		return strings.TrimSpace(out)
	case strings.Contains(errText, "memory limit exceeded by regular expression"):
		return "limit"
	case strings.Contains(errText, "invalid regular expression"):
		return "invalid"
	}
	t.Fatalf("%s: %s", c.expression(), errText)
	return ""
}

func evaluate(command []string, expression string) (out, errText string, err error) {
	args := append(command[1:len(command):len(command)], "--eval", "--strict", "-")
	cmd := exec.Command(command[0], args...)
	cmd.Stdin = strings.NewReader(expression)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// elements splits the text of a list into the texts of its elements.
func elements(list string) []string {
	var all []string
	depth, start := 0, -1
	for i := 0; i < len(list); i++ {
		inner := depth == 1
		switch c := list[i]; {
		case c == '"':
			if inner && start < 0 {
				start = i
			}
			for i++; list[i] != '"'; i++ {
				if list[i] == '\\' {
					i++
				}
			}
		case c == '[':
			if inner && start < 0 {
				start = i
			}
			depth++
		case c == ']':
			depth--
			if depth == 0 && start >= 0 {
				all = append(all, list[start:i])
			}
		case c == ' ':
			if inner && start >= 0 {
				all = append(all, list[start:i])
				start = -1
			}
		case inner && start < 0:
			start = i
		}
	}
	return all
}

// chosen are trials that random ones are unlikely to reach.
var chosen = []trial{
	{false, `(.*)/([^/]*)\.nix`, "pkgs/top-level/all-packages.nix"},
	{false, `([0-9]+)\.([0-9]+)(\.([0-9]+))?`, "2.34"},
	{false, `[[:alnum:],._+:@%/-]+`, "/nix/store/x-1.0"},
	{false, `[0-9a-f]{40}`, "0123456789abcdef0123456789abcdef01234567"},
	{false, `[ \t\r\n]*(.*[^ \t\r\n])[ \t\r\n]*`, "  \\ t some  text  "},
	{false, "[ \t\r\n]*(.*[^ \t\r\n])[ \t\r\n]*", " \n some\ntext \t"},
	{true, `(a*)(ab)?`, "aab aab"},
	{true, `a*(ab)?`, "aab"},
	{true, `a|ab|abc`, "abcab"},
	{true, `(a|ab)(c|bcd)(d*)`, "abcd acd"},
	{true, ``, "abc"},
	{true, ``, ""},
	{true, `^`, "abc"},
	{true, `$`, "abc"},
	{true, `^a|b$`, "aabb"},
	{true, `b*`, "abba"},
	{true, `(b*)(c?)`, "abbcba"},
	{true, `\n`, "a\nb"},
	{true, "\n", "a\nb\n\nc\n"},
	{true, `é`, "aébé"},
	{true, `[é]`, "aébã"},
	{true, `.`, "é"},
	{true, `[^a]`, "aéa"},
	{false, `[à-é]+`, "é"},
	{false, `[é-à]`, "é"},
	{false, `[z-é]`, "é"},
	{false, `[é-z]+`, "aZ~é"},
	{false, `[[:alpha:]]+`, "é"},
	{false, `[[:print:][:cntrl:]]+`, "a\tb\nc"},
	{false, `[[=a=]]+`, "aA"},
	{false, `[[=a=]]`, "b"},
	{false, `[[=hyphen=]]`, "-"},
	{false, `[[.hyphen.]-]`, "-"},
	{false, `[[.a.]-c]+`, "abc"},
	{false, `[[.-.]]`, "-"},
	{false, `[[.ab.]]`, "a"},
	{false, `[[.tilde.][.space.]]+`, "~ "},
	{false, `[[:ALPHA:]]`, "a"},
	{false, `[[:Word:]]`, "a"},
	{false, `[[:w:][:s:][:d:]]+`, "a_ 1"},
	{false, `[[:foo:]]`, "a"},
	{false, `[[:alpha:`, "a"},
	{false, `[[:alpha:]`, "a"},
	{false, `[[:alpha:]-z]`, "a"},
	{false, `[[:alpha:]-]+`, "a-"},
	{false, `[a-[:alpha:]]`, "a"},
	{false, `[a-c-e]`, "a"},
	{false, `[a-c-]+`, "b-"},
	{false, `[--a]+`, "-a."},
	{false, `[%--]+`, "%&-"},
	{false, `[]-a]+`, "]^a"},
	{false, `[^]]`, "a"},
	{false, `[]`, "a"},
	{false, `[^]`, "a"},
	{false, `[[]`, "["},
	{false, `[a`, "a"},
	{false, `[`, "a"},
	{false, `[\d]+`, "\\d"},
	{false, `[\]]`, "\\]"},
	{false, `\d`, "d"},
	{false, `\.\[\\\(\)\*\+\?\{\|\^\$`, ".[\\()*+?{|^$"},
	{false, `\]`, "]"},
	{false, `\}`, "}"},
	{false, `]}`, "]}"},
	{false, `\`, "a"},
	{false, `a\`, "a"},
	{false, `a**`, "aa"},
	{false, `a+*?`, "aa"},
	{false, `^*`, "a"},
	{false, `^+a`, "a"},
	{false, `(*a)`, "a"},
	{false, `*`, "a"},
	{false, `a|*`, "a"},
	{false, `()`, ""},
	{false, `(|a)`, "a"},
	{false, `|`, ""},
	{false, `a||b`, "b"},
	{false, `)`, ")"},
	{false, `(`, "("},
	{false, `a)`, "a"},
	{false, `{`, "{"},
	{false, `a{`, "a"},
	{false, `a{}`, "a"},
	{false, `a{,3}`, "a"},
	{false, `a{1`, "a"},
	{false, `a{1,`, "a"},
	{false, `a{1,2`, "a"},
	{false, `a{1,2,3}`, "a"},
	{false, `a{1 }`, "a"},
	{false, `a{x}`, "a"},
	{false, `a{2,1}`, "a"},
	{false, `a{1001}`, strings.Repeat("a", 1001)},
	{false, `a{2147483647}`, "a"},
	{false, `a{2147483648}`, "a"},
	{false, `a{4294967297}`, "a"},
	{false, `a{99999999999999999999}`, "a"},
	{false, `a{1,4294967297}`, "a"},
	{false, `a{200000,1}`, "a"},
	{false, `a{3,1}`, "a"},
	{false, `(a{1000}){1000}`, "a"},
	{false, `(a{1000}){1000}[`, "a"},
	{false, `a{200000}\d`, "a"},
	{false, `(((a){10}){10}){10}`, strings.Repeat("a", 1000)},
	{false, `(a*)*`, "aaa"},
	{false, `((a*)*)*`, "aaa"},
	{false, `((a*)*b*)*`, "aabba"},
	{false, `(a*)+`, "aaa"},
	{false, `(a|b)*`, "abab"},
	{false, `((a)|b)*`, "ab"},
	{false, `(a?)*`, ""},
	{false, `a$b`, "ab"},
	{false, `a^b`, "ab"},
	{false, `^a$`, "a"},
	{false, `(^a)*`, "aa"},
	{false, `a.c`, "a\nc"},
	{false, "a\nb", "a\nb"},
}

// TestLineRoundTrip checks that the format of the data loses nothing.
func TestLineRoundTrip(t *testing.T) {
	for _, c := range chosen {
		got, result, err := parseLine(c.line("[ ]"))
		if err != nil || got != c || result != "[ ]" {
			t.Error(c, got, result, err)
		}
	}
	if _, err := os.Stat(filepath.Join("testdata", "reference.txt")); err != nil {
		t.Error(err)
	}
}
