// Package version takes names and versions of packages apart and orders them,
// as compareVersions, parseDrvName and nix-env do.
package version

import "strconv"

// SplitName splits NAME-VERSION: the version begins after the first dash that is
// not followed by a letter.
func SplitName(s string) (name, version string) {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '-' && !letter(s[i+1]) {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// Next returns the first component of a version and the rest: a run of digits
// or a run of other characters; dots and dashes only separate. The component is
// empty at the end.
func Next(s string) (component, rest string) {
	for s != "" && (s[0] == '.' || s[0] == '-') {
		s = s[1:]
	}
	if s == "" {
		return "", ""
	}
	number := digit(s[0])
	i := 1
	for i < len(s) && s[i] != '.' && s[i] != '-' && digit(s[i]) == number {
		i++
	}
	return s[:i], s[i:]
}

// Compare orders two versions component by component: numbers by value; "pre"
// comes before everything, also before the end; a number comes after a word.
func Compare(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a = Next(a)
		y, b = Next(b)
		switch {
		case less(x, y):
			return -1
		case less(y, x):
			return 1
		}
	}
	return 0
}

func less(x, y string) bool {
	nx, okx := number(x)
	ny, oky := number(y)
	switch {
	case okx && oky:
		return nx < ny
	case x == "" && oky:
		return true
	case x == "pre" && y != "pre":
		return true
	case y == "pre":
		return false
	case oky:
		return true
	case okx:
		return false
	}
	return x < y
}

// number reads a component as a number. What does not fit 32 bits is a word, as
// in Nix.
func number(s string) (int64, bool) {
	if s == "" || !digit(s[0]) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return n, err == nil
}
