package version

import (
	"fmt"

	"firn/internal/lang/posixre"
)

// A Selector says which packages nix-env means: the name is an extended regular expression, and `*` stands for every
// name; a version, if there is one, must be equal. It may be used by several goroutines at once.
type Selector struct {
	text    string
	name    *posixre.Regexp // nil: every name
	version string
}

// ParseSelector splits s as SplitName does. Its error names the selector and why its name is no regular expression.
func ParseSelector(s string) (*Selector, error) {
	name, version := SplitName(s)
	sel := &Selector{text: s, version: version}
	if name == "*" {
		return sel, nil
	}
	re, err := posixre.Compile(name)
	if err != nil {
		detail := err.Error()
		if e, ok := err.(*posixre.Error); ok {
			detail += ": " + e.Detail
		}
		return nil, fmt.Errorf("selector '%s': %s", s, detail)
	}
	sel.name = re
	return sel, nil
}

// String returns what the selector was parsed from.
func (s *Selector) String() string { return s.text }

// Matches tells whether the package with that full name, version included, is selected. An error means that the
// selector's regular expression took too long.
func (s *Selector) Matches(fullName string) (bool, error) {
	name, version := SplitName(fullName)
	if s.version != "" && s.version != version {
		return false, nil
	}
	if s.name == nil {
		return true, nil
	}
	_, ok, err := s.name.Match(nil, name)
	return ok, err
}
