package eval

import (
	"sync"

	"firn/internal/diag"
	"firn/internal/lang/value"
)

// A failure is how the evaluation of some cells ended. Cells keep it, and raise
// it again when they are forced once more. Its frames are put into words only
// if somebody wants to see them.
type failure struct {
	err *diag.Error
	// past is the failure of a cell that raised it again, if one did.
	past *failure
	// cycle is the cell that an infinite recursion came back to.
	cycle *value.Value

	mu sync.Mutex
	// frames are those between where it was caught and where it was raised, in
	// pieces from the innermost.
	frames [][]frame
}

type (
	// rethrown is what is raised where a cell fails again.
	rethrown struct{ past *failure }
	// onward is a failure that was looked at on its way.
	onward struct{ failure *failure }
)

// mark is a height of the worker's stacks.
type mark struct {
	frames, args, depth int
	debug               debugMark
}

func (w *Worker) mark() mark {
	m := mark{frames: len(w.frames), args: len(w.args), depth: w.depth}
	if w.debug != nil {
		m.debug = w.debug.mark()
	}
	return m
}

// Try runs f and returns the failure that it raised, with its trace.
func (w *Worker) Try(f func()) *diag.Error {
	m := w.mark()
	if r := attempt(f); r != nil {
		return w.tell(w.unwind(m, r))
	}
	return nil
}

// attempt runs f and returns what it raised, or nil. Callers that pass it on
// panic themselves: nested panics in deferred functions would keep the whole
// native stack.
func attempt(f func()) (r any) {
	defer func() {
		switch r = recover(); r.(type) {
		case nil, *diag.Error, rethrown, onward:
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// catch is Try without a trace: it returns the failure, if keep says so, and
// raises it again otherwise.
func (w *Worker) catch(f func(), keep func(*diag.Error) bool) *diag.Error {
	m := w.mark()
	r := attempt(f)
	if r == nil {
		return nil
	}
	e := raised(r)
	if !keep(e) {
		panic(r)
	}
	w.unwind(m, r)
	return e
}

// Explain runs f. If that fails, the trace gets a line that always shows, with
// the text; a failure of text replaces that of f.
func (w *Worker) Explain(f func(), text func() string) {
	m := w.mark()
	if r := attempt(f); r != nil {
		f := w.unwind(m, r)
		w.Push(textFrame(text()), 0)
		panic(onward{f})
	}
}

// Catch runs f and reports whether it failed in a way that the language can
// catch: by throw or assert. Other failures pass through.
func (w *Worker) Catch(f func()) (caught bool) {
	return w.catch(f, Catchable) != nil
}

// Catchable reports whether builtins.tryEval catches the error.
func Catchable(e *diag.Error) bool {
	return e.Code == diag.Thrown || e.Code == diag.AssertionFailed || e.Code == diag.NotInSearchPath
}

// raised returns the error in what was recovered.
func raised(r any) *diag.Error {
	switch r := r.(type) {
	case rethrown:
		return r.past.err
	case onward:
		return r.failure.err
	}
	return r.(*diag.Error)
}

// unwind truncates the stacks to m. The cells that were being evaluated above it
// fail with what was recovered from now on; those that only ran out of what
// they were given can be forced again.
func (w *Worker) unwind(m mark, r any) *failure {
	f := w.failed(r)
	frames := append([]frame(nil), w.frames[m.frames:]...)
	f.mu.Lock()
	f.frames = append(f.frames, frames)
	f.mu.Unlock()
	v := value.Failed(&value.Failure{Cause: f})
	for i := len(frames) - 1; i >= 0; i-- {
		c := frames[i].cell
		if c == nil {
			continue
		}
		if passing(f.err) {
			w.restore(c, value.Word(frames[i].n))
		} else {
			w.publish(c, v)
		}
	}
	clear(w.frames[m.frames:])
	w.frames, w.args, w.depth = w.frames[:m.frames], w.args[:m.args], m.depth
	if w.debug != nil {
		w.debug.unwind(m.debug)
	}
	return f
}

// failed makes a failure of what was recovered.
func (w *Worker) failed(r any) *failure {
	switch r := r.(type) {
	case onward:
		return r.failure
	case rethrown:
		return &failure{err: r.past.err, past: r.past}
	}
	f := &failure{err: r.(*diag.Error)}
	if f.err.Code == diag.InfiniteRecursion {
		f.cycle, w.cycle = w.cycle, nil
	}
	return f
}

// passing reports whether an error says nothing about the program.
func passing(e *diag.Error) bool {
	return e.Code == diag.Interrupted || e.Code == diag.StepLimit || e.Code == diag.MemoryLimit
}

// failAgain raises the failure of a cell.
func (w *Worker) failAgain(v value.Value) {
	past := v.Failure().Cause.(*failure)
	if w.debug != nil {
		w.debug.onError(w, past.err)
	}
	panic(rethrown{past})
}

// tell returns the error with its trace. Wording a frame may evaluate what fails
// in turn; those failures are told without.
func (w *Worker) tell(f *failure) *diag.Error {
	told := *f.err
	if w.telling {
		return &told
	}
	w.telling = true
	var out []diag.Frame
	for ; f != nil; f = f.past {
		out = f.words(w, out)
	}
	w.telling = false
	told.Frames = append(out, told.Frames...)
	return &told
}

func (f *failure) words(w *Worker, out []diag.Frame) []diag.Frame {
	f.mu.Lock()
	pieces := f.frames
	f.mu.Unlock()
	cycle := f.cycle
	for i := len(pieces) - 1; i >= 0; i-- {
		for j := range pieces[i] {
			x := &pieces[i][j]
			switch {
			case x.cell == nil:
				out = x.trace.frames(w, x.n, out)
			case x.cell == cycle:
				out = append(out, diag.Frame{Msg: "\x1b[35;1mentering the infinite recursion\x1b[0m", Always: true})
				cycle = nil
			}
		}
	}
	return out
}
