package gc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"firn/internal/format/storepath"
)

func path(n int) storepath.Path {
	p, err := storepath.ParseBase(fmt.Sprintf("%032d-p", n))
	if err != nil {
		panic(err)
	}
	return p
}

// random makes a graph without circles, but for references to oneself.
func random(rng *rand.Rand, n int) *Graph {
	g := &Graph{}
	for i := range n {
		g.Add(path(i))
		for range rng.IntN(4) {
			if i > 0 {
				g.Refer(int32(i), int32(rng.IntN(i+1)))
			}
		}
		if i > 0 && rng.IntN(5) == 0 {
			g.Keep(int32(rng.IntN(i)), int32(i))
		}
	}
	return g
}

// reachable is a plain definition of being alive.
func reachable(g *Graph, roots map[int32]bool) map[int32]bool {
	alive := map[int32]bool{}
	for r := range roots {
		alive[r] = true
	}
	for changed := true; changed; {
		changed = false
		for _, pairs := range [][][2]int32{g.refs.pairs, g.keeps.pairs} {
			for _, p := range pairs {
				if alive[p[0]] && !alive[p[1]] {
					alive[p[1]], changed = true, true
				}
			}
		}
	}
	return alive
}

func TestFreesNothingReachable(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		g := random(rng, 1+rng.IntN(60))
		roots := map[int32]bool{}
		l := g.Start()
		for range rng.IntN(4) {
			r := int32(rng.IntN(g.Len()))
			roots[r] = true
			l.Spare(r)
		}
		alive := reachable(g, roots)
		dead := l.Dead()
		if len(dead)+len(alive) != g.Len() {
			t.Fatalf("%d dead, %d alive of %d", len(dead), len(alive), g.Len())
		}
		at := map[int32]int{}
		for i, n := range dead {
			if alive[n] || l.IsAlive(n) {
				t.Fatalf("%d is reachable and dead", n)
			}
			at[n] = i + 1
		}
		for _, p := range g.refs.pairs {
			if at[p[0]] > at[p[1]] && at[p[1]] > 0 {
				t.Fatalf("%d refers to %d, which is deleted before", p[0], p[1])
			}
		}
	}
}

// A root that appears when some dead paths are gone finds everything that it
// refers to.
func TestSpareWhileDeleting(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		g := random(rng, 2+rng.IntN(40))
		l := g.Start()
		l.Spare(int32(rng.IntN(g.Len())))
		gone := map[int32]bool{}
		for _, n := range l.Dead() {
			if l.IsAlive(n) {
				continue
			}
			if late := int32(rng.IntN(g.Len())); rng.IntN(3) == 0 && !gone[late] {
				l.Spare(late)
			}
			if !l.IsAlive(n) {
				gone[n] = true
			}
		}
		for _, p := range g.refs.pairs {
			if !gone[p[0]] && gone[p[1]] {
				t.Fatalf("%d is there and refers to %d, which is gone", p[0], p[1])
			}
		}
	}
}

func TestReferrers(t *testing.T) {
	g := &Graph{}
	for i := range 6 {
		g.Add(path(i))
	}
	for _, e := range [][2]int32{{1, 0}, {2, 0}, {3, 1}, {3, 3}, {4, 2}, {4, 3}} {
		g.Refer(e[0], e[1])
	}
	g.Keep(5, 0)
	got := g.Referrers(1)
	if !slices.Equal(got, []int32{4, 3, 1}) {
		t.Errorf("got %v", got)
	}
	if got := g.Referrers(5); !slices.Equal(got, []int32{5}) {
		t.Errorf("got %v", got)
	}
}

func TestFind(t *testing.T) {
	g := &Graph{}
	g.Add(path(0))
	n := g.Add(path(7))
	if got, ok := g.Find(path(7)); !ok || got != n || g.Path(n) != path(7) {
		t.Error(got, ok)
	}
	if got, ok := g.FindHash(path(7).HashPart()); !ok || got != n {
		t.Error(got, ok)
	}
	if _, ok := g.Find(path(3)); ok {
		t.Error("found what is not there")
	}
}

func BenchmarkDead(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		g := random(rng, 20000)
		l := g.Start()
		for range 50 {
			l.Spare(int32(rng.IntN(g.Len())))
		}
		l.Dead()
	}
}

// Without a root, exactly what it alone kept is dead.
func TestShares(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		g := random(rng, 1+rng.IntN(40))
		var roots []int32
		for range 1 + rng.IntN(4) {
			roots = append(roots, int32(rng.IntN(g.Len())))
		}
		all := map[int32]bool{}
		for _, r := range roots {
			all[r] = true
		}
		for i, s := range g.Shares(roots, func(n int32) uint64 { return uint64(n) }) {
			others := map[int32]bool{}
			for j, r := range roots {
				if j != i {
					others[r] = true
				}
			}
			own := len(reachable(g, all)) - len(reachable(g, others))
			kept := reachable(g, map[int32]bool{roots[i]: true})
			var size uint64
			for n := range kept {
				size += uint64(n)
			}
			if int(s.OwnPaths) != own || int(s.Paths) != len(kept) || s.Size != size || s.OwnSize > s.Size {
				t.Fatalf("root %d of %v: %+v, want %d alone, %d in all, %d bytes", i, roots, s, own, len(kept), size)
			}
		}
	}
}
