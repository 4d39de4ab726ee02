package cli

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/build/schedule"
	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/wiring"
)

// Flags of everything that evaluates.

const evalGroup = "Common evaluation options"

var argFlag = Flag{Long: "arg", Labels: []string{"name", "expr"}, Group: evalGroup,
	Doc: "Pass the value *expr* as the argument *name* to Nix functions."}

var argStrFlag = Flag{Long: "argstr", Labels: []string{"name", "string"}, Group: evalGroup,
	Doc: "Pass the string *string* as the argument *name* to Nix functions."}

var argFromFileFlag = Flag{Long: "arg-from-file", Labels: []string{"name", "path"}, Group: evalGroup,
	Doc: "Pass the contents of the file *path* as the argument *name* to Nix functions."}

var argFromStdinFlag = Flag{Long: "arg-from-stdin", Labels: []string{"name"}, Group: evalGroup,
	Doc: "Pass what is read from standard input as the argument *name* to Nix functions."}

var includeFlag = Flag{Long: "include", Short: 'I', Labels: []string{"path"}, Group: evalGroup,
	Doc: "Add *path*, or *name*=*path*, to the front of the search path for `<name>`."}

var impureFlag = Flag{Long: "impure", Group: evalGroup,
	Doc:   "Allow access to files, variables and addresses that are not declared inputs.",
	Apply: setTo("pure-eval", "false")}

var evalStoreFlag = Flag{Long: "eval-store", Labels: []string{"store-url"}, Group: evalGroup,
	Doc: "The store that derivations and their sources are written to during evaluation."}

var debuggerFlag = Flag{Long: "debugger", Group: evalGroup,
	Doc: "Start an interactive session where the evaluation fails, and at every call of `builtins.break`."}

var evalFlags = []*Flag{&argFlag, &argStrFlag, &argFromFileFlag, &argFromStdinFlag, &debuggerFlag, &includeFlag, &impureFlag, &evalStatsFlag, &evalStoreFlag, &profileEvalFlag}

// An evaluation is an evaluator as a command uses it.
type evaluation struct {
	*wiring.Evaluation
	call      *Call
	target    store.Store         // that is built in; nil if there is none
	store     *local.Store        // the same if it is a local one, else nil
	written   backing             // that derivations are written to; nil if they are not kept
	scheduler *schedule.Scheduler // nil if there is no store
	debugger  *debugger           // nil if there is none
	watch     *callWatch          // nil if calls are not watched
	source    *value.Value        // of --file or --expr, when it has been evaluated
	head      *headStart          // takes what is to be built as it is found; nil if nothing is built yet
}

// newEvaluation connects an evaluator by the command line's flags. It ends when
// ctx does.
func (c *Call) newEvaluation(ctx context.Context, readOnly bool) (*evaluation, error) {
	if err := c.fileIsImpure(); err != nil {
		return nil, err
	}
	cwd, _ := os.Getwd()
	var include []string
	for _, values := range c.All(&includeFlag) {
		include = append(include, values[0])
	}
	if c.Script != nil && c.BaseDir != "" {
		include = absoluteEntries(include, cwd)
		cwd = c.BaseDir
	}
	started := time.Now()
	renderer := c.Log.Renderer()
	machine := c.machine()
	out, err := c.openStores(machine)
	if err != nil {
		return nil, err
	}
	var debug *debugger
	if c.Has(&debuggerFlag) {
		debug = &debugger{ctx: context.WithoutCancel(ctx)}
	}
	watch := c.newCallWatch()
	e := wiring.NewEvaluation(&c.Config.Values, wiring.EvaluationOptions{
		Store: out.writtenStore(), StoreDir: c.evalStoreDir(machine), Realise: out.realiser(), Context: ctx, Machine: machine,
		ReadOnly: readOnly, Include: include, Env: c.Env, Home: c.Host.Home, Cwd: cwd,
		Now:       started.Unix,
		Warn:      c.warn,
		Trace:     func(s string) { c.Log.Say(activity.Error, "trace: "+s) },
		ShowTrace: c.Config.General.ShowTrace,
		Debugger:  debug.function(), Watch: watch.function(),
	})
	context.AfterFunc(ctx, func() { e.Interrupt(interrupted()) })
	renderer.Positions = e.Positions
	if renderer.Extended {
		renderer.Library = c.libraryFiles("/nix/store", cwd, append(include, c.Config.Eval.NixPath...))
	}
	renderer.ShowTrace = c.Config.General.ShowTrace
	if watch != nil {
		watch.positions = e.Positions
	}
	out.Evaluation, out.debugger, out.watch = e, debug, watch
	if debug != nil {
		debug.evaluation = out
	}
	return out, nil
}

// absoluteEntries makes the paths in entries of the search path absolute: unlike
// expressions in a script, these are meant from the working directory.
func absoluteEntries(entries []string, cwd string) []string {
	out := make([]string, len(entries))
	for i, entry := range entries {
		prefix, path, named := strings.Cut(entry, "=")
		if !named {
			prefix, path = "", entry
		}
		if !strings.HasPrefix(path, "/") && !strings.Contains(path, ":") {
			path = cwd + "/" + path
		}
		if out[i] = path; named {
			out[i] = prefix + "=" + path
		}
	}
	return out
}

// warn shows a warning of an evaluation. One without a code is what a program
// asked for.
func (c *Call) warn(e *diag.Error) {
	if e.Bare {
		c.Log.Warn(e.Msg)
		return
	}
	c.Log.Report(activity.Warn, e, e.Code == "")
}

// machine tells stores about this machine.
func (c *Call) machine() *wiring.Machine {
	program := "nix"
	if c.Program == "firn" {
		program = c.Program
	}
	return &wiring.Machine{Program: program, Advise: c.Log.Renderer().Extended, Env: c.Env, Home: c.Host.Home, LogsShown: c.Log.ShowsLogs(), Recorder: c.Events, Settings: c.Config.KeyValue}
}

// autoArgs makes the set of --arg and its like.
func (e *evaluation) autoArgs(w *eval.Worker) *value.Attrs {
	args := make(map[symbol.Symbol]*value.Value)
	for _, u := range e.call.Uses {
		if c := e.autoArg(w, u); c != nil {
			args[symbol.Intern(u.Values[0])] = c
		}
	}
	list := w.AttrSlots(len(args))
	for name, c := range args {
		list = append(list, value.Attr{Name: name, Val: c})
	}
	value.SortAttrs(list)
	return w.NewAttrs(list)
}

func (e *evaluation) autoArg(w *eval.Worker, u Use) *value.Value {
	switch u.Flag {
	case &argFlag:
		return w.Later(w.ParseString(u.Values[1], w.World.Cwd, diag.FromString, nil), nil)
	case &argStrFlag:
		return w.Cell(value.String(u.Values[1]))
	case &argFromFileFlag:
		text, err := os.ReadFile(u.Values[1])
		w.Check(err)
		return w.Cell(value.String(string(text)))
	case &argFromStdinFlag:
		text, err := io.ReadAll(e.call.Process.In)
		w.Check(err)
		return w.Cell(value.String(string(text)))
	}
	return nil
}

// fileArgument finds the file that a command line names: a path, <name>, or
// something to download.
func (e *evaluation) fileArgument(w *eval.Worker, arg string) string {
	switch {
	case len(arg) > 2 && arg[0] == '<' && arg[len(arg)-1] == '>':
		return w.FindFile(w.World.SearchPath, arg[1:len(arg)-1], 0)
	case eval.IsPseudoURL(arg):
		p, err := w.Fetcher().FetchTarball(eval.FileCall{URL: eval.ResolvePseudoURL(arg), Name: "source"})
		w.Check(err)
		return w.StoreDir.Join(p)
	case strings.HasPrefix(arg, "/"):
		return eval.CanonPath(arg)
	}
	return eval.CanonPath(w.World.Cwd + "/" + arg)
}

// realStoreDir is where the store's objects are on this machine.
func (e *evaluation) realStoreDir() string { return strings.TrimSuffix(e.store.RealPath(""), "/") }

// atItsPlace reports whether store paths are where they say.
func (e *evaluation) atItsPlace() bool { return e.realStoreDir() == string(e.StoreDir) }
