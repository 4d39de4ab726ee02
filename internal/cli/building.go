package cli

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/build/schedule"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/packages"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// A wanted is something that a command builds: outputs of a derivation, with
// where they came from.
type wanted struct {
	target plan.Target
	// program is the name of the program to run, for firn run.
	program string
}

// build realises targets and returns their outputs.
func (e *evaluation) build(ctx context.Context, list []wanted) ([]plan.Result, error) {
	targets := make([]plan.Target, len(list))
	for i := range list {
		targets[i] = list[i].target
	}
	if err := e.needBuilder(); err != nil {
		return nil, err
	}
	if err := e.announce(ctx, targets); err != nil {
		return nil, err
	}
	results, err := e.scheduler.Realise(ctx, targets)
	return results, e.buildFailure(err)
}

// buildFailure words what came of a build, nil if nothing went wrong.
func (e *evaluation) buildFailure(err error) error {
	if err == nil {
		return nil
	}
	e.call.offerShell(err)
	return e.call.buildError(err, e.StoreDir)
}

// offerShell tells people how to look around where a build failed.
func (c *Call) offerShell(err error) {
	if failure := (*plan.BuildError)(nil); errors.As(err, &failure) && term.IsTerminal(int(c.Process.Err.Fd())) {
		c.Log.Say(activity.Info, "The environment of the build can be entered with 'firn develop --failed'.")
	}
}

// buildError is that of a command. Only the classic ones exit with a code that
// tells what went wrong.
func (c *Call) buildError(err error, dir storepath.Dir) error {
	err = buildError(err)
	d, failed := (*diag.Error)(nil), (*schedule.Error)(nil)
	if c.Root.Classic || !errors.As(err, &d) || !errors.As(err, &failed) {
		return err
	}
	d.Status = 1
	if len(failed.Failed) > 1 {
		d.Msg = schedule.FailureText(failed.Failed, func(t plan.Target) string { return targetText(dir, t) })
	}
	return err
}

// targetText is a target as one types it.
func targetText(dir storepath.Dir, t plan.Target) string {
	text := strings.Join(append([]string{dir.Join(t.Path)}, t.Chain...), "^")
	switch {
	case t.All:
		return text + "^*"
	case len(t.Outputs) > 0:
		return text + "^" + strings.Join(t.Outputs, ",")
	}
	return text
}

// buildError gives a failed build the exit code that it asks for.
func buildError(err error) error {
	var failed *schedule.Error
	if asError(err, &failed) {
		return &diag.Error{Code: diag.BuildFailed, Msg: failed.Text, Status: failed.Code, Err: err}
	}
	return err
}

// installables evaluates the arguments to what is to be built: all of it in the
// value if no outputs are named.
func (e *evaluation) installables(args []string) (list []wanted, err error) {
	if len(args) == 0 && !e.call.Has(&pathStdinFlag) {
		args = []string{""}
	}
	err = e.Run(func(w *eval.Worker) {
		for _, arg := range args {
			if t, ok := e.storeArgument(w, arg); ok {
				e.head.add(t)
				list = append(list, wanted{target: t})
				continue
			}
			c, pos, outputs := e.installable(w, arg)
			if t, ok := e.singleTarget(w, c, pos, arg); ok {
				e.head.add(t)
				list = append(list, wanted{target: t})
				continue
			}
			list = append(list, e.packages(w, c, outputs)...)
		}
	})
	return list, err
}

// storeArgument recognises a path in the store, with outputs after ^, and without
// an expression whose attribute it could name also a link that leads there.
func (e *evaluation) storeArgument(w *eval.Worker, arg string) (t plan.Target, ok bool) {
	path, names, hasOutputs := strings.Cut(arg, "^")
	if !strings.HasPrefix(path, string(w.StoreDir)+"/") {
		if e.call.Has(&fileFlag) || e.call.Has(&newExprFlag) || !strings.Contains(path, "/") {
			return t, false
		}
		place, err := followLinks(w.StoreDir, path)
		if err != nil {
			return t, false
		}
		path = place
	}
	p, _, err := w.StoreDir.ParseInside(path)
	if err != nil {
		return t, false
	}
	t.Path = p
	if hasOutputs {
		w.Check(parseOutputs(&t, names))
	}
	return t, true
}

// packages finds the derivations in a value, with the outputs that are meant.
// Nix: each derivation comes once, in the order of paths (2.34).
func (e *evaluation) packages(w *eval.Worker, c *value.Value, outputs string) (list []wanted) {
	for _, p := range packages.Find(w, c, packages.Options{AutoArgs: e.autoArgs(w)}) {
		drv := p.DrvPath(w)
		if drv == "" {
			w.Fail(diag.New(diag.InvalidDerivation, "derivation does not contain a 'drvPath' attribute"))
		}
		t := plan.Target{Path: drv}
		if outputs != "" {
			w.Check(parseOutputs(&t, outputs))
		} else {
			t.Outputs = defaultOutputs(w, &p)
		}
		e.head.add(t)
		i, again := slices.BinarySearchFunc(list, drv, func(a wanted, drv storepath.Path) int { return cmp.Compare(a.target.Path, drv) })
		if again {
			t.Outputs = append(list[i].target.Outputs, t.Outputs...)
		} else {
			list = slices.Insert(list, i, wanted{target: t, program: programName(w, &p)})
		}
		slices.Sort(t.Outputs)
		list[i].target.Outputs = slices.Compact(t.Outputs)
	}
	return list
}

// defaultOutputs are the output that was selected, or those of
// meta.outputsToInstall, or all.
func defaultOutputs(w *eval.Worker, p *packages.Package) (names []string) {
	if a := p.Attrs.Get(symbol.OutputSpecified); a != nil && w.ForceBool(a.Val, a.Pos, eval.NoFrame) {
		return []string{p.OutputName(w)}
	}
	if c := p.MetaValue(w, "outputsToInstall"); c != nil {
		if v := c.Load(); v.Kind() == value.KindList && v.Len() > 0 {
			for _, x := range v.List() {
				names = append(names, w.ForceStringNoCtx(x, 0, eval.NoFrame))
			}
			return names
		}
	}
	for _, o := range p.Outputs(w, false) {
		names = append(names, o.Name)
	}
	if len(names) == 0 {
		return []string{"out"}
	}
	return names
}

// programName is what firn run starts: meta.mainProgram, pname, or the name
// without version.
func programName(w *eval.Worker, p *packages.Package) string {
	if s := p.MetaString(w, "mainProgram"); s != "" {
		return s
	}
	if a := p.Attrs.Get(pnameSymbol()); a != nil {
		return w.ForceStringNoCtx(a.Val, a.Pos, eval.NoFrame)
	}
	return nameWithoutVersion(p.Name)
}

// linkResults makes links to outputs that keep them from being collected:
// result, result-OUTPUT, and result-2 and so on for further derivations.
func (e *evaluation) linkResults(ctx context.Context, results []plan.Result, name string) error {
	for i, r := range results {
		base := name
		if i > 0 {
			base += "-" + itoa(i)
		}
		for _, o := range resultOutputs(r) {
			link := base
			if o.Name != "" && o.Name != "out" {
				link += "-" + o.Name
			}
			abs, err := filepath.Abs(link)
			if err != nil {
				return err
			}
			if err := e.keep(ctx, o.Path, abs); err != nil {
				return err
			}
		}
	}
	return nil
}

// resultOutputs are the outputs of a result, or its path.
func resultOutputs(r plan.Result) []plan.Output {
	if len(r.Outputs) == 0 && r.Path != "" {
		return []plan.Output{{Path: r.Path}}
	}
	return r.Outputs
}
