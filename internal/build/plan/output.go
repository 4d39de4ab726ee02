package plan

import (
	"slices"

	"firn/internal/build/options"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
)

// withDerivation runs next with a derivation, whose file is substituted if it is not in the store.
func (p *Planner) withDerivation(g *goal, drv storepath.Path, next func(*derivation.Derivation)) {
	if d, ok := p.derivations[drv]; ok {
		next(d)
		return
	}
	read := p.read(drv, false)
	p.wait(g, []*goal{read}, func() {
		switch {
		case read.failure != nil:
			p.fail(g, read.failure)
		case read.derived != nil:
			next(read.derived)
		default:
			p.fetchDerivation(g, drv, next)
		}
	})
}

func (p *Planner) read(drv storepath.Path, again bool) *goal {
	return p.ask(key{kind: factDerivation, path: drv, flag: flag(again)}, ReadDerivation{drv, again})
}

func (p *Planner) fetchDerivation(g *goal, drv storepath.Path, next func(*derivation.Derivation)) {
	file := p.pathGoal(drv, storepath.ContentAddress{}, false)
	p.wait(g, []*goal{file}, func() {
		if file.failure != nil {
			p.fail(g, because(file.failure, "failed to obtain derivation of '%s'", p.full(drv)))
			return
		}
		again := p.read(drv, true)
		p.wait(g, []*goal{again}, func() {
			switch {
			case again.failure != nil:
				p.fail(g, again.failure)
			case again.derived == nil:
				p.fail(g, failf("derivation '%s' cannot be read", p.full(drv)))
			default:
				next(again.derived)
			}
		})
	})
}

// output makes one output exist.
func (p *Planner) output(drv storepath.Path, name string, mode Mode) *goal {
	return p.goal(key{kindOutput, drv, name, uint8(mode)}, func(g *goal) {
		p.withDerivation(g, drv, func(d *derivation.Derivation) {
			t, err := d.Type()
			o, ok := d.Output(name)
			switch {
			case err != nil:
				p.fail(g, failf("derivation '%s': %w", p.full(drv), err))
			case !ok:
				p.fail(g, failf("derivation '%s' does not have output '%s'", p.full(drv), name))
			case t.IsImpure():
				p.realise(g, d)
			default:
				p.existing(g, d, o)
			}
		})
	})
}

// existing looks for an output that was made before.
func (p *Planner) existing(g *goal, d *derivation.Derivation, o *derivation.Output) {
	repair := Mode(g.flag) == Repair
	known := p.known(g.key.path, g.output)
	p.wait(g, []*goal{known}, func() {
		if known.failure != nil {
			p.fail(g, known.failure)
			return
		}
		if known.path == "" {
			p.findRemote(g, d)
			return
		}
		g.path = known.path
		check := p.valid(known.path, repair)
		p.wait(g, []*goal{check}, func() {
			switch {
			case check.valid && repair:
				p.repairClosure(g, known.path)
			case check.valid && Mode(g.flag) != Check:
				p.finish(g)
			case check.valid:
				p.realise(g, d)
			default:
				p.substituteOutput(g, d, o.CA)
			}
		})
	})
}

// mayBeSubstituted also reads the options, which only a derivation to be substituted or built needs.
func (p *Planner) mayBeSubstituted(g *goal, d *derivation.Derivation) (may, ok bool) {
	o, err := options.Read(d)
	if err != nil {
		p.fail(g, failf("while parsing derivation '%s': %w", p.full(g.key.path), err))
		return false, false
	}
	return p.set.Substitute && (o.AllowSubstitutes || p.set.AlwaysAllowSubstitutes), true
}

// findRemote asks substituters where the output is.
func (p *Planner) findRemote(g *goal, d *derivation.Derivation) {
	may, ok := p.mayBeSubstituted(g, d)
	if !ok {
		return
	}
	if !may {
		p.withoutSubstitute(g, d)
		return
	}
	found := p.findRealisation(g.key.path, d, g.output, true)
	p.wait(g, []*goal{found}, func() {
		if found.failure != nil || found.path == "" {
			p.afterSubstitution(g, d, found.failure)
			return
		}
		g.path = found.path
		p.substituteOutput(g, d, storepath.ContentAddress{})
	})
}

func (p *Planner) substituteOutput(g *goal, d *derivation.Derivation, ca storepath.ContentAddress) {
	may, ok := p.mayBeSubstituted(g, d)
	if !ok {
		return
	}
	if !may {
		p.withoutSubstitute(g, d)
		return
	}
	path := p.pathGoal(g.path, ca, Mode(g.flag) == Repair)
	p.wait(g, []*goal{path}, func() {
		if path.failure != nil {
			p.afterSubstitution(g, d, path.failure)
			return
		}
		g.how = Substituted
		if Mode(g.flag) == Check {
			p.realise(g, d)
			return
		}
		p.finish(g)
	})
}

// withoutSubstitute goes on to build what must not be substituted.
func (p *Planner) withoutSubstitute(g *goal, d *derivation.Derivation) {
	p.afterSubstitution(g, d, nil)
}

// afterSubstitution goes on to build, unless a substituter that had the path failed and building
// instead was not asked for.
func (p *Planner) afterSubstitution(g *goal, d *derivation.Derivation, f *Failure) {
	switch {
	case f != nil && f.abandoned:
		p.fail(g, f)
	case Mode(g.flag) == Check:
		p.fail(g, failf("some outputs of '%s' are not valid, so checking is not possible\n"+
			"Hint: --rebuild and --check error if the derivation was not previously built and cannot be substituted.\n"+
			"      Remove it to perform a fresh build, or use --repair to rewrite missing or corrupted builds in the store.", p.full(g.key.path)))
	case f != nil && !f.Missing && !p.set.Fallback:
		missed := failf("some substitutes for the outputs of derivation '%s' failed (usually happens due to networking issues); "+
			"try '--fallback' to build derivation from source ", p.full(g.key.path))
		missed.Cause = f
		p.fail(g, missed)
	default:
		p.realise(g, d)
	}
}

// realise builds the derivation, or the one that it resolves to.
func (p *Planner) realise(g *goal, d *derivation.Derivation) {
	resolve, err := d.NeedsResolving(p.set.ContentAddressed)
	if err != nil {
		p.fail(g, &Failure{Err: err})
		return
	}
	if !resolve {
		p.build(g, g.key.path)
		return
	}
	r := p.resolution(g.key.path)
	p.wait(g, []*goal{r}, func() {
		switch {
		case r.failure != nil:
			p.fail(g, r.failure)
		case r.path == "": // a rehearsal that does not know the inputs
			p.build(g, g.key.path)
		default:
			p.useResolved(g, r.path)
		}
	})
}

func (p *Planner) useResolved(g *goal, resolved storepath.Path) {
	out := p.output(resolved, g.output, Mode(g.flag))
	p.wait(g, []*goal{out}, func() {
		if out.failure != nil {
			p.fail(g, because(out.failure, "build of resolved derivation '%s' failed", p.full(resolved)))
			return
		}
		g.path, g.how = out.path, out.how
		if g.how == AlreadyValid {
			g.how = ResolvesToAlreadyValid
		}
		p.finish(g)
	})
}

// build waits for the build of a derivation whose inputs need no more putting in place.
func (p *Planner) build(g *goal, drv storepath.Path) {
	b := p.buildGoal(drv, Mode(g.flag))
	p.wait(g, []*goal{b}, func() {
		if b.failure != nil {
			p.fail(g, b.failure)
			return
		}
		path, ok := b.paths[g.output]
		if !ok && !p.set.Assume {
			p.fail(g, failf("derivation '%s' doesn't have expected output '%s'", p.full(drv), g.output))
			return
		}
		g.path, g.how = path, b.how
		p.finish(g)
	})
}

// target reaches a target.
func (p *Planner) target(t Target) *goal {
	// A target is a goal of its own each time it is wanted.
	g := &goal{key: key{kind: kindTarget, path: t.Path}}
	g.next = func() {
		if t.IsPath() {
			p.targetPath(g, t)
			return
		}
		p.follow(g, t.Path, t.Chain, func(drv storepath.Path) {
			p.withDerivation(g, drv, func(d *derivation.Derivation) { p.targetOutputs(g, t, drv, d) })
		})
	}
	p.queue = append(p.queue, g)
	return g
}

func (p *Planner) targetPath(g *goal, t Target) {
	path := p.pathGoal(t.Path, storepath.ContentAddress{}, false)
	if t.Mode == Repair {
		path = p.repairGoal(t.Path)
	}
	p.wait(g, []*goal{path}, func() {
		g.path, g.how, g.outputs = t.Path, path.how, path.outputs
		if path.failure != nil {
			p.fail(g, path.failure)
			return
		}
		p.finish(g)
	})
}

func (p *Planner) targetOutputs(g *goal, t Target, drv storepath.Path, d *derivation.Derivation) {
	names := slices.Clone(t.Outputs)
	if t.All {
		names = names[:0]
		for i := range d.Outputs {
			names = append(names, d.Outputs[i].Name)
		}
	}
	sortStrings(names)
	names = slices.Compact(names)
	outs := make([]*goal, len(names))
	for i, n := range names {
		outs[i] = p.output(drv, n, t.Mode)
	}
	p.wait(g, outs, func() {
		if p.stopped(g, outs, func(_, _ int, first *Failure) *Failure { return first }) {
			return
		}
		for i, o := range outs {
			g.how = max(g.how, o.how)
			g.outputs = append(g.outputs, Output{Name: names[i], Path: o.path, Drv: drv})
		}
		p.finish(g)
	})
}

// follow realises the outputs of a chain, each of which is the next derivation.
func (p *Planner) follow(g *goal, drv storepath.Path, chain []string, next func(storepath.Path)) {
	if len(chain) == 0 {
		next(drv)
		return
	}
	o := p.output(drv, chain[0], Normal)
	p.wait(g, []*goal{o}, func() {
		switch {
		case o.failure != nil:
			p.fail(g, because(o.failure, "failed to obtain derivation of '%s^%s'", p.full(drv), chain[0]))
		case o.path == "": // a rehearsal
			p.finish(g)
		default:
			p.follow(g, o.path, chain[1:], next)
		}
	})
}
