package plan

import (
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
)

// repairGoal makes the contents of a path what they were: substituted, or else built again by what made it.
func (p *Planner) repairGoal(path storepath.Path) *goal {
	return p.goal(key{kind: kindRepair, path: path}, func(g *goal) {
		g.path = path
		fetched := p.pathGoal(path, storepath.ContentAddress{}, true)
		p.wait(g, []*goal{fetched}, func() {
			g.how = fetched.how
			switch {
			case fetched.failure == nil:
				p.finish(g)
			case fetched.failure.Missing:
				p.rebuild(g, path)
			default:
				p.fail(g, fetched.failure)
			}
		})
	})
}

// rebuild repairs a path that nobody has by building what made it.
func (p *Planner) rebuild(g *goal, path storepath.Path) {
	deriver := p.ask(key{kind: factDeriver, path: path}, FindDeriver{path})
	p.wait(g, []*goal{deriver}, func() {
		if deriver.path == "" {
			p.fail(g, failf("cannot repair path '%s'", p.full(path)))
			return
		}
		p.withDerivation(g, deriver.path, func(d *derivation.Derivation) {
			p.targetOutputs(g, Target{All: true, Mode: Repair}, deriver.path, d)
		})
	})
}

// repairClosure sees to what an output refers to, once it is good itself.
func (p *Planner) repairClosure(g *goal, path storepath.Path) {
	all := p.ask(key{kind: factClosure, path: path}, FindClosure{path})
	p.wait(g, []*goal{all}, func() {
		var bad, checks []*goal
		for _, q := range all.closure {
			if q != path {
				checks = append(checks, p.valid(q, true))
			}
		}
		p.wait(g, checks, func() {
			for _, c := range checks {
				if !c.valid {
					bad = append(bad, p.repairGoal(c.key.path))
				}
			}
			p.wait(g, bad, func() {
				if !p.stopped(g, bad, func(_, _ int, first *Failure) *Failure {
					return because(first, "some paths in the output closure of derivation '%s' could not be repaired", p.full(g.key.path))
				}) {
					p.finish(g)
				}
			})
		})
	})
}
