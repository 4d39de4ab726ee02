package builtin

import (
	"slices"

	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

// A keySet is the set of keys of genericClosure: hashed while all keys are
// strings, all paths or all integers, and ordered by < otherwise.
type keySet struct {
	kind    value.Kind
	texts   map[string]*cell
	numbers map[int64]*cell
	order   []keyed
}

// keyed is a key and the element that it came from.
type keyed struct {
	key  value.Value
	elem *cell
}

// insert adds a key and reports whether it is new. Keys that can't be compared
// fail.
func (s *keySet) insert(w *worker, key value.Value, e *cell) bool {
	if s.kind == 0 && s.order == nil {
		s.kind = key.Kind()
		s.texts, s.numbers = make(map[string]*cell), make(map[int64]*cell)
	}
	if s.order == nil && key.Kind() == s.kind {
		switch s.kind {
		case value.KindString, value.KindPath:
			return insertKey(s.texts, key.Str(), e)
		case value.KindInt:
			return insertKey(s.numbers, key.Int(), e)
		}
	}
	if s.order == nil {
		s.toOrder(w)
	}
	i := s.search(w, key, e)
	if i < len(s.order) && !s.less(w, key, e, s.order[i].key, s.order[i].elem) {
		return false
	}
	s.order = slices.Insert(s.order, i, keyed{key, e})
	return true
}

func insertKey[K comparable](m map[K]*cell, k K, e *cell) bool {
	if _, ok := m[k]; ok {
		return false
	}
	m[k] = e
	return true
}

// toOrder leaves the hashed form.
func (s *keySet) toOrder(w *worker) {
	s.order = []keyed{}
	for k, e := range s.texts {
		key := value.String(k)
		if s.kind == value.KindPath {
			key = value.Path(k)
		}
		s.order = append(s.order, keyed{key, e})
	}
	for k, e := range s.numbers {
		s.order = append(s.order, keyed{value.Int(k), e})
	}
	slices.SortFunc(s.order, func(a, b keyed) int {
		if s.less(w, a.key, a.elem, b.key, b.elem) {
			return -1
		}
		return 1
	})
	s.texts, s.numbers = nil, nil
}

// search returns the first position whose key is not less than key.
func (s *keySet) search(w *worker, key value.Value, e *cell) int {
	lo, hi := 0, len(s.order)
	for lo < hi {
		m := (lo + hi) / 2
		if s.less(w, s.order[m].key, s.order[m].elem, key, e) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

func (s *keySet) less(w *worker, a value.Value, ea *cell, b value.Value, eb *cell) bool {
	w.PushElement("while comparing element %s", ea)
	w.PushElement("with element %s", eb)
	less := w.LessValues(a, b, 0, eval.NoFrame)
	w.Pop()
	w.Pop()
	return less
}
