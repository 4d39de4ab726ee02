package gc

// Share is what one root has of the graph.
type Share struct {
	Paths uint64 // it and all it keeps
	Size  uint64
	// Of these, what no other root keeps: so much would be dead without it.
	OwnPaths, OwnSize uint64
}

// Shares tells for every root what it keeps. The same node may be a root several
// times, in which case none of them has anything for itself alone.
func (g *Graph) Shares(roots []int32, size func(n int32) uint64) []Share {
	keepers := make([]int32, len(g.paths)) // how many roots keep a path
	shares := make([]Share, len(roots))
	m := marker{g: g, seen: make([]int32, len(g.paths))}
	for i, r := range roots {
		m.reach(r, func(n int32) {
			keepers[n]++
			shares[i].Paths++
			shares[i].Size += size(n)
		})
	}
	for i, r := range roots {
		m.reach(r, func(n int32) {
			if keepers[n] == 1 {
				shares[i].OwnPaths++
				shares[i].OwnSize += size(n)
			}
		})
	}
	return shares
}

// marker walks a graph again and again.
type marker struct {
	g    *Graph
	seen []int32 // in which round a node was seen last
	time int32
	todo []int32
}

// reach calls f for a path and all it keeps.
func (m *marker) reach(from int32, f func(n int32)) {
	m.time++
	visit := func(n int32) {
		if m.seen[n] != m.time {
			m.seen[n] = m.time
			m.todo = append(m.todo, n)
		}
	}
	visit(from)
	for len(m.todo) > 0 {
		n := m.todo[len(m.todo)-1]
		m.todo = m.todo[:len(m.todo)-1]
		f(n)
		m.g.refs.of(n, visit)
		m.g.keeps.of(n, visit)
	}
}
