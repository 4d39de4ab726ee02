package main

import "regexp"

// An explanation is a kind of difference that docs/differences.md accounts for under the heading of that name.
type explanation struct {
	name      string
	firn, nix *regexp.Regexp // of the messages; nil: a value
}

var explanations = []explanation{}

// explain returns the name of the explanation that fits, or "".
func explain(firn, nix outcome) string {
	for _, e := range explanations {
		if matches(e.firn, firn) && matches(e.nix, nix) {
			return e.name
		}
	}
	return ""
}

func matches(re *regexp.Regexp, o outcome) bool {
	if o.odd != "" {
		return false
	}
	return re == nil && !o.fails || re != nil && o.fails && re.MatchString(o.text)
}
