// Package eval computes values: it resolves the names of a syntax tree, walks
// the resolved tree, forces what is delayed, applies functions, coerces and
// compares.
//
// It sees the world only through the capabilities of a [World]. Builtins are
// handed in as a table; package builtin has them.
//
// # Workers
//
// An [Evaluator] holds what is shared: expressions, lambdas, the file cache,
// positions. A [Worker] evaluates on one goroutine; several may work on one
// evaluator's values at the same time (see package value for the protocol).
//
// # Failures
//
// A failure is a panic with a *diag.Error, turned into an error by [Worker.Try]
// and by nothing else. There are no deferred calls on the way: every worker
// keeps a stack of frames (what is being forced, called, selected), from which
// Try restores the cells that were being evaluated and words the trace. A
// failure that nobody looks at costs no text.
package eval

import (
	"sync"
	"sync/atomic"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// Options are the settings that change what an evaluation does.
type Options struct {
	Pure       bool
	Restricted bool
	// MaxCallDepth bounds nested calls; zero means 10000.
	MaxCallDepth int
	// MaxFrames bounds all nesting, so that the native stack cannot overflow.
	// Zero means a default that fits the largest Go stack.
	MaxFrames int
	// Steps, if positive, bounds the number of forced cells and calls.
	Steps int64
	// ShowTrace asks for the frames of function calls in traces.
	ShowTrace bool
	// Watch, if not nil, returns what a new worker tells of its calls.
	Watch func() Watcher
	// CurrentSystem is builtins.currentSystem; StoreDir is builtins.storeDir.
	CurrentSystem string
	StoreDir      storepath.Dir
	// NixVersion is builtins.nixVersion.
	NixVersion string
	// Features reports whether an experimental feature is enabled.
	Features func(name string) bool
	// Lints are passed on to the parser.
	LintURLLiterals, LintShortPaths, LintAbsolutePaths syntax.Lint
	// AllowIFD permits import from derivation; TraceIFD warns about it.
	AllowIFD, TraceIFD bool
	// AbortOnWarn makes builtins.warn fail.
	AbortOnWarn bool
	// TraceVerbose enables builtins.traceVerbose.
	TraceVerbose bool
	// AllowUnsafeNative enables builtins.exec.
	AllowUnsafeNative bool
	// SmallSlabs trades speed for memory that can be freed, for processes that live long.
	SmallSlabs bool
	// Fresh, if not nil, is told where new memory for values is; see value.Slab.
	Fresh func(address uintptr)
	// Internal are the files that firn itself brings, by InternalPrefix and name.
	Internal map[string]string
	// Debugger, if not nil, is asked how to go on where something fails, and at
	// breakpoints. It may evaluate with the worker.
	Debugger func(w *Worker, s *Stop) Answer
	// IgnoreTry keeps the debugger out of builtins.tryEval. StopOnTrace and
	// StopOnWarn make builtins.trace and builtins.warn breakpoints.
	IgnoreTry, StopOnTrace, StopOnWarn bool
	// CountCalls keeps the counters per function that NIX_COUNT_CALLS asks for.
	CountCalls bool
}

// An Evaluator is the shared part of an evaluation.
type Evaluator struct {
	Options
	World     *World
	Positions *diag.Table

	exprs    table[node]
	lambdas  table[*lambda]
	builtins []Builtin
	// globals are the variables that every program sees.
	globals map[symbol.Symbol]*value.Value
	// BuiltinSet is the value of the variable builtins.
	BuiltinSet *value.Value

	files   fileCache
	shared  sync.Map // see Memo
	waiting waitTable
	workers atomic.Uint32
	// alone is true while there is one worker, which may skip atomic updates.
	alone bool

	stats     Stats
	statsLock sync.Mutex
	interrupt atomic.Pointer[diag.Error]
	// first is the worker that made the constants, until it gets other work.
	first atomic.Pointer[Worker]
}

// A Worker evaluates on one goroutine.
type Worker struct {
	*Evaluator
	value.Slab

	id     uint32
	alone  bool
	depth  int
	frames []frame
	args   []*value.Value
	texts  []string // pieces of strings that are being joined
	limits limits
	count  Stats
	// debug is set while a debugger is attached.
	debug   *debugState
	watcher Watcher // of calls; nil if nobody is told
	// cycle is the cell of the last infinite recursion, to mark its entry.
	cycle *value.Value
	// telling is set while a trace is put into words.
	telling bool
	arena   syntax.Arena
	slabs   *nodeSlabs
	kept    uint64 // counts the integer calls that were made in full; see keeps
}

type limits struct {
	calls  int
	frames int
	steps  int64 // until the worker looks up
	budget int64 // steps after these
}

const (
	defaultMaxCallDepth = 10000
	// One frame is at most two Go calls of about 300 bytes each.
	defaultMaxFrames = 1 << 20
)

// New makes an evaluator whose programs see the given builtins.
func New(o Options, w *World, positions *diag.Table, builtins []Builtin) *Evaluator {
	if o.Features == nil {
		o.Features = func(string) bool { return false }
	}
	if o.MaxCallDepth == 0 {
		o.MaxCallDepth = defaultMaxCallDepth
	}
	if o.MaxFrames == 0 {
		o.MaxFrames = defaultMaxFrames
	}
	ev := &Evaluator{Options: o, World: w.withNothing(), Positions: positions, builtins: builtins, alone: true}
	ev.files.init()
	ev.waiting.init()
	ev.makeGlobals()
	return ev
}

// NewWorker returns a worker. Before a second worker starts, [Evaluator.Share]
// must be called.
func (ev *Evaluator) NewWorker() *Worker {
	if w := ev.first.Swap(nil); w != nil {
		w.alone = ev.alone
		return w
	}
	w := &Worker{
		Evaluator: ev,
		id:        ev.workers.Add(1),
		alone:     ev.alone,
		frames:    make([]frame, 0, 1024),
		args:      make([]*value.Value, 0, 256),
		limits:    limits{calls: ev.MaxCallDepth, frames: ev.MaxFrames, budget: ev.budget()},
	}
	w.nextSteps()
	w.Small, w.Slab.Fresh = ev.SmallSlabs, ev.Fresh
	if ev.Debugger != nil {
		w.debug = new(debugState)
	}
	if ev.Watch != nil {
		w.watcher = ev.Watch()
	}
	return w
}

// Share makes the workers that are created from now on safe to run side by
// side. Workers made before must not be used any more.
func (ev *Evaluator) Share() { ev.alone = false }

// Memo returns the evaluator-wide value stored under key, making it first if
// needed. Keys are of a type of the caller's own, as with contexts.
func (ev *Evaluator) Memo(key any, make func() any) any {
	if v, ok := ev.shared.Load(key); ok {
		return v
	}
	v, _ := ev.shared.LoadOrStore(key, make())
	return v
}

// A table holds numbered things; numbers are never reused.
type table[T any] struct {
	mu     sync.Mutex
	n      uint32
	chunks [1 << 14]*[1 << tableBits]T
}

const tableBits = 12

func (t *table[T]) add(x T) uint32 {
	t.mu.Lock()
	id := t.n
	t.n++
	c := t.chunks[id>>tableBits]
	if c == nil {
		c = new([1 << tableBits]T)
		t.chunks[id>>tableBits] = c
	}
	t.mu.Unlock()
	c[id&(1<<tableBits-1)] = x
	return id
}

func (t *table[T]) at(id uint32) T {
	return t.chunks[id>>tableBits][id&(1<<tableBits-1)]
}
