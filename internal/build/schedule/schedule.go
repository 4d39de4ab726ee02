// Package schedule carries out plans: it answers what a planner asks from a store and its substituters,
// does the work that the planner finds possible within the slots there are, and reports.
//
// One Scheduler serves any number of calls at once, which share its slots: an evaluation that needs
// something built and the command that builds the results, several clients of a daemon. Within a call the
// most urgent work starts first; work that is already under way for another call is not done twice,
// because whoever does it holds a lock.
//
// Without KeepGoing the first build that fails ends the call: what is under way is cancelled.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"firn/internal/activity"
	"firn/internal/build/history"
	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// A Realiser builds derivations whose inputs are valid.
type Realiser interface {
	// Realise builds. A *plan.BuildError says that the derivation is to blame.
	Realise(ctx context.Context, b plan.Build) (*plan.Outcome, error)
	// PostBuild tells the user's hook of a build.
	PostBuild(ctx context.Context, drv storepath.Path, outputs []storepath.Path) error
}

// A Substituter gets store objects from elsewhere.
type Substituter interface {
	// Offers tells which of the paths can be had, in any order. A path it is not called for cannot. An
	// error of one path is told with it; the error that Offers returns is of all.
	Offers(ctx context.Context, wanted []plan.FindOffer, found func(plan.FindOffer, *plan.Offer, error)) error
	// Realisation returns what an output is known to be elsewhere, nil if nobody knows.
	Realisation(ctx context.Context, id realisation.ID, legacy realisation.LegacyID) (*realisation.Realisation, error)
	// Substitute makes a path valid whose references are.
	Substitute(ctx context.Context, s plan.Substitute) error
}

// Store answers questions; it is the store that is built into.
type Store interface {
	store.Reader
	store.Validator
	store.ClosureReader
	AddTempRoots(ctx context.Context, paths ...storepath.Path) error
}

// Traces tell what outputs were built to.
type Traces interface {
	Realisation(ctx context.Context, id realisation.ID) (*realisation.Realisation, error)
	AddRealisations(ctx context.Context, rs []realisation.Realisation) error
}

// History remembers how builds went, for estimates. It is package history's, or nothing.
type History interface {
	Add(history.Record) error
	Estimate(name string) (history.Estimate, bool)
}

// Config are the choices of the person who builds.
type Config struct {
	MaxJobs                int // builds at once; with 0 nothing is built here
	MaxSubstitutionJobs    int // substitutions at once; 0 is 1
	KeepGoing              bool
	Fallback               bool
	Substitute             bool
	AlwaysAllowSubstitutes bool
	ContentAddressed       bool
}

// A Scheduler carries out plans for one store.
type Scheduler struct {
	store       Store
	evaluated   store.Reader // nil where derivations come from nowhere else
	traces      Traces       // nil where content-addressed derivations are not in use
	realiser    Realiser     // nil where nothing can be built
	substituter Substituter  // nil where there is none
	history     History      // nil where builds are not remembered
	config      Config
	recorder    *activity.Recorder
	// Derivations finds derivations that need not be read; it may be set before the first call.
	Derivations func(storepath.Path) *derivation.Derivation

	// begin, if set, is called when there turns out to be something to do.
	begin func()
	// beside, if set, runs while there is work, until its context ends.
	beside func(context.Context)

	builds, substitutions chan struct{} // slots: a value in the channel is one in use
}

// Parts are what a scheduler is made of; see the fields of Scheduler for what may be nil.
type Parts struct {
	Store       Store
	Evaluated   store.Reader
	Traces      Traces
	Realiser    Realiser
	Substituter Substituter
	History     History
	Activity    *activity.Recorder
	Begin       func()
	Beside      func(context.Context)
}

// New makes a scheduler.
func New(c Config, p Parts) *Scheduler {
	return &Scheduler{store: p.Store, evaluated: p.Evaluated, traces: p.Traces, realiser: p.Realiser, substituter: p.Substituter, history: p.History, config: c, recorder: p.Activity, begin: p.Begin, beside: p.Beside,
		builds: make(chan struct{}, max(1, c.MaxJobs)), substitutions: make(chan struct{}, max(1, c.MaxSubstitutionJobs))}
}

func (s *Scheduler) settings() plan.Settings {
	return plan.Settings{
		Dir: s.store.Dir(), Substitute: s.config.Substitute && s.substituter != nil,
		AlwaysAllowSubstitutes: s.config.AlwaysAllowSubstitutes, Fallback: s.config.Fallback,
		ContentAddressed: s.config.ContentAddressed && s.traces != nil,
		Estimate:         s.estimate,
		Sequential:       s.config.MaxJobs <= 1,
	}
}

func (s *Scheduler) estimate(name string) time.Duration {
	if s.history == nil {
		return 0
	}
	e, _ := s.history.Estimate(name)
	return e.Duration
}

// remember records a build that was carried out to its end, good or bad.
func (s *Scheduler) remember(b plan.Build, out *plan.Outcome, err error) {
	var failure *plan.BuildError
	if s.history == nil || err != nil && !errors.As(err, &failure) || err == nil && out.Found {
		return
	}
	r := history.Record{Name: b.Derivation.Name, System: b.Derivation.System, Drv: string(b.Drv)}
	if b.Resolved {
		r.Drv = string(b.From) // the derivation that people know
	}
	if failure != nil {
		r.Failure, r.Start = int(failure.Status), time.Now()
	} else {
		r.Start, r.Duration = out.Start, history.Seconds(out.Stop.Sub(out.Start))
		r.User, r.Kernel, r.MaxRSS = history.Seconds(out.User), history.Seconds(out.System), out.MaxRSS
		r.PeakMemory, r.Read, r.Written = out.PeakMemory, out.ReadBytes, out.WrittenBytes
	}
	if err := s.history.Add(r); err != nil {
		s.recorder.Say(activity.Debug, "cannot remember the build of '"+s.store.Dir().Join(b.Drv)+"': "+err.Error())
	}
}

// An Error says that not all targets exist. What the failures were has been reported, but for the one
// failure that the text repeats if it is the only one.
type Error struct {
	Text string
	// Code is what a command exits with.
	Code int
	// Failure is the only target's, nil if there are several.
	Failure *plan.Failure
	// Failed are the targets that do not exist.
	Failed []plan.Target
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error {
	if e.Failure == nil {
		return nil
	}
	return e.Failure
}

// Realise makes targets exist. The results are in the order of the targets; they are there beside an
// *Error too, which means that some targets do not exist. Other errors are of the machine.
func (s *Scheduler) Realise(ctx context.Context, targets []plan.Target) ([]plan.Result, error) {
	defer s.startBeside(ctx)()
	c := newCall(ctx, s, s.settings(), targets)
	defer c.cancel(nil)
	return c.end(targets, 0, errors.Join(c.loop(), c.waitHooks()))
}

// end gathers the results of targets, the first of which the planner has under the number first.
func (c *call) end(targets []plan.Target, first int, err error) ([]plan.Result, error) {
	results := make([]plan.Result, len(targets))
	for i := range targets {
		results[i] = c.planner.Result(first + i)
	}
	if err != nil {
		return results, err
	}
	return results, c.verdict(targets, results)
}

// startBeside begins what runs beside the work, and returns what ends it.
func (s *Scheduler) startBeside(ctx context.Context) (stop func()) {
	if s.beside == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { s.beside(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// Rehearse finds out what Realise would do.
func (s *Scheduler) Rehearse(ctx context.Context, targets []plan.Target) (*plan.Summary, error) {
	sum, _, err := s.Foresee(ctx, targets)
	return sum, err
}

// Foresee is Rehearse and tells what targets would come to, too. Paths of
// outputs are empty if they become known only when something is built.
func (s *Scheduler) Foresee(ctx context.Context, targets []plan.Target) (*plan.Summary, []plan.Result, error) {
	set := s.settings()
	set.Assume = true
	c := newCall(ctx, s, set, targets)
	defer c.cancel(nil)
	sum := &plan.Summary{}
	defer s.recorder.Start(activity.Unknown, activity.Debug, "querying info about missing paths").Stop()
	for {
		err := c.answerAll()
		for c.running > 0 { // substituters are asked
			c.wait()
			err = errors.Join(err, c.answerAll())
		}
		if err = errors.Join(err, c.broken); err != nil {
			return nil, nil, err
		}
		work := c.planner.Work()
		if len(work) == 0 {
			break
		}
		for _, step := range work {
			sum.Add(step)
			switch step := step.(type) {
			case plan.Build:
				outputs := map[string]storepath.Path{}
				for _, o := range step.Derivation.Outputs {
					outputs[o.Name] = o.Path
				}
				c.planner.Built(step.Drv, step.Mode, outputs, false, nil)
			case plan.Substitute:
				c.planner.Substituted(step.Path, nil)
			}
		}
	}
	results := make([]plan.Result, len(targets))
	for i, t := range targets {
		r := c.planner.Result(i)
		results[i] = r
		if r.Err == nil {
			continue
		}
		if !r.Err.Missing {
			return nil, nil, r.Err
		}
		sum.Unknown = append(sum.Unknown, t.Path)
	}
	return sum, results, nil
}

// verdict words the failure of a call.
func (c *call) verdict(targets []plan.Target, results []plan.Result) error {
	var failed []plan.Target
	var first *plan.Failure
	for i, r := range results {
		if r.Err == nil {
			continue
		}
		failed = append(failed, targets[i])
		if first == nil {
			first = r.Err
		} else {
			c.s.recorder.Fail(r.Err)
		}
	}
	code := plan.ExitCode(c.statuses)
	switch {
	case len(failed) == 0 && c.planner.Done():
		return nil
	case len(failed) == 0:
		return fmt.Errorf("these cannot be realised, because they need each other: %s", c.names(targets, results))
	case len(failed) == 1:
		return &Error{Text: first.Error(), Code: code, Failure: first, Failed: failed}
	}
	c.s.recorder.Fail(first)
	return &Error{Text: FailureText(failed, func(t plan.Target) string { return c.s.store.Dir().Join(t.Path) }), Code: code, Failed: failed}
}

// FailureText says that targets, spelled as name has it, do not exist.
func FailureText(failed []plan.Target, name func(plan.Target) string) string {
	names := make([]string, len(failed))
	for i, t := range failed {
		names[i] = "'" + name(t) + "'"
	}
	slices.Sort(names)
	return "build of " + strings.Join(slices.Compact(names), ", ") + " failed"
}

// names lists the targets that are not decided.
func (c *call) names(targets []plan.Target, results []plan.Result) string {
	var list []string
	for i, t := range targets {
		if !results[i].Decided {
			list = append(list, "'"+c.s.store.Dir().Join(t.Path)+"'")
		}
	}
	return strings.Join(list, ", ")
}
