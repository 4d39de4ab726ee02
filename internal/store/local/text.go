package local

import (
	"context"
	"fmt"
	"os"
	"sync"

	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// AddText implements [store.Writer].
func (s *Store) AddText(ctx context.Context, t store.Text) (storepath.Path, error) {
	info, err := t.Info(s.o.Dir)
	if err != nil {
		return "", err
	}
	return info.Path, s.addText(ctx, info, t)
}

func (s *Store) addText(ctx context.Context, info *pathinfo.Info, t store.Text) error {
	return s.add(ctx, info.Path, false, func(dest string) (entry, error) {
		outputs, d, err := t.Outputs(s.o.Dir)
		if err == nil && d != nil {
			err = s.checkDerivation(d, info.Path)
		}
		if err == nil {
			err = fstree.WriteFile(dest, t.Contents, false)
		}
		return entry{info: info, outputs: outputs, isFile: true}, err
	})
}

// checkDerivation makes sure that the output paths of a derivation are what they
// must be.
func (s *Store) checkDerivation(d *derivation.Derivation, drv storepath.Path) error {
	h := derivation.Hasher{Dir: s.o.Dir, Memo: &s.memo, Read: s.readDerivation}
	return h.CheckAt(d, drv)
}

// readDerivation reads a derivation that is there, valid or not.
func (s *Store) readDerivation(drv storepath.Path) (*derivation.Derivation, error) {
	return s.readDerivationAt(drv, s.RealPath(drv))
}

func (s *Store) readDerivationAt(drv storepath.Path, file string) (*derivation.Derivation, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	d, err := derivation.ParseATerm(s.o.Dir, drv.DerivationName(), string(text))
	if err != nil {
		return nil, fmt.Errorf("error parsing derivation '%s': %w", s.o.Dir.Join(drv), err)
	}
	return d, nil
}

// outputsOf reads the known outputs of a derivation from a file and checks them.
func (s *Store) outputsOf(drv storepath.Path, file string) ([]store.Output, error) {
	d, err := s.readDerivationAt(drv, file)
	if err == nil {
		err = s.checkDerivation(d, drv)
	}
	if err != nil {
		return nil, err
	}
	return store.KnownOutputs(d), nil
}

// memo remembers hashes of derivations. It is bounded by forgetting everything.
type memo struct {
	mu sync.Mutex
	m  map[storepath.Path]derivation.Modulo
}

const maxMemo = 1 << 16

// Load implements [derivation.Memo].
func (m *memo) Load(drv storepath.Path) (derivation.Modulo, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.m[drv]
	return h, ok
}

// Store implements [derivation.Memo].
func (m *memo) Store(drv storepath.Path, h derivation.Modulo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.m == nil || len(m.m) >= maxMemo {
		m.m = make(map[storepath.Path]derivation.Modulo)
	}
	m.m[drv] = h
}
