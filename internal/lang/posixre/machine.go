package posixre

import "sync"

// A machine runs a program over one text. It is a backtracking matcher whose recursion is a stack of its own.
//
// A branch that has been taken without success is a dead end from its instruction and place in the text on, whatever
// happened before, provided that something was consumed since the attempt began and since the last counted round of a
// loop. When an attempt takes many steps the machine starts to note dead ends (see memory); with them each instruction
// is explored once at each place.
type machine struct {
	re     *Regexp
	prog   *program
	text   string
	prefix bool // a match may end anywhere, and the longest is wanted
	shift  uint8

	begin    int  // where the attempt begins
	notNull  bool // an empty match does not count
	atBegin  bool // opBegin holds at begin
	stepped  bool // the iterator has left the first place, so opBegin holds nowhere
	found    bool // the part of the search that ended last led to a match
	bestEnd  int  // end of the best match so far, -1 for none
	caps     []int
	best     []int
	counters []round
	lastRep  int // where a counted round began last on the way to here, -1 for nowhere
	stack    []frame

	steps  int     // left until the machine changes its mode, or gives up
	memory *memory // nil at first
}

// A round is how often a loop was entered at a place.
type round struct{ pos, count int }

type frameKind uint8

const (
	frameBranch    frameKind = iota // the second way of an opBranch
	frameFound                      // the first way of an opBranch had succeeded
	frameRepeat                     // the way out of an opRepeat
	frameLoop                       // a shorter run of an opLoop: pos down to arg
	frameLoopNoted                  // the same, taking notes
	frameSave                       // restore a slot
	frameRound                      // restore a counter
	frameLast                       // restore lastRep
	frameMemo                       // note the outcome of an instruction at a place
)

// A frame is what remains to be done, or undone, when the way being followed has ended.
type frame struct {
	pos  int
	arg  int
	pc   int32
	kind frameKind
}

const (
	// firstSteps and stepsPerByte say how long the machine runs without taking notes.
	firstSteps   = 1 << 10
	stepsPerByte = 32
	// maxSteps and stepsPerPlace, which is by instruction and byte, bound the work that it then does on one text. The first
	// is a fraction of a second, the second more than any pattern needs in which nothing empty is repeated.
	maxSteps      = 1 << 24
	stepsPerPlace = 8
	// maxFrames bounds the stack: 400 MB.
	maxFrames = 1 << 24
	// keepFrames is the largest stack that a machine keeps for its next use.
	keepFrames = 1 << 12
)

var machines = sync.Pool{New: func() any { return new(machine) }}

func newMachine(re *Regexp, text string) *machine {
	m := machines.Get().(*machine)
	p := &re.prog
	slots := 2 * (re.groups + 1)
	*m = machine{
		re: re, prog: p, text: text, stack: m.stack[:0],
		caps: resize(m.caps, slots), best: resize(m.best, slots), counters: resize(m.counters, p.counters),
		steps: firstSteps + stepsPerByte*len(text),
	}
	return m
}

func (m *machine) release() {
	if cap(m.stack) > keepFrames {
		m.stack = nil
	}
	m.text, m.re, m.prog, m.memory = "", nil, nil, nil
	machines.Put(m)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// match matches all of the text; the groups are in caps.
func (m *machine) match() (bool, error) {
	m.prefix, m.shift = false, 0
	m.begin, m.atBegin, m.notNull = 0, true, false
	return m.attempt()
}

// search looks for the first match that begins at from or later; its ends are in best. opBegin holds at from if
// atBegin says so.
func (m *machine) search(from int, atBegin bool) (bool, error) {
	m.prefix, m.shift = true, prefixShift
	m.notNull = false
	for at := from; ; at++ {
		at = m.candidate(at)
		if at < 0 || m.prog.anchored && !(atBegin && at == from) {
			return false, nil
		}
		m.begin, m.atBegin = at, atBegin && at == from
		if ok, err := m.attempt(); ok || err != nil {
			return ok, err
		}
		if at == len(m.text) {
			return false, nil
		}
	}
}

// searchNotEmpty looks for a match that begins at from and is not empty.
func (m *machine) searchNotEmpty(from int, atBegin bool) (bool, error) {
	m.begin, m.atBegin, m.notNull = from, atBegin, true
	return m.attempt()
}

// candidate returns the first place at or after at where a match can begin, or -1.
func (m *machine) candidate(at int) int {
	p := m.prog
	if p.nullable {
		return at
	}
	if p.onlyByte >= 0 {
		return indexByte(m.text, at, byte(p.onlyByte))
	}
	for ; at < len(m.text); at++ {
		if p.first[m.text[at]] {
			return at
		}
	}
	return -1
}

// attempt matches from m.begin on. When it takes too many steps it begins again, with notes.
func (m *machine) attempt() (bool, error) {
	for {
		for i := range m.caps {
			m.caps[i] = -1
		}
		clear(m.counters)
		m.stack = m.stack[:0]
		m.found, m.bestEnd, m.lastRep = false, -1, -1
		switch outcome := m.run(); {
		case outcome == ranDry && m.memory == nil:
			if m.memory = newMemory(m.prog.memos, len(m.text)+1, m.prefix); m.memory == nil {
				return false, m.tooMuch("text too long")
			}
			m.steps = maxSteps + stepsPerPlace*len(m.prog.insts)*len(m.text)
		case outcome == ranDry:
			return false, m.tooMuch("too many steps")
		default:
			return outcome == ranMatched, nil
		}
	}
}

func (m *machine) tooMuch(detail string) error {
	return &Error{Kind: Limit, Pattern: m.re.pattern, Detail: detail}
}
