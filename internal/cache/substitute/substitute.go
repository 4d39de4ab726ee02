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
	"io"
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
	there  storepath.Path // what it is called there, where the store directory is another one
}

// Offers tells which paths can be had.
func (p *Pool) Offers(ctx context.Context, wanted []plan.FindOffer, tell func(plan.FindOffer, *plan.Offer, error)) error {
	var mu sync.Mutex
	return par.Each(ctx, queries, wanted, func(ctx context.Context, q plan.FindOffer) error {
		f, err := p.find(ctx, q, 0)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if f != nil {
			tell(q, f.offer(ctx), nil)
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
		o.DownloadSize = sizer.DownloadSize(ctx, f.there)
	}
	return o
}

// find returns what the first substituter, not counting the first skip ones, has
// that may be taken. It is nil if none has; an error is that of the context.
func (p *Pool) find(ctx context.Context, q plan.FindOffer, skip int) (*found, error) {
	sources := p.ready(ctx)
	full := p.to.Dir().Join(q.Path)
	for _, s := range sources[min(skip, len(sources)):] {
		there := p.nameIn(s, q)
		if s.failed.Load() || there == "" {
			continue
		}
		p.o.Recorder.Say(activity.Debug, fmt.Sprintf("checking substituter '%s' for path '%s'", s.Name, full))
		info, err := s.Store.PathInfo(ctx, there)
		if err == nil && there != q.Path {
			info = renamed(info, q.Path)
		}
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, store.ErrNotValid):
		case err != nil:
			p.fail(s, err)
		case there != q.Path && !p.isPromised(info):
			p.o.Recorder.Warn(fmt.Sprintf("asked '%s' for '%s' but got '%s'", s.Name, full, s.Store.Dir().Join(there)))
		case p.trusts(s, info):
			return &found{s, info, there}, nil
		default:
			p.o.Recorder.Warn(fmt.Sprintf("ignoring substitute for '%s' from '%s', as it's not signed by any of the keys in 'trusted-public-keys'", full, s.Name))
		}
	}
	return nil, nil
}

// nameIn is what a substituter calls a path: another name where its store directory is another one, and none
// unless that name follows from the contents.
func (p *Pool) nameIn(s *source, q plan.FindOffer) storepath.Path {
	if s.Store.Dir() == p.to.Dir() {
		return q.Path
	}
	if q.CA.IsZero() {
		return ""
	}
	there, err := s.Store.Dir().MakeFixed(q.Path.Name(), q.CA, storepath.References{})
	if err != nil {
		return "" // no store has such a path
	}
	return there
}

// renamed is the info of an object that lies in another store directory. Its deriver and signatures are of there.
func renamed(info *pathinfo.Info, path storepath.Path) *pathinfo.Info {
	here := *info
	here.Path, here.Deriver, here.Signatures = path, "", nil
	return &here
}

// isPromised tells whether a name follows from the contents, under this store directory.
func (p *Pool) isPromised(info *pathinfo.Info) bool {
	addressed, _ := info.IsContentAddressed(p.to.Dir())
	return addressed && len(info.References) == 0
}

// A translator reads an object by the name that another store directory gives it.
type translator struct {
	store.Reader
	there storepath.Path
}

// WriteNAR implements [store.Reader].
func (t translator) WriteNAR(ctx context.Context, _ storepath.Path, w io.Writer) error {
	return t.Reader.WriteNAR(ctx, t.there, w)
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

// Realisation returns what an output was built to elsewhere, nil if nobody knows. Substituters are asked for both
// forms, the older one under the key legacy unless that is zero.
func (p *Pool) Realisation(ctx context.Context, id realisation.ID, legacy realisation.LegacyID) (*realisation.Realisation, error) {
	for _, s := range p.ready(ctx) {
		if s.failed.Load() {
			continue
		}
		r, trusted, err := p.statement(ctx, s, id, legacy)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil:
			p.fail(s, err)
		case r == nil:
		case !trusted:
			p.o.Recorder.Warn(fmt.Sprintf("ignoring what '%s' says of '%s', as it's not signed by any of the keys in 'trusted-public-keys'", s.Name, id.Text(p.to.Dir())))
		default:
			return r, nil
		}
	}
	return nil, nil
}

// statement asks one substituter, for the older form if it does not have the newer one.
func (p *Pool) statement(ctx context.Context, s *source, id realisation.ID, legacy realisation.LegacyID) (r *realisation.Realisation, trusted bool, err error) {
	free := s.Trusted || p.o.Keys == nil
	if traces, ok := s.Store.(store.Traces); ok {
		if r, err = traces.Realisation(ctx, id); err != nil || r != nil {
			return r, free || r != nil && r.CheckSignatures(p.o.Keys) > 0, err
		}
	}
	old, ok := s.Store.(store.LegacyTraces)
	if !ok || legacy.DrvHash.IsZero() {
		return nil, false, nil
	}
	l, err := old.LegacyRealisation(ctx, legacy)
	if l == nil || err != nil {
		return nil, false, err
	}
	return &realisation.Realisation{ID: id, OutPath: l.OutPath}, free || l.CheckSignatures(p.o.Keys) > 0, nil
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
		next, findErr := p.find(ctx, plan.FindOffer{Path: w.Path, CA: w.Offer.CA}, 1+slices.Index(p.sources, f.source))
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
	a := p.o.Recorder.Start(activity.Substitute, activity.Error, "", activity.Text(p.to.Dir().Join(f.info.Path)), activity.Text(f.source.Name))
	defer a.Stop()
	return store.CopyPath(ctx, translator{f.source.Store, f.there}, p.to, f.info, store.CopyOptions{
		Repair: repair, Unsigned: f.source.Trusted, Recorder: p.o.Recorder, Parent: a, FromName: f.source.Name,
	})
}
