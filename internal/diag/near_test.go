package diag

import (
	"slices"
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	for _, c := range []struct{ word, candidates, want string }{
		{"shw", "show check", "show"},
		{"fo", "fob foo far f bar", "f fob foo far"},
		{"", "a ab abc", "a ab"},
		{"abc", "abc", "abc"},
		{"abcd", "dcba xabcd abcdxy abcdxyz", "xabcd abcdxy"},
		{"a", "b c d e f g h", "b c d e f"},
		{"foo", "", ""},
		{"foo", "fob fob", "fob"},
	} {
		got := strings.Join(Near(c.word, slices.Values(strings.Fields(c.candidates))), " ")
		if got != c.want {
			t.Errorf("%q among %q: %q, want %q", c.word, c.candidates, got, c.want)
		}
	}
}
