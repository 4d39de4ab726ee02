// Package mem is a whole store in memory: for tests, and for evaluation that
// must leave nothing behind.
//
// It keeps files as trees of nodes, checks what the local store checks, with
// the same errors, and forgets everything with the process. Nothing is ever
// collected.
package mem

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"time"

	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/narfs"
)

// Store is a store in memory. Make one with [New].
type Store struct {
	dir  storepath.Dir
	keys signature.PublicKeys

	mu      sync.RWMutex
	objects map[storepath.Path]*object
}

// object is a valid path. It does not change once it is in the store.
type object struct {
	info    *pathinfo.Info
	tree    *narfs.Tree
	outputs []store.Output
}

// New returns an empty store.
func New(dir storepath.Dir) *Store {
	return &Store{dir: dir, objects: make(map[storepath.Path]*object)}
}

// NewSigned returns an empty store that wants signatures by one of keys.
func NewSigned(dir storepath.Dir, keys signature.PublicKeys) *Store {
	s := New(dir)
	s.keys = keys
	if keys == nil {
		s.keys = signature.PublicKeys{}
	}
	return s
}

// Dir implements [store.Reader].
func (s *Store) Dir() storepath.Dir { return s.dir }

// Close implements [store.Store]. The objects stay.
func (s *Store) Close() error { return nil }

func (s *Store) object(p storepath.Path) (*object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if o := s.objects[p]; o != nil {
		return o, nil
	}
	return nil, &store.NotValidError{Dir: s.dir, Path: p}
}

// IsValid implements [store.Reader].
func (s *Store) IsValid(_ context.Context, p storepath.Path) (bool, error) {
	_, err := s.object(p)
	return err == nil, nil
}

// PathInfo implements [store.Reader].
func (s *Store) PathInfo(_ context.Context, p storepath.Path) (*pathinfo.Info, error) {
	o, err := s.object(p)
	if err != nil {
		return nil, err
	}
	return o.info, nil
}

// WriteNAR implements [store.Reader].
func (s *Store) WriteNAR(_ context.Context, p storepath.Path, w io.Writer) error {
	o, err := s.object(p)
	if err != nil {
		return err
	}
	return o.tree.WriteNAR(w)
}

// Open implements [store.Opener].
func (s *Store) Open(_ context.Context, p storepath.Path) (fs.FS, error) {
	o, err := s.object(p)
	if err != nil {
		return nil, err
	}
	return o.tree, nil
}

// AllPaths implements [store.Querier].
func (s *Store) AllPaths(context.Context) ([]storepath.Path, error) {
	return s.pathsWhere(func(*object) bool { return true }), nil
}

// Referrers implements [store.Querier].
func (s *Store) Referrers(_ context.Context, p storepath.Path) ([]storepath.Path, error) {
	return s.pathsWhere(func(o *object) bool { return slices.Contains(o.info.References, p) }), nil
}

// ValidDerivers implements [store.Querier].
func (s *Store) ValidDerivers(_ context.Context, p storepath.Path) ([]storepath.Path, error) {
	return s.pathsWhere(func(o *object) bool {
		return slices.ContainsFunc(o.outputs, func(out store.Output) bool { return out.Path == p })
	}), nil
}

// FromHashPart implements [store.Querier].
func (s *Store) FromHashPart(_ context.Context, hashPart string) (storepath.Path, error) {
	found := s.pathsWhere(func(o *object) bool { return o.info.Path.HashPart() == hashPart })
	if len(found) == 0 {
		return "", nil
	}
	return found[0], nil
}

func (s *Store) pathsWhere(want func(*object) bool) []storepath.Path {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var list []storepath.Path
	for p, o := range s.objects {
		if want(o) {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list
}

// DerivationOutputs implements [store.Querier].
func (s *Store) DerivationOutputs(_ context.Context, drv storepath.Path) ([]store.Output, error) {
	o, err := s.object(drv)
	if err != nil {
		return nil, err
	}
	return o.outputs, nil
}

// AddText implements [store.Writer].
func (s *Store) AddText(ctx context.Context, t store.Text) (storepath.Path, error) {
	info, err := t.Info(s.dir)
	if err != nil {
		return "", err
	}
	outputs, d, err := t.Outputs(s.dir)
	if err == nil && d != nil {
		err = s.checkDerivation(d, info.Path)
	}
	if err != nil {
		return "", err
	}
	return info.Path, s.register(&object{info: info, tree: narfs.File(bytes.Clone(t.Contents)), outputs: outputs})
}

// checkDerivation makes sure that a derivation's output paths are what they
// must be.
func (s *Store) checkDerivation(d *derivation.Derivation, drv storepath.Path) error {
	h := derivation.Hasher{Dir: s.dir, Read: s.readDerivation}
	return h.CheckAt(d, drv)
}

func (s *Store) readDerivation(drv storepath.Path) (*derivation.Derivation, error) {
	o, err := s.object(drv)
	if err != nil {
		return nil, err
	}
	return derivation.ParseATerm(s.dir, drv.DerivationName(), string(o.tree.Contents()))
}

// AddSource implements [store.Writer].
func (s *Store) AddSource(_ context.Context, src store.Source) (*pathinfo.Info, error) {
	if err := src.Check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := src.Write(&b); err != nil {
		return nil, err
	}
	hash := nixhash.Sum(src.Algorithm(), b.Bytes())
	narHash, narSize := nixhash.Sum(nixhash.SHA256, b.Bytes()), uint64(b.Len())
	tree := narfs.File(b.Bytes())
	if src.Method == storepath.Flat {
		narHash, narSize = store.FileNARHash(b.Bytes())
	} else {
		var err error
		if tree, err = narfs.Read(nar.NewReader(&b)); err != nil {
			return nil, err
		}
	}
	info, err := src.Info(s.dir, hash, narHash, narSize)
	if err != nil {
		return nil, err
	}
	return info, s.register(&object{info: info, tree: tree})
}

// AddNAR implements [store.Writer].
func (s *Store) AddNAR(ctx context.Context, info *pathinfo.Info, r io.Reader, o store.AddOptions) error {
	if s.keys != nil && !o.Unsigned {
		if err := store.CheckSignatures(s.dir, info, s.keys); err != nil {
			return err
		}
	}
	if ok, _ := s.IsValid(ctx, info.Path); ok && !o.Repair {
		return nil
	}
	h := nixhash.NewWriter(nixhash.SHA256)
	archive := nar.NewReader(io.TeeReader(r, h))
	tree, err := narfs.Read(archive)
	if err == nil {
		err = store.CheckEnd(archive, h)
	}
	if err != nil {
		return fmt.Errorf("add path '%s': %w", s.dir.Join(info.Path), err)
	}
	if err := store.CheckNAR(s.dir, info, h.Sum(), h.Size()); err != nil {
		return err
	}
	if err := store.CheckClaim(s.dir, info); err != nil {
		return err
	}
	if err := store.CheckContents(s.dir, info, tree.WriteNAR); err != nil {
		return err
	}
	added := *info
	obj := &object{info: &added, tree: tree}
	if info.Path.IsDerivation() {
		d, err := derivation.ParseATerm(s.dir, info.Path.DerivationName(), string(tree.Contents()))
		if err == nil {
			err = s.checkDerivation(d, info.Path)
		}
		if err != nil {
			return err
		}
		obj.outputs = store.KnownOutputs(d)
	}
	return s.register(obj)
}

func (s *Store) register(o *object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects[o.info.Path] != nil {
		return nil
	}
	for _, ref := range o.info.References {
		if ref != o.info.Path && s.objects[ref] == nil {
			return &store.NotValidError{Dir: s.dir, Path: ref}
		}
	}
	if o.info.RegistrationTime == 0 {
		o.info.RegistrationTime = time.Now().Unix()
	}
	s.objects[o.info.Path] = o
	return nil
}

// Batch implements [store.Writer].
func (s *Store) Batch() store.Batch { return batch{s} }

type batch struct{ s *Store }

func (b batch) Add(ctx context.Context, t store.Text) error {
	_, err := b.s.AddText(ctx, t)
	return err
}

func (b batch) AddSource(ctx context.Context, src store.Source) (*pathinfo.Info, error) {
	return b.s.AddSource(ctx, src)
}

func (b batch) Flush(context.Context) error { return nil }
