// Package plan decides what has to happen so that wanted outputs exist: facts go in, steps come out.
//
// A [Planner] is told what is wanted, gives the steps that are possible now, and is told what came of
// each. Some steps ask (which derivation is this, is that path valid, does a substituter offer it); the
// others do work (substitute a path, build a derivation). Whoever carries the steps out may do them in
// any order and any number at once. A planner does nothing itself, so fallback from substitution to
// building, resolution of derivations whose inputs are addressed by contents, dynamic derivations and
// what still can be done after a failure are decided here and tested with tables.
//
// What a target needs is found by goals that wait for other goals (see goal.go):
//
//	output      this output of this derivation exists: it is valid, or substituted, or built
//	path        this store path is valid, or is substituted after its references
//	known       the path of this output, if that can be told without realising anything
//	resolution  the derivation with its inputs realised and put in place
//	build       the derivation is built
//
// A goal is made once, however many want it. See docs/spec/realisation-plan.md.
package plan

import (
	"time"

	"firn/internal/build/options"
	"firn/internal/format/derivation"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
)

// A Mode says what is done with outputs that exist.
type Mode int

const (
	Normal Mode = iota // they are used
	Check              // they are built again and compared
	Repair             // they are compared with what is registered and replaced if they differ
)

// Settings are the choices of the person who builds.
type Settings struct {
	Dir                    storepath.Dir
	Substitute             bool // ask substituters
	AlwaysAllowSubstitutes bool // also for derivations that would rather be built
	Fallback               bool // build when a substitution fails
	ContentAddressed       bool // the feature ca-derivations
	// Estimate tells how long the build of a derivation of that name will probably take, 0 if nobody knows.
	// It may be nil.
	Estimate func(name string) time.Duration
	// Sequential is set where there is one slot for builds: then the order does not change how long all of them take.
	Sequential bool
	// Assume makes it a rehearsal: a build may be answered without paths, and what depends on it is
	// planned as far as possible.
	Assume bool
}

// A Target is something wanted: a store path, or outputs of a derivation.
type Target struct {
	// Path is the store path, or the derivation if there are Outputs or All is set.
	Path storepath.Path
	// Chain leads from Path to the derivation meant if that is itself an output (drv^out^…).
	Chain   []string
	Outputs []string
	All     bool
	Mode    Mode
}

// IsPath tells whether the target is just a store path.
func (t Target) IsPath() bool { return !t.All && len(t.Outputs) == 0 }

// A Step is one of the types below. Steps are compared with ==.
type Step interface{ step() }

type (
	// ReadDerivation asks for a derivation; the answer is Planner.Derivation. Again is set when its file
	// was not there before and has been substituted.
	ReadDerivation struct {
		Drv   storepath.Path
		Again bool
	}
	// CheckValid asks whether a path is valid; the answer is Planner.Valid. With Contents its bytes are
	// compared with the registered hash, and damage counts as not valid.
	CheckValid struct {
		Path     storepath.Path
		Contents bool
	}
	// FindRealisation asks for the path of an output, from the store or else from substituters; the
	// answer is Planner.Realisation. Legacy is the key under which Nix 2.4 to 2.34 recorded it, zero where the
	// derivation is not resolved: then another question comes when it is.
	FindRealisation struct {
		Drv    storepath.Path
		Output string
		Remote bool
		Legacy realisation.LegacyID
	}
	// FindDeriver asks which valid derivation made a valid path; the answer is Planner.Deriver.
	FindDeriver struct{ Path storepath.Path }
	// FindClosure asks for what a valid path refers to, directly or not; the answer is Planner.Closure.
	FindClosure struct{ Path storepath.Path }
	// FindOffer asks whether a substituter has a path; the answer is Planner.Offer. CA is what a fixed output is
	// known to be, under which substituters with another store directory have it; zero for other paths.
	FindOffer struct {
		Path storepath.Path
		CA   storepath.ContentAddress
	}
	// Substitute is work: the answer is Planner.Substituted. The references are valid.
	Substitute struct {
		Path   storepath.Path
		Offer  *Offer
		Repair bool
	}
	// Build is work: the answer is Planner.Built. All inputs are valid.
	Build struct {
		Drv  storepath.Path
		Mode Mode
		// Job has the rest; there is one Job for each Drv and Mode.
		*Job
	}
)

func (ReadDerivation) step()  {}
func (CheckValid) step()      {}
func (FindRealisation) step() {}
func (FindOffer) step()       {}
func (FindDeriver) step()     {}
func (FindClosure) step()     {}
func (Substitute) step()      {}
func (Build) step()           {}

// An Offer is what a substituter says of a path.
type Offer struct {
	References   []storepath.Path
	DownloadSize uint64                   // bytes, 0 if not known
	NARSize      uint64                   // bytes
	CA           storepath.ContentAddress // as in FindOffer
	Source       any                      // the substituter's own business
}

// A Job is what a build needs to know.
type Job struct {
	Derivation *derivation.Derivation
	Options    *options.Options
	Inputs     []storepath.Path // sources and outputs of input derivations, sorted
	// Resolved is set when the derivation was made by resolving another one, Original, which is From: its text may
	// not be in the store yet.
	Resolved bool
	From     storepath.Path
	Original *derivation.Derivation
	// Estimate is how long it will probably take; 0 if nobody knows.
	Estimate time.Duration
	// Weight is how long this and what waits for it will take in a row: the longest way to a target.
	Weight time.Duration
}

// A Planner holds the state of one plan. It belongs to one goroutine.
type Planner struct {
	set      Settings
	goals    map[key]*goal
	queue    []*goal // goals whose next part can run
	asks     []Step  // steps that were not handed out yet
	work     []ready
	targets  []*goal
	failures []*Failure // not taken yet
	resolves []Resolution
	changes  []Change

	builds, built int // build goals, and those that were reached
	fetches       Fetches

	derivations map[storepath.Path]*derivation.Derivation
	resolved    map[storepath.Path]storepath.Path // those made here, not read, and from what
	unfinished  int                               // steps handed out and not answered
}

// ready is a work step with the goal that wants it.
type ready struct {
	step   Step
	goal   *goal
	weight time.Duration
}

// New returns a planner that wants nothing yet.
func New(set Settings) *Planner {
	return &Planner{set: set, goals: map[key]*goal{}, derivations: map[storepath.Path]*derivation.Derivation{},
		resolved: map[storepath.Path]storepath.Path{}}
}

// Want adds a target and returns its number, which counts from 0.
func (p *Planner) Want(t Target) int {
	p.targets = append(p.targets, p.target(t))
	p.run()
	return len(p.targets) - 1
}

// Asks takes the questions that have come up.
func (p *Planner) Asks() []Step {
	list := p.asks
	p.asks = nil
	p.unfinished += len(list)
	return list
}

// Work takes all work that can be done now, the most urgent first: that behind which the
// longest chain of work waits.
func (p *Planner) Work() []Step {
	p.sortWork()
	list := make([]Step, len(p.work))
	for i, r := range p.work {
		list[i] = r.step
	}
	p.unfinished += len(list)
	p.work = nil
	return list
}

// A Resolution is a derivation with what stands for it once its inputs have been realised.
type Resolution struct{ Drv, Resolved storepath.Path }

// Resolutions takes the resolutions that have come up.
func (p *Planner) Resolutions() []Resolution {
	list := p.resolves
	p.resolves = nil
	return list
}

// Done tells whether every target is decided.
func (p *Planner) Done() bool {
	for _, g := range p.targets {
		if !g.finished {
			return false
		}
	}
	return true
}

// Stuck tells whether nothing is possible any more though not everything is decided. That is a cycle
// among derivations, or a step whose answer was left out.
func (p *Planner) Stuck() bool {
	return !p.Done() && p.unfinished == 0 && len(p.asks) == 0 && len(p.work) == 0
}

// Builds counts the derivations that have to be built as far as is known, and those of them that have
// been.
func (p *Planner) Builds() (known, done int) { return p.builds, p.built }

// Fetches counts the paths that are to be substituted as far as is known, and those of them that have been
// or have failed.
func (p *Planner) Fetches() Fetches { return p.fetches }

// Fetches count substitutions; sizes are bytes of all known ones, as in [Offer].
type Fetches struct {
	Known, Done, Failed   int
	DownloadSize, NARSize uint64
}

// A Result is how a target ended.
type Result struct {
	Decided bool     // false if it was given up because of a failure elsewhere
	Err     *Failure // nil if it exists
	How     How
	Outputs []Output // of a derivation, in the order of their names
	Path    storepath.Path
}

// An Output is an output that exists.
type Output struct {
	Name string
	Path storepath.Path // empty if a rehearsal cannot tell
	// Drv is the derivation that has the output, as named by the target.
	Drv storepath.Path
}

// How says what made a target exist; the greatest of its outputs counts.
type How int

const (
	AlreadyValid How = iota
	ResolvesToAlreadyValid
	Substituted
	Built
)

// Result returns how a target, by its number, ended.
func (p *Planner) Result(target int) Result {
	g := p.targets[target]
	if g.failure != nil && g.failure.abandoned {
		return Result{}
	}
	return Result{Decided: g.finished, Err: g.failure, How: g.how, Outputs: g.outputs, Path: g.path}
}

// Targets counts the targets.
func (p *Planner) Targets() int { return len(p.targets) }

// ResultOf is Result for a number that may be too large.
func (p *Planner) ResultOf(target int) (Result, bool) {
	if target >= len(p.targets) {
		return Result{}, false
	}
	return p.Result(target), true
}
