package world

import (
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

// Seen is a store of a restricted evaluation, which may see what it adds to the
// store itself or has built.
type Seen struct {
	eval.Store
	Dir    storepath.Dir
	Access *Access
}

// AddText implements [eval.Store].
func (s *Seen) AddText(name string, text []byte, refs []storepath.Path) (storepath.Path, error) {
	p, err := s.Store.AddText(name, text, refs)
	return s.see(p, err)
}

// AddSource implements [eval.Store].
func (s *Seen) AddSource(src eval.Source) (storepath.Path, error) {
	p, err := s.Store.AddSource(src)
	return s.see(p, err)
}

func (s *Seen) see(p storepath.Path, err error) (storepath.Path, error) {
	if err == nil {
		s.Access.Allow(s.Dir.Join(p))
	}
	return p, err
}

// Realise implements [eval.Store]. What was built may refer to other paths.
func (s *Seen) Realise(elems []value.Elem) (map[string]string, error) {
	built, err := s.Store.Realise(elems)
	if err != nil {
		return nil, err
	}
	for _, full := range built {
		p, err := s.Dir.Parse(full)
		if err != nil {
			return nil, err
		}
		closure, err := s.Store.Closure(p)
		if err != nil {
			return nil, err
		}
		for _, q := range closure {
			s.Access.Allow(s.Dir.Join(q))
		}
	}
	return built, nil
}
