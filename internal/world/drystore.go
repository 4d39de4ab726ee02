package world

import (
	"sync"

	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

// DryStore computes store paths and writes nothing, for read-only evaluation.
type DryStore struct {
	Dir storepath.Dir
	// Refuse fails where something would have to be written, as a store does that
	// takes nothing.
	Refuse bool

	buf sync.Pool
}

// AddText implements [eval.Store].
func (s *DryStore) AddText(name string, text []byte, refs []storepath.Path) (storepath.Path, error) {
	if err := s.refusal("addToStoreFromDump"); err != nil {
		return "", err
	}
	return s.Dir.MakeText(name, nixhash.Sum(nixhash.SHA256, text), refs)
}

// AddDerivation implements [eval.Store].
func (s *DryStore) AddDerivation(d *derivation.Derivation) (storepath.Path, error) {
	if err := s.refusal("writeDerivation"); err != nil {
		return "", err
	}
	buf, _ := s.buf.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	*buf = d.AppendATerm((*buf)[:0], s.Dir)
	p, err := d.Path(s.Dir, *buf)
	s.buf.Put(buf)
	return p, err
}

// AddSource implements [eval.Store].
func (s *DryStore) AddSource(src eval.Source) (storepath.Path, error) {
	if err := s.refusal("addToStoreFromDump"); err != nil {
		return "", err
	}
	h, err := HashSource(src)
	if err != nil {
		return "", err
	}
	return s.Dir.MakeFixed(src.Name, storepath.ContentAddress{Method: src.Method, Hash: h}, storepath.References{Others: src.References})
}

func (s *DryStore) refusal(operation string) error {
	if !s.Refuse {
		return nil
	}
	return diag.New(diag.InvalidSetting, "operation '%s' is not supported by store '%s'", operation, "dummy://")
}

// IsValid implements [eval.Store]: nothing is.
func (s *DryStore) IsValid(storepath.Path) bool { return false }

// EnsureValid implements [eval.Store]; read-only evaluation asks for nothing.
func (s *DryStore) EnsureValid(storepath.Path) error { return nil }

func (s *DryStore) invalid(p storepath.Path) error {
	return diag.New(diag.InvalidStorePath, "path '%s' is not valid", s.Dir.Join(p))
}

// References implements [eval.Store].
func (s *DryStore) References(p storepath.Path) ([]storepath.Path, error) { return nil, s.invalid(p) }

// Closure implements [eval.Store].
func (s *DryStore) Closure(p storepath.Path) ([]storepath.Path, error) { return nil, s.invalid(p) }

// ReadDerivation implements [eval.Store].
func (s *DryStore) ReadDerivation(p storepath.Path) (*derivation.Derivation, error) {
	return nil, diag.New(diag.InvalidStorePath, "derivation '%s' is not valid", s.Dir.Join(p))
}

// Realise implements [eval.Store].
func (s *DryStore) Realise(elems []value.Elem) (map[string]string, error) {
	return nil, s.invalid(elems[0].Path)
}

// RealPath implements [eval.Store].
func (s *DryStore) RealPath(p storepath.Path) string { return s.Dir.Join(p) }
