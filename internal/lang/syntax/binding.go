package syntax

import (
	"firn/internal/diag"
	"firn/internal/lang/symbol"
)

// binds reads bindings into a set.
func (p *parser) binds(set *Set) {
	for {
		switch p.kind {
		case KindInherit:
			p.inherit(set)
		case KindIdent, KindOrWord, KindQuote, KindInterpolation:
			p.binding(set)
		default:
			return
		}
	}
}

// binding reads a.b.c = value;
func (p *parser) binding(set *Set) {
	start, doc := p.start, p.docAtStart()
	base := len(p.arena.scratch.names)
	p.readAttrPath()
	p.expect(KindAssign)
	outer := p.height
	p.height = 0
	value := p.expr()
	path := p.arena.scratch.names[base:]
	p.height = max(outer, p.height+len(path)-1)
	p.checkDepth(p.depth + p.height)
	if p.kind != KindSemicolon {
		p.unexpected()
	}
	if p.err == nil {
		p.define(set, path, p.at(start), value, doc)
		p.next()
	}
	path = p.arena.scratch.names[base:]
	clear(path)
	p.arena.scratch.names = p.arena.scratch.names[:base]
}

// define adds the attribute at a path, making the sets on the way.
func (p *parser) define(set *Set, path []AttrName, at diag.Pos, value Expr, doc [2]diag.Pos) {
	last := len(path) - 1
	for i, name := range path[:last] {
		if name.Expr != nil {
			inner := p.arena.sets.new()
			set.Dynamic = p.arena.dynamic.append(set.Dynamic, DynamicAttr{Name: name.Expr, Value: inner, At: at})
			set = inner
			continue
		}
		j := p.find(set, name.Name)
		if j < 0 {
			inner := p.arena.sets.new()
			p.add(set, Attr{Name: name.Name, At: at, Value: inner})
			set = inner
			continue
		}
		inner, ok := set.Attrs[j].Value.(*Set)
		if !ok {
			p.duplicate(path[:i+1], at, set.Attrs[j].At)
			return
		}
		set = inner
	}
	setDoc(value, doc)
	if name := path[last]; name.Expr != nil {
		set.Dynamic = p.arena.dynamic.append(set.Dynamic, DynamicAttr{Name: name.Expr, Value: value, At: at})
	} else {
		p.insert(set, path, Attr{Name: name.Name, At: at, Value: value, Doc: doc})
	}
}

// insert adds an attribute, merging two sets that have one name. Of rec, that
// of the first counts for both.
func (p *parser) insert(set *Set, path []AttrName, a Attr) {
	j := p.find(set, a.Name)
	if j < 0 {
		p.add(set, a)
		setName(a.Value, a.Name)
		return
	}
	into, ok1 := set.Attrs[j].Value.(*Set)
	from, ok2 := a.Value.(*Set)
	if !ok1 || !ok2 {
		p.duplicate(path, a.At, set.Attrs[j].At)
		return
	}
	p.merge(into, from, path)
}

// merge moves the attributes of a set into another; path leads to both. Names
// that both have come first: of several that can't be merged, the one that was
// defined first is reported.
func (p *parser) merge(into, from *Set, path []AttrName) {
	had := len(into.Attrs)
	for j := 0; j < had && p.err == nil; j++ {
		if i := p.find(from, into.Attrs[j].Name); i >= 0 {
			p.mergeOne(into, from, i, path)
		}
	}
	for i := 0; i < len(from.Attrs) && p.err == nil; i++ {
		if j := p.find(into, from.Attrs[i].Name); j < 0 {
			p.mergeOne(into, from, i, path)
		}
	}
	for _, d := range from.Dynamic {
		into.Dynamic = p.arena.dynamic.append(into.Dynamic, d)
	}
	for i, e := range from.From {
		into.From = p.arena.exprs.append(into.From, e)
		into.FromAt = p.arena.positions.append(into.FromAt, from.FromAt[i])
	}
}

func (p *parser) mergeOne(into, from *Set, i int, path []AttrName) {
	a := from.Attrs[i]
	if a.Kind == AttrInheritFrom {
		a.FromIndex += len(into.From)
	}
	p.insert(into, append(path[:len(path):len(path)], AttrName{Name: a.Name, At: a.At}), a)
}

// find returns the place of an attribute, or -1.
func (p *parser) find(set *Set, name symbol.Symbol) int {
	if len(set.Attrs) > longList {
		return p.indexes[set].find(name)
	}
	for i := range set.Attrs {
		if set.Attrs[i].Name == name {
			return i
		}
	}
	return -1
}

// add appends an attribute that is not in the set.
func (p *parser) add(set *Set, a Attr) {
	n := len(set.Attrs)
	set.Attrs = p.arena.attrs.append(set.Attrs, a)
	switch {
	case n > longList:
		p.indexes[set].add(a.Name, n)
	case n == longList:
		x := p.newIndex(set)
		for i := range set.Attrs {
			x.add(set.Attrs[i].Name, i)
		}
	}
}

// newIndex takes an index that an earlier parse left, or makes one.
func (p *parser) newIndex(set *Set) *nameIndex {
	if p.indexes == nil {
		p.indexes = map[*Set]*nameIndex{}
	}
	x := p.arena.scratch.index(len(p.indexes))
	p.indexes[set] = x
	return x
}

// duplicate fails because the attribute at path is defined twice.
func (p *parser) duplicate(path []AttrName, at, before diag.Pos) {
	p.failAt(at, diag.New(diag.DuplicateAttribute, "attribute '%s' already defined at %s",
		string(appendAttrPath(nil, path)), p.place(before)))
}

// inherit reads inherit a b; and inherit (e) a b;
func (p *parser) inherit(set *Set) {
	p.next()
	from := -1
	if p.kind == KindParenOpen {
		p.next()
		at := p.at(p.start)
		e := p.expr()
		p.expect(KindParenClose)
		from = len(set.From)
		set.From = p.arena.exprs.append(set.From, e)
		set.FromAt = p.arena.positions.append(set.FromAt, at)
	}
	base := len(p.arena.scratch.names)
	p.inheritNames()
	if p.kind != KindSemicolon {
		p.unexpected()
	}
	for _, name := range p.arena.scratch.names[base:] {
		if p.err != nil {
			break
		}
		p.inheritOne(set, name, from)
	}
	p.arena.scratch.names = p.arena.scratch.names[:base]
	if p.err == nil {
		p.next()
	}
}

func (p *parser) inheritOne(set *Set, name AttrName, from int) {
	if j := p.find(set, name.Name); j >= 0 {
		p.duplicate([]AttrName{name}, name.At, set.Attrs[j].At)
		return
	}
	a := Attr{Name: name.Name, Kind: AttrInheritFrom, At: name.At, FromIndex: from}
	if from < 0 {
		v := p.arena.vars.new()
		v.At, v.Name = name.At, name.Name
		a.Kind, a.Value, a.FromIndex = AttrInherit, v, 0
	}
	p.add(set, a)
}

func (p *parser) inheritNames() {
	for {
		start := p.start
		switch p.kind {
		case KindIdent, KindOrWord, KindQuote, KindInterpolation:
			name := p.attrName()
			if name.Expr != nil {
				p.fail(start, diag.New(diag.DynamicAttribute, "dynamic attributes not allowed in inherit"))
				return
			}
			p.arena.scratch.names = append(p.arena.scratch.names, name)
		default:
			return
		}
	}
}

// attrPath reads a.b.c as a list of the arena.
func (p *parser) attrPath() []AttrName {
	base := len(p.arena.scratch.names)
	p.readAttrPath()
	read := p.arena.scratch.names[base:]
	path := p.arena.names.copy(read)
	clear(read)
	p.arena.scratch.names = p.arena.scratch.names[:base]
	return path
}

// readAttrPath reads a.b.c onto the scratch stack.
func (p *parser) readAttrPath() {
	for {
		name := p.attrName()
		p.arena.scratch.names = append(p.arena.scratch.names, name)
		if p.kind != KindDot {
			return
		}
		p.next()
	}
}

// attrName reads one step of a path. An interpolation that is just a string is
// a plain name.
func (p *parser) attrName() AttrName {
	name := AttrName{At: p.at(p.start)}
	switch p.kind {
	case KindIdent:
		name.Name = p.symbol()
		p.next()
	case KindOrWord:
		name.Name = symbol.Or
		p.next()
	case KindQuote:
		p.next()
		var text string
		text, name.Expr = p.quoted(KindQuote)
		if name.Expr == nil {
			name.Name = p.symbols.intern(text)
		}
	case KindInterpolation:
		p.next()
		e := p.expr()
		p.expect(KindBraceClose)
		if s, ok := e.(*String); ok {
			name.Name = p.symbols.intern(s.Value)
		} else {
			name.Expr = e
		}
	default:
		p.unexpected()
	}
	return name
}
