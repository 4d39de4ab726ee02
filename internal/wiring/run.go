package wiring

import (
	"runtime/debug"

	"firn/internal/lang/eval"
)

// maxStack is the size that an evaluating goroutine's stack may have, in bytes;
// eval.Options.MaxFrames keeps evaluations below it, for overflow can't be
// caught.
const maxStack = 1 << 31

// OnDeepStack runs f on a goroutine whose stack has been grown once, so that a
// deep evaluation does not copy it again and again, and waits for it.
func OnDeepStack(f func()) {
	debug.SetMaxStack(maxStack)
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		grow(false)
		f()
	}()
	if r := <-done; r != nil {
		panic(r)
	}
}

// grow makes the stack large at once, without touching what it does not use: its
// frame has room for a MiB, in pieces that the compiler leaves on the stack.
// Growing by doubling would copy, and touch, several times as much.
//
//go:noinline
func grow(touch bool) int {
	if !touch {
		return 0
	}
	var a, b, c, d, e, f, g, h [127 << 10]byte
	return touchAll(a[:], b[:], c[:], d[:], e[:], f[:], g[:], h[:])
}

//go:noinline
func touchAll(pieces ...[]byte) (n int) {
	for _, p := range pieces {
		p[n] = 1
		n += len(p) >> 10
	}
	return n
}

// Run evaluates with one worker on a deep stack, and waits for the store. What f
// raises is returned.
func (e *Evaluation) Run(f func(w *eval.Worker)) (err error) {
	OnDeepStack(func() {
		w := e.NewWorker()
		if failure := w.Try(func() { f(w) }); failure != nil {
			err = failure
		}
		w.Done()
	})
	if flush := e.Flush(); err == nil {
		err = flush
	}
	return err
}

// OnWorkers calls f with n workers, the first of which is f's own. start runs a
// function on a deep stack of its own; f must wait for what it started.
func (e *Evaluation) OnWorkers(n int, f func(workers []*eval.Worker, start func(func()))) {
	if n > 1 {
		e.Share()
	}
	workers := make([]*eval.Worker, max(n, 1))
	for i := range workers {
		workers[i] = e.NewWorker()
	}
	start := func(g func()) { go OnDeepStack(g) }
	if n <= 1 {
		start = func(g func()) { g() }
	}
	OnDeepStack(func() { f(workers, start) })
	for _, w := range workers {
		w.Done()
	}
}
