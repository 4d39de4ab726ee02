package tomltext

// A kind says what a node is, and so what may be done to it.
type kind uint8

const (
	plainValue   kind = iota
	inlineTable       // { … }: complete
	inlineTables      // [{ … }, …]: an array of nothing but tables, complete
	openTable
	openTables // [[ … ]]
)

// An origin says how a table came to be.
type origin uint8

const (
	byHeader   origin = iota // [a.b]: defines b
	implicitly               // [a.b]: makes a
	byDots                   // a.b = 1: makes a
)

// A node is a value in a table, with the part of the text that defined it.
type node[V any] struct {
	kind        kind
	first, last int32
	value       V         // of the complete kinds
	table       *table[V] // of openTable; of openTables, the last one
}

// A table is one to which members may still be added. For the same key there is only one.
type table[V any] struct {
	origin   origin
	previous *table[V] // in an array of tables
	members  []member[V]
	index    map[string]int // of keys, once there are many
}

type member[V any] struct {
	key string
	node[V]
}

const (
	// firstMembers is for how many members there is room in a table at first.
	firstMembers = 4
	// indexFrom is the number of members from which a table has an index.
	indexFrom = 12
)

// find returns the node of a key, or nil. It stays valid until a member is added.
func (t *table[V]) find(key string) *node[V] {
	if t.index != nil {
		if i, ok := t.index[key]; ok {
			return &t.members[i].node
		}
		return nil
	}
	for i := range t.members {
		if t.members[i].key == key {
			return &t.members[i].node
		}
	}
	return nil
}

func (t *table[V]) add(key string, n node[V]) {
	if t.members == nil {
		t.members = make([]member[V], 0, firstMembers)
	}
	t.members = append(t.members, member[V]{key, n})
	switch {
	case t.index != nil:
		t.index[key] = len(t.members) - 1
	case len(t.members) == indexFrom:
		t.index = make(map[string]int, 2*indexFrom)
		for i := range t.members {
			t.index[t.members[i].key] = i
		}
	}
}

// A path is a key with dots, or that of a header, and the part of the text that has it. Its keys are in the parser's
// keys, until these are cut again.
type path struct {
	keys        []string
	first, last int
}

// purpose is why a path is being followed.
type purpose uint8

const (
	forValue  purpose = iota // path = value
	forTable                 // [path]
	forTables                // [[path]]
)

// reach returns the table that is to hold the last key of a path, and makes what is missing on the way.
func (p *parser[V]) reach(t *table[V], to path, why purpose) (*table[V], *fault) {
	const alreadyThere = "toml::insert_value: failed to insert a value, value already exists"
	for _, key := range to.keys[:len(to.keys)-1] {
		n := t.find(key)
		if n == nil {
			next := &table[V]{origin: implicitly}
			if why == forValue {
				next.origin = byDots
			}
			t.add(key, node[V]{kind: openTable, table: next, first: int32(to.first), last: int32(to.last)})
			t = next
			continue
		}
		switch {
		case n.kind == inlineTable:
			return nil, p.conflict("toml::insert_value: failed to insert a value: inline table is immutable",
				to, "inserting this", n, "to this table")
		case n.kind == openTable && why == forValue && n.table.origin != byDots:
			return nil, p.conflict("toml::insert_value: reopening a table using dotted keys",
				to, "dotted key cannot reopen a table", n, "this table is already closed")
		case n.kind == openTable:
			t = n.table
		case n.kind == inlineTables:
			return nil, p.conflict("toml::insert_value:inline array of tables are immutable",
				to, "inserting this", n, "inline array of tables")
		case n.kind == openTables && why == forValue:
			return nil, p.conflict("toml::insert_value:dotted key cannot reopen an array-of-tables",
				to, "inserting this", n, "to this array-of-tables.")
		case n.kind == openTables:
			t = n.table
		default:
			return nil, p.conflict(alreadyThere, to, "while inserting this", n, "non-table value already exists")
		}
	}
	return t, nil
}

func (p *parser[V]) conflict(title string, to path, remark string, n *node[V], other string) *fault {
	return newFault(title, p.source.span(to.first, to.last), remark).with(p.source.span(int(n.first), int(n.last)), other)
}

// insert adds a value to a table.
func (p *parser[V]) insert(t *table[V], to path, value node[V]) *fault {
	t, f := p.reach(t, to, forValue)
	if f != nil {
		return f
	}
	key := to.keys[len(to.keys)-1]
	if n := t.find(key); n != nil {
		return p.conflict("toml::insert_value: failed to insert a value, value already exists",
			to, "inserting this", n, "but value already exists")
	}
	t.add(key, value)
	return nil
}

// define makes the table that a header [path] stands for, or completes one that exists implicitly.
func (p *parser[V]) define(t *table[V], to path) (*table[V], *fault) {
	t, f := p.reach(t, to, forTable)
	if f != nil {
		return nil, f
	}
	key := to.keys[len(to.keys)-1]
	n := t.find(key)
	if n == nil {
		made := &table[V]{origin: byHeader}
		t.add(key, node[V]{kind: openTable, table: made, first: int32(to.first), last: int32(to.last)})
		return made, nil
	}
	if n.kind != openTable || n.table.origin != implicitly {
		return nil, p.conflict("toml::insert_value: failed to insert a table, table already defined",
			to, "inserting this", n, "this table is explicitly defined")
	}
	n.table.origin = byHeader
	n.first, n.last = int32(to.first), int32(to.last)
	return n.table, nil
}

// lengthen adds a table to the array that a header [[path]] stands for.
func (p *parser[V]) lengthen(t *table[V], to path) (*table[V], *fault) {
	t, f := p.reach(t, to, forTables)
	if f != nil {
		return nil, f
	}
	made := &table[V]{origin: byHeader}
	key := to.keys[len(to.keys)-1]
	n := t.find(key)
	switch {
	case n == nil:
		t.add(key, node[V]{kind: openTables, table: made, first: int32(to.first), last: int32(to.last)})
	case n.kind == openTables:
		made.previous = n.table
		n.table = made
	case n.kind == inlineTables:
		return nil, p.conflict("toml::insert_value: failed to insert a table, inline array of tables is immutable",
			to, "while inserting this", n, "this is inline array-of-tables")
	default:
		return nil, p.conflict("toml::insert_value: failed to insert an array of tables, value already exists",
			to, "while inserting this", n, "non-table value already exists")
	}
	return made, nil
}

// finish makes the value of a table to which nothing will be added.
func (p *parser[V]) finish(t *table[V]) (V, error) {
	base := len(p.members)
	var err error
	for i := range t.members {
		m := &t.members[i]
		value := m.value
		switch m.kind {
		case openTable:
			value, err = p.finish(m.table)
		case openTables:
			value, err = p.finishArray(m.table)
		}
		if err != nil {
			return value, err
		}
		p.members = append(p.members, Member[V]{m.key, value})
	}
	value, err := p.build.Table(p.members[base:])
	p.members = p.members[:base]
	return value, err
}

// finishArray makes the value of an array of tables from its last one.
func (p *parser[V]) finishArray(last *table[V]) (V, error) {
	n := 0
	for t := last; t != nil; t = t.previous {
		n++
	}
	elements := make([]V, n)
	for t := last; t != nil; t = t.previous {
		n--
		var err error
		if elements[n], err = p.finish(t); err != nil {
			return elements[n], err
		}
	}
	return p.build.Array(elements), nil
}
