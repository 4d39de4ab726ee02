package plan

import (
	"slices"
	"strings"

	"firn/internal/format/storepath"
)

func sortStrings(list []string) { slices.SortFunc(list, strings.Compare) }

// valid asks whether a path is valid.
func (p *Planner) valid(path storepath.Path, contents bool) *goal {
	return p.ask(key{kind: factValid, path: path, flag: flag(contents)}, CheckValid{path, contents})
}

// pathGoal makes a path valid by substitution. The content address is what a fixed output is known to
// be, for substituters that have other store directories.
func (p *Planner) pathGoal(path storepath.Path, ca storepath.ContentAddress, repair bool) *goal {
	return p.goal(key{kind: kindPath, path: path, flag: flag(repair)}, func(g *goal) {
		g.path = path
		check := p.valid(path, repair)
		p.wait(g, []*goal{check}, func() {
			switch {
			case check.valid:
				p.finish(g)
			case !p.set.Substitute:
				p.fail(g, p.missing(path))
			default:
				p.substitute(g, ca, repair)
			}
		})
	})
}

func (p *Planner) missing(path storepath.Path) *Failure {
	f := failf("path '%s' is required, but there is no substituter that can build it", p.full(path))
	f.Missing = true
	return f
}

// substitute asks for an offer, sees to its references, and takes it.
func (p *Planner) substitute(g *goal, ca storepath.ContentAddress, repair bool) {
	path := g.key.path
	question := FindOffer{path, ca}
	offer := p.ask(question.key(), question)
	p.wait(g, []*goal{offer}, func() {
		switch {
		case offer.failure != nil:
			p.fail(g, offer.failure)
			return
		case offer.offer == nil:
			p.fail(g, p.missing(path))
			return
		}
		o := *offer.offer
		o.CA = ca
		p.fetches.Known++
		p.fetches.DownloadSize += o.DownloadSize
		p.fetches.NARSize += o.NARSize
		var refs []*goal
		for _, r := range o.References {
			if r != path {
				refs = append(refs, p.pathGoal(r, storepath.ContentAddress{}, false))
			}
		}
		p.wait(g, refs, func() { p.take(g, refs, &o, repair) })
	})
}

func (p *Planner) take(g *goal, refs []*goal, o *Offer, repair bool) {
	path := g.key.path
	ended := func(failed int) {
		p.fetches.Done += 1 - failed
		p.fetches.Failed += failed
	}
	if p.stopped(g, refs, func(_, missing int, first *Failure) *Failure {
		f := because(first, "some references of path '%s' could not be realised", p.full(path))
		f.Missing = missing > 0
		return f
	}) {
		ended(1)
		return
	}
	done := p.do(key{kind: factSubstituted, path: path}, g, Substitute{path, o, repair})
	p.wait(g, []*goal{done}, func() {
		g.how = Substituted
		if done.failure != nil {
			ended(1)
			p.fail(g, done.failure)
			return
		}
		ended(0)
		p.finish(g)
	})
}
