// Package wiring connects the parts: configuration goes in, evaluators and
// stores come out. It is the only room that knows which implementation stands
// behind an interface.
package wiring

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/builtin"
	"firn/internal/lang/eval"
	"firn/internal/lang/syntax"
	"firn/internal/store/mem"
	"firn/internal/world"
)

// CompatibleVersion is the version of Nix that programs see.
const CompatibleVersion = "2.34.8"

// EvaluationOptions are what an evaluation takes from the command line and the
// process.
type EvaluationOptions struct {
	// ReadOnly computes store paths without writing anything.
	ReadOnly bool
	// Include are the search path entries of -I, first first.
	Include []string
	Env     func(name string) (string, bool)
	Home    string
	Cwd     string
	Now     func() int64
	Warn    func(*diag.Error)
	Trace   func(string)
	// ShowTrace asks for all frames.
	ShowTrace bool
	// LongLived keeps memory use low instead of speed high.
	LongLived bool
	// Store is what derivations are written to, unless ReadOnly; nil is one that
	// takes nothing.
	Store world.Backing
	// StoreDir is where the paths of the store are, also of one that takes nothing.
	StoreDir storepath.Dir
	// Realise builds what evaluation needs built; nil builds nothing.
	Realise world.Realiser
	// Context ends what evaluation does in the store and on the network.
	Context context.Context
	Machine *Machine
	// Watch, if not nil, returns what a worker tells of its calls.
	Watch func() eval.Watcher
	// Debugger is asked where the evaluation fails; nil for none.
	Debugger func(w *eval.Worker, s *eval.Stop) eval.Answer
}

// An Evaluation is an evaluator with what it was made from.
type Evaluation struct {
	*eval.Evaluator
	Files  *world.Files
	Access *world.Access // nil if everything may be seen
	store  *world.Store  // nil if there is none
}

// Flush returns when everything that was evaluated is in the store.
func (e *Evaluation) Flush() error {
	if e.store == nil {
		return nil
	}
	return e.store.Flush()
}

// NewEvaluation connects an evaluator.
func NewEvaluation(v *config.Values, o EvaluationOptions) *Evaluation {
	files := &world.Files{}
	e := &Evaluation{Files: files}
	w := &eval.World{
		Files: files, Now: o.Now, Warn: o.Warn, Trace: o.Trace,
		Home: o.Home, Cwd: o.Cwd,
		SearchPath: searchPath(v, o),
	}
	if o.Store == nil {
		w.Store = &world.DryStore{Dir: o.StoreDir, Refuse: !o.ReadOnly}
		w.Fetch = newFetcher(o.Context, v, o.Machine, &world.FetchStore{Backing: mem.New(o.StoreDir)}, e)
	} else {
		e.store = world.NewStore(o.Context, o.Store, o.Realise, o.ReadOnly)
		w.Store = e.store
		w.Fetch = newFetcher(o.Context, v, o.Machine, &world.FetchStore{Backing: o.Store}, e)
		files.StoreDir = string(o.Store.Dir())
		if at, ok := o.Store.(interface {
			RealPath(storepath.Path) string
		}); ok {
			files.RealDir = strings.TrimSuffix(at.RealPath(""), "/")
		}
	}
	if v.Eval.NativeCode {
		w.Run = runProgram
	}
	w.Env = func(name string) string { s, _ := o.Env(name); return s }
	if v.Eval.Pure || v.Eval.Restrict {
		e.Access = &world.Access{Pure: v.Eval.Pure}
		files.Access = e.Access.Check
		e.allow(w, v, string(o.StoreDir))
		if !v.Eval.Pure { // which sees the whole store
			w.Store = &world.Seen{Store: w.Store, Dir: o.StoreDir, Access: e.Access}
		}
	}
	if v.Eval.Pure {
		w.HomeErr = diag.New(diag.ForbiddenPure, "the path '~/%s' can not be resolved in pure mode", "")
	}
	e.Evaluator = eval.New(evalOptions(v, &o), w, &diag.Table{Read: readText}, builtin.Table())
	if !o.LongLived {
		TuneMemory(v.Eval.MemoryLimit, e.exceeded)
	}
	return e
}

// exceeded ends the evaluation, which needs more memory than it may.
func (e *Evaluation) exceeded(inUse uint64) {
	e.Interrupt(diag.New(diag.MemoryLimit, "the evaluation needs more memory than it may: %d MiB are in use; see the setting 'eval-memory-limit'", inUse>>20))
}

func readText(name string) (string, error) {
	data, err := os.ReadFile(name)
	return string(data), err
}

func evalOptions(v *config.Values, o *EvaluationOptions) eval.Options {
	system := v.Eval.System
	if system == "" {
		system = v.General.System
	}
	return eval.Options{
		Pure: v.Eval.Pure, Restricted: v.Eval.Restrict,
		MaxCallDepth: int(v.Eval.MaxCallDepth), ShowTrace: o.ShowTrace,
		Watch: o.Watch, CurrentSystem: system,
		StoreDir: o.StoreDir, NixVersion: CompatibleVersion,
		Features: func(name string) bool {
			f, ok := config.ParseFeature(name)
			return ok && v.General.ExperimentalFeatures.Has(f)
		},
		LintURLLiterals: lint(v.Eval.LintURLs), LintShortPaths: lint(v.Eval.LintShortPaths), LintAbsolutePaths: lint(v.Eval.LintAbsolutePaths),
		AllowIFD: v.Eval.ImportFromDerivation, TraceIFD: v.Eval.TraceImportFromDerivation,
		AbortOnWarn: v.Eval.AbortOnWarn, TraceVerbose: v.Eval.TraceVerbose,
		AllowUnsafeNative: v.Eval.NativeCode, SmallSlabs: o.LongLived,
		Internal: builtin.Files(), Fresh: fresh(v, o),
		Debugger: o.Debugger, IgnoreTry: v.Eval.IgnoreTry, StopOnTrace: v.Eval.DebuggerOnTrace, StopOnWarn: v.Eval.DebuggerOnWarn,
	}
}

// fresh is told where an evaluation's new memory is.
func fresh(v *config.Values, o *EvaluationOptions) func(address uintptr) {
	if v.Eval.HugePages == config.HugePagesNever || o.LongLived {
		return nil
	}
	return new(hugePages).use
}

func lint(d config.Diagnose) syntax.Lint {
	switch d {
	case config.Warn:
		return syntax.Warn
	case config.Fatal:
		return syntax.Fatal
	}
	return syntax.Ignore
}

// searchPath joins -I and the configured path. Pure evaluation has none.
func searchPath(v *config.Values, o EvaluationOptions) []eval.SearchEntry {
	var out []eval.SearchEntry
	for _, s := range o.Include {
		out = append(out, searchEntry(s))
	}
	if v.Eval.Pure {
		return out
	}
	for _, s := range v.Eval.NixPath {
		out = append(out, searchEntry(s))
	}
	return out
}

func searchEntry(s string) eval.SearchEntry {
	if prefix, path, ok := strings.Cut(s, "="); ok {
		return eval.SearchEntry{Prefix: prefix, Path: path}
	}
	return eval.SearchEntry{Path: s}
}

// allow lets a restricted evaluation see its search path and, a pure one, the
// store.
func (e *Evaluation) allow(w *eval.World, v *config.Values, storeDir string) {
	if v.Eval.Pure {
		e.Access.Allow(storeDir)
		return
	}
	for _, s := range w.SearchPath {
		if eval.IsPseudoURL(s.Path) || strings.HasPrefix(s.Path, "flake:") {
			continue
		}
		path := s.Path
		if !filepath.IsAbs(path) {
			path = w.Cwd + "/" + path
		}
		path = eval.CanonPath(path)
		e.Access.Allow(path)
		if real, err := filepath.EvalSymlinks(path); err == nil {
			e.Access.Allow(real)
		}
	}
}
