package schedule

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"firn/internal/build/plan"
)

func TestRealiseWhile(t *testing.T) {
	target := func(p *parts, name string, inputs ...string) plan.Target {
		return plan.Target{Path: p.drv(name, inputs...), All: true}
	}
	for _, c := range []struct {
		name   string
		config Config
		find   func(p *parts, begin func(plan.Target)) ([]plan.Target, error)
		log    string
		said   string
		err    string
		ok     int // results without an error
	}{
		{name: "begins early", log: "b a found c", ok: 2,
			find: func(p *parts, begin func(plan.Target)) ([]plan.Target, error) {
				a := target(p, "a", "b")
				target(p, "b")
				begin(a)
				time.Sleep(time.Minute)
				p.logf("found")
				return []plan.Target{target(p, "c"), a}, nil
			}},
		{name: "early failure", log: "a fails found", err: "failed",
			find: func(p *parts, begin func(plan.Target)) ([]plan.Target, error) {
				p.broken["a"] = failure(plan.PermanentFailure)
				a := target(p, "a")
				begin(a)
				time.Sleep(time.Minute)
				begin(a) // nobody takes it any more
				p.logf("found")
				return []plan.Target{a, target(p, "c")}, nil
			}},
		{name: "early failure, keep going", config: Config{KeepGoing: true}, log: "a fails found c", err: "failed", ok: 1,
			find: func(p *parts, begin func(plan.Target)) ([]plan.Target, error) {
				p.broken["a"] = failure(plan.PermanentFailure)
				a := target(p, "a")
				begin(a)
				time.Sleep(time.Minute)
				p.logf("found")
				return []plan.Target{a, target(p, "c")}, nil
			}},
		{name: "nothing found", log: "a cancelled", err: "no such attribute",
			find: func(p *parts, begin func(plan.Target)) ([]plan.Target, error) {
				begin(target(p, "a"))
				time.Sleep(time.Second)
				return nil, errors.New("no such attribute")
			}},
		{name: "failure and nothing found", log: "a fails", err: "no such attribute", said: "failed",
			find: func(p *parts, begin func(plan.Target)) ([]plan.Target, error) {
				p.broken["a"] = failure(plan.PermanentFailure)
				begin(target(p, "a"))
				time.Sleep(time.Minute)
				return nil, errors.New("no such attribute")
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newParts(t)
				c.config.MaxJobs = 1
				results, err := p.scheduler(c.config).RealiseWhile(context.Background(), func(begin func(plan.Target)) ([]plan.Target, error) {
					return c.find(p, begin)
				})
				if got := strings.Join(p.log, " "); got != c.log {
					t.Errorf("did %q, want %q", got, c.log)
				}
				if got := strings.Join(p.said, "|"); got != c.said {
					t.Errorf("said %q, want %q", got, c.said)
				}
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				ok := 0
				for _, r := range results {
					if r.Decided && r.Err == nil {
						ok++
					}
				}
				if ok != c.ok {
					t.Errorf("%d results, want %d", ok, c.ok)
				}
			})
		})
	}
}

// What runs beside the work begins with it and is gone when it ends, whichever way it was asked for.
func TestBeside(t *testing.T) {
	for name, realise := range map[string]func(*Scheduler, plan.Target) error{
		"all at once": func(s *Scheduler, target plan.Target) error {
			_, err := s.Realise(t.Context(), []plan.Target{target})
			return err
		},
		"while finding": func(s *Scheduler, target plan.Target) error {
			_, err := s.RealiseWhile(t.Context(), func(func(plan.Target)) ([]plan.Target, error) { return []plan.Target{target}, nil })
			return err
		},
	} {
		began, ended := false, false
		p := newParts(t)
		s := p.scheduler(Config{MaxJobs: 1})
		target := plan.Target{Path: p.drv("a"), All: true}
		s.beside = func(ctx context.Context) {
			began = true
			<-ctx.Done()
			ended = true
		}
		if err := realise(s, target); err != nil || !began || !ended {
			t.Errorf("%s: began %v, ended %v, %v", name, began, ended, err)
		}
	}
}
