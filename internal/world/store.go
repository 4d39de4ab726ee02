package world

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"

	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
	"firn/internal/store"
)

// Backing is the store that an evaluation writes to.
type Backing interface {
	store.Reader
	store.Writer
	store.Opener
}

// places is a store whose objects are files of this machine.
type places interface {
	RealPath(p storepath.Path) string
}

// A Realiser builds or substitutes outputs of derivations and returns their
// paths, one for each element.
type Realiser func(ctx context.Context, wanted []value.Elem) ([]storepath.Path, error)

// Store writes what an evaluation makes to a store. Texts, derivations above
// all, are taken at once and written in batches; Flush waits for them. Whatever
// asks whether a path is valid waits, too.
type Store struct {
	backing Backing
	realise Realiser
	ctx     context.Context
	dry     DryStore
	// readOnly computes paths instead of adding anything.
	readOnly bool

	mu      sync.Mutex
	batch   store.Batch
	pending map[storepath.Path]bool
	drvs    sync.Map // those that were read: storepath.Path -> *derivation.Derivation
	buf     sync.Pool
}

// NewStore returns a store for one evaluation. Cancelling ctx ends what it
// does; realise may be nil if nothing can be built. A readOnly one answers
// questions about b and adds nothing to it.
func NewStore(ctx context.Context, b Backing, realise Realiser, readOnly bool) *Store {
	return &Store{
		backing: b, realise: realise, ctx: ctx, dry: DryStore{Dir: b.Dir()}, readOnly: readOnly,
		pending: make(map[storepath.Path]bool),
	}
}

// AddText implements [eval.Store].
func (s *Store) AddText(name string, text []byte, refs []storepath.Path) (storepath.Path, error) {
	if s.readOnly {
		return s.dry.AddText(name, text, refs)
	}
	p, err := s.backing.Dir().MakeText(name, nixhash.Sum(nixhash.SHA256, text), refs)
	if err != nil {
		return "", err
	}
	return p, s.add(store.Text{Name: name, Contents: text, References: refs, Path: p})
}

// AddDerivation implements [eval.Store].
func (s *Store) AddDerivation(d *derivation.Derivation) (storepath.Path, error) {
	if s.readOnly {
		return s.dry.AddDerivation(d)
	}
	buf, _ := s.buf.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer s.buf.Put(buf)
	*buf = d.AppendATerm((*buf)[:0], s.backing.Dir())
	p, err := d.Path(s.backing.Dir(), *buf)
	if err != nil || s.isPending(p) {
		return p, err
	}
	text := make([]byte, len(*buf)) // no more than is needed: many wait to be written
	copy(text, *buf)
	// The batch looks at the outputs only, later and elsewhere.
	outputs := &derivation.Derivation{Name: d.Name, Outputs: slices.Clone(d.Outputs)}
	return p, s.add(store.Text{
		Name: d.Name + storepath.DrvExtension, Contents: text, References: d.References(), Path: p, Derivation: outputs,
	})
}

func (s *Store) isPending(p storepath.Path) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending[p]
}

func (s *Store) add(t store.Text) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[t.Path] {
		return nil
	}
	if s.batch == nil {
		s.batch = s.backing.Batch()
	}
	s.pending[t.Path] = true
	return s.batch.Add(s.ctx, t)
}

// Flush returns when everything that was added is valid.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.batch == nil {
		return nil
	}
	clear(s.pending)
	return s.batch.Flush(s.ctx)
}

// flushed makes sure that a path is in the store if this evaluation made it.
func (s *Store) flushed(p storepath.Path) error {
	if s.isPending(p) {
		return s.Flush()
	}
	return nil
}

// AddSource implements [eval.Store].
func (s *Store) AddSource(src eval.Source) (storepath.Path, error) {
	if s.readOnly || src.Method == storepath.Git || src.Method == storepath.Text {
		return s.dry.AddSource(src)
	}
	info, err := s.backing.AddSource(s.ctx, store.Source{
		Name: src.Name, Method: src.Method, Algo: src.Algo, References: src.References,
		Write: func(w io.Writer) error { return writeSource(w, src, s.realSource(src.Path)) },
	})
	if err != nil {
		return "", err
	}
	return info.Path, nil
}

// realSource is where a source is on this machine: elsewhere for objects of a
// store that is not at its own place.
func (s *Store) realSource(path string) string {
	p, rest, err := s.backing.Dir().ParseInside(path)
	if err != nil {
		return path
	}
	return s.RealPath(p) + rest
}

// IsValid implements [eval.Store].
func (s *Store) IsValid(p storepath.Path) bool {
	if s.flushed(p) != nil {
		return false
	}
	ok, err := s.backing.IsValid(s.ctx, p)
	return err == nil && ok
}

// EnsureValid implements [eval.Store].
func (s *Store) EnsureValid(p storepath.Path) error {
	if s.readOnly {
		return nil
	}
	if err := s.flushed(p); err != nil {
		return err
	}
	ok, err := s.backing.IsValid(s.ctx, p)
	if err == nil && !ok {
		return diag.New(diag.InvalidStorePath, "path '%s' is not valid", s.backing.Dir().Join(p))
	}
	return err
}

// References implements [eval.Store].
func (s *Store) References(p storepath.Path) ([]storepath.Path, error) {
	if err := s.flushed(p); err != nil {
		return nil, err
	}
	info, err := s.backing.PathInfo(s.ctx, p)
	if err != nil {
		return nil, err
	}
	return info.References, nil
}

// Closure implements [eval.Store].
func (s *Store) Closure(p storepath.Path) ([]storepath.Path, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	infos, err := store.Closure(s.ctx, s.backing, p)
	if err != nil {
		return nil, err
	}
	out := make([]storepath.Path, len(infos))
	for i, info := range infos {
		out[i] = info.Path
	}
	return out, nil
}

// ReadDerivation implements [eval.Store].
func (s *Store) ReadDerivation(p storepath.Path) (*derivation.Derivation, error) {
	if err := s.flushed(p); err != nil {
		return nil, err
	}
	if d, ok := s.drvs.Load(p); ok {
		return d.(*derivation.Derivation), nil
	}
	d, err := store.ReadDerivation(s.ctx, s.backing, p)
	if err == nil {
		s.drvs.Store(p, d)
	}
	return d, err
}

// Realise implements [eval.Store].
func (s *Store) Realise(elems []value.Elem) (map[string]string, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	dir := s.backing.Dir()
	if s.realise == nil {
		return nil, diag.New(diag.ImportFromDerivation, "cannot build '%s': this evaluation has no builder", dir.Join(elems[0].Path))
	}
	paths, err := s.realise(s.ctx, elems)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string)
	for i, e := range elems {
		out[Placeholder(e)] = dir.Join(paths[i])
	}
	return out, nil
}

// Placeholder is the text that stands for an output whose path is not known.
func Placeholder(e value.Elem) string {
	first, rest, dynamic := strings.Cut(e.Outputs, "!")
	p := storepath.UnknownCAOutput(e.Path, first)
	for dynamic {
		first, rest, dynamic = strings.Cut(rest, "!")
		p = storepath.UnknownDerivation(p, first)
	}
	return p.String()
}

// RealPath implements [eval.Store].
func (s *Store) RealPath(p storepath.Path) string {
	if at, ok := s.backing.(places); ok {
		return at.RealPath(p)
	}
	return s.backing.Dir().Join(p)
}
