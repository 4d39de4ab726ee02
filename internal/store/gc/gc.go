// Package gc decides which paths of a store are dead: roots and references go
// in, dead paths come out, in an order in which they can be deleted.
//
// A path is alive if it is a root or if something that is alive keeps it: by
// referring to it or, if so wanted, by being its output or its derivation.
// Everything else is dead. Roots may be added while dead paths are deleted;
// they and all they keep are then spared. This never comes too late, since
// every path is deleted before what it refers to.
//
// Nodes are numbered from zero in the order in which they were added.
package gc

import (
	"slices"

	"firn/internal/format/storepath"
)

// Graph is the valid paths of a store and who keeps whom. Build it with Add,
// Refer and Keep; then it is only read.
type Graph struct {
	paths  []storepath.Path
	index  map[storepath.Path]int32
	byHash map[string]int32
	refs   edges // references
	back   edges // references the other way
	keeps  edges // other reasons to keep a path
}

// edges are pairs of nodes, sorted by the first when they are first asked for.
type edges struct {
	pairs  [][2]int32
	sorted bool
}

func (e *edges) add(from, to int32) {
	e.pairs = append(e.pairs, [2]int32{from, to})
	e.sorted = false
}

// of calls f for every node that from leads to.
func (e *edges) of(from int32, f func(to int32)) {
	if !e.sorted {
		slices.SortFunc(e.pairs, comparePairs)
		e.pairs = slices.Compact(e.pairs)
		e.sorted = true
	}
	i, _ := slices.BinarySearchFunc(e.pairs, [2]int32{from, -1}, comparePairs)
	for ; i < len(e.pairs) && e.pairs[i][0] == from; i++ {
		f(e.pairs[i][1])
	}
}

func comparePairs(a, b [2]int32) int {
	if a[0] != b[0] {
		return int(a[0]) - int(b[0])
	}
	return int(a[1]) - int(b[1])
}

// Add adds a path and returns its number.
func (g *Graph) Add(p storepath.Path) int32 {
	if g.index == nil {
		g.index = make(map[storepath.Path]int32)
		g.byHash = make(map[string]int32)
	}
	n := int32(len(g.paths))
	g.paths = append(g.paths, p)
	g.index[p] = n
	g.byHash[p.HashPart()] = n
	return n
}

// Refer says that a path refers to another.
func (g *Graph) Refer(from, to int32) {
	g.refs.add(from, to)
	g.back.add(to, from)
}

// Keep says that a path keeps another that it need not refer to: an output its
// derivation, or a derivation its outputs.
func (g *Graph) Keep(from, to int32) { g.keeps.add(from, to) }

// Len returns the number of paths.
func (g *Graph) Len() int { return len(g.paths) }

// Path returns the path with a number.
func (g *Graph) Path(n int32) storepath.Path { return g.paths[n] }

// Find returns the number of a path.
func (g *Graph) Find(p storepath.Path) (int32, bool) {
	n, ok := g.index[p]
	return n, ok
}

// FindHash returns the number of the path with a hash part.
func (g *Graph) FindHash(hashPart string) (int32, bool) {
	n, ok := g.byHash[hashPart]
	return n, ok
}

// References calls f for every path that a path refers to.
func (g *Graph) References(n int32, f func(to int32)) { g.refs.of(n, f) }

// Liveness is what is known to be alive. It is for one goroutine at a time.
type Liveness struct {
	graph *Graph
	alive []bool
}

// Start returns a liveness in which everything is dead.
func (g *Graph) Start() *Liveness {
	return &Liveness{graph: g, alive: make([]bool, len(g.paths))}
}

// Spare makes a path a root: it and all it keeps are alive.
func (l *Liveness) Spare(n int32) {
	if l.alive[n] {
		return
	}
	l.alive[n] = true
	todo := []int32{n}
	reach := func(to int32) {
		if !l.alive[to] {
			l.alive[to] = true
			todo = append(todo, to)
		}
	}
	for len(todo) > 0 {
		from := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		l.graph.refs.of(from, reach)
		l.graph.keeps.of(from, reach)
	}
}

// IsAlive tells whether a path is alive.
func (l *Liveness) IsAlive(n int32) bool { return l.alive[n] }

// Dead returns the paths that are dead, each before what it refers to.
func (l *Liveness) Dead() []int32 {
	return l.graph.referrersFirst(func(n int32) bool { return !l.alive[n] })
}

// referrersFirst orders the wanted nodes so that each comes before what it
// refers to.
func (g *Graph) referrersFirst(want func(int32) bool) []int32 {
	const (
		unseen = iota
		open
		done
	)
	state := make([]byte, len(g.paths))
	var order []int32
	type frame struct {
		node int32
		next []int32
	}
	var stack []frame
	enter := func(n int32) {
		state[n] = open
		f := frame{node: n}
		g.refs.of(n, func(to int32) { f.next = append(f.next, to) })
		stack = append(stack, f)
	}
	for start := range g.paths {
		if !want(int32(start)) || state[start] != unseen {
			continue
		}
		enter(int32(start))
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.next) == 0 {
				state[top.node] = done
				order = append(order, top.node)
				stack = stack[:len(stack)-1]
				continue
			}
			to := top.next[0]
			top.next = top.next[1:]
			if want(to) && state[to] == unseen {
				enter(to)
			}
		}
	}
	slices.Reverse(order) // what was finished first is what others refer to
	return order
}

// Referrers returns a path and everything that refers to it, directly or not,
// each before what it refers to.
func (g *Graph) Referrers(n int32) []int32 {
	found := map[int32]bool{n: true}
	for todo := []int32{n}; len(todo) > 0; {
		from := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		g.back.of(from, func(to int32) {
			if !found[to] {
				found[to] = true
				todo = append(todo, to)
			}
		})
	}
	return g.referrersFirst(func(m int32) bool { return found[m] })
}
