// Package packages finds the derivations in a value, as nix-env and
// nix-instantiate do, and reads what they say of themselves.
//
// A set is searched attribute by attribute in the order of names. Sets inside it
// are searched only if they have recurseForDerivations = true. What fails by
// assert or throw is skipped if the caller says so.
package packages

import (
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// A Package is one derivation found in a value.
type Package struct {
	// AttrPath is where it was found, names joined by dots; empty for the value
	// itself.
	AttrPath string
	Name     string
	Attrs    *value.Attrs
}

// An Output is one output of a package. Path is empty if it was not asked for.
type Output struct {
	Name string
	Path storepath.Path
}

// Options say how to search.
type Options struct {
	// AutoArgs are passed to functions on the way.
	AutoArgs *value.Attrs
	// SkipFailures leaves out what fails by assert or throw.
	SkipFailures bool
}

// One returns the package that a value is, if it is one.
func One(w *eval.Worker, c *value.Value) (Package, bool) {
	var s search
	s.w = w
	if s.derivation(c, "") || len(s.found) != 1 {
		return Package{}, false
	}
	return s.found[0], true
}

// Find returns all packages in a value, without those that were found before
// under another path.
func Find(w *eval.Worker, c *value.Value, o Options) []Package {
	s := search{w: w, o: o}
	s.value(c, "")
	return unique(s.found)
}

func unique(list []Package) []Package {
	seen := make(map[*value.Attrs]bool, len(list))
	out := list[:0]
	for _, p := range list {
		if !seen[p.Attrs] {
			seen[p.Attrs] = true
			out = append(out, p)
		}
	}
	return out
}

// A search gathers packages on one worker.
type search struct {
	w     *eval.Worker
	o     Options
	found []Package
}

// value searches a value that the search was led to.
func (s *search) value(c *value.Value, path string) {
	w := s.w
	w.Enter(0)
	v := s.call(c)
	c = w.Cell(v)
	if s.derivation(c, path) {
		switch v.Kind() {
		case value.KindAttrs:
			combine := v.Attrs().Get(combineChannels()) != nil
			for _, a := range v.Attrs().ByName() {
				s.attribute(a, path, combine)
			}
		case value.KindList:
			for i, x := range v.List() {
				if p := join(path, strconv.Itoa(i)); s.derivation(x, p) {
					s.value(x, p)
				}
			}
		default:
			w.Fail(diag.New(diag.WrongType, "expression does not evaluate to a derivation (or a set or list of those)"))
		}
	}
	w.Leave()
}

func combineChannels() symbol.Symbol { return symbol.Intern("_combineChannels") }

func (s *search) call(c *value.Value) value.Value {
	args := s.o.AutoArgs
	if args == nil {
		args = value.EmptyAttrs.Attrs()
	}
	return s.w.AutoCall(args, s.w.Force(c, 0))
}

func (s *search) attribute(a value.Attr, path string, combine bool) {
	w := s.w
	name := a.Name.String()
	if !component(name) {
		return
	}
	w.PushAttr(a.Name, a.Pos)
	path = join(path, name)
	if combine {
		s.value(a.Val, path)
	} else if s.derivation(a.Val, path) && s.recurse(a.Val) {
		s.value(a.Val, path)
	}
	w.Pop()
}

// recurse reports whether a set asks to be searched.
func (s *search) recurse(c *value.Value) bool {
	v := s.w.Force(c, 0)
	if v.Kind() != value.KindAttrs {
		return false
	}
	a := v.Attrs().Get(symbol.RecurseForDerivations)
	return a != nil && s.w.ForceBool(a.Val, a.Pos, eval.Ctx("while evaluating the attribute `recurseForDerivations`"))
}

// derivation notes a package. It reports whether the value may hold others.
func (s *search) derivation(c *value.Value, path string) (search bool) {
	f := func() { search = s.note(c, path) }
	if !s.o.SkipFailures {
		f()
		return search
	}
	if s.w.Catch(f) {
		return false
	}
	return search
}

func (s *search) note(c *value.Value, path string) (search bool) {
	v := s.w.Force(c, 0)
	if v.Kind() != value.KindAttrs || !s.w.IsDerivation(v.Attrs()) {
		return true
	}
	p := Package{AttrPath: path, Attrs: v.Attrs()}
	p.Name = p.queryName(s.w)
	s.found = append(s.found, p)
	return false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// component reports whether a name can stand in an attribute path unquoted;
// others are not searched.
func component(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || strings.IndexByte("-+", c) >= 0)) {
			return false
		}
	}
	return s != ""
}
