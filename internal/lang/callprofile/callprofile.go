// Package callprofile finds out which calls an evaluation spends its time in: it
// samples the stacks of calls that workers report.
//
// A sample is taken when a call begins and the period since the last one is over;
// what it counts is the whole stack, outermost call first. Two texts come out: a
// line for each stack with its frames joined by semicolons and the number of
// samples, which flame graph tools read and Nix writes, and a profile as pprof
// reads it.
package callprofile

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"firn/internal/diag"
	"firn/internal/lang/eval"
)

// A Profile collects the samples of all workers. Make one with [New].
type Profile struct {
	period time.Duration
	now    func() time.Duration
	place  func(diag.Pos) string

	mu      sync.Mutex
	samples map[string]int64 // by frames, joined by separator
	order   []string         // the keys as they came
}

// separator joins frames, which have none of it.
const separator = "\x00"

// New returns an empty profile. Samples are a period apart, or taken with every
// call if that is 0. now tells the time since any fixed moment; place puts a
// position, which is known, into words.
func New(period time.Duration, now func() time.Duration, place func(diag.Pos) string) *Profile {
	return &Profile{period: period, now: now, place: place, samples: make(map[string]int64)}
}

// Watcher returns what one worker reports its calls to.
func (p *Profile) Watcher() eval.Watcher { return &stack{profile: p, last: p.now()} }

type stack struct {
	profile *Profile
	calls   []eval.Call
	last    time.Duration
}

// Enter implements [eval.Watcher].
func (s *stack) Enter(c eval.Call) {
	s.calls = append(s.calls, c)
	now := s.profile.now()
	if s.profile.period > 0 && now-s.last < s.profile.period {
		return
	}
	s.last = now
	s.profile.add(s.calls)
}

// Leave implements [eval.Watcher].
func (s *stack) Leave() { s.calls = s.calls[:len(s.calls)-1] }

func (p *Profile) add(calls []eval.Call) {
	frames := make([]string, len(calls))
	for i, c := range calls {
		frames[i] = p.frame(c)
	}
	key := strings.Join(frames, separator)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.samples[key] == 0 {
		p.order = append(p.order, key)
	}
	p.samples[key]++
}

// frame words a call as Nix does (2.34).
func (p *Profile) frame(c eval.Call) string {
	at := ""
	if c.Pos != 0 {
		at = p.place(c.Pos)
	}
	what := ""
	switch c.Kind {
	case eval.CallLambda:
		what = c.Name
	case eval.CallBuiltin:
		what = "primop " + c.Name
		if c.Derivation != "" {
			what += ":" + c.Derivation
		}
	case eval.CallFunctor:
		what = "functor"
	}
	if at == "" && c.Def != 0 {
		at = p.place(c.Def)
	}
	switch {
	case at == "":
		return what
	case what == "":
		return at
	}
	return at + ":" + what
}

// WriteFolded writes a line for each stack, in the order in which they were met.
// Like WritePprof it comes when the evaluation has ended.
func (p *Profile) WriteFolded(w io.Writer) error {
	for _, s := range p.order {
		if _, err := fmt.Fprintf(w, "%s %d\n", strings.ReplaceAll(s, separator, ";"), p.samples[s]); err != nil {
			return err
		}
	}
	return nil
}

// WritePprof writes a compressed profile with the samples and, if they are a
// period apart, the time that they stand for.
func (p *Profile) WritePprof(w io.Writer) error {
	out := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "time", Unit: "nanoseconds"}}}
	if p.period > 0 {
		out.PeriodType, out.Period = out.SampleType[1], p.period.Nanoseconds()
	}
	locations := map[string]*profile.Location{}
	for _, s := range p.order {
		sample := &profile.Sample{Value: []int64{p.samples[s], p.samples[s] * p.period.Nanoseconds()}}
		for frame := range strings.SplitSeq(s, separator) {
			sample.Location = append(sample.Location, location(out, locations, frame))
		}
		slices.Reverse(sample.Location) // pprof has the innermost first
		out.Sample = append(out.Sample, sample)
	}
	return out.Write(w)
}

// location returns that of a frame, of which there is one.
func location(p *profile.Profile, all map[string]*profile.Location, frame string) *profile.Location {
	if l := all[frame]; l != nil {
		return l
	}
	file, line := splitPlace(frame)
	id := uint64(len(all) + 1)
	f := &profile.Function{ID: id, Name: frame, Filename: file, StartLine: line}
	l := &profile.Location{ID: id, Line: []profile.Line{{Function: f, Line: line}}}
	p.Function, p.Location = append(p.Function, f), append(p.Location, l)
	all[frame] = l
	return l
}

// splitPlace takes the file and the line from a frame, if they are there.
func splitPlace(frame string) (file string, line int64) {
	parts := strings.Split(frame, ":")
	for i := 1; i < len(parts); i++ {
		if n, err := strconv.ParseInt(parts[i], 10, 64); err == nil {
			return strings.Join(parts[:i], ":"), n
		}
	}
	return "", 0
}
