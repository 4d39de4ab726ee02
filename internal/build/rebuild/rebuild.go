// Package rebuild explains why derivations have to be built: it compares each with the one of the same name
// that was built before, and finds the changes from which all the others follow.
//
// Derivations name each other by hashes, so a change at the bottom changes all above it. Texts are compared
// with the hash parts of store paths blanked out, and input derivations are compared in turn with those that
// have their names in the other derivation. What remains are the causes.
//
// See docs/spec/why-rebuild.md.
package rebuild

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
)

// A Pair is a derivation that is to be built and the one it takes the place of.
type Pair struct {
	New, Old storepath.Path // Old is empty if there is none
}

// A Report says what caused the builds of the derivations that were asked about.
type Report struct {
	Causes []Cause
	// New are derivations without a predecessor.
	New []storepath.Path
	// Builds is how many derivations were asked about; Follow is how many of them changed only because of
	// their inputs.
	Builds, Follow int
}

// A Cause is a derivation that was changed itself.
type Cause struct {
	New, Old storepath.Path
	Changes  []Change
	// Affects is how many of the derivations that were asked about depend on it, itself included if it is one.
	Affects int
}

// A Change is one difference between two derivations. Old or New is empty for what came or went.
type Change struct {
	What     string // "builder", "argument 2", "variable cflags", "source foo.patch", "input gcc", "output dev"
	Old, New string
}

// Compare explains the builds of pairs. read returns derivations; one of the past that is not there any more
// counts as one without predecessors.
func Compare(pairs []Pair, read func(storepath.Path) (*derivation.Derivation, error)) (*Report, error) {
	c := &comparer{read: read, seen: map[Pair]*comparison{}}
	r := &Report{Builds: len(pairs)}
	var roots []*comparison
	for _, p := range pairs {
		if p.Old == "" {
			r.New = append(r.New, p.New)
			continue
		}
		cmp, err := c.compare(p)
		if err != nil {
			return nil, err
		}
		roots = append(roots, cmp)
	}
	affects := map[*comparison]int{}
	for _, top := range roots {
		if len(top.changes) == 0 {
			r.Follow++
		}
		for cause := range top.causes() {
			affects[cause]++
		}
	}
	for cause, n := range affects {
		r.Causes = append(r.Causes, Cause{cause.New, cause.Old, cause.changes, n})
	}
	slices.SortFunc(r.Causes, func(a, b Cause) int {
		if a.Affects != b.Affects {
			return b.Affects - a.Affects
		}
		return strings.Compare(a.New.Name()+string(a.New), b.New.Name()+string(b.New))
	})
	slices.Sort(r.New)
	return r, nil
}

type comparer struct {
	read func(storepath.Path) (*derivation.Derivation, error)
	seen map[Pair]*comparison
}

// comparison is what was found out about one pair.
type comparison struct {
	Pair
	changes []Change
	below   []*comparison // of inputs that differ
}

// causes are the comparisons at or below one that have changes of their own.
func (c *comparison) causes() map[*comparison]bool {
	found, seen := map[*comparison]bool{}, map[*comparison]bool{}
	for left := []*comparison{c}; len(left) > 0; {
		top := left[len(left)-1]
		left = left[:len(left)-1]
		if seen[top] {
			continue
		}
		seen[top] = true
		if len(top.changes) > 0 {
			found[top] = true
		}
		left = append(left, top.below...)
	}
	return found
}

func (c *comparer) compare(p Pair) (*comparison, error) {
	if found, ok := c.seen[p]; ok {
		return found, nil
	}
	cmp := &comparison{Pair: p}
	c.seen[p] = cmp
	if p.New == p.Old {
		return cmp, nil
	}
	newDrv, err := c.read(p.New)
	if err != nil {
		return nil, err
	}
	oldDrv, err := c.read(p.Old)
	if err != nil {
		cmp.changes = []Change{{What: "derivation", Old: "no longer known"}}
		return cmp, nil
	}
	cmp.own(oldDrv, newDrv)
	return cmp, c.inputs(cmp, oldDrv, newDrv)
}

// own finds what differs in the derivations themselves.
func (c *comparison) own(old, new *derivation.Derivation) {
	c.text("system", old.System, new.System)
	c.text("builder", old.Builder, new.Builder)
	for i := range max(len(old.Args), len(new.Args)) {
		c.text(fmt.Sprintf("argument %d", i+1), at(old.Args, i), at(new.Args, i))
	}
	c.maps("variable ", environment(old), environment(new))
	c.maps("output ", outputs(old), outputs(new))
	c.maps("source ", sources(old), sources(new))
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func (c *comparison) text(what, old, new string) {
	if Blank(old) != Blank(new) {
		c.changes = append(c.changes, Change{what, old, new})
	}
}

func (c *comparison) maps(what string, old, new map[string]string) {
	names := slices.Collect(maps.Keys(old))
	names = slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(new)))))
	for _, n := range names {
		_, had := old[n]
		_, has := new[n]
		if had && has {
			c.text(what+n, old[n], new[n])
		} else {
			c.changes = append(c.changes, Change{what + n, old[n], new[n]})
		}
	}
}

func environment(d *derivation.Derivation) map[string]string {
	m := make(map[string]string, len(d.Env))
	for _, v := range d.Env {
		m[v.Name] = v.Value
	}
	return m
}

// outputs gives what is promised of each output; paths only follow.
func outputs(d *derivation.Derivation) map[string]string {
	m := make(map[string]string, len(d.Outputs))
	for i := range d.Outputs {
		o := &d.Outputs[i]
		text := [...]string{"", "", "fixed ", "floating", "impure"}[min(int(o.Kind), 4)]
		if o.Kind == derivation.Fixed {
			text += o.CA.String()
		}
		m[o.Name] = text
	}
	return m
}

// sources gives the paths by name. A source whose contents changed has another path; that is a change of its
// own, not one that follows.
func sources(d *derivation.Derivation) map[string]string {
	m := make(map[string]string, len(d.InputSrcs))
	for _, s := range d.InputSrcs {
		// Not in the form of a store path, lest it be blanked out.
		m[s.Name()] = strings.TrimSpace(m[s.Name()] + " " + s.HashPart()[:16] + "…")
	}
	return m
}

// inputs compares input derivations by name. Several of one name are paired in the order of their paths, after
// those that are in both.
func (c *comparer) inputs(cmp *comparison, old, new *derivation.Derivation) error {
	before, after := byName(old), byName(new)
	names := slices.Collect(maps.Keys(before))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(after))))) {
		a, b := without(before[name], after[name]), without(after[name], before[name])
		for i := range max(len(a), len(b)) {
			switch {
			case i >= len(a):
				cmp.changes = append(cmp.changes, Change{What: "input " + name, New: string(b[i])})
			case i >= len(b):
				cmp.changes = append(cmp.changes, Change{What: "input " + name, Old: string(a[i])})
			default:
				below, err := c.compare(Pair{New: b[i], Old: a[i]})
				if err != nil {
					return err
				}
				cmp.below = append(cmp.below, below)
			}
		}
	}
	return nil
}

func byName(d *derivation.Derivation) map[string][]storepath.Path {
	m := map[string][]storepath.Path{}
	for i := range d.InputDrvs {
		p := d.InputDrvs[i].Path
		m[p.DerivationName()] = append(m[p.DerivationName()], p)
	}
	return m
}

func without(list, other []storepath.Path) []storepath.Path {
	return slices.DeleteFunc(slices.Clone(list), func(p storepath.Path) bool { return slices.Contains(other, p) })
}

// hashLetters is the alphabet of hash parts.
const hashLetters = "0123456789abcdfghijklmnpqrsvwxyz"

// Blank replaces what may be the hash part of a store path by underscores: 32 letters of the alphabet before a
// dash, and the 52 of a placeholder after a slash.
func Blank(text string) string {
	var out []byte
	run := 0 // letters of the alphabet that end here
	for i := 0; i <= len(text); i++ {
		if i < len(text) && strings.IndexByte(hashLetters, text[i]) >= 0 {
			run++
			continue
		}
		if run == storepath.HashLen && i < len(text) && text[i] == '-' || run == 52 && i-run > 0 && text[i-run-1] == '/' {
			if out == nil {
				out = []byte(text)
			}
			for j := i - run; j < i; j++ {
				out[j] = '_'
			}
		}
		run = 0
	}
	if out == nil {
		return text
	}
	return string(out)
}
