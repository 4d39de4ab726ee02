package schedule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"firn/internal/activity"
	"firn/internal/build/history"
	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
)

const dir = storepath.Default

// parts plays a store, a realiser and a substituter that take time and do nothing else.
type parts struct {
	t    *testing.T
	mu   sync.Mutex
	drvs map[storepath.Path]*derivation.Derivation

	valid   map[storepath.Path]bool
	offers  map[storepath.Path]*plan.Offer
	broken  map[string]error // by name of derivation or path
	log     []string
	said    []string
	now     atomic.Int64
	most    int64
	hookErr error
	text    string // a directory with the derivations' files
}

func newParts(t *testing.T) *parts {
	return &parts{t: t, drvs: map[storepath.Path]*derivation.Derivation{}, valid: map[storepath.Path]bool{},
		offers: map[storepath.Path]*plan.Offer{}, broken: map[string]error{}, text: t.TempDir()}
}

func path(name string) storepath.Path {
	return storepath.Path(nixhash.Sum(nixhash.SHA256, []byte(name)).Nix32()[:32] + "-" + name)
}

func (p *parts) drv(name string, inputs ...string) storepath.Path {
	d := &derivation.Derivation{Name: name, System: "any", Builder: "/bin/sh",
		Outputs: []derivation.Output{{Name: "out", Kind: derivation.InputAddressed, Path: path(name)}}}
	for _, in := range inputs {
		d.InputDrvs = append(d.InputDrvs, derivation.InputDrv{Path: path(in + ".drv"), InputNode: derivation.InputNode{Outputs: []string{"out"}}})
	}
	slices.SortFunc(d.InputDrvs, func(a, b derivation.InputDrv) int { return strings.Compare(string(a.Path), string(b.Path)) })
	drv := path(name + ".drv")
	p.mu.Lock()
	p.drvs[drv], p.valid[drv] = d, true
	p.mu.Unlock()
	if err := os.WriteFile(p.RealPath(drv), d.AppendATerm(nil, dir), 0o644); err != nil {
		p.t.Fatal(err)
	}
	return drv
}

func (p *parts) logf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, fmt.Sprintf(format, args...))
}

func (p *parts) Dir() storepath.Dir                  { return dir }
func (p *parts) RealPath(path storepath.Path) string { return filepath.Join(p.text, string(path)) }
func (p *parts) Emit(e activity.Event) {
	if m, ok := e.(activity.Message); ok {
		p.mu.Lock()
		p.said = append(p.said, m.Text)
		p.mu.Unlock()
	}
	if f, ok := e.(activity.Failure); ok {
		p.mu.Lock()
		p.said = append(p.said, f.Err.Error())
		p.mu.Unlock()
	}
}

func (p *parts) ValidPaths(_ context.Context, paths []storepath.Path) (list []storepath.Path, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range paths {
		if p.valid[one] {
			list = append(list, one)
		}
	}
	return list, nil
}

func (p *parts) AddTempRoots(context.Context, ...storepath.Path) error { return nil }
func (p *parts) IsValid(ctx context.Context, q storepath.Path) (bool, error) {
	list, err := p.ValidPaths(ctx, []storepath.Path{q})
	return len(list) > 0, err
}

func (p *parts) PathInfo(context.Context, storepath.Path) (*pathinfo.Info, error) {
	return &pathinfo.Info{NARHash: nixhash.Sum(nixhash.SHA256, []byte("good"))}, nil
}
func (p *parts) Closure(_ context.Context, roots []storepath.Path) ([]*pathinfo.Info, error) {
	return []*pathinfo.Info{{Path: roots[0]}}, nil
}
func (p *parts) WriteNAR(_ context.Context, path storepath.Path, w io.Writer) error {
	_, err := io.WriteString(w, map[bool]string{true: "bad", false: "good"}[p.broken[path.Name()] != nil])
	return err
}

func (p *parts) Realise(ctx context.Context, b plan.Build) (*plan.Outcome, error) {
	p.mu.Lock()
	p.most = max(p.most, p.now.Add(1))
	p.mu.Unlock()
	defer p.now.Add(-1)
	name := b.Derivation.Name
	if err := p.broken[name]; err != nil {
		time.Sleep(time.Second)
		p.logf("%s fails", name)
		return nil, err
	}
	select {
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
		p.logf("%s cancelled", name)
		return nil, ctx.Err()
	}
	p.logf("%s", name)
	out := b.Derivation.Outputs[0].Path
	p.mu.Lock()
	p.valid[out] = true
	p.mu.Unlock()
	return &plan.Outcome{Outputs: map[string]storepath.Path{"out": out}}, nil
}

func (p *parts) PostBuild(_ context.Context, drv storepath.Path, outputs []storepath.Path) error {
	return p.hookErr
}

func (p *parts) Offers(_ context.Context, wanted []plan.FindOffer, found func(plan.FindOffer, *plan.Offer, error)) error {
	time.Sleep(100 * time.Millisecond)
	for _, one := range wanted {
		if o := p.offers[one.Path]; o != nil {
			found(one, o, nil)
		}
	}
	return nil
}

func (p *parts) Realisation(context.Context, realisation.ID, realisation.LegacyID) (*realisation.Realisation, error) {
	return nil, nil
}

func (p *parts) Substitute(_ context.Context, s plan.Substitute) error {
	time.Sleep(time.Second)
	name := s.Path.Name()
	if err := p.broken[name]; err != nil {
		return err
	}
	p.logf("fetch %s", name)
	p.mu.Lock()
	p.valid[s.Path] = true
	p.mu.Unlock()
	return nil
}

func (p *parts) scheduler(c Config) *Scheduler {
	return New(c, Parts{Store: p, Realiser: p, Substituter: p, Activity: activity.NewRecorder(p, 0)})
}

func failure(s plan.Status) error { return plan.Failf(s, "failed") }

func TestRealise(t *testing.T) {
	tests := []struct {
		name    string
		setup   func(*parts)
		config  Config
		targets []string
		log     string
		said    string
		err     string
		code    int
	}{
		{name: "chain", setup: func(p *parts) { p.drv("a", "b"); p.drv("b", "c"); p.drv("c") }, targets: []string{"a"}, log: "c b a"},
		{name: "nothing", setup: func(p *parts) { p.drv("a", "b"); p.valid[path("a")] = true }, targets: []string{"a"}},
		{name: "two jobs", config: Config{MaxJobs: 2}, setup: func(p *parts) { p.drv("a", "b", "c"); p.drv("b"); p.drv("c") }, targets: []string{"a"}, log: "? ? a"},
		{name: "substitute", config: Config{Substitute: true}, targets: []string{"a"}, log: "fetch b a",
			setup: func(p *parts) { p.drv("a", "b"); p.drv("b", "c"); p.offers[path("b")] = &plan.Offer{} }},
		{name: "failure", targets: []string{"a"}, log: "b fails", said: "failed", code: 100, err: "Reason: 1 dependency failed.",
			setup: func(p *parts) { p.drv("a", "b"); p.drv("b"); p.broken["b"] = failure(plan.PermanentFailure) }},
		{name: "failure of the target", targets: []string{"a"}, log: "a fails", code: 101, err: "failed",
			setup: func(p *parts) { p.drv("a"); p.broken["a"] = failure(plan.TimedOut) }},
		{name: "failure cancels", config: Config{MaxJobs: 2}, targets: []string{"a"}, log: "b fails c cancelled", said: "failed", code: 102, err: "Reason: 1 dependency failed.",
			setup: func(p *parts) {
				p.drv("a", "b", "c")
				p.drv("b")
				p.drv("c")
				p.broken["b"] = failure(plan.HashMismatch)
			}},
		{name: "failure begins nothing more", targets: []string{"a", "b", "c"}, log: "a fails", code: 100, err: "failed",
			setup: func(p *parts) { p.drv("a"); p.drv("b"); p.drv("c"); p.broken["a"] = failure(plan.PermanentFailure) }},
		{name: "keep going", config: Config{MaxJobs: 2, KeepGoing: true}, targets: []string{"a"}, log: "b fails c", said: "failed", code: 104, err: "Reason: 1 dependency failed.",
			setup: func(p *parts) {
				p.drv("a", "b", "c")
				p.drv("b")
				p.drv("c")
				p.broken["b"] = failure(plan.NotDeterministic)
			}},
		{name: "several targets", config: Config{MaxJobs: 1, KeepGoing: true}, targets: []string{"a", "b"}, log: "a fails b fails", said: "failed|failed", code: 100,
			err:   "build of '/nix/store/B', '/nix/store/A' failed",
			setup: func(p *parts) { p.drv("a"); p.drv("b"); p.broken["a"], p.broken["b"] = failure(3), failure(3) }},
		{name: "the machine's failure", targets: []string{"a"}, err: "no space", code: 1, log: "a fails",
			setup: func(p *parts) { p.drv("a"); p.broken["a"] = errors.New("no space") }},
		{name: "no jobs", config: Config{MaxJobs: -1}, targets: []string{"a"}, code: 100, err: "local builds are disabled (max-jobs = 0)", setup: func(p *parts) { p.drv("a") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newParts(t)
				tt.setup(p)
				if tt.config.MaxJobs == 0 {
					tt.config.MaxJobs = 1
				}
				var targets []plan.Target
				for _, n := range tt.targets {
					targets = append(targets, plan.Target{Path: path(n + ".drv"), All: true})
				}
				results, err := p.scheduler(tt.config).Realise(context.Background(), targets)
				if len(results) != len(targets) {
					t.Errorf("%d results", len(results))
				}
				want := tt.log
				if strings.Contains(want, "?") && len(p.log) > 2 {
					want = strings.Replace(strings.Replace(want, "?", p.log[0], 1), "?", p.log[1], 1)
				}
				if got := strings.Join(p.log, " "); got != want {
					t.Errorf("did %q, want %q", got, want)
				}
				if got := strings.Join(p.said, "|"); got != tt.said {
					t.Errorf("said %q, want %q", got, tt.said)
				}
				text := tt.err
				for _, n := range tt.targets {
					text = strings.ReplaceAll(text, "/nix/store/"+strings.ToUpper(n), dir.Join(path(n+".drv")))
				}
				var e *Error
				switch {
				case err == nil && text == "":
				case err == nil || text == "" || !strings.Contains(err.Error(), text):
					t.Errorf("error %v, want %q", err, text)
				case !errors.As(err, &e) || e.Code != tt.code:
					t.Errorf("%v: code %d, want %d", err, e.Code, tt.code)
				}
				if limit := max(1, tt.config.MaxJobs); p.most > int64(limit) {
					t.Errorf("%d builds at once", p.most)
				}
			})
		})
	}
}

func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		p.drv("a", "b")
		p.drv("b")
		ctx, cancel := context.WithCancelCause(context.Background())
		why := errors.New("interrupted by the user")
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, err := p.scheduler(Config{MaxJobs: 1}).Realise(ctx, []plan.Target{{Path: path("a.drv"), All: true}})
		if !errors.Is(err, why) || strings.Join(p.log, " ") != "b cancelled" {
			t.Errorf("got %v, did %q", err, p.log)
		}
	})
}

// TestShared lets two calls share one slot.
func TestShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		s := p.scheduler(Config{MaxJobs: 1})
		var wg sync.WaitGroup
		for _, n := range []string{"a", "b", "c"} {
			drv := p.drv(n)
			wg.Go(func() {
				if _, err := s.Realise(context.Background(), []plan.Target{{Path: drv, All: true}}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if p.most != 1 || len(p.log) != 3 {
			t.Errorf("%d at once, did %q", p.most, p.log)
		}
	})
}

func TestHistory(t *testing.T) {
	p := newParts(t)
	h := history.Open(filepath.Join(t.TempDir(), "builds"))
	bad := p.drv("bad")
	p.broken["bad"] = failure(plan.PermanentFailure)
	targets := []plan.Target{{Path: p.drv("a"), All: true}, {Path: bad, All: true}}
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{MaxJobs: 1, KeepGoing: true}, Parts{Store: p, Realiser: p, History: h})
		s.Realise(context.Background(), targets)
	})
	if e, ok := h.Estimate("a"); !ok || e.Builds != 1 {
		t.Errorf("got %+v, %v", e, ok)
	}
	if _, ok := h.Estimate("bad"); ok {
		t.Error("an estimate from a failure")
	}
}

func TestHookFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		drv := p.drv("a")
		p.hookErr = errors.New("hook failed")
		_, err := p.scheduler(Config{MaxJobs: 1}).Realise(context.Background(), []plan.Target{{Path: drv, All: true}})
		if err == nil || !strings.Contains(err.Error(), "hook failed") {
			t.Errorf("got %v", err)
		}
	})
}

// TestHookFailureEnds lets a hook fail while the next build runs, after which nothing more is built.
func TestHookFailureEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		drv := p.drv("a", "b")
		p.drv("b", "c")
		p.drv("c")
		p.hookErr = errors.New("hook failed")
		_, err := p.scheduler(Config{MaxJobs: 1}).Realise(context.Background(), []plan.Target{{Path: drv, All: true}})
		if err == nil || p.valid[path("a")] {
			t.Errorf("got %v, did %q", err, p.log)
		}
	})
}

func TestRepair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		drv := p.drv("a")
		p.valid[path("a")] = true
		s := p.scheduler(Config{MaxJobs: 1})
		target := []plan.Target{{Path: drv, All: true, Mode: plan.Repair}}
		if _, err := s.Realise(context.Background(), target); err != nil || len(p.log) != 0 {
			t.Errorf("intact: %v, did %q", err, p.log)
		}
		p.broken["a"] = errors.New("damaged")
		s.Realise(context.Background(), target)
		if strings.Join(p.log, " ") != "a fails" { // it was tried
			t.Errorf("damaged: did %q", p.log)
		}
	})
}

func TestRehearse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newParts(t)
		drv := p.drv("a", "b", "c")
		p.drv("b", "d")
		p.drv("c")
		p.drv("d")
		p.offers[path("b")] = &plan.Offer{References: []storepath.Path{path("lib")}, DownloadSize: 1 << 20, NARSize: 3 << 20}
		p.offers[path("lib")] = &plan.Offer{NARSize: 1 << 20}
		s := p.scheduler(Config{MaxJobs: 1, Substitute: true})
		sum, err := s.Rehearse(context.Background(), []plan.Target{{Path: drv, All: true}, {Path: path("nobody")}})
		if err != nil {
			t.Fatal(err)
		}
		want := "these 2 derivations will be built:\n  C\n  A\nthese 2 paths will be fetched (1024.0 KiB download, 4.0 MiB unpacked):\n  B\n  LIB\ndon't know how to build these paths:\n  NOBODY\n"
		for k, v := range map[string]string{"C": "c.drv", "A": "a.drv", "B": "b", "LIB": "lib", "NOBODY": "nobody"} {
			want = strings.Replace(want, "  "+k+"\n", "  "+dir.Join(path(v))+"\n", 1)
		}
		if got := sum.Text(dir); got != want || len(p.log) > 0 {
			t.Errorf("got\n%swant\n%sdid %q", got, want, p.log)
		}
	})
}
