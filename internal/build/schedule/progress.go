package schedule

import (
	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/format/storepath"
)

// progress tells how many builds there are and how far they got.
type progress struct {
	all, builds *activity.Activity
	last        activity.Progress
}

func (s *Scheduler) newProgress() *progress {
	all := s.recorder.Start(activity.Realise, activity.Debug, "")
	return &progress{all: all, builds: all.Start(activity.Builds, activity.Debug, "")}
}

func (p *progress) show(c *call) {
	if p == nil || p.builds == nil {
		return
	}
	dir := c.s.store.Dir()
	for _, change := range c.planner.Changes() {
		p.builds.Report(ahead(dir, change))
	}
	known, done := c.planner.Builds()
	now := activity.Progress{Done: uint64(done), Expected: uint64(known), Running: uint64(min(c.running, known-done)), Failed: uint64(len(c.statuses))}
	if now != p.last {
		p.last = now
		p.builds.Report(now)
	}
}

// ahead is a change with full paths.
func ahead(dir storepath.Dir, c plan.Change) activity.Ahead {
	a := activity.Ahead{Drv: dir.Join(c.Drv), Estimate: c.Estimate, Over: c.Over}
	if c.From != "" {
		a.For = dir.Join(c.From)
	}
	for _, n := range c.Needs {
		a.Needs = append(a.Needs, dir.Join(n))
	}
	return a
}

func (p *progress) stop() {
	if p != nil {
		p.builds.Stop()
		p.all.Stop()
	}
}
