package plan

import (
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
)

type kind uint8

const (
	kindTarget kind = iota
	kindOutput
	kindPath
	kindKnown
	kindResolution
	kindBuild
	kindChain
	kindRepair
	// Facts: goals that an answer finishes.
	factDerivation
	factValid
	factRealisation
	factOffer
	factDeriver
	factClosure
	factSubstituted
	factBuilt
)

// key names a goal. Two goals of one key are one goal.
type key struct {
	kind   kind
	path   storepath.Path
	output string
	flag   uint8 // Mode, or whether a question goes to substituters or to the contents
}

// A goal waits for others, then its next part runs; in the end it is finished with a failure or a
// result. Which of the results are set depends on its kind.
type goal struct {
	key
	next     func()
	pending  int
	waiters  []*goal
	finished bool
	failure  *Failure
	// announced is set once a Change told of it.
	announced bool

	path    storepath.Path // of an output; empty if not known
	derived *derivation.Derivation
	offer   *Offer
	valid   bool
	how     How
	outputs []Output
	paths   map[string]storepath.Path // what a build made
	closure []storepath.Path
}

// goal returns the goal of that key. If it is new, start is its first part.
func (p *Planner) goal(k key, start func(*goal)) *goal {
	if g, ok := p.goals[k]; ok {
		return g
	}
	g := &goal{key: k}
	p.goals[k] = g
	if start != nil {
		g.next = func() { start(g) }
		p.queue = append(p.queue, g)
	}
	return g
}

// wait lets g run next when all of on are finished, however they ended.
func (p *Planner) wait(g *goal, on []*goal, next func()) {
	g.next = next
	for _, o := range on {
		if !o.finished {
			o.waiters = append(o.waiters, g)
			g.pending++
		}
	}
	if g.pending == 0 {
		p.queue = append(p.queue, g)
	}
}

// finish ends a goal and wakes those that wait for it.
func (p *Planner) finish(g *goal) {
	g.finished, g.next = true, nil
	if g.kind == kindBuild && g.failure == nil {
		p.built++
	}
	if g.announced {
		p.retract(g)
	}
	for _, w := range g.waiters {
		if w.pending--; w.pending == 0 {
			p.queue = append(p.queue, w)
		}
	}
	g.waiters = nil
}

func (p *Planner) fail(g *goal, f *Failure) {
	g.failure = f
	if !f.reported {
		f.reported = true
		p.failures = append(p.failures, f)
	}
	p.finish(g)
}

// run lets every goal that can go on do so. Goals are queued, not called by one another, so that the
// depth of a graph costs no stack.
func (p *Planner) run() {
	for len(p.queue) > 0 {
		g := p.queue[0]
		p.queue = p.queue[1:]
		if next := g.next; next != nil {
			g.next = nil
			next()
		}
	}
}

// ask returns the fact that answers a question, which is asked if it is new.
func (p *Planner) ask(k key, question Step) *goal {
	g, ok := p.goals[k]
	if !ok {
		g = &goal{key: k}
		p.goals[k] = g
		p.asks = append(p.asks, question)
	}
	return g
}

// do returns the fact that work is done, which is made ready if it is new. by is the goal that waits.
func (p *Planner) do(k key, by *goal, work Step) *goal {
	g, ok := p.goals[k]
	if !ok {
		g = &goal{key: k}
		p.goals[k] = g
		p.work = append(p.work, ready{step: work, goal: by})
	}
	return g
}

// failures counts what went wrong among goals: all, and those for which no substituter was found.
func failures(goals []*goal) (failed, missing int, first *Failure) {
	for _, g := range goals {
		if g.failure == nil {
			continue
		}
		if g.failure.abandoned {
			if first == nil {
				first = g.failure
			}
			continue
		}
		failed++
		if g.failure.Missing {
			missing++
		}
		if first == nil || first.abandoned || first.Missing && !g.failure.Missing {
			first = g.failure
		}
	}
	return failed, missing, first
}

// stopped ends g if one of the goals it waited for failed, with the failure that word makes of how many
// did, how many of these for want of a substituter, and the first.
func (p *Planner) stopped(g *goal, on []*goal, word func(failed, missing int, first *Failure) *Failure) bool {
	failed, missing, first := failures(on)
	switch {
	case first == nil:
		return false
	case failed == 0: // given up
		p.fail(g, first)
	default:
		p.fail(g, word(failed, missing, first))
	}
	return true
}

// Abandon ends everything that is under way or could be done, so that what depends on a failure is decided
// now. Nothing more is to be answered.
func (p *Planner) Abandon() {
	p.asks, p.work = nil, nil
	for {
		open := 0
		for _, g := range p.goals {
			if !g.finished && g.next == nil { // a fact that nobody has answered
				g.failure = &Failure{Err: errAbandoned, abandoned: true, reported: true}
				p.finish(g)
				open++
			}
		}
		p.run()
		p.asks, p.work = nil, nil
		if open == 0 {
			return
		}
	}
}

// The answers. Each belongs to one step and is given once; answers nobody asked for are ignored.

// Derivation answers ReadDerivation. Neither is set when the derivation is not in the store.
func (p *Planner) Derivation(drv storepath.Path, again bool, d *derivation.Derivation, err error) {
	if d != nil {
		p.derivations[drv] = d
	}
	p.answer(key{kind: factDerivation, path: drv, flag: flag(again)}, func(g *goal) {
		g.derived = d
		if err != nil {
			g.failure = &Failure{Err: err}
		}
	})
}

// Valid answers CheckValid.
func (p *Planner) Valid(path storepath.Path, contents, valid bool) {
	p.answer(key{kind: factValid, path: path, flag: flag(contents)}, func(g *goal) { g.valid = valid })
}

// Realisation answers FindRealisation; the path is empty if there is none.
func (p *Planner) Realisation(drv storepath.Path, output string, remote bool, path storepath.Path, err error) {
	p.answer(key{factRealisation, drv, output, flag(remote)}, func(g *goal) {
		g.path = path
		if err != nil {
			g.failure = &Failure{Err: err}
		}
	})
}

func (q FindOffer) key() key { return key{kind: factOffer, path: q.Path, flag: flag(!q.CA.IsZero())} }

// Offer answers FindOffer; the offer is nil if nobody has the path.
func (p *Planner) Offer(q FindOffer, o *Offer, err error) {
	p.answer(q.key(), func(g *goal) {
		g.offer = o
		if err != nil {
			g.failure = &Failure{Err: err}
		}
	})
}

// Deriver answers FindDeriver; the derivation is empty if none is known, or it is not valid.
func (p *Planner) Deriver(path, drv storepath.Path) {
	p.answer(key{kind: factDeriver, path: path}, func(g *goal) { g.path = drv })
}

// Closure answers FindClosure.
func (p *Planner) Closure(path storepath.Path, closure []storepath.Path) {
	p.answer(key{kind: factClosure, path: path}, func(g *goal) { g.closure = closure })
}

// Substituted answers Substitute.
func (p *Planner) Substituted(path storepath.Path, err error) {
	p.answer(key{kind: factSubstituted, path: path}, func(g *goal) {
		if err != nil {
			g.failure = &Failure{Err: err}
		}
	})
}

// Built answers Build, with the paths of all outputs and whether they were valid by then: another
// process may have built them.
func (p *Planner) Built(drv storepath.Path, mode Mode, outputs map[string]storepath.Path, found bool, err error) {
	for _, path := range outputs {
		p.exists(path)
	}
	p.answer(key{kind: factBuilt, path: drv, flag: uint8(mode)}, func(g *goal) {
		g.paths, g.how = outputs, Built
		if found {
			g.how = AlreadyValid
		}
		if err != nil {
			g.failure = &Failure{Err: err}
		}
	})
}

// exists replaces what was found out about a path before it was built.
func (p *Planner) exists(path storepath.Path) {
	if path == "" {
		return
	}
	valid := key{kind: factValid, path: path}
	if g := p.goals[valid]; g == nil || g.finished { // else the answer is still to come
		p.goals[valid] = &goal{key: valid, finished: true, valid: true}
	}
	for _, repair := range []uint8{0, 1} {
		k := key{kind: kindPath, path: path, flag: repair}
		if g := p.goals[k]; g != nil && g.finished && g.failure != nil {
			delete(p.goals, k)
		}
	}
}

func (p *Planner) answer(k key, set func(*goal)) {
	g, ok := p.goals[k]
	if !ok || g.finished {
		return
	}
	p.unfinished--
	set(g)
	p.finish(g)
	p.run()
}

func flag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
