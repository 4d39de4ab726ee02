package schedule

import (
	"context"
	"errors"

	"firn/internal/build/plan"
)

// RealiseWhile is Realise for targets that are still being found out, by an evaluation above all. find runs in a
// goroutine of its own; what it calls begin with is realised from then on. In the end it returns all targets, those
// that have begun among them, and the results are those of these. Its error ends everything.
func (s *Scheduler) RealiseWhile(ctx context.Context, find func(begin func(plan.Target)) ([]plan.Target, error)) ([]plan.Result, error) {
	defer s.startBeside(ctx)()
	c := newCall(ctx, s, s.settings(), nil)
	defer c.cancel(nil)
	var targets []plan.Target
	var notFound error
	begun := 0
	c.begin(func() func() {
		list, err := find(c.beginEarly)
		return func() {
			if targets, notFound = list, err; err != nil {
				c.stop(err)
				return
			}
			begun = c.planner.Targets()
			for _, t := range list {
				c.planner.Want(t)
			}
		}
	})
	err := errors.Join(c.loop(), c.waitHooks())
	if notFound != nil {
		c.tellFailures()
		return nil, notFound
	}
	return c.end(targets, begun, err)
}

// beginEarly hands a target to the loop.
func (c *call) beginEarly(t plan.Target) {
	select {
	case c.early <- t:
	case <-c.ctx.Done():
	}
}

// tellFailures reports the failures of targets, which nobody is going to ask for.
func (c *call) tellFailures() {
	for i := range c.planner.Targets() {
		if r := c.planner.Result(i); r.Err != nil {
			c.s.recorder.Fail(r.Err)
		}
	}
}
