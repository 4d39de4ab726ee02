package plan

import (
	"slices"
	"strings"

	"firn/internal/build/options"
	"firn/internal/format/derivation"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
)

// known tells the path of an output without realising anything: it is part of the derivation, or
// somebody recorded it, for the derivation itself or for the one it resolves to.
func (p *Planner) known(drv storepath.Path, name string) *goal {
	return p.goal(key{kind: kindKnown, path: drv, output: name}, func(g *goal) {
		if d, ok := p.derivations[drv]; ok {
			p.knownOf(g, d)
			return
		}
		read := p.read(drv, false)
		p.wait(g, []*goal{read}, func() {
			if read.derived == nil {
				p.finish(g) // whoever wants to build it will say so
				return
			}
			p.knownOf(g, read.derived)
		})
	})
}

func (p *Planner) knownOf(g *goal, d *derivation.Derivation) {
	o, ok := d.Output(g.output)
	switch {
	case ok && o.Path != "":
		g.path = o.Path
		p.finish(g)
	case !ok || !p.set.ContentAddressed || o.Kind == derivation.Impure:
		p.finish(g)
	default:
		p.recorded(g, d)
	}
}

// recorded looks for a realisation.
func (p *Planner) recorded(g *goal, d *derivation.Derivation) {
	drv := g.key.path
	find := p.findRealisation(drv, d, g.output, false)
	p.wait(g, []*goal{find}, func() {
		g.path = find.path
		resolve, err := d.NeedsResolving(true)
		if g.path != "" || err != nil || !resolve {
			p.finish(g)
			return
		}
		p.recordedResolved(g, d)
	})
}

// findRealisation asks what an output was built to.
func (p *Planner) findRealisation(drv storepath.Path, d *derivation.Derivation, output string, remote bool) *goal {
	k := key{factRealisation, drv, output, flag(remote)}
	if g, ok := p.goals[k]; ok {
		return g
	}
	question := FindRealisation{Drv: drv, Output: output, Remote: remote}
	if hash := d.TraceHash(p.set.Dir); !hash.IsZero() {
		question.Legacy = realisation.LegacyID{DrvHash: hash, Output: output}
	}
	return p.ask(k, question)
}

func (p *Planner) recordedResolved(g *goal, d *derivation.Derivation) {
	built := d.Built()
	inputs := make([]*goal, len(built))
	for i, b := range built {
		inputs[i] = p.knownChain(b)
	}
	p.wait(g, inputs, func() {
		resolved, f := p.resolve(g.key.path, d, built, inputs)
		if f != nil || resolved == "" {
			p.finish(g)
			return
		}
		other := p.known(resolved, g.output)
		p.wait(g, []*goal{other}, func() {
			g.path = other.path
			p.finish(g)
		})
	})
}

// knownChain is known for an output of an output of….
func (p *Planner) knownChain(b derivation.Built) *goal {
	if len(b.Outputs) == 1 {
		return p.known(b.Drv, b.Outputs[0])
	}
	return p.goal(key{kind: kindChain, path: b.Drv, output: strings.Join(b.Outputs, "^"), flag: 1}, func(g *goal) {
		p.knownRest(g, b)
	})
}

func (p *Planner) knownRest(g *goal, b derivation.Built) {
	first := p.known(b.Drv, b.Outputs[0])
	p.wait(g, []*goal{first}, func() {
		switch {
		case first.path == "" || len(b.Outputs) == 1:
			if len(b.Outputs) == 1 {
				g.path = first.path
			}
			p.finish(g)
		default:
			p.knownRest(g, derivation.Built{Drv: first.path, Outputs: b.Outputs[1:]})
		}
	})
}

// chain realises an output of an output of….
func (p *Planner) chain(b derivation.Built) *goal {
	if len(b.Outputs) == 1 {
		return p.output(b.Drv, b.Outputs[0], Normal)
	}
	return p.goal(key{kind: kindChain, path: b.Drv, output: strings.Join(b.Outputs, "^")}, func(g *goal) {
		last := len(b.Outputs) - 1
		p.follow(g, b.Drv, b.Outputs[:last], func(drv storepath.Path) {
			o := p.output(drv, b.Outputs[last], Normal)
			p.wait(g, []*goal{o}, func() {
				g.path, g.how = o.path, o.how
				if o.failure != nil {
					p.fail(g, o.failure)
					return
				}
				p.finish(g)
			})
		})
	})
}

// inputGoals are what must exist before a derivation is built.
func (p *Planner) inputGoals(d *derivation.Derivation) (built []derivation.Built, outputs, sources []*goal) {
	built = d.Built()
	for _, b := range built {
		outputs = append(outputs, p.chain(b))
	}
	for _, s := range d.InputSrcs {
		sources = append(sources, p.pathGoal(s, storepath.ContentAddress{}, false))
	}
	return built, outputs, sources
}

// resolution realises the inputs of a derivation and puts their paths in place. Its path is that of the
// resolved derivation; it stays empty in a rehearsal that does not know the inputs' paths.
func (p *Planner) resolution(drv storepath.Path) *goal {
	return p.goal(key{kind: kindResolution, path: drv}, func(g *goal) {
		d := p.derivations[drv]
		p.announce(g)
		p.ifInputsPure(g, d, func() {
			built, outputs, _ := p.inputGoals(d)
			p.wait(g, outputs, func() {
				if p.stopped(g, outputs, p.dependencyFailure(drv, d)) {
					return
				}
				resolved, f := p.resolve(drv, d, built, outputs)
				if f != nil {
					p.fail(g, f)
					return
				}
				if g.path = resolved; resolved != "" {
					p.resolves = append(p.resolves, Resolution{drv, resolved})
				}
				p.finish(g)
			})
		})
	})
}

// resolve makes the resolved derivation from the paths that the goals found; none if one is not known.
func (p *Planner) resolve(drv storepath.Path, d *derivation.Derivation, built []derivation.Built, found []*goal) (storepath.Path, *Failure) {
	at := 0 // Resolve asks in the order of Built
	r, ok := d.Resolve(p.set.Dir, func(derivation.Built) (storepath.Path, bool) {
		path := found[at].path
		at++
		return path, path != ""
	})
	if !ok {
		return "", nil
	}
	h := derivation.Hasher{Dir: p.set.Dir}
	if err := h.Fill(r); err != nil {
		return "", failf("resolving derivation '%s': %w", p.full(drv), err)
	}
	path, err := r.Path(p.set.Dir, r.AppendATerm(nil, p.set.Dir))
	if err != nil {
		return "", failf("resolving derivation '%s': %w", p.full(drv), err)
	}
	if _, ok := p.derivations[path]; !ok {
		p.derivations[path], p.resolved[path] = r, drv
	}
	return path, nil
}

// buildGoal builds a derivation for all its outputs.
func (p *Planner) buildGoal(drv storepath.Path, mode Mode) *goal {
	return p.goal(key{kind: kindBuild, path: drv, flag: uint8(mode)}, func(g *goal) {
		d := p.derivations[drv]
		p.builds++
		p.announce(g)
		p.ifInputsPure(g, d, func() {
			_, outputs, sources := p.inputGoals(d)
			all := slices.Concat(outputs, sources)
			p.wait(g, all, func() {
				if failed, _, f := failures(sources); failed > 0 && f.Missing && !p.set.Substitute {
					p.fail(g, p.noSource(drv, sources))
					return
				}
				if p.stopped(g, all, p.dependencyFailure(drv, d)) {
					return
				}
				p.job(g, d, all)
			})
		})
	})
}

// ifInputsPure goes on with next unless an input is impure, which only impure and fixed outputs may have. Rehearsals
// show what would have been needed.
func (p *Planner) ifInputsPure(g *goal, d *derivation.Derivation, next func()) {
	if t, err := d.Type(); err != nil || t.IsImpure() || t.IsFixed() || p.set.Assume {
		next()
		return
	}
	reads := make([]*goal, len(d.InputDrvs))
	for i := range d.InputDrvs {
		reads[i] = p.read(d.InputDrvs[i].Path, false)
	}
	p.wait(g, reads, func() {
		if f := p.impureInput(g.key.path, d); f != nil {
			p.fail(g, f)
			return
		}
		next()
	})
}

// impureInput finds an impure input.
func (p *Planner) impureInput(drv storepath.Path, d *derivation.Derivation) *Failure {
	for i := range d.InputDrvs {
		in, ok := p.derivations[d.InputDrvs[i].Path]
		if !ok {
			continue
		}
		if t, err := in.Type(); err == nil && t.IsImpure() {
			return failf("pure derivation '%s' depends on impure derivation '%s'", p.full(drv), p.full(d.InputDrvs[i].Path))
		}
	}
	return nil
}

// noSource words the failure for the first source that is not there.
func (p *Planner) noSource(drv storepath.Path, sources []*goal) *Failure {
	for _, s := range sources {
		if s.failure != nil {
			return because(s.failure, "dependency '%s' of '%s' does not exist, and substitution is disabled", p.full(s.key.path), p.full(drv))
		}
	}
	return nil
}

func (p *Planner) job(g *goal, d *derivation.Derivation, inputs []*goal) {
	drv := g.key.path
	o, err := options.Read(d)
	if err != nil {
		p.fail(g, failf("while parsing derivation '%s': %w", p.full(drv), err))
		return
	}
	j := &Job{Derivation: d, Options: o}
	if p.set.Estimate != nil {
		j.Estimate = p.set.Estimate(d.Name)
	}
	if j.From, j.Resolved = p.resolved[drv]; j.Resolved {
		j.Original = p.derivations[j.From]
	}
	for _, in := range inputs {
		if in.path != "" {
			j.Inputs = append(j.Inputs, in.path)
		}
	}
	slices.Sort(j.Inputs)
	j.Inputs = slices.Compact(j.Inputs)
	done := p.do(key{kind: factBuilt, path: drv, flag: g.flag}, g, Build{Drv: drv, Mode: Mode(g.flag), Job: j})
	p.wait(g, []*goal{done}, func() {
		g.paths, g.how = done.paths, done.how
		if done.failure != nil {
			p.fail(g, done.failure)
			return
		}
		p.finish(g)
	})
}
