package version

import (
	"slices"
	"testing"
)

func TestSplitName(t *testing.T) {
	for _, c := range []struct{ text, name, version string }{
		{"nix-0.12", "nix", "0.12"},
		{"apache-httpd-2.0.48", "apache-httpd", "2.0.48"},
		{"hello", "hello", ""},
		{"hello-", "hello-", ""},
		{"a--b", "a", "-b"},
		{"-1", "", "1"},
		{"", "", ""},
		{"x-é", "x", "é"},
		{"libfoo-x86_64-1.0-rc1", "libfoo-x86_64", "1.0-rc1"},
		{"x-_1", "x", "_1"},
	} {
		if name, version := SplitName(c.text); name != c.name || version != c.version {
			t.Errorf("%q: %q, %q", c.text, name, version)
		}
	}
}

func TestNext(t *testing.T) {
	for text, want := range map[string][]string{
		"1.2.3":      {"1", "2", "3"},
		"2.3a":       {"2", "3", "a"},
		"1..-2":      {"1", "2"},
		"pre4_x+5":   {"pre", "4", "_x+", "5"},
		".":          nil,
		"":           nil,
		"-rc1-":      {"rc", "1"},
		"1.0é2":      {"1", "0", "é", "2"},
		"20230101.g": {"20230101", "g"},
	} {
		var got []string
		for {
			var c string
			if c, text = Next(text); c == "" {
				break
			}
			got = append(got, c)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestCompare has results of Nix 2.34.8.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.0", "2.3", -1},
		{"2.3", "2.1", 1},
		{"2.3", "2.3", 0},
		{"2.5", "2.3", 1},
		{"3.1", "2.3", 1},
		{"2.3.1", "2.3", 1},
		{"2.3.1", "2.3a", 1},
		{"2.3pre1", "2.3", -1},
		{"2.3pre3", "2.3pre12", -1},
		{"2.3a", "2.3c", -1},
		{"2.3pre1", "2.3c", -1},
		{"2.3pre1", "2.3q", -1},
		{"1", "+1", 1},
		{"1.+5", "1.5", -1},
		{"2147483648", "2147483647", -1},
		{"2147483648", "99", -1},
		{"99999999999", "100000000000", 1},
		{"00012", "12", 0},
		{"1.pre", "1", -1},
		{"1pre", "1.0", -1},
		{"é", "z", 1},
		{"1.é", "1.z", 1},
		{"1", "1.", 0},
		{"", ".", 0},
		{"-", "", 0},
		{"a", "", 1},
		{"pre", "", -1},
		{"prea", "pre", 1},
		{"1_2", "1_10", -1},
		{"1-2", "1.2", 0},
	} {
		if got := Compare(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d", c.a, c.b, got)
		}
		if c.a != "2147483648" {
			if got := Compare(c.b, c.a); got != -c.want {
				t.Errorf("%q, %q the other way round: %d", c.a, c.b, got)
			}
		}
	}
}

func TestSelector(t *testing.T) {
	for _, c := range []struct {
		selector, pkg string
		want          bool
	}{
		{"hello", "hello-2.1", true},
		{"hello-2.1", "hello-2.1", true},
		{"hello-2.1", "hello-2.10", false},
		{"hel.*", "hello-2.1", true},
		{"hel", "hello-2.1", false},
		{"*", "hello", true},
		{"*-2.1", "hello-2.1", true},
		{"*-2.1", "hello", false},
		{"gtk\\+-1", "gtk+-1", true},
		{"a|b", "b-1", true},
	} {
		s, err := ParseSelector(c.selector)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Matches(c.pkg); got != c.want || err != nil {
			t.Error(c.selector, c.pkg, got, err)
		}
	}
	if _, err := ParseSelector("[-1"); err == nil || err.Error() != "selector '[-1': invalid regular expression '[': bracket expression without an end" {
		t.Error(err)
	}
}

// FuzzCompare checks that the order is one of equality in both directions and that components cover the text.
func FuzzCompare(f *testing.F) {
	f.Add("1.2pre3", "1.2")
	f.Fuzz(func(t *testing.T, a, b string) {
		if Compare(a, a) != 0 {
			t.Error("not equal to itself")
		}
		if (Compare(a, b) == 0) != (Compare(b, a) == 0) {
			t.Error("equal in one direction only")
		}
		name, version := SplitName(a)
		if version != "" && name+"-"+version != a || version == "" && name != a {
			t.Error("split loses text")
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	for b.Loop() {
		Compare("2.34.8pre20260101_abcdef0", "2.34.8pre20260102_0123456")
	}
}
