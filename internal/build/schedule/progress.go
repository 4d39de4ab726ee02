package schedule

import "firn/internal/activity"

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
	known, done := c.planner.Builds()
	now := activity.Progress{Done: uint64(done), Expected: uint64(known), Running: uint64(min(c.running, known-done)), Failed: uint64(len(c.statuses))}
	if now != p.last {
		p.last = now
		p.builds.Report(now)
	}
}

func (p *progress) stop() {
	if p != nil {
		p.builds.Stop()
		p.all.Stop()
	}
}
