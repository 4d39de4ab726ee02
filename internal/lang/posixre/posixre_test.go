package posixre

import (
	"errors"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestReferenceData replays what Nix 2.34.8 answered; see TestReference.
func TestReferenceData(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		c, want, err := parseLine(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got := c.render(); got != want {
			t.Errorf("%s\n got %s", line, got)
		}
	}
}

// TestMemoryAgrees checks that a machine that takes notes from the first step finds what one without does.
func TestMemoryAgrees(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 4000 {
		c := randomTrial(r)
		if err := memoryAgrees(c); err != nil {
			t.Error(err)
		}
	}
}

func memoryAgrees(c trial) error {
	re, err := Compile(c.pattern)
	if err != nil {
		return nil
	}
	plain := newMachine(re, c.text)
	plain.steps = 1 << 16
	want := c.renderWith(re, plain)
	noting := newMachine(re, c.text)
	if noting.memory = newMemory(re.prog.memos, len(c.text)+1, c.split); noting.memory == nil {
		return nil
	}
	noting.steps = 1 << 16
	got := c.renderWith(re, noting)
	if got != want && got != "limit" && want != "limit" {
		return errors.New(c.line(want) + "\n with notes " + got)
	}
	return nil
}

// TestStateLimit has, for each pattern, the largest count in place of the @ that libstdc++ 12 accepts.
func TestStateLimit(t *testing.T) {
	for _, c := range []struct {
		pattern string
		largest int
	}{
		{`a{@}`, 99993},
		{`a{0,@}`, 49996},
		{`a{@,}`, 99992},
		{`(a{@})?`, 99988},
		{`(a{@}){2}`, 33326},
		{`(a|b){@}`, 12498},
		{`(a|b){0,@}`, 11109},
		{`(a|b){@,}`, 12497},
		{`((a|b){@})?`, 12497},
		{`(a?){@}`, 16664},
		{`(a?){0,@}`, 14284},
		{`(a?){@,}`, 16663},
		{`((a?){@})?`, 16663},
		{`((a?){@}){2}`, 5554},
		{`(a*b+){@}`, 14283},
		{`(a*b+){0,@}`, 12498},
		{`((a*b+){@}){2}`, 4760},
		{`(a{2,5}){@}`, 7690},
		{`(a{2,5}){0,@}`, 7141},
		{`((a{2,5}){@})?`, 7690},
		{`((a{2,5}){@}){2}`, 2563},
		{`a{3,}{@}`, 16664},
		{`a{3,}{0,@}`, 14283},
		{`(a{3,}{@}){2}`, 5554},
		{`(){@}`, 33330},
		{`(){0,@}`, 24997},
		{`((){@}){2}`, 11108},
		{`(a|b|c){@}`, 8331},
		{`(a|b|c){0,@}`, 7690},
		{`((a|b|c){@}){2}`, 2776},
		{`((a)*|^b$){@}`, 7141},
		{`((a)*|^b$){0,@}`, 6665},
		{`(((a)*|^b$){@}){2}`, 2380},
		{`(ab.){@}`, 16664},
		{`(ab.){0,@}`, 14284},
		{`((ab.){@}){2}`, 5554},
	} {
		for n, want := range map[int]bool{c.largest: true, c.largest + 1: false} {
			_, _, err := parse(strings.Replace(c.pattern, "@", strconv.Itoa(n), 1))
			if (err == nil) != want || err != nil && err.Kind != Limit {
				t.Errorf("%s with %d: %v", c.pattern, n, err)
			}
		}
	}
	for n, want := range map[int]bool{99996: true, 99997: false} {
		if _, _, err := parse(strings.Repeat("a", n)); (err == nil) != want {
			t.Errorf("%d characters: %v", n, err)
		}
	}
}

// TestExplosive runs patterns that take exponential or quadratic time in a plain backtracking matcher.
func TestExplosive(t *testing.T) {
	as := strings.Repeat("a", 20000)
	for _, c := range []struct {
		pattern, text, want string
		split               bool
	}{
		{"(a*)*b", as, "null", false},
		{"(a|a)*b", as, "null", false},
		{"(a|aa)+$b", as, "null", false},
		{"(((a+)+)+)+b", as, "null", false},
		{"(a?){50}a{50}", strings.Repeat("a", 50), "[ " + `"" ]`, false},
		{"(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)(|a)b", "aaa", "null", false},
		{".*.*.*x", as, "[ " + quote(as) + " ]", true},
		{"a*b", as, "[ " + quote(as) + " ]", true},
		{"[ab]*[a]*c", as, "[ " + quote(as) + " ]", true},
		{"(ab)*c", strings.Repeat("ab", 10000), "[ " + quote(strings.Repeat("ab", 10000)) + " ]", true},
	} {
		x := trial{c.split, c.pattern, c.text}
		if got := x.render(); got != c.want {
			t.Errorf("%s: %.80s", c.pattern, got)
		}
	}
}

// TestGivesUp has nested empty loops, where even remembering dead ends does not help.
func TestGivesUp(t *testing.T) {
	pattern := strings.Repeat("(", 40) + "a" + strings.Repeat("*)*", 40) + "b"
	c := trial{false, pattern, "aaaaaaaaaa"}
	if got := c.render(); got != "limit" && got != "null" {
		t.Error(got)
	}
}

func TestLongText(t *testing.T) {
	text := strings.Repeat("ab", 1<<17)
	c := trial{false, "((a|ab|c)b?)*", text}
	if got := c.render(); got != `[ "ab" "a" ]` {
		t.Errorf("%.80s", got)
	}
}

func TestMessages(t *testing.T) {
	_, err := Compile("(a")
	if want := "invalid regular expression '(a'"; err == nil || err.Error() != want {
		t.Error(err)
	}
	_, err = Compile("a{100000}")
	if want := "memory limit exceeded by regular expression 'a{100000}'"; err == nil || err.Error() != want {
		t.Error(err)
	}
}

func TestEachStops(t *testing.T) {
	for _, pattern := range []string{"a", "[a]", "a|b"} {
		re, err := Compile(pattern)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := re.Each("aaaa", func([]Span) bool { n++; return n < 2 }); err != nil || n != 2 {
			t.Error(pattern, n, err)
		}
	}
}

func TestCache(t *testing.T) {
	var c Cache
	first, err := c.Compile("a+")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			again, err := c.Compile("a+")
			if err != nil || again != first {
				t.Error("compiled twice")
			}
			if _, ok, err := again.Match(nil, "aaa"); !ok || err != nil {
				t.Error(ok, err)
			}
		})
	}
	wait.Wait()
	if _, err := c.Compile("("); err == nil {
		t.Error("no error")
	}
	c.count.Store(maxCached)
	c.Compile("b+")
	if n := c.count.Load(); n > maxCached {
		t.Error(n)
	}
}

func FuzzMatch(f *testing.F) {
	r := rand.New(rand.NewSource(2))
	for range 50 {
		c := randomTrial(r)
		f.Add(c.split, c.pattern, c.text)
	}
	f.Add(true, "[\xff]|[^\x80-\xff]", "a\xff\x80é\x00")
	f.Fuzz(func(t *testing.T, split bool, pattern, text string) {
		if len(pattern) > 200 || len(text) > 500 {
			return
		}
		if err := memoryAgrees(trial{split, pattern, text}); err != nil {
			t.Error(err)
		}
	})
}
