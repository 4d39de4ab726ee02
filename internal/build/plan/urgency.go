package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Compare orders builds by urgency, the most urgent first: behind it the longest chain of work waits. Names
// decide between equals, and in a sequential plan alone, as they do in Nix.
func (b Build) Compare(c Build) int {
	return cmp.Or(cmp.Compare(c.Weight, b.Weight), strings.Compare(b.Drv.Name(), c.Drv.Name()), strings.Compare(string(b.Drv), string(c.Drv)))
}

// sortWork puts the most urgent work first.
func (p *Planner) sortWork() {
	if len(p.work) < 2 && p.set.Sequential {
		return
	}
	w := weights{p.set.Estimate, map[*goal]time.Duration{}}
	for i := range p.work {
		r := &p.work[i]
		if !p.set.Sequential {
			r.weight = w.of(r.goal)
		}
		if b, ok := r.step.(Build); ok {
			b.Weight = r.weight
		}
	}
	slices.SortStableFunc(p.work, ready.compare)
}

// compare is Build.Compare for all work; what is fetched comes before what is built and is as urgent.
func (r ready) compare(s ready) int {
	x, build := r.step.(Build)
	y, also := s.step.(Build)
	switch {
	case build && also:
		return x.Compare(y)
	case r.weight != s.weight || build == also:
		return cmp.Compare(s.weight, r.weight)
	case build:
		return 1
	}
	return -1
}

// weights finds how long a goal and those that wait for it will take in a row.
type weights struct {
	estimate func(name string) time.Duration
	known    map[*goal]time.Duration
}

const (
	unknownBuild = time.Second      // what a build counts of which nothing is known
	otherGoal    = time.Millisecond // so that more of them still counts more
)

func (w weights) of(g *goal) time.Duration {
	if n, ok := w.known[g]; ok {
		return n
	}
	n := time.Duration(0)
	for _, waiter := range g.waiters {
		n = max(n, w.of(waiter))
	}
	n += w.own(g)
	w.known[g] = n
	return n
}

func (w weights) own(g *goal) time.Duration {
	if g.kind != kindBuild {
		return otherGoal
	}
	if w.estimate != nil {
		if d := w.estimate(g.key.path.DerivationName()); d > 0 {
			return d
		}
	}
	return unknownBuild
}
