package wiring

import (
	"context"
	"fmt"
	"strings"

	"firn/internal/build/plan"
	"firn/internal/build/schedule"
	"firn/internal/config"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/value"
	"firn/internal/store/local"
	"firn/internal/world"
)

// NewScheduler connects what carries out builds in a store.
func NewScheduler(v *config.Values, m *Machine, st *local.Store) (*schedule.Scheduler, error) {
	r := newRealiser(v, m, st)
	for _, file := range v.Substitute.SecretKeyFiles {
		key, err := ReadSecretKey(file)
		if err != nil {
			return nil, err
		}
		r.Config.Keys = append(r.Config.Keys, key)
	}
	parts := schedule.Parts{Store: intactStore{st}, Realiser: r, Activity: m.Recorder}
	substituters, err := newSubstituters(v, m, st, v.General.Store)
	if err != nil {
		return nil, err
	}
	if substituters != nil {
		parts.Substituter = substituters
	}
	ca := v.General.ExperimentalFeatures.Has(config.CADerivations)
	if ca {
		r.Traces, parts.Traces = st, st
	}
	return schedule.New(schedule.Config{
		MaxJobs: int(v.Build.MaxJobs), MaxSubstitutionJobs: int(v.Substitute.MaxJobs), KeepGoing: v.Build.KeepGoing,
		Fallback: v.Substitute.Fallback, Substitute: v.Substitute.Use, AlwaysAllowSubstitutes: v.Substitute.Always, ContentAddressed: ca,
	}, parts), nil
}

// intactStore adds to a store the check of an object's bytes.
type intactStore struct{ *local.Store }

// Intact implements [schedule.Store].
func (s intactStore) Intact(ctx context.Context, p storepath.Path) (bool, error) {
	info, err := s.PathInfo(ctx, p)
	if err != nil {
		return false, err
	}
	h := nixhash.NewWriter(info.NARHash.Algo())
	if err := s.WriteNAR(ctx, p, h); err != nil {
		return false, nil // what can't be read is not intact
	}
	return h.Sum() == info.NARHash, nil
}

// Realiser returns how an evaluation builds what it needs.
func Realiser(s *schedule.Scheduler) world.Realiser {
	return func(ctx context.Context, wanted []value.Elem) ([]storepath.Path, error) {
		targets := make([]plan.Target, len(wanted))
		for i, e := range wanted {
			targets[i] = target(e)
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
		return paths, nil
	}
}

// target is an element of a context as something to be realised.
func target(e value.Elem) plan.Target {
	names := strings.Split(e.Outputs, "!")
	last := len(names) - 1
	return plan.Target{Path: e.Path, Chain: names[:last], Outputs: names[last:]}
}
