package oracle

import "regexp"

// An explanation is a kind of difference that docs/differences.md accounts for, under the heading of that name.
type explanation struct {
	name string
	fits func(firn, nix string) bool // the messages of two failures
}

var explanations = []explanation{
	{"Suggestions", func(firn, nix string) bool {
		return suggestion.MatchString(firn) && suggestion.ReplaceAllString(firn, "") == suggestion.ReplaceAllString(nix, "")
	}},
	{"Reading a directory that is none", both(`'.*' is not a directory$`, `cannot read directory ".*": Not a directory$`)},
	{"Reading what is no file", both(`file '.*' is not a regular file$`, `read of \d+ bytes: Is a directory`)},
	{"Paths that are not valid", both(`path '/nix/store/\w{32}-[^/]*' is not valid$`, `path '\w{32}-[^/]*' is not valid$`)},
	{"Results of __toString", both("`__toString` (should|must) return a string, but got", `cannot coerce .* to a string`)},
}

var suggestion = regexp.MustCompile(` Did you mean .*\?$`)

// both matches the two messages separately.
func both(firn, nix string) func(firn, nix string) bool {
	f, n := regexp.MustCompile(firn), regexp.MustCompile(nix)
	return func(firn, nix string) bool { return f.MatchString(firn) && n.MatchString(nix) }
}

// Explain returns the heading in docs/differences.md under which it stands that firn fails with one message and Nix 2.34 with the
// other, or "".
func Explain(firn, nix string) string {
	for _, e := range explanations {
		if e.fits(firn, nix) {
			return e.name
		}
	}
	return ""
}

// Explanations returns all headings.
func Explanations() []string {
	var names []string
	for _, e := range explanations {
		names = append(names, e.name)
	}
	return names
}
