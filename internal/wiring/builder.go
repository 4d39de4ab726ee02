package wiring

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"firn/internal/build/history"
	"firn/internal/build/plan"
	"firn/internal/build/schedule"
	"firn/internal/config"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/lang/value"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/world"
)

// NewScheduler connects what carries out builds in a store. Derivations and what
// they are made from may come from the store of the evaluation, nil for none.
func NewScheduler(v *config.Values, m *Machine, st store.Store, evaluated store.Reader) (*schedule.Scheduler, error) {
	parts := schedule.Parts{Store: schedulable{st}, Evaluated: evaluated, Activity: m.Recorder}
	c := scheduleConfig(v)
	l, ok := st.(*local.Store)
	if !ok { // nothing is built or fetched there
		if traces, ok := st.(store.Traces); ok {
			parts.Traces = traces
		}
		return schedule.New(c, parts), nil
	}
	parts.Store = l
	r := newRealiser(v, m, l)
	for _, file := range v.Substitute.SecretKeyFiles {
		key, err := ReadSecretKey(file)
		if err != nil {
			return nil, err
		}
		r.Config.Keys = append(r.Config.Keys, key)
	}
	parts.Realiser, parts.History, parts.Begin = r, History(l), longWork
	if v.GC.MinFree > 0 {
		parts.Beside = l.KeepSpace
	}
	substituters, err := newSubstituters(v, m, l, v.General.Store)
	if err != nil {
		return nil, err
	}
	if substituters != nil {
		parts.Substituter = substituters
	}
	if c.ContentAddressed {
		r.Traces, parts.Traces = l, l
	}
	return schedule.New(c, parts), nil
}

func scheduleConfig(v *config.Values) schedule.Config {
	return schedule.Config{
		MaxJobs: int(v.Build.MaxJobs), MaxSubstitutionJobs: int(v.Substitute.MaxJobs), KeepGoing: v.Build.KeepGoing,
		Fallback: v.Substitute.Fallback, Substitute: v.Substitute.Use, AlwaysAllowSubstitutes: v.Substitute.Always,
		ContentAddressed: v.General.ExperimentalFeatures.Has(config.CADerivations),
	}
}

// History is the record of the builds in a store.
func History(st *local.Store) *history.History {
	return history.Open(filepath.Join(st.StateDir(), "firn", "builds"))
}

// schedulable is a store that is asked about one path at a time and does not
// collect, such as a binary cache, as a scheduler asks.
type schedulable struct{ store.Store }

// ValidPaths implements [schedule.Store].
func (s schedulable) ValidPaths(ctx context.Context, paths []storepath.Path) ([]storepath.Path, error) {
	return store.ValidPaths(ctx, s.Store, paths)
}

// AddTempRoots implements [schedule.Store].
func (schedulable) AddTempRoots(context.Context, ...storepath.Path) error { return nil }

// Closure implements [schedule.Store].
func (s schedulable) Closure(ctx context.Context, roots []storepath.Path) ([]*pathinfo.Info, error) {
	return store.Closure(ctx, s.Store, roots...)
}

// Realiser returns how an evaluation builds what it needs. What is built is
// copied to the store of the evaluation unless that is nil, for the same store.
func Realiser(s *schedule.Scheduler, built store.Reader, evaluated store.Destination) world.Realiser {
	return func(ctx context.Context, wanted []value.Elem) ([]storepath.Path, error) {
		targets := make([]plan.Target, len(wanted))
		for i, e := range wanted {
			targets[i] = Target(e)
		}
		results, err := s.Realise(ctx, targets)
		if err != nil {
			return nil, err
		}
		paths := make([]storepath.Path, len(wanted))
		for i, r := range results {
			if len(r.Outputs) != 1 {
				return nil, fmt.Errorf("output '%s' of '%s' was not built", wanted[i].Outputs, wanted[i].Path)
			}
			paths[i] = r.Outputs[0].Path
		}
		if evaluated == nil {
			return paths, nil
		}
		infos, err := store.Closure(ctx, built, paths...)
		if err != nil {
			return nil, err
		}
		return paths, store.Copy(ctx, built, evaluated, infos, store.CopyOptions{Unsigned: true})
	}
}

// Target is an element of a context as something to be realised.
func Target(e value.Elem) plan.Target {
	names := strings.Split(e.Outputs, "!")
	last := len(names) - 1
	return plan.Target{Path: e.Path, Chain: names[:last], Outputs: names[last:]}
}
