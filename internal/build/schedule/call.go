package schedule

import (
	"context"
	"errors"
	"slices"
	"sync"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/format/storepath"
)

// call is one Realise under way. Its planner belongs to the goroutine of loop; what other goroutines
// find out they send there as functions.
type call struct {
	s       *Scheduler
	parent  context.Context // as the caller gave it
	ctx     context.Context // ends with the call, too
	cancel  context.CancelCauseFunc
	planner *plan.Planner

	done    chan func()      // ends of asks and of work
	early   chan plan.Target // what is wanted besides the targets of the beginning
	running int
	now     struct{ builds, fetches int } // of running, what takes a slot
	builds  []plan.Build                  // waiting for a slot, the most urgent first
	fetches []plan.Substitute
	given   bool // a build failed and nothing new is begun
	broken  error

	statuses []plan.Status
	progress *progress

	hooks   sync.WaitGroup
	hookMu  sync.Mutex
	hookErr error
}

var errStopped = errors.New("another build failed")

func newCall(ctx context.Context, s *Scheduler, set plan.Settings, targets []plan.Target) *call {
	c := &call{s: s, parent: ctx, planner: plan.New(set), done: make(chan func()), early: make(chan plan.Target)}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	for _, t := range targets {
		c.planner.Want(t)
	}
	return c
}

// loop goes on until everything is decided or nothing can be done.
func (c *call) loop() error {
	defer func() { c.progress.stop(c) }()
	for {
		if err := c.step(); err != nil {
			c.stop(err)
		}
		if c.running == 0 && len(c.builds)+len(c.fetches) == 0 {
			break
		}
		c.progress.show(c)
		c.wait()
	}
	if c.broken != nil && !errors.Is(c.broken, errStopped) {
		return c.broken
	}
	if c.given {
		c.planner.Abandon()
		c.reportNew()
	}
	return nil
}

// step answers questions and queues work.
func (c *call) step() error {
	if c.broken != nil {
		return nil
	}
	if err := c.answerAll(); err != nil {
		return err
	}
	c.reportNew()
	if c.hookFailed() && !c.s.config.KeepGoing {
		c.given = true
		c.stop(errStopped)
	}
	if c.broken != nil {
		return nil
	}
	c.tellResolved()
	for _, step := range c.planner.Work() {
		switch step := step.(type) {
		case plan.Build:
			if err := c.s.refuse(step); err != nil {
				c.built(step, nil, err)
				continue
			}
			at, _ := slices.BinarySearchFunc(c.builds, step, plan.Build.Compare)
			c.builds = slices.Insert(c.builds, at, step)
		case plan.Substitute:
			c.fetches = append(c.fetches, step)
		}
	}
	if len(c.builds)+len(c.fetches) > 0 && c.progress == nil {
		if c.s.begin != nil {
			c.s.begin()
		}
		c.progress = c.s.newProgress()
	}
	return nil
}

// tellResolved says which derivations stand for others.
func (c *call) tellResolved() {
	dir := c.s.store.Dir()
	for _, r := range c.planner.Resolutions() {
		c.s.recorder.Say(activity.Info, "resolved derivation: '"+dir.Join(r.Drv)+"' -> '"+dir.Join(r.Resolved)+"'...")
	}
}

// refuse says why nothing is built here.
func (s *Scheduler) refuse(b plan.Build) error {
	if s.realiser != nil && s.config.MaxJobs > 0 {
		return nil
	}
	drv := s.store.Dir().Join(b.Drv)
	if s.realiser == nil {
		return plan.Failf(plan.InputRejected, "Unable to build '%s' with a primary store that isn't a local store; "+
			"either pass a different '--store' or enable remote builds.", drv)
	}
	return plan.Failf(plan.InputRejected, "Cannot build '%s'.\nReason: local builds are disabled (max-jobs = 0)"+
		"\nHint: set 'max-jobs' to a non-zero value to enable local builds, or configure remote builders via 'builders'", drv)
}

// wait begins one piece of work, or takes the end of one.
func (c *call) wait() {
	var build, fetch chan<- struct{}
	if len(c.builds) > 0 {
		build = c.s.builds
	}
	if len(c.fetches) > 0 {
		fetch = c.s.substitutions
	}
	select {
	case build <- struct{}{}:
		b := c.builds[0]
		c.builds = c.builds[1:]
		c.begin(c.slotted(&c.now.builds, c.s.builds, func() func() { return c.build(b) }))
	case fetch <- struct{}{}:
		f := c.fetches[0]
		c.fetches = c.fetches[1:]
		c.begin(c.slotted(&c.now.fetches, c.s.substitutions, func() func() { return c.substitute(f) }))
	case end := <-c.done:
		c.running--
		end()
	case t := <-c.early:
		c.planner.Want(t)
	case <-c.ctx.Done():
		if c.running == 0 {
			c.stop(context.Cause(c.ctx))
			return
		}
		end := <-c.done
		c.running--
		end()
		c.stop(context.Cause(c.ctx))
	}
}

// begin runs work in a goroutine.
func (c *call) begin(work func() func()) {
	c.running++
	go func() { c.done <- work() }()
}

// slotted is work that takes a slot and is counted. The slot is given back when loop learns of the end, not before:
// what happened may mean that nothing more is to be begun.
func (c *call) slotted(count *int, slot <-chan struct{}, work func() func()) func() func() {
	*count++
	return func() func() {
		end := work()
		return func() {
			<-slot
			*count--
			end()
		}
	}
}

// stop begins nothing more and cancels what is under way.
func (c *call) stop(err error) {
	if c.broken != nil {
		return
	}
	c.broken = err
	c.builds, c.fetches = nil, nil
	c.cancel(err)
}

// build does one build and returns what is to be told to the planner.
func (c *call) build(b plan.Build) func() {
	out, err := c.s.realiser.Realise(c.ctx, b)
	c.s.remember(b, out, err)
	if err == nil && !out.Found && b.Mode != plan.Check || err == nil && b.Mode == plan.Check {
		c.hooks.Go(func() { c.postBuild(b.Drv, out.Paths()) })
	}
	return func() { c.built(b, out, err) }
}

func (c *call) built(b plan.Build, out *plan.Outcome, err error) {
	if c.broken != nil {
		return // the failure is that of another
	}
	var failure *plan.BuildError
	switch {
	case err == nil:
		c.planner.Built(b.Drv, b.Mode, out.Outputs, out.Found, nil)
		return
	case errors.As(err, &failure):
		c.statuses = append(c.statuses, failure.Status)
	case c.ctx.Err() != nil:
		c.stop(context.Cause(c.ctx))
		return
	}
	c.planner.Built(b.Drv, b.Mode, nil, false, err)
	if !c.s.config.KeepGoing {
		c.given = true
		c.reportNew()
		c.stop(errStopped)
	}
}

// postBuild runs the hook beside further builds.
func (c *call) postBuild(drv storepath.Path, outputs []storepath.Path) {
	if err := c.s.realiser.PostBuild(c.parent, drv, outputs); err != nil {
		c.hookMu.Lock()
		defer c.hookMu.Unlock()
		c.hookErr = errors.Join(c.hookErr, err)
	}
}

// hookFailed tells whether a hook has failed so far.
func (c *call) hookFailed() bool {
	c.hookMu.Lock()
	defer c.hookMu.Unlock()
	return c.hookErr != nil
}

func (c *call) waitHooks() error {
	c.hooks.Wait()
	return c.hookErr
}

func (c *call) substitute(f plan.Substitute) func() {
	err := c.s.substituter.Substitute(c.ctx, f)
	return func() {
		switch {
		case c.broken != nil:
		case err != nil && c.ctx.Err() != nil:
			c.stop(context.Cause(c.ctx))
		default:
			c.planner.Substituted(f.Path, err)
		}
	}
}

// reportNew reports failures as they happen, but for those of targets, which the caller gets.
func (c *call) reportNew() {
	for _, f := range c.planner.Failures() {
		if !c.isTarget(f) {
			c.s.recorder.Fail(f)
		}
	}
}

func (c *call) isTarget(f *plan.Failure) bool {
	for i := 0; ; i++ {
		r, ok := c.planner.ResultOf(i)
		if !ok {
			return false
		}
		if r.Err == f {
			return true
		}
	}
}
