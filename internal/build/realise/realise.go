// Package realise builds one derivation on this machine, whose inputs are valid.
//
// The order of a build is: lock the outputs, against other processes; look whether somebody has built
// them meanwhile; choose a user and make the build directory; start the builder in a sandbox (package
// build/sandbox) with the environment of docs/spec/builder-environment.md; take over what it made:
// canonical metadata, references, hashes, and for outputs addressed by contents their final path;
// check it against what the derivation allows; register it.
//
// A build writes below the store directory, in DRV.chroot beside the outputs-to-be, so that outputs are
// moved into place without being copied. Everything there and in the build directory is removed at the
// end; what a killed process leaves behind is removed by the next build of the derivation.
//
// Errors are *plan.BuildError where the derivation is to blame.
package realise

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"firn/internal/activity"
	"firn/internal/build/options"
	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
)

// A Realiser builds derivations into one store. It may be used concurrently.
type Realiser struct {
	Store    Store
	Traces   Traces // nil where content-addressed derivations are not in use
	Config   Config
	Activity *activity.Recorder // nil for silence
	Fetch    Fetch              // nil where nothing can be downloaded

	cgroups      cgroups
	warnFallback sync.Once
	shell        sync.Once
	shellFiles   map[string]string // by their names inside; nil if there is no shell
}

// build is one build under way.
type build struct {
	r      *Realiser
	ctx    context.Context
	dir    storepath.Dir
	drv    storepath.Path
	d      *derivation.Derivation
	opt    *options.Options
	kind   derivation.Type
	mode   plan.Mode
	direct []storepath.Path                  // inputs, without their closure
	infos  map[storepath.Path]*pathinfo.Info // of the closure of the inputs, and of what was added to it
	inputs []storepath.Path                  // the closure, sorted

	outputs  []*output
	isolated bool
	user     *buildUser        // nil when the builder is the caller
	scratch  string            // DRV.chroot, empty when there is no sandbox
	top, tmp string            // the build directory's parent, and itself, on the machine
	rewrites map[string]string // hash parts and placeholders to be put in place before the build

	remade int // counts copies, for their names
	act    *activity.Activity
	result plan.Outcome
}

// output is one output of a build.
type output struct {
	*derivation.Output
	known   storepath.Path // where it is to be, if that is known before
	valid   bool           // it is there
	present bool           // something is there, valid or not
	scratch storepath.Path // where the builder puts it
}

// Realise carries out a step of a plan.
func (r *Realiser) Realise(ctx context.Context, req plan.Build) (*plan.Outcome, error) {
	b, err := r.newBuild(ctx, req)
	if err != nil {
		return nil, err
	}
	locks, err := b.lock()
	if err != nil {
		return nil, err
	}
	done := false
	defer func() { locks.release(done) }()
	if err := b.look(); err != nil {
		return nil, err
	}
	if b.allValid() && b.mode == plan.Normal {
		done = true
		b.result.Found = true
		b.result.Outputs = b.knownPaths()
		return &b.result, nil
	}
	for _, w := range b.opt.Warnings {
		r.Activity.Warn(w)
	}
	if err := b.run(); err != nil {
		return nil, err
	}
	done = true
	return &b.result, nil
}

func (r *Realiser) newBuild(ctx context.Context, req plan.Build) (*build, error) {
	b := &build{r: r, ctx: ctx, dir: r.Store.Dir(), drv: req.Drv, d: req.Derivation, opt: req.Options, mode: req.Mode,
		direct: req.Inputs, rewrites: map[string]string{}}
	var err error
	if b.kind, err = b.d.Type(); err != nil {
		return nil, plan.Failf(plan.InputRejected, "derivation '%s': %v", b.full(b.drv), err)
	}
	for i := range b.d.Outputs {
		o := &b.d.Outputs[i]
		if o.Kind == derivation.Deferred {
			return nil, fmt.Errorf("derivation '%s' is not resolved", b.full(b.drv))
		}
		b.outputs = append(b.outputs, &output{Output: o, known: o.Path})
	}
	if err := b.suitable(); err != nil {
		return nil, err
	}
	if req.Resolved {
		if err := b.writeDerivation(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *build) full(p storepath.Path) string { return b.dir.Join(p) }

// real is where a store path lies on this machine.
func (b *build) real(p storepath.Path) string { return b.r.Store.RealPath(p) }

// suitable refuses what this machine cannot build.
func (b *build) suitable() error {
	c := &b.r.Config
	text := ""
	_, builtin := b.d.BuiltinBuilder()
	if !builtin && b.d.System != c.System && !slices.Contains(c.ExtraPlatforms, b.d.System) {
		text += fmt.Sprintf("\nReason: platform mismatch\nRequired system: '%s'\nCurrent system: '%s'", b.d.System, c.System)
	}
	need := b.opt.Features(b.d)
	have := slices.Clone(c.SystemFeatures)
	if b.r.Traces != nil {
		have = append(have, "ca-derivations")
	}
	slices.Sort(have)
	have = slices.Compact(have)
	for _, f := range need {
		if _, ok := slices.BinarySearch(have, f); !ok {
			text += fmt.Sprintf("\nReason: missing system features\nRequired features: {%s}\nAvailable features: {%s}", commas(need), commas(have))
			break
		}
	}
	if text != "" {
		return plan.Failf(plan.InputRejected, "Cannot build '%s'.%s", b.full(b.drv), text)
	}
	return nil
}

// look finds out which outputs are there already.
func (b *build) look() error {
	if b.kind.IsImpure() {
		return nil
	}
	var known []storepath.Path
	for _, o := range b.outputs {
		if o.known == "" && b.r.Traces != nil {
			found, err := b.r.Traces.Realisation(b.ctx, b.realisationID(o))
			if err != nil {
				return err
			}
			if found != nil {
				o.known = found.OutPath
			}
		}
		if o.known != "" {
			known = append(known, o.known)
		}
	}
	valid, err := b.r.Store.ValidPaths(b.ctx, known)
	if err != nil {
		return err
	}
	for _, o := range b.outputs {
		if o.known == "" {
			continue
		}
		o.valid = slices.Contains(valid, o.known)
		if o.present = o.valid; !o.valid {
			_, err := os.Lstat(b.real(o.known))
			o.present = err == nil
		}
		if o.Kind == derivation.Floating && !o.valid {
			o.known, o.present = "", false // it may become something else this time
		}
	}
	return nil
}

func (b *build) allValid() bool {
	return !slices.ContainsFunc(b.outputs, func(o *output) bool { return !o.valid })
}

func (b *build) knownPaths() map[string]storepath.Path {
	m := map[string]storepath.Path{}
	for _, o := range b.outputs {
		m[o.Name] = o.known
	}
	return m
}

// run builds under the locks.
func (b *build) run() (err error) {
	if err := b.removeInvalid(); err != nil {
		return err
	}
	if err := b.loadInputs(); err != nil {
		return err
	}
	if b.isolated, err = b.decideSandbox(); err != nil {
		return err
	}
	b.act = b.start()
	defer b.act.Stop()
	if b.user, err = b.acquireUser(); err != nil {
		return err
	}
	defer b.user.release()
	defer func() { err = errors.Join(err, b.clean(err)) }()
	if err := b.makeDirs(); err != nil {
		return err
	}
	if err := b.chooseScratch(); err != nil {
		return err
	}
	if err := b.runBuilder(); err != nil {
		return err
	}
	return b.takeOver()
}

func (b *build) start() *activity.Activity {
	verb := "building"
	switch b.mode {
	case plan.Check:
		verb = "checking outputs of"
	case plan.Repair:
		verb = "repairing outputs of"
	}
	drv := b.full(b.drv)
	return b.r.Activity.Start(activity.Build, activity.Info, verb+" '"+drv+"'",
		activity.Text(drv), activity.Text(""), activity.Number(1), activity.Number(1))
}

// removeInvalid removes what lies at output paths without being valid.
func (b *build) removeInvalid() error {
	for _, o := range b.outputs {
		if o.present && !o.valid {
			if err := sandbox.RemoveAll(b.real(o.known)); err != nil {
				return err
			}
			o.present = false
		}
	}
	return nil
}

func (b *build) loadInputs() error {
	infos, err := b.r.Store.Closure(b.ctx, b.direct)
	if err != nil {
		return err
	}
	b.infos = make(map[storepath.Path]*pathinfo.Info, len(infos))
	for _, i := range infos {
		b.infos[i.Path] = i
	}
	b.inputs = slices.Sorted(maps.Keys(b.infos))
	return nil
}

func commas(list []string) string {
	text := ""
	for i, s := range list {
		if i > 0 {
			text += ", "
		}
		text += s
	}
	return text
}
