package eval

import (
	"sync"

	"firn/internal/diag"
	"firn/internal/lang/value"
)

// Force evaluates a cell to weak head normal form. The position is where
// infinite recursion is reported.
func (w *Worker) Force(c *value.Value, pos diag.Pos) value.Value {
	v := c.Load()
	if v.Evaluated() {
		return v
	}
	return w.forceSlow(c, v, pos)
}

func (w *Worker) forceSlow(c *value.Value, v value.Value, pos diag.Pos) value.Value {
	for !v.Evaluated() {
		switch v.Kind() {
		case value.KindBlackhole:
			if app, again := w.meetBlackhole(c, v, pos); again {
				return w.compute(c, app, pos)
			}
		case value.KindFailed:
			w.failAgain(v)
		default:
			if w.alone {
				// Applications are not guarded: one that comes back to itself
				// ends by the depth of calls.
				if v.Kind() == value.KindThunk {
					c.ClaimAlone()
				}
				return w.compute(c, v, pos)
			}
			if c.Claim(v.Word(), w.id) {
				return w.compute(c, v, pos)
			}
		}
		v = c.Load()
	}
	return v
}

// compute evaluates a cell that this worker has claimed; v is what it held.
func (w *Worker) compute(c *value.Value, v value.Value, pos diag.Pos) value.Value {
	w.frames = append(w.frames, frame{cell: c, n: uint64(v.Word())})
	if len(w.frames) >= w.limits.frames {
		w.overflow()
	}
	w.count.Forces++
	if w.limits.steps--; w.limits.steps == 0 {
		w.look()
	}
	var r value.Value
	if v.Kind() == value.KindThunk {
		id, env := value.ThunkParts(v.Word(), v)
		r = w.exprs.at(id).eval(w, env)
	} else {
		r = w.callApp(v, pos)
	}
	w.frames = w.frames[:len(w.frames)-1]
	w.publish(c, r)
	return r
}

// publish stores the result of a cell that this worker has claimed.
func (w *Worker) publish(c *value.Value, r value.Value) {
	if w.alone {
		c.PublishAlone(r)
	} else if c.Publish(r) {
		w.waiting.wake(c)
	}
}

// callApp computes a delayed application.
func (w *Worker) callApp(app value.Value, pos diag.Pos) value.Value {
	w.enterCall(pos)
	f := w.Force(app.Applied(), pos)
	base := len(w.args)
	w.args = append(w.args, app.Argument(&w.Slab))
	var r value.Value
	if w.watcher == nil {
		r = w.apply(f, w.args[base:len(w.args):len(w.args)], pos)
	} else {
		r = w.watched(f, w.args[base:len(w.args):len(w.args)], pos)
	}
	w.args = w.args[:base]
	w.depth--
	return r
}

func (w *Worker) overflow() {
	w.Fail(diag.New(diag.StackOverflow, "stack overflow (possible infinite recursion)"))
}

func (w *Worker) restore(c *value.Value, word value.Word) {
	if c.Restore(word) {
		w.waiting.wake(c)
	}
}

// meetBlackhole waits for the worker that evaluates c, or fails if that is,
// directly or through others that wait, this one. An application that this
// worker is computing is to be computed again: then it returns that.
func (w *Worker) meetBlackhole(c *value.Value, v value.Value, pos diag.Pos) (app value.Value, again bool) {
	if w.alone || v.Owner() == w.id {
		if app, again = w.claimed(c, v); again {
			return app, true
		}
		w.infiniteRecursion(c, pos)
	}
	if !w.waiting.wait(w.id, c, v) {
		w.infiniteRecursion(c, pos)
	}
	return app, false
}

// claimed returns the application in a cell of which this worker made a black
// hole.
func (w *Worker) claimed(c *value.Value, v value.Value) (app value.Value, ok bool) {
	for i := len(w.frames) - 1; i >= 0; i-- {
		if f := &w.frames[i]; f.cell == c {
			app = v.WithWord(value.Word(f.n))
			return app, app.Kind() == value.KindApp
		}
	}
	return app, false
}

func (w *Worker) infiniteRecursion(c *value.Value, pos diag.Pos) {
	w.cycle = c
	w.Fail(diag.New(diag.InfiniteRecursion, "infinite recursion encountered").At(pos))
}

// A waitTable knows which worker waits for which cell.
type waitTable struct {
	mu    sync.Mutex
	woken *sync.Cond
	// cells maps a waiting worker to the cell that it waits for.
	cells map[uint32]*value.Value
}

func (t *waitTable) init() {
	t.woken = sync.NewCond(&t.mu)
	t.cells = make(map[uint32]*value.Value)
}

// wait blocks worker me until c is no longer the black hole seen. It reports
// false if that would never happen because the owner waits for me.
func (t *waitTable) wait(me uint32, c *value.Value, seen value.Value) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cells[me] = c
	defer delete(t.cells, me)
	for v := seen; v.Kind() == value.KindBlackhole; v = c.Load() {
		// The mark is lost when the cell is given back and claimed anew.
		if !c.MarkWaiting(v) {
			continue
		}
		if t.cycle(me, c) {
			return false
		}
		t.woken.Wait()
	}
	return true
}

// cycle follows owners from c; it re-reads every cell, for an edge may be stale.
func (t *waitTable) cycle(me uint32, c *value.Value) bool {
	for range len(t.cells) + 1 {
		v := c.Load()
		if v.Kind() != value.KindBlackhole {
			return false
		}
		owner := v.Owner()
		if owner == me {
			return true
		}
		next, ok := t.cells[owner]
		if !ok {
			return false
		}
		c = next
	}
	return false
}

// wake tells those who wait for c that it changed.
func (t *waitTable) wake(*value.Value) {
	t.mu.Lock()
	t.woken.Broadcast()
	t.mu.Unlock()
}
