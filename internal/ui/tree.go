package ui

import (
	"cmp"
	"slices"
	"time"

	"firn/internal/activity"
)

// tree knows what has to be built and what waits for what, for the formats that
// show it.
type tree struct {
	nodes map[string]*node               // by derivation; those that are not over
	alias map[string]string              // derivations that stand for others, as resolved ones do
	needy map[string][]*node             // by derivation: who needs it, in the order in which they came
	calls map[activity.ID]map[string]int // by the activity that announced them: what is not over, how often
	count int                            // nodes made so far

	left    time.Duration // what timeLeft found last, 0 for unknown
	counted time.Time     // when
}

// node is a derivation that has to be built.
type node struct {
	drv      string
	order    int
	needs    []string
	estimate time.Duration // 0 if nobody knows
	open     int           // how often it was announced and is not over

	above *node   // the node it is shown below in one drawing
	below []*node // and those shown below it
}

func newTree() *tree {
	return &tree{nodes: map[string]*node{}, alias: map[string]string{}, needy: map[string][]*node{}, calls: map[activity.ID]map[string]int{}}
}

// name returns the derivation that people know.
func (t *tree) name(drv string) string {
	if original, ok := t.alias[drv]; ok {
		return original
	}
	return drv
}

// ahead takes the news of a derivation from an activity.
func (t *tree) ahead(call activity.ID, a activity.Ahead) {
	if a.For != "" {
		t.alias[a.Drv] = a.For
	}
	drv := t.name(a.Drv)
	if t.calls[call] == nil {
		t.calls[call] = map[string]int{}
	}
	if a.Over {
		if t.calls[call][drv] > 0 {
			t.calls[call][drv]--
			t.close(drv, 1)
		}
		return
	}
	t.calls[call][drv]++
	n := t.nodes[drv]
	if n == nil {
		n = &node{drv: drv, order: t.count}
		t.count++
		t.nodes[drv] = n
	}
	n.open++
	n.estimate = max(n.estimate, a.Estimate)
	n.needs = append(n.needs, a.Needs...)
	for _, need := range a.Needs {
		t.needy[need] = append(t.needy[need], n)
	}
}

// forget drops what an activity announced and left open when it ended.
func (t *tree) forget(call activity.ID) {
	for drv, times := range t.calls[call] {
		t.close(drv, times)
	}
	delete(t.calls, call)
}

func (t *tree) close(drv string, times int) {
	n := t.nodes[drv]
	if n == nil {
		return
	}
	if n.open -= times; n.open <= 0 {
		delete(t.nodes, drv)
	}
}

// parent returns who waits for n, if there still is somebody.
func (t *tree) parent(n *node) *node {
	for _, p := range t.needy[n.drv] {
		if p.open > 0 {
			return p
		}
	}
	return nil
}

// waitsFor counts what n needs and does not have yet.
func (t *tree) waitsFor(n *node) int {
	count := 0
	for _, need := range n.needs {
		if t.nodes[need] != nil {
			count++
		}
	}
	return count
}

// forest puts running nodes below those that wait for them. It goes as many levels
// up as leave it at most so many lines high, and returns the topmost nodes.
func (t *tree) forest(running []*node, lines int) []*node {
	levels := 0
	for levels < lines && len(t.grow(running, levels+1)) <= lines {
		levels++
	}
	roots := slices.DeleteFunc(t.grow(running, levels), func(n *node) bool { return n.above != nil })
	slices.SortFunc(roots, byOrder)
	return roots
}

// grow links running nodes with those that wait for them, so many levels up, and
// returns all that are to be shown.
func (t *tree) grow(running []*node, levels int) (shown []*node) {
	seen := map[*node]bool{}
	show := func(n *node) {
		if !seen[n] {
			seen[n] = true
			n.above, n.below = nil, n.below[:0]
			shown = append(shown, n)
		}
	}
	for _, n := range running {
		show(n)
		for range levels {
			p := t.parent(n)
			if p == nil {
				break
			}
			show(p)
			if n.above == nil {
				n.above, p.below = p, append(p.below, n)
			}
			n = p
		}
	}
	return shown
}

func byOrder(a, b *node) int { return cmp.Compare(a.order, b.order) }

// timeLeft tells how long everything that has to be built will probably take, with
// so many builds at once; elapsed is how long a node is under way. It is not known
// if a single node's time is not. The answer is good for a second.
func (t *tree) timeLeft(now time.Time, jobs int, elapsed func(*node) time.Duration) time.Duration {
	if now.Sub(t.counted) < time.Second {
		return max(0, t.left-now.Sub(t.counted))
	}
	t.left, t.counted = 0, now
	sum, longest := time.Duration(0), time.Duration(0)
	known := make(map[*node]time.Duration, len(t.nodes))
	for _, n := range t.nodes {
		if n.estimate == 0 {
			return 0
		}
		sum += max(0, n.estimate-elapsed(n))
		longest = max(longest, t.chain(n, known, elapsed))
	}
	t.left = max(longest, sum/time.Duration(max(1, jobs)))
	return t.left
}

// chain is how long n and the slowest chain of what it needs will take.
func (t *tree) chain(n *node, known map[*node]time.Duration, elapsed func(*node) time.Duration) time.Duration {
	if d, ok := known[n]; ok {
		return d
	}
	known[n] = 0 // derivations cannot need each other, but who knows what was announced
	longest := time.Duration(0)
	for _, need := range n.needs {
		if m := t.nodes[need]; m != nil {
			longest = max(longest, t.chain(m, known, elapsed))
		}
	}
	known[n] = longest + max(0, n.estimate-elapsed(n))
	return known[n]
}
