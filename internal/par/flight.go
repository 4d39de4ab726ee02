package par

import (
	"context"
	"sync"
)

// Flight lets callers that want the same thing at the same time share one
// call. The zero value is ready.
type Flight[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

type call[V any] struct {
	done   chan struct{}
	cancel context.CancelCauseFunc
	users  int
	value  V
	err    error
}

// Do returns what f returns for key. While a call for key is under way, others
// wait for it in place of making their own. f runs until it returns or until
// nobody waits for it any more; it sees the values of the first caller's
// context. A caller whose context ends gets the cause at once.
func (fl *Flight[K, V]) Do(ctx context.Context, key K, f func(context.Context) (V, error)) (V, error) {
	c, first := fl.join(ctx, key)
	if first != nil {
		go fl.fly(first, key, c, f)
	}
	select {
	case <-c.done:
		fl.leave(key, c)
		return c.value, c.err
	case <-ctx.Done():
		if fl.leave(key, c) {
			<-c.done // we were the last, so f is told to stop: wait for it
		}
		var none V
		return none, context.Cause(ctx)
	}
}

// join enters the call for key; the one who makes it also gets its context.
func (fl *Flight[K, V]) join(ctx context.Context, key K) (*call[V], context.Context) {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	if c := fl.calls[key]; c != nil {
		c.users++
		return c, nil
	}
	flying, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	c := &call[V]{done: make(chan struct{}), cancel: cancel, users: 1}
	if fl.calls == nil {
		fl.calls = make(map[K]*call[V])
	}
	fl.calls[key] = c
	return c, flying
}

func (fl *Flight[K, V]) fly(ctx context.Context, key K, c *call[V], f func(context.Context) (V, error)) {
	c.value, c.err = f(ctx)
	fl.mu.Lock()
	if fl.calls[key] == c {
		delete(fl.calls, key)
	}
	fl.mu.Unlock()
	close(c.done)
}

// leave tells whether the caller was the last one who waited.
func (fl *Flight[K, V]) leave(key K, c *call[V]) bool {
	fl.mu.Lock()
	defer fl.mu.Unlock()
	c.users--
	if c.users > 0 {
		return false
	}
	c.cancel(context.Canceled)
	if fl.calls[key] == c {
		delete(fl.calls, key) // a newcomer must not join a call that is ending
	}
	return true
}
