package eval

import (
	"errors"
	"slices"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// An Answer tells how a debugged evaluation goes on.
type Answer uint8

const (
	Continue Answer = iota // to the next failure or breakpoint
	StepInto               // to the next frame
	Quit                   // not at all
)

// Wrapped by the failure of an evaluation that the debugger ended where nothing
// had failed.
var (
	ErrQuit  = errors.New("ended by the debugger")
	ErrBreak = errors.New("breakpoint reached") // at a call of builtins.break
)

// A Stop is why and where a debugged evaluation stands still.
type Stop struct {
	// Err is what failed; nil for a step, builtins.trace and builtins.warn.
	Err *diag.Error
	// Break tells that Err is but a breakpoint.
	Break bool
	// Tried tells that builtins.tryEval may catch the failure.
	Tried bool
	// Frames lead to the place, the innermost first. There is at least one.
	Frames []DebugFrame
}

// A DebugFrame is one step of the way to where the evaluation stands, with the
// variables that its code sees.
type DebugFrame struct {
	Pos   diag.Pos
	Hint  string
	Error bool // the failure itself, or a breakpoint

	scope *Scope
	env   *value.Env
}

// A DebugLevel is one of the scopes around some code.
type DebugLevel struct {
	Names []string
	// With are the attributes of a with whose set is evaluated, otherwise nil.
	With []string
	// Global is the outermost scope; its Names leave out those that begin with
	// two underscores.
	Global bool
}

// debugState is what an attached debugger keeps in a worker.
type debugState struct {
	frames []DebugFrame // innermost last
	step   bool
	busy   bool // the debugger has the word; what it evaluates does not stop
	debugMark
}

// debugMark is the part of debugState that failures restore.
type debugMark struct {
	height int
	tries  int // calls of tryEval
	muted  int // of them, those in which nothing stops
}

func (d *debugState) mark() debugMark {
	d.height = len(d.frames)
	return d.debugMark
}

func (d *debugState) unwind(m debugMark) {
	clear(d.frames[m.height:])
	d.frames, d.debugMark = d.frames[:m.height], m
}

// push enters a frame.
func (d *debugState) push(w *Worker, f DebugFrame) {
	d.frames = append(d.frames, f)
	if d.step {
		d.stop(w, Stop{})
	}
}

// onError stops because something failed.
func (d *debugState) onError(w *Worker, e *diag.Error) { d.stop(w, Stop{Err: e}) }

// stop asks the debugger.
func (d *debugState) stop(w *Worker, s Stop) {
	if d.busy || d.muted > 0 || len(d.frames) == 0 {
		return
	}
	s.Tried = d.tries > 0
	s.Frames = slices.Clone(d.frames)
	slices.Reverse(s.Frames)
	if last := s.Frames[0]; s.Err != nil && last.Pos != 0 {
		last.Hint, last.Error = s.Err.Msg, true
		if s.Break || s.Err.Pos != 0 {
			last.Pos = s.Err.Pos
		}
		s.Frames = slices.Insert(s.Frames, 0, last)
	}
	d.busy = true
	answer := w.Debugger(w, &s)
	d.busy = false
	d.step = answer == StepInto
	if answer != Quit {
		return
	}
	if s.Err == nil {
		panic(&diag.Error{Code: diag.Interrupted, Msg: ErrQuit.Error(), Err: ErrQuit})
	}
	e := *s.Err
	if Catchable(&e) {
		e.Code = "" // so that nothing catches it
	}
	panic(&e)
}

// Break stops in an attached debugger.
func (w *Worker) Break() {
	if w.debug != nil {
		w.debug.stop(w, Stop{Err: &diag.Error{Msg: ErrBreak.Error(), Err: ErrBreak}, Break: true})
	}
}

// Pause stops in an attached debugger without a reason to be shown.
func (w *Worker) Pause() {
	if w.debug != nil {
		w.debug.stop(w, Stop{})
	}
}

// CatchTried is Catch for builtins.tryEval, which an attached debugger treats
// differently.
func (w *Worker) CatchTried(f func()) (caught bool) {
	d := w.debug
	if d == nil {
		return w.Catch(f)
	}
	m := d.mark()
	d.tries++
	if w.IgnoreTry {
		d.muted++
	}
	caught = w.Catch(f)
	d.unwind(m)
	return caught
}

// Levels returns the scopes that the code of a frame sees, the innermost first.
func (ev *Evaluator) Levels(f *DebugFrame) []DebugLevel {
	var out []DebugLevel
	env := f.env
	for s := f.scope; s != nil; s = s.up {
		l := DebugLevel{Names: sortedNames(s.names.list)}
		if set := withSet(s, env); set != nil {
			l.With = make([]string, 0, set.Len())
			for _, a := range set.ByName() {
				l.With = append(l.With, a.Name.String())
			}
		}
		out = append(out, l)
		env = env.Up()
	}
	global := slices.DeleteFunc(sortedNames(ev.Globals()), func(s string) bool { return strings.HasPrefix(s, "__") })
	return append(out, DebugLevel{Names: global, Global: true})
}

func sortedNames(list []symbol.Symbol) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.String()
	}
	slices.Sort(names)
	return names
}

// withSet returns the set of a with, if s is one and its set is evaluated.
func withSet(s *Scope, env *value.Env) *value.Attrs {
	if !s.with {
		return nil
	}
	if v := env.Slot(0).Load(); v.Kind() == value.KindAttrs {
		return v.Attrs()
	}
	return nil
}

// Variables calls f with the variables that the code of a frame sees, the
// outermost first. Global ones are left out.
func (df *DebugFrame) Variables(f func(symbol.Symbol, *value.Value)) { variables(df.scope, df.env, f) }

func variables(s *Scope, env *value.Env, f func(symbol.Symbol, *value.Value)) {
	if s == nil {
		return
	}
	variables(s.up, env.Up(), f)
	if set := withSet(s, env); set != nil {
		for _, a := range set.ByName() {
			f(a.Name, a.Val)
		}
		return
	}
	if s.with {
		return
	}
	for i, name := range s.names.list {
		if c := env.Slot(i); c != nil {
			f(name, c)
		}
	}
}
