// Package par runs work on several goroutines within a bound: [Each] and [Map]
// over a slice, [Ordered] over a stream with results in the order of the
// input, [Walk] over a graph that is found while walking, and [Flight] for
// one call a key.
//
// Every function here returns only when the goroutines it started have ended.
// The first failure cancels the context that the others see, with the failure
// as its cause, and is what the caller gets.
package par

import (
	"context"
	"iter"
	"sync"
)

// Each calls f for every item, at most limit at once.
func Each[T any](ctx context.Context, limit int, items []T, f func(context.Context, T) error) error {
	_, err := Map(ctx, limit, items, func(ctx context.Context, item T) (struct{}, error) {
		return struct{}{}, f(ctx, item)
	})
	return err
}

// Map calls f for every item, at most limit at once, and returns the results in
// the order of the items. After a failure the results are nil.
func Map[T, R any](ctx context.Context, limit int, items []T, f func(context.Context, T) (R, error)) ([]R, error) {
	results := make([]R, len(items))
	g := newGroup(ctx)
	defer g.cancel(nil)
	next := make(chan int)
	for range min(max(limit, 1), len(items)) {
		g.run(func(ctx context.Context) error {
			for i := range next {
				r, err := f(ctx, items[i])
				if err != nil {
					return err
				}
				results[i] = r
			}
			return nil
		})
	}
feed:
	for i := range items {
		select {
		case next <- i:
		case <-g.ctx.Done():
			break feed
		}
	}
	close(next)
	if err := g.wait(); err != nil {
		return nil, err
	}
	return results, nil
}

// Ordered calls f for every item of a stream, at most limit at once, and gives
// the results in the order of the items. The sequence ends after the first
// error that it gives. At most limit results wait to be taken.
func Ordered[T, R any](ctx context.Context, limit int, items iter.Seq[T], f func(context.Context, T) (R, error)) iter.Seq2[R, error] {
	type outcome struct {
		value R
		err   error
	}
	return func(yield func(R, error) bool) {
		g := newGroup(ctx)
		defer g.wait()
		defer g.cancel(nil)
		slots := make(chan chan outcome, max(limit, 1)-1)
		g.run(func(ctx context.Context) error {
			defer close(slots)
			for item := range items {
				slot := make(chan outcome, 1)
				select {
				case slots <- slot:
				case <-ctx.Done():
					return nil
				}
				g.run(func(ctx context.Context) error {
					v, err := f(ctx, item)
					slot <- outcome{v, err}
					return nil
				})
			}
			return nil
		})
		for slot := range slots {
			o := <-slot
			if !yield(o.value, o.err) || o.err != nil {
				return
			}
		}
		if err := context.Cause(ctx); err != nil {
			var none R
			yield(none, err)
		}
	}
}

// group is a set of goroutines that end together.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	parent context.Context
	wg     sync.WaitGroup
	once   sync.Once
	err    error
}

func newGroup(parent context.Context) *group {
	ctx, cancel := context.WithCancelCause(parent)
	return &group{ctx: ctx, cancel: cancel, parent: parent}
}

func (g *group) run(f func(context.Context) error) {
	g.wg.Go(func() {
		if err := f(g.ctx); err != nil {
			g.fail(err)
		}
	})
}

func (g *group) fail(err error) {
	g.once.Do(func() {
		g.err = err
		g.cancel(err)
	})
}

// wait returns the first failure, or else why the context ended, if it did.
func (g *group) wait() error {
	g.wg.Wait()
	if g.err != nil {
		return g.err
	}
	return context.Cause(g.parent)
}
