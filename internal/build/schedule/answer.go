package schedule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// answerAll answers the planner's questions until it has no more, those of a kind together. Substituters
// are asked beside other work; everything else comes from the store at once.
func (c *call) answerAll() error {
	for {
		asks := c.planner.Asks()
		if len(asks) == 0 {
			return nil
		}
		if err := c.answer(asks); err != nil {
			return err
		}
	}
}

func (c *call) answer(asks []plan.Step) error {
	var reads []plan.ReadDerivation
	var checks []plan.CheckValid
	var offers []plan.FindOffer
	for _, a := range asks {
		switch a := a.(type) {
		case plan.ReadDerivation:
			reads = append(reads, a)
		case plan.CheckValid:
			checks = append(checks, a)
		case plan.FindOffer:
			offers = append(offers, a)
		case plan.FindDeriver:
			if err := c.deriver(a.Path); err != nil {
				return err
			}
		case plan.FindClosure:
			infos, err := c.s.store.Closure(c.ctx, []storepath.Path{a.Path})
			if err != nil {
				return err
			}
			closure := make([]storepath.Path, len(infos))
			for i, info := range infos {
				closure[i] = info.Path
			}
			c.planner.Closure(a.Path, closure)
		case plan.FindRealisation:
			if err := c.realisation(a); err != nil {
				return err
			}
		}
	}
	if err := c.valid(checks); err != nil {
		return err
	}
	if err := c.derivations(reads); err != nil {
		return err
	}
	c.offers(offers)
	return nil
}

// valid answers what is valid. What is asked about is kept from now on, valid or not: it is wanted.
func (c *call) valid(checks []plan.CheckValid) error {
	if len(checks) == 0 {
		return nil
	}
	paths := make([]storepath.Path, len(checks))
	for i, k := range checks {
		paths[i] = k.Path
	}
	valid, err := c.known(paths)
	if err != nil {
		return err
	}
	if err := c.takeEvaluated(paths, valid); err != nil {
		return err
	}
	for _, k := range checks {
		ok := valid[k.Path]
		if ok && k.Contents {
			if ok, err = c.intact(k.Path); err != nil {
				return err
			}
			if !ok {
				c.s.recorder.Say(activity.Error, "path '"+c.s.store.Dir().Join(k.Path)+"' is corrupted or missing!")
			}
		}
		c.planner.Valid(k.Path, k.Contents, ok)
	}
	return nil
}

// intact tells whether the contents of a valid path have the registered hash.
func (c *call) intact(p storepath.Path) (bool, error) {
	c.s.recorder.Say(activity.Info, "checking path '"+c.s.store.Dir().Join(p)+"'...")
	info, err := c.s.store.PathInfo(c.ctx, p)
	if err != nil {
		return false, err
	}
	hash := nixhash.NewWriter(info.NARHash.Algo())
	if err := c.s.store.WriteNAR(c.ctx, p, hash); err != nil {
		return false, nil // what cannot be read is not intact
	}
	return hash.Sum() == info.NARHash, nil
}

// known tells which paths are valid.
func (c *call) known(paths []storepath.Path) (map[storepath.Path]bool, error) {
	if err := c.s.store.AddTempRoots(c.ctx, paths...); err != nil {
		return nil, err
	}
	slices.Sort(paths)
	list, err := c.s.store.ValidPaths(c.ctx, slices.Compact(paths))
	if err != nil {
		return nil, err
	}
	valid := make(map[storepath.Path]bool, len(list))
	for _, p := range list {
		valid[p] = true
	}
	return valid, nil
}

// derivations reads derivations.
func (c *call) derivations(reads []plan.ReadDerivation) error {
	var missing []storepath.Path
	var left []plan.ReadDerivation
	for _, r := range reads {
		if c.s.Derivations != nil {
			if d := c.s.Derivations(r.Drv); d != nil {
				c.planner.Derivation(r.Drv, r.Again, d, nil)
				continue
			}
		}
		missing, left = append(missing, r.Drv), append(left, r)
	}
	if len(left) == 0 {
		return nil
	}
	valid, err := c.known(missing)
	if err != nil {
		return err
	}
	for _, r := range left {
		var d *derivation.Derivation
		if valid[r.Drv] {
			d, err = c.read(r.Drv)
		} else {
			d, err = c.readEvaluated(r.Drv)
		}
		c.planner.Derivation(r.Drv, r.Again, d, err)
	}
	return nil
}

// read reads a derivation, as a file where that is possible: there are many.
func (c *call) read(drv storepath.Path) (*derivation.Derivation, error) {
	at, ok := c.s.store.(interface {
		RealPath(storepath.Path) string
	})
	if !ok || !drv.IsDerivation() {
		return store.ReadDerivation(c.ctx, c.s.store, drv)
	}
	text, err := os.ReadFile(at.RealPath(drv))
	if err != nil {
		return nil, err
	}
	d, err := derivation.ParseATerm(c.s.store.Dir(), drv.DerivationName(), string(text))
	if err != nil {
		return nil, fmt.Errorf("error parsing derivation '%s': %w", c.s.store.Dir().Join(drv), err)
	}
	return d, nil
}

// deriver tells who made a path, if that is still there.
func (c *call) deriver(p storepath.Path) error {
	info, err := c.s.store.PathInfo(c.ctx, p)
	if err != nil || info.Deriver == "" {
		c.planner.Deriver(p, "") // a path that is not valid has none
		return nil
	}
	valid, err := c.known([]storepath.Path{info.Deriver})
	if err != nil {
		return err
	}
	drv := info.Deriver
	if !valid[drv] {
		drv = ""
	}
	c.planner.Deriver(p, drv)
	return nil
}

// realisation looks up what an output was built to, here or elsewhere.
func (c *call) realisation(a plan.FindRealisation) error {
	id := realisation.ID{Drv: a.Drv, Output: a.Output}
	if a.Remote {
		c.begin(func() func() {
			r, err := c.s.substituter.Realisation(c.ctx, id, a.Legacy)
			if r != nil && c.s.traces != nil {
				err = errors.Join(err, c.s.traces.AddRealisations(c.ctx, []realisation.Realisation{*r}))
			}
			return func() { c.planner.Realisation(a.Drv, a.Output, true, pathOf(r), err) }
		})
		return nil
	}
	r, err := store.FindRealisation(c.ctx, c.s.traces, id, a.Legacy)
	if err != nil {
		return err
	}
	c.planner.Realisation(a.Drv, a.Output, false, pathOf(r), nil)
	return nil
}

func pathOf(r *realisation.Realisation) storepath.Path {
	if r == nil {
		return ""
	}
	return r.OutPath
}

// offers asks substituters for paths.
func (c *call) offers(wanted []plan.FindOffer) {
	if len(wanted) == 0 {
		return
	}
	c.begin(func() func() {
		type answer struct {
			offer *plan.Offer
			err   error
		}
		found := make(map[plan.FindOffer]answer, len(wanted))
		err := c.s.substituter.Offers(c.ctx, wanted, func(q plan.FindOffer, o *plan.Offer, err error) { found[q] = answer{o, err} })
		if ctxErr := context.Cause(c.ctx); ctxErr != nil {
			err = ctxErr
		}
		return func() {
			for _, q := range wanted {
				a, ok := found[q]
				if !ok {
					a.err = err
				}
				c.planner.Offer(q, a.offer, a.err)
			}
		}
	})
}
