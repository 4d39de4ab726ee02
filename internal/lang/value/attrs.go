package value

import (
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// Attrs is an immutable attribute set. Its own attributes are sorted by symbol;
// those of base, which it was laid over by //, show through where it has no
// attribute of that name.
type Attrs struct {
	first *Attr
	base  *Attrs
	ext   unsafe.Pointer // *attrsExt, loaded and installed atomically
	// nd is the number of own attributes and, in its top bits, how many layers
	// lie below.
	nd  uint32
	pos diag.Pos
}

const (
	depthShift = 28
	maxDepth   = 8
	// maxMerged is the size up to which // makes a set without layers, maxLayer
	// that up to which two layers become one.
	maxMerged = 24
	maxLayer  = 16
	// indexAbove is the size from which a set gets a hash index, built at its
	// indexAfter-th look-up.
	indexAbove = 64
	indexAfter = 4
)

// attrsExt holds what only some sets need.
type attrsExt struct {
	lookups atomic.Uint32
	index   atomic.Pointer[attrIndex]
	flat    atomic.Pointer[[]Attr] // all attributes by symbol, for layered sets
	order   atomic.Pointer[[]Attr] // all attributes by name, for big sets
}

// attrIndex is an open-addressed hash of positions plus one.
type attrIndex struct {
	shift uint8
	slots []uint32
}

// NewAttrs makes a set that takes over list, which must be sorted by symbol and
// without duplicates; see [SortAttrs]. Sets without room for attributes are
// one, which printing shows as repeated.
func (s *Slab) NewAttrs(list []Attr) *Attrs {
	if cap(list) == 0 {
		return EmptyAttrs.Attrs()
	}
	a := s.newSet()
	a.first, a.nd = unsafe.SliceData(list), uint32(len(list))
	return a
}

// SetPos records where the set was written, unless it is the one without room. It is
// for the maker of the set.
func (a *Attrs) SetPos(p diag.Pos) {
	if a != EmptyAttrs.Attrs() {
		a.pos = p
	}
}

// Pos is where the set was written; zero if unknown.
func (a *Attrs) Pos() diag.Pos { return a.pos }

// SortAttrs sorts by symbol, keeping the order of equal names.
func SortAttrs(list []Attr) {
	if len(list) <= 16 {
		for i := 1; i < len(list); i++ {
			for j := i; j > 0 && list[j].Name < list[j-1].Name; j-- {
				list[j], list[j-1] = list[j-1], list[j]
			}
		}
		return
	}
	slices.SortStableFunc(list, func(a, b Attr) int { return int(int64(a.Name) - int64(b.Name)) })
}

func (a *Attrs) own() []Attr { return unsafe.Slice(a.first, int(a.nd&(1<<depthShift-1))) }
func (a *Attrs) depth() int  { return int(a.nd >> depthShift) }

// Get returns the attribute with this name, or nil.
func (a *Attrs) Get(name symbol.Symbol) *Attr {
	for ; a != nil; a = a.base {
		n := int(a.nd & (1<<depthShift - 1))
		if n > 8 {
			if x := a.search(name, n); x != nil {
				return x
			}
			continue
		}
		for p := a.first; n > 0; n-- {
			if p.Name == name {
				return p
			}
			p = (*Attr)(unsafe.Add(unsafe.Pointer(p), unsafe.Sizeof(Attr{})))
		}
	}
	return nil
}

// search looks in the a's own n attributes, of which there are more than a few.
func (a *Attrs) search(name symbol.Symbol, n int) *Attr {
	list := unsafe.Slice(a.first, n)
	if n > indexAbove {
		e := a.extra()
		if idx := e.index.Load(); idx != nil {
			return idx.find(list, name)
		}
		if e.lookups.Add(1) >= indexAfter {
			idx := newIndex(list)
			e.index.Store(idx)
			return idx.find(list, name)
		}
	}
	lo, hi := 0, n
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if list[m].Name < name {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < n && list[lo].Name == name {
		return &list[lo]
	}
	return nil
}

func (a *Attrs) extra() *attrsExt {
	if e := (*attrsExt)(atomic.LoadPointer(&a.ext)); e != nil {
		return e
	}
	e := new(attrsExt)
	if atomic.CompareAndSwapPointer(&a.ext, nil, unsafe.Pointer(e)) {
		return e
	}
	return (*attrsExt)(atomic.LoadPointer(&a.ext))
}

const golden = 0x9e3779b9

func newIndex(list []Attr) *attrIndex {
	bits := uint8(1)
	for 1<<bits < 2*len(list) {
		bits++
	}
	x := &attrIndex{shift: 32 - bits, slots: make([]uint32, 1<<bits)}
	for i := range list {
		h := uint32(list[i].Name) * golden >> x.shift
		for x.slots[h] != 0 {
			h = (h + 1) & uint32(len(x.slots)-1)
		}
		x.slots[h] = uint32(i + 1)
	}
	return x
}

func (x *attrIndex) find(list []Attr, name symbol.Symbol) *Attr {
	for h := uint32(name) * golden >> x.shift; ; h = (h + 1) & uint32(len(x.slots)-1) {
		i := x.slots[h]
		if i == 0 {
			return nil
		}
		if a := &list[i-1]; a.Name == name {
			return a
		}
	}
}

// AtMost bounds the number of attributes from above, without counting those that
// several layers have.
func (a *Attrs) AtMost() int {
	n := 0
	for ; a != nil; a = a.base {
		n += len(a.own())
	}
	return n
}

// Empty reports whether there are no attributes.
func (a *Attrs) Empty() bool { return a.nd == 0 }

// Len counts the attributes.
func (a *Attrs) Len() int { return len(a.List()) }

// List returns all attributes sorted by symbol; it must not be changed. Nothing
// that people see may depend on this order.
func (a *Attrs) List() []Attr {
	if a.base == nil {
		return a.own()
	}
	e := a.extra()
	if f := e.flat.Load(); f != nil {
		return *f
	}
	flat := merge(make([]Attr, 0, len(a.base.List())+len(a.own())), a.base.List(), a.own())
	e.flat.Store(&flat)
	return flat
}

// ByName returns all attributes sorted by the bytes of their names; it must not
// be changed.
func (a *Attrs) ByName() []Attr {
	list := a.List()
	if len(list) < 2 {
		return list
	}
	if len(list) <= indexAbove {
		return sortedByName(list)
	}
	e := a.extra()
	if o := e.order.Load(); o != nil {
		return *o
	}
	o := sortedByName(list)
	e.order.Store(&o)
	return o
}

func sortedByName(list []Attr) []Attr {
	if slices.IsSortedFunc(list, byName) {
		return list
	}
	list = slices.Clone(list)
	slices.SortFunc(list, byName)
	return list
}

func byName(a, b Attr) int { return strings.Compare(a.Name.String(), b.Name.String()) }

// merge appends the union of two sorted lists to out; right wins.
func merge(out, left, right []Attr) []Attr {
	for len(left) > 0 && len(right) > 0 {
		switch l, r := left[0].Name, right[0].Name; {
		case l < r:
			out = append(out, left[0])
			left = left[1:]
		case l > r:
			out = append(out, right[0])
			right = right[1:]
		default:
			out = append(out, right[0])
			left, right = left[1:], right[1:]
		}
	}
	return append(append(out, left...), right...)
}

// Update returns left // right. Small sets are merged. Otherwise nothing is
// copied: the layers of right are laid over left, as long as they are not many.
func (s *Slab) Update(left, right *Attrs) *Attrs {
	switch {
	case right.nd == 0:
		return left
	case left.nd == 0:
		return right
	case left.AtMost()+right.AtMost() <= maxMerged || left.depth()+right.depth()+1 > maxDepth:
		l, r := left.List(), right.List()
		return s.NewAttrs(merge(s.AttrSlots(len(l)+len(r)), l, r))
	}
	return s.overlay(left, right)
}

// overlay lays the layers of right over left.
func (s *Slab) overlay(left, right *Attrs) *Attrs {
	if right.base != nil {
		left = s.overlay(left, right.base)
	}
	own := right.own()
	if left.base != nil && len(left.own())+len(own) <= maxLayer {
		// Two small layers are one.
		own = merge(s.AttrSlots(len(left.own())+len(own)), left.own(), own)
		return s.layer(left.base, own)
	}
	a := s.layer(left, own)
	if len(own) > indexAbove {
		a.extra().index.Store(right.ownIndex())
	}
	return a
}

func (s *Slab) layer(base *Attrs, own []Attr) *Attrs {
	a := s.newSet()
	a.first, a.base = unsafe.SliceData(own), base
	a.nd = uint32(len(own)) | uint32(base.depth()+1)<<depthShift
	return a
}

// ownIndex returns the hash index of the a's own attributes.
func (a *Attrs) ownIndex() *attrIndex {
	e := a.extra()
	if x := e.index.Load(); x != nil {
		return x
	}
	x := newIndex(a.own())
	e.index.Store(x)
	return x
}
