package plan

import (
	"time"

	"firn/internal/format/storepath"
)

// A Change tells that a derivation has to be built, long before it can be, or that
// this is Over: it was built, or failed, or another one stands for it.
type Change struct {
	Drv      storepath.Path
	From     storepath.Path   // what Drv was resolved from; empty if it was not
	Needs    []storepath.Path // its input derivations, whether or not they have to be built
	Estimate time.Duration    // how long it will probably take; 0 if nobody knows
	Over     bool             // only Drv and From are set
}

// Changes takes the changes that have come up, in order.
func (p *Planner) Changes() []Change {
	list := p.changes
	p.changes = nil
	return list
}

// announce notes that the derivation of g has to be built.
func (p *Planner) announce(g *goal) {
	drv := g.key.path
	d := p.derivations[drv]
	c := Change{Drv: drv, From: p.resolved[drv]}
	for i := range d.InputDrvs {
		c.Needs = append(c.Needs, d.InputDrvs[i].Path)
	}
	if p.set.Estimate != nil {
		c.Estimate = p.set.Estimate(d.Name)
	}
	g.announced = true
	p.changes = append(p.changes, c)
}

// retract notes that the derivation of g is over.
func (p *Planner) retract(g *goal) {
	p.changes = append(p.changes, Change{Drv: g.key.path, From: p.resolved[g.key.path], Over: true})
}
