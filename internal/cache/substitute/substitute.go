// Package substitute gets store objects from elsewhere instead of building them:
// it asks substituters in order, judges by signatures what they offer, and copies
// it into the store.
//
// A substituter that fails counts as one that has nothing. That is said once, and
// it is left alone from then on. A substituter whose object turns out to be
// damaged is passed over for that object, and the next one is asked.
package substitute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/par"
	"firn/internal/store"
)

// A Source is a substituter.
type Source struct {
	Store    store.Store
	Name     string // its address
	Priority int    // who has the lowest is asked first
	Trusted  bool   // what it has needs no signature
}

// Options say what is taken.
type Options struct {
	// Keys are the keys one of which has to have signed what is taken; nil takes
	// everything.
	Keys     signature.PublicKeys
	Recorder *activity.Recorder
}

// A Pool is all substituters of a store. Several goroutines may use it.
type Pool struct {
	to   store.Destination
	o    Options
	open func(context.Context) []Source

	once    sync.Once
	sources []*source
}

type source struct {
	Source
	failed atomic.Bool
}

// New returns the substituters that open returns, for the store to. open is
// called once, before the first question.
func New(to store.Destination, o Options, open func(context.Context) []Source) *Pool {
	return &Pool{to: to, o: o, open: open}
}

// ready returns the substituters in the order in which they are asked.
func (p *Pool) ready(ctx context.Context) []*source {
	p.once.Do(func() {
		list := p.open(ctx)
		slices.SortStableFunc(list, func(a, b Source) int { return a.Priority - b.Priority })
		for _, s := range list {
			p.sources = append(p.sources, &source{Source: s})
		}
	})
	return p.sources
}

// Close closes the substituters.
func (p *Pool) Close() error {
	p.once.Do(func() {})
	var errs []error
	for _, s := range p.sources {
		errs = append(errs, s.Store.Close())
	}
	return errors.Join(errs...)
}

// queries is how many paths are asked about at once.
const queries = 256

// found is what a substituter has: the offer's own business.
type found struct {
	source *source
	info   *pathinfo.Info
}

// Offers tells which paths can be had.
func (p *Pool) Offers(ctx context.Context, paths []storepath.Path, tell func(storepath.Path, *plan.Offer, error)) error {
	var mu sync.Mutex
	return par.Each(ctx, queries, paths, func(ctx context.Context, path storepath.Path) error {
		f, err := p.find(ctx, path, 0)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if f != nil {
			tell(path, f.offer(ctx), nil)
		}
		return nil
	})
}

func (f *found) offer(ctx context.Context) *plan.Offer {
	o := &plan.Offer{NARSize: f.info.NARSize, CA: f.info.CA, Source: f}
	for _, r := range f.info.References {
		if r != f.info.Path {
			o.References = append(o.References, r)
		}
	}
	if sizer, ok := f.source.Store.(interface {
		DownloadSize(context.Context, storepath.Path) uint64
	}); ok {
		o.DownloadSize = sizer.DownloadSize(ctx, f.info.Path)
	}
	return o
}

// find returns what the first substituter, not counting the first skip ones, has
// that may be taken. It is nil if none has; an error is that of the context.
func (p *Pool) find(ctx context.Context, path storepath.Path, skip int) (*found, error) {
	sources := p.ready(ctx)
	for _, s := range sources[min(skip, len(sources)):] {
		if s.failed.Load() || s.Store.Dir() != p.to.Dir() {
			continue
		}
		p.o.Recorder.Say(activity.Debug, fmt.Sprintf("checking substituter '%s' for path '%s'", s.Name, p.to.Dir().Join(path)))
		info, err := s.Store.PathInfo(ctx, path)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, store.ErrNotValid):
		case err != nil:
			p.fail(s, err)
		case p.trusts(s, info):
			return &found{s, info}, nil
		default:
			p.o.Recorder.Warn(fmt.Sprintf("ignoring substitute for '%s' from '%s', as it's not signed by any of the keys in 'trusted-public-keys'",
				p.to.Dir().Join(path), s.Name))
		}
	}
	return nil, nil
}

// trusts tells whether an object may be taken for what a substituter says it is.
func (p *Pool) trusts(s *source, info *pathinfo.Info) bool {
	return s.Trusted || p.o.Keys == nil || store.CheckSignatures(p.to.Dir(), info, p.o.Keys) == nil
}

// fail says once why a substituter is not asked any more.
func (p *Pool) fail(s *source, err error) {
	if !s.failed.Swap(true) {
		p.o.Recorder.Warn(fmt.Sprintf("the substituter '%s' is not asked any more, as it failed: %v", s.Name, err))
	}
}

// Realisation returns what an output was built to elsewhere, nil if nobody knows.
func (p *Pool) Realisation(ctx context.Context, id realisation.ID) (*realisation.Realisation, error) {
	for _, s := range p.ready(ctx) {
		traces, ok := s.Store.(store.Traces)
		if !ok || s.failed.Load() {
			continue
		}
		r, err := traces.Realisation(ctx, id)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			p.fail(s, err)
		case r == nil:
		case !s.Trusted && p.o.Keys != nil && r.CheckSignatures(p.o.Keys) == 0:
			p.o.Recorder.Warn(fmt.Sprintf("ignoring what '%s' says of '%s', as it's not signed by any of the keys in 'trusted-public-keys'", s.Name, id.Text(p.to.Dir())))
		default:
			return r, nil
		}
	}
	return nil, nil
}

// Substitute copies what was offered, or the same path from a later substituter
// if that fails.
func (p *Pool) Substitute(ctx context.Context, w plan.Substitute) error {
	f, ok := w.Offer.Source.(*found)
	if !ok {
		return fmt.Errorf("path '%s' was not offered by a substituter", p.to.Dir().Join(w.Path))
	}
	full := p.to.Dir().Join(w.Path)
	var failures []error
	for f != nil {
		err := p.copy(ctx, f, w.Repair)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		failures = append(failures, fmt.Errorf("fetching path '%s' from '%s': %w", full, f.source.Name, err))
		next, findErr := p.find(ctx, w.Path, 1+slices.Index(p.sources, f.source))
		if findErr != nil {
			return findErr
		}
		if next != nil {
			p.o.Recorder.Warn("" + failures[len(failures)-1].Error() + "; trying the next substituter")
		}
		f = next
	}
	return errors.Join(failures...)
}

func (p *Pool) copy(ctx context.Context, f *found, repair bool) error {
	a := p.o.Recorder.Start(activity.Substitute, activity.Talkative, "", activity.Text(p.to.Dir().Join(f.info.Path)), activity.Text(f.source.Name))
	defer a.Stop()
	return store.CopyPath(ctx, f.source.Store, p.to, f.info, store.CopyOptions{
		Repair: repair, Unsigned: f.source.Trusted, Recorder: p.o.Recorder, FromName: f.source.Name,
	})
}
