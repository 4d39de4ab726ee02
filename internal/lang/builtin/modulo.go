package builtin

import (
	"sync"

	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
)

// hasher returns the evaluator's hasher, which remembers the hash modulo of
// every derivation that was written or read.
func hasher(w *worker) *derivation.Hasher {
	return w.Memo(hasherKey{}, func() any {
		return &derivation.Hasher{
			Dir:  w.StoreDir,
			Memo: new(moduloMemo),
			Read: func(p storepath.Path) (*derivation.Derivation, error) { return parseStored(w, p) },
		}
	}).(*derivation.Hasher)
}

type hasherKey struct{}

type moduloMemo struct{ m sync.Map }

func (m *moduloMemo) Load(p storepath.Path) (derivation.Modulo, bool) {
	v, ok := m.m.Load(p)
	if !ok {
		return derivation.Modulo{}, false
	}
	return v.(derivation.Modulo), true
}

func (m *moduloMemo) Store(p storepath.Path, x derivation.Modulo) { m.m.Store(p, x) }

func parseStored(w *worker, p storepath.Path) (*derivation.Derivation, error) {
	return w.World.Store.ReadDerivation(p)
}

func readDerivation(w *worker, p storepath.Path) *derivation.Derivation {
	d, err := parseStored(w, p)
	w.Check(err)
	return d
}
