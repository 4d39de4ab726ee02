package schedule

import (
	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/format/storepath"
)

// progress tells how many builds and substitutions there are and how far they got. The activities, and what is reported
// of them, are those of Nix, on which tools rely.
type progress struct {
	all, builds, fetches *activity.Activity
	last                 figures
}

type figures struct {
	builds, fetches activity.Progress
	download, nar   uint64 // bytes
}

func (s *Scheduler) newProgress() *progress {
	start := func(k activity.Kind) *activity.Activity { return s.recorder.Start(k, activity.Error, "") }
	return &progress{all: start(activity.Realise), builds: start(activity.Builds), fetches: start(activity.CopyPaths)}
}

// show reports what has changed.
func (p *progress) show(c *call) {
	if p == nil || p.builds == nil {
		return
	}
	dir := c.s.store.Dir()
	for _, change := range c.planner.Changes() {
		p.builds.Report(ahead(dir, change))
	}
	now := c.figures()
	if now.builds != p.last.builds {
		p.builds.Report(now.builds)
	}
	if now.fetches != p.last.fetches {
		p.fetches.Report(now.fetches)
	}
	if now.download != p.last.download {
		p.all.Report(activity.Expected{Kind: activity.FileTransfer, Amount: now.download})
	}
	if now.nar != p.last.nar {
		p.all.Report(activity.Expected{Kind: activity.CopyPath, Amount: now.nar})
	}
	p.last = now
}

func (c *call) figures() figures {
	known, built := c.planner.Builds()
	f := c.planner.Fetches()
	return figures{
		builds:   activity.Progress{Done: uint64(built), Expected: uint64(known), Running: uint64(c.now.builds), Failed: uint64(len(c.statuses))},
		fetches:  activity.Progress{Done: uint64(f.Done), Expected: uint64(f.Known), Running: uint64(c.now.fetches), Failed: uint64(f.Failed)},
		download: f.DownloadSize, nar: f.NARSize,
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

func (p *progress) stop(c *call) {
	if p == nil {
		return
	}
	p.show(c)
	p.fetches.Stop()
	p.builds.Stop()
	p.all.Stop()
}
