package builtin

import (
	"firn/internal/lang/eval"
	"firn/internal/lang/value"
)

// A keySet is the set of keys of genericClosure: hashed while all keys are
// strings, all paths or all integers, and a search tree ordered by < otherwise.
//
// Nix: a failing comparison names the two elements that met, which depends on
// the shape of the tree. It is that of a red-black tree into which the elements
// go in order, each being compared as the left operand first
// (eval-fail-genericClosure-keys-incompatible-types).
type keySet struct {
	kind    value.Kind
	texts   map[string]struct{}
	numbers map[int64]struct{}
	tree    *keyNode
	isTree  bool
}

// keyNode is a node of the tree: a key and the element that it came from.
type keyNode struct {
	key         value.Value
	elem        *cell
	red         bool
	left, right *keyNode
}

// insert adds the key of an element and reports whether it is new; found are
// the elements that were new before. Keys that can't be compared fail.
func (s *keySet) insert(w *worker, key value.Value, e *cell, found []keyed) bool {
	if len(found) == 0 {
		s.kind = key.Kind()
		s.texts, s.numbers = make(map[string]struct{}), make(map[int64]struct{})
	}
	if !s.isTree && key.Kind() == s.kind {
		switch s.kind {
		case value.KindString, value.KindPath:
			return insertKey(s.texts, key.Str())
		case value.KindInt:
			return insertKey(s.numbers, key.Int())
		}
	}
	if !s.isTree {
		s.isTree, s.texts, s.numbers = true, nil, nil
		for _, k := range found {
			s.insertNode(w, k.key, k.elem)
		}
	}
	return s.insertNode(w, key, e)
}

// keyed is an element with its key.
type keyed struct {
	key  value.Value
	elem *cell
}

func insertKey[K comparable](m map[K]struct{}, k K) bool {
	if _, ok := m[k]; ok {
		return false
	}
	m[k] = struct{}{}
	return true
}

// less compares two keys because the element e is compared with another.
func (s *keySet) less(w *worker, a, b value.Value, e, other *cell) bool {
	w.PushElement("while comparing element %s", e)
	w.PushElement("with element %s", other)
	less := w.LessValues(a, b, 0, eval.NoFrame)
	w.Pop()
	w.Pop()
	return less
}

// insertNode goes down to where the key belongs, compares it with the key
// before it, and hangs it there.
func (s *keySet) insertNode(w *worker, key value.Value, e *cell) bool {
	var path []*keyNode
	var before *keyNode
	for n := s.tree; n != nil; {
		path = append(path, n)
		if s.less(w, key, n.key, e, n.elem) {
			n = n.left
		} else {
			before, n = n, n.right
		}
	}
	if before != nil && !s.less(w, before.key, key, e, before.elem) {
		return false
	}
	n := &keyNode{key: key, elem: e, red: true}
	if len(path) == 0 {
		s.tree = n
	} else if p := path[len(path)-1]; before == p {
		p.right = n
	} else {
		p.left = n
	}
	s.balance(append(path, n))
	return true
}

// balance restores the colours after the last node of the path was inserted.
func (s *keySet) balance(path []*keyNode) {
	for len(path) > 2 && path[len(path)-2].red {
		n, parent, grand := path[len(path)-1], path[len(path)-2], path[len(path)-3]
		if uncle := grand.other(parent); uncle != nil && uncle.red {
			parent.red, uncle.red, grand.red = false, false, true
			path = path[:len(path)-2]
			continue
		}
		top := parent
		switch {
		case parent == grand.left && n == parent.right:
			top = n
			parent.right, n.left, grand.left = n.left, parent, n
			fallthrough
		case parent == grand.left:
			grand.left, top.right = top.right, grand
		case n == parent.left:
			top = n
			parent.left, n.right, grand.right = n.right, parent, n
			fallthrough
		default:
			grand.right, top.left = top.left, grand
		}
		top.red, grand.red = false, true
		if len(path) == 3 {
			s.tree = top
		} else if above := path[len(path)-4]; above.left == grand {
			above.left = top
		} else {
			above.right = top
		}
		break
	}
	s.tree.red = false
}

func (n *keyNode) other(child *keyNode) *keyNode {
	if n.left == child {
		return n.right
	}
	return n.left
}
