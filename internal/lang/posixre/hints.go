package posixre

// Hints tell an instruction with two ways to go which of them can work, by the next byte of the text. A byte's entry,
// and atEnd for the end of the text, holds two pairs of bits: bit 0 for the first way to try and bit 1 for the second
// where the whole text must match, and the same two bits, shifted by prefixShift, where a match may end anywhere.
type hints struct {
	at    [256]uint8
	atEnd uint8
}

const (
	firstWay    = 1
	secondWay   = 2
	bothWays    = firstWay | secondWay
	prefixShift = 2
)

// hintEffort bounds the instructions looked at for the hints of one pattern; beyond it, every way may work.
const hintEffort = 1 << 16

// A reach is what can happen first from some instruction on.
type reach struct {
	set    byteSet // bytes that may be consumed
	accept bool    // the match may end before any byte is consumed
	end    bool    // the same, but only at the end of the text
	begin  bool    // one of these ways passes an opBegin, where it may fail
	free   bool    // some way passes none
}

type reacher struct {
	insts  []inst
	effort int
	seen   []int32 // by instruction and number of anchors passed, the query that saw it last
	query  int32
}

// from looks at every way out of pc; false if that took too long.
func (r *reacher) from(pc int32, to *reach) bool {
	r.query++
	*to = reach{}
	return r.walk(pc, false, false, to)
}

func (r *reacher) walk(pc int32, begin, end bool, to *reach) bool {
	for {
		mark := int(pc) * 4
		if begin {
			mark++
		}
		if end {
			mark += 2
		}
		if r.seen[mark] == r.query {
			return true
		}
		r.seen[mark] = r.query
		if r.effort--; r.effort < 0 {
			return false
		}
		i := &r.insts[pc]
		switch i.op {
		case opSave:
		case opBegin:
			begin = true
		case opEnd:
			end = true
		case opBranch, opRepeat:
			if !r.walk(i.alt, begin, end, to) {
				return false
			}
		case opLoop:
			if i.max != 0 {
				r.consume(i, begin, end, to)
			}
			if i.min > 0 {
				return true
			}
		case opByte, opString, opSet:
			r.consume(i, begin, end, to)
			return true
		case opAccept:
			to.passes(begin)
			if end {
				to.end = true
			} else {
				to.accept = true
			}
			return true
		default:
			return true
		}
		pc = i.next
	}
}

func (to *reach) passes(begin bool) {
	if begin {
		to.begin = true
	} else {
		to.free = true
	}
}

// consume notes the first bytes of an instruction that consumes; behind an opEnd there are none.
func (r *reacher) consume(i *inst, begin, end bool, to *reach) {
	if end {
		return
	}
	to.passes(begin)
	if i.op == opByte || i.op == opString {
		to.set[i.char] = true
		return
	}
	for c, member := range i.set {
		if member {
			to.set[c] = true
		}
	}
}

// ways sets the bits of one way in h.
func (h *hints) ways(to *reach, way uint8) {
	for c := range h.at {
		if to.set[c] {
			h.at[c] |= way | way<<prefixShift
		} else if to.accept {
			h.at[c] |= way << prefixShift
		}
	}
	if to.accept || to.end {
		h.atEnd |= way | way<<prefixShift
	}
}

// anyWay rules nothing out.
var anyWay = func() (h hints) {
	const bits = bothWays | bothWays<<prefixShift
	for c := range h.at {
		h.at[c] = bits
	}
	h.atEnd = bits
	return h
}()

// addHints computes the hints of all instructions, and how a match of the program can begin.
func (g *generator) addHints() {
	r := &reacher{insts: g.insts, effort: hintEffort, seen: make([]int32, 4*len(g.insts))}
	var a, b reach
	ok := true
	look := func(pc int32, to *reach) {
		ok = ok && r.from(pc, to)
	}
	look(g.start, &a)
	g.first, g.nullable = a.set, !ok || a.accept || a.end
	g.anchored = ok && a.begin && !a.free
	g.onlyByte = a.set.single()
	for pc := range g.insts {
		i := &g.insts[pc]
		if i.op != opBranch && i.op != opRepeat && i.op != opLoop {
			continue
		}
		if i.op == opBranch {
			look(i.next, &a)
			look(i.alt, &b)
		} else {
			look(i.next, &b)
			if i.op == opRepeat {
				look(i.alt, &a)
			}
		}
		if !ok {
			i.hints = &anyWay
			continue
		}
		i.hints = new(hints)
		if i.op == opLoop {
			i.exits = !b.begin && !i.set.meets(&b.set)
			i.hints.ways(&b, firstWay)
			continue
		}
		i.hints.ways(&a, firstWay)
		i.hints.ways(&b, secondWay)
	}
}

// single returns the only member of s, or -1 if there is none or there are more.
func (s *byteSet) single() int {
	found := -1
	for c, member := range s {
		if member {
			if found >= 0 {
				return -1
			}
			found = c
		}
	}
	return found
}

// meets tells whether s and t share a member.
func (s *byteSet) meets(t *byteSet) bool {
	for c, member := range s {
		if member && t[c] {
			return true
		}
	}
	return false
}
