package par

import (
	"context"
	"sync"
)

// Walk calls visit once for every node that can be reached from roots, at most
// limit at once; visit returns the node's neighbours. The order is not defined.
func Walk[K comparable](ctx context.Context, limit int, roots []K, visit func(context.Context, K) ([]K, error)) error {
	w := &walk[K]{seen: make(map[K]struct{}, len(roots))}
	w.change.L = &w.mu
	w.add(roots)
	g := newGroup(ctx)
	defer g.cancel(nil)
	stop := context.AfterFunc(g.ctx, w.stop)
	defer stop()
	for range max(limit, 1) {
		g.run(func(ctx context.Context) error { return w.work(ctx, visit) })
	}
	return g.wait()
}

type walk[K comparable] struct {
	mu      sync.Mutex
	change  sync.Cond
	seen    map[K]struct{}
	todo    []K
	busy    int // nodes being visited
	stopped bool
}

func (w *walk[K]) work(ctx context.Context, visit func(context.Context, K) ([]K, error)) error {
	for {
		node, ok := w.take()
		if !ok {
			return nil
		}
		more, err := visit(ctx, node)
		if err != nil {
			return err
		}
		w.done(more)
	}
}

// take gives the next node, waiting for one while others may find more.
func (w *walk[K]) take() (node K, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.todo) == 0 && w.busy > 0 && !w.stopped {
		w.change.Wait()
	}
	if len(w.todo) == 0 || w.stopped {
		return node, false
	}
	node = w.todo[len(w.todo)-1]
	w.todo = w.todo[:len(w.todo)-1]
	w.busy++
	return node, true
}

func (w *walk[K]) done(more []K) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	w.add(more)
	w.change.Broadcast()
}

func (w *walk[K]) add(nodes []K) {
	for _, n := range nodes {
		if _, ok := w.seen[n]; !ok {
			w.seen[n] = struct{}{}
			w.todo = append(w.todo, n)
		}
	}
}

func (w *walk[K]) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.change.Broadcast()
}
