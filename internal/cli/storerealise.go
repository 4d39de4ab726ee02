package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/store/local"
)

// realise is --realise.
func (s *storeCall) realise(ctx context.Context) error {
	mode := plan.Normal
	switch s.Last(&storeCheckFlag, &storeRepairFlag) {
	case &storeCheckFlag:
		mode = plan.Check
	case &storeRepairFlag:
		mode = plan.Repair
	}
	var targets []plan.Target
	for _, arg := range s.Args {
		t, err := s.target(arg)
		if err != nil {
			return err
		}
		targets = append(targets, t)
	}
	if s.Config.General.PrintMissing || s.Has(&storeDryRunFlag) || s.Has(&storeIgnoreUnknownFlag) {
		sched, err := s.scheduler()
		if err != nil {
			return err
		}
		missing, err := sched.Rehearse(ctx, targets)
		if err != nil {
			return buildError(err)
		}
		if s.Has(&storeIgnoreUnknownFlag) {
			targets = slices.DeleteFunc(targets, func(t plan.Target) bool { return slices.Contains(missing.Unknown, t.Path) })
			missing.Unknown = nil
		}
		s.Call.printMissing(missing, s.store.Dir(), activity.Info)
	}
	if s.Has(&storeDryRunFlag) {
		return nil
	}
	for i := range targets {
		targets[i].Mode = mode
	}
	results, err := s.realiseAll(ctx, targets...)
	if err != nil {
		return err
	}
	if s.Has(&storeIgnoreUnknownFlag) {
		return nil
	}
	for i := range results {
		if err := s.showResult(ctx, targets[i], results[i]); err != nil {
			return err
		}
	}
	return nil
}

// target is PATH or DERIVATION!OUTPUTS.
func (s *storeCall) target(arg string) (plan.Target, error) {
	var outputs []string
	if i := strings.LastIndexByte(arg, '!'); i >= 0 {
		arg, outputs = arg[:i], strings.FieldsFunc(arg[i+1:], func(r rune) bool { return r == ',' })
	}
	p, err := s.path(arg)
	if err != nil {
		return plan.Target{}, err
	}
	return plan.Target{Path: p, Outputs: outputs, All: p.IsDerivation() && len(outputs) == 0}, nil
}

// showResult makes the roots of what was realised and prints what it is called.
func (s *storeCall) showResult(ctx context.Context, t plan.Target, r plan.Result) error {
	s.roots++
	outputs := []plan.Output{{Name: "out", Path: t.Path}}
	if t.Path.IsDerivation() {
		outputs = r.Outputs
	}
	var shown []string
	for _, o := range outputs {
		name, err := s.rootOf(ctx, s.store, o, s.roots)
		if err != nil {
			return err
		}
		shown = append(shown, name)
	}
	slices.Sort(shown)
	if !s.Has(&storeNoOutputFlag) {
		for _, name := range slices.Compact(shown) {
			s.line(name)
		}
	}
	return nil
}

// rootOf makes the link that --add-root asks for, the n-th from 1, to an output.
// It returns the link's name, or the output's path if there is to be none.
func (c *Call) rootOf(ctx context.Context, st *local.Store, o plan.Output, n int) (string, error) {
	root, ok := c.Value(&addRootFlag)
	if !ok {
		c.warnRoot()
		return st.Dir().Join(o.Path), nil
	}
	link, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	if n > 1 {
		link += "-" + itoa(n)
	}
	if o.Name != "out" {
		link += "-" + o.Name
	}
	return st.AddPermRoot(ctx, o.Path, link)
}

// warnRoot warns, once, that a result has no root.
func (c *Call) warnRoot() {
	if c.rootWarned || c.Has(&noGCWarningFlag) {
		return
	}
	c.rootWarned = true
	c.Log.Warn(diag.Msgf("you did not specify '%s'; the result might be removed by the garbage collector", "--add-root"))
}

// printMissing tells what is going to be built and fetched.
func (c *Call) printMissing(m *plan.Summary, dir storepath.Dir, level activity.Level) {
	for line := range strings.Lines(m.Text(dir)) {
		c.Log.Say(level, strings.TrimSuffix(line, "\n"))
	}
}

// realiseAll makes targets exist.
func (s *storeCall) realiseAll(ctx context.Context, targets ...plan.Target) ([]plan.Result, error) {
	sched, err := s.scheduler()
	if err != nil {
		return nil, err
	}
	results, err := sched.Realise(ctx, targets)
	if err != nil {
		return nil, buildError(err)
	}
	return results, nil
}

// repair makes a path anew.
func (s *storeCall) repair(ctx context.Context, p storepath.Path) error {
	_, err := s.realiseAll(ctx, plan.Target{Path: p, Mode: plan.Repair})
	return err
}
