package posixre

// Verdicts on an instruction at a place.
type verdict uint8

const (
	unknown verdict = iota
	deadEnd         // no match, or none yet: a way cannot come back to the same instruction at the same place
	matched         // matches, which the machine has seen
)

// A memory holds the verdicts of one text. Dead ends stay valid when the machine begins again at a later place: whether
// an instruction leads to a match does not depend on where the match began. The other verdict can only be met again at
// the end of a match that was found, where the next one begins; see forget.
type memory struct {
	width   int // places
	entered []uint64
	matched []uint64 // nil where the machine stops at the first match
}

// maxMemory bounds the bits of one table: 256 MB.
const maxMemory = 1 << 31

// newMemory returns a memory for that many instructions and places, or nil if it would be too large.
func newMemory(memos, places int, withMatched bool) *memory {
	if memos > 0 && places > maxMemory/memos {
		return nil
	}
	words := (memos*places + 63) / 64
	m := &memory{width: places, entered: make([]uint64, words)}
	if withMatched {
		m.matched = make([]uint64, words)
	}
	return m
}

func (m *memory) verdict(memo int32, pos int) verdict {
	bit := int(memo)*m.width + pos
	if m.entered[bit>>6]>>(bit&63)&1 == 0 {
		return unknown
	}
	if m.matched != nil && m.matched[bit>>6]>>(bit&63)&1 != 0 {
		return matched
	}
	return deadEnd
}

func (m *memory) enter(memo int32, pos int) {
	bit := int(memo)*m.width + pos
	m.entered[bit>>6] |= 1 << (bit & 63)
}

func (m *memory) succeed(memo int32, pos int) {
	bit := int(memo)*m.width + pos
	m.matched[bit>>6] |= 1 << (bit & 63)
}

// forget drops the verdicts on pos, where a match has ended: it may be found again, and what has not been explored to
// its end because nothing could be better must be. It returns the number of steps that this is worth.
func (m *memory) forget(pos int) int {
	n := 0
	for bit := pos; bit < len(m.matched)*64; bit += m.width {
		m.entered[bit>>6] &^= 1 << (bit & 63)
		m.matched[bit>>6] &^= 1 << (bit & 63)
		n++
	}
	return n
}

// loopWithNotes is loop for a machine with a memory. The verdicts of an opLoop are about what follows it, by the place
// where the run ends. A run without a maximum is explored from its end downwards, so when a place has a verdict, all
// places behind it are dead ends, and there is no need to look further: every byte of the text is then looked at once.
func (m *machine) loopWithNotes(i *inst, pc int32, pos, least, limit int) (int, bool) {
	text := m.text
	end := pos
	for {
		if i.max < 0 && end >= least && (end > pos || m.worthRemembering(pos)) {
			switch m.memory.verdict(i.memo, end) {
			case matched:
				m.found = true
				return pos, false
			case deadEnd:
				return m.shorterWithNotes(i, pc, end-1, least)
			}
		}
		if end == limit || !i.set[text[end]] {
			break
		}
		end++
		m.steps--
	}
	return m.shorterWithNotes(i, pc, end, least)
}

// shorterWithNotes is shorter for a machine with a memory.
func (m *machine) shorterWithNotes(i *inst, pc int32, end, least int) (int, bool) {
	for at := end; at >= least; at-- {
		m.steps--
		noted := at > least || i.min > 0 || m.worthRemembering(at)
		if noted {
			switch m.memory.verdict(i.memo, at) {
			case matched:
				m.found = true
				return end, false
			case deadEnd:
				continue
			}
			m.memory.enter(i.memo, at)
		}
		h := i.hints.atEnd
		if at < len(m.text) {
			h = i.hints.at[m.text[at]]
		}
		if h>>m.shift&firstWay == 0 {
			continue
		}
		if at > least {
			m.push(frame{kind: frameLoopNoted, pc: pc, pos: at - 1, arg: least})
		}
		if m.prefix && noted {
			m.push(frame{kind: frameMemo, pc: i.memo, pos: at})
		}
		return at, true
	}
	return end, false
}
