package posixre

type outcome uint8

const (
	ranFailed outcome = iota
	ranMatched
	ranDry // the steps are used up
)

// run explores the program from m.begin on. Where the whole text must match it stops at the first way that does.
// Otherwise it follows every way that libstdc++ follows and keeps the longest match, the first of equally long ones.
func (m *machine) run() outcome {
	pc, pos := m.prog.start, m.begin
	insts, text := m.prog.insts, m.text
	m.caps[0] = pos
	for {
		i := &insts[pc]
		m.steps--
		ok := false
		switch i.op {
		case opByte:
			if pos < len(text) && text[pos] == i.char {
				pos++
				pc, ok = i.next, true
			}
		case opSet:
			if pos < len(text) && i.set[text[pos]] {
				pos++
				pc, ok = i.next, true
			}
		case opString:
			if len(text)-pos >= len(i.text) && text[pos:pos+len(i.text)] == i.text {
				pos += len(i.text)
				pc, ok = i.next, true
			}
		case opSave:
			if len(m.stack) > 0 {
				m.push(frame{kind: frameSave, pc: i.arg, arg: m.caps[i.arg]})
			}
			m.caps[i.arg] = pos
			pc, ok = i.next, true
		case opBegin:
			if pos == m.begin && m.atBegin {
				pc, ok = i.next, true
			}
		case opEnd:
			if pos == len(text) {
				pc, ok = i.next, true
			}
		case opLoop:
			pos, ok = m.loop(i, pc, pos)
			pc = i.next
		case opBranch, opRepeat:
			if len(m.stack) > maxFrames {
				return ranDry
			}
			pc, ok = m.fork(i, pc, pos)
		case opAccept:
			if done := m.accept(pos); done {
				return ranMatched
			}
		}
		if ok {
			continue
		}
		if m.steps < 0 {
			return ranDry
		}
		if pc, pos = m.backtrack(); pc < 0 {
			break
		}
	}
	if m.bestEnd >= 0 {
		return ranMatched
	}
	return ranFailed
}

func (m *machine) push(f frame) { m.stack = append(m.stack, f) }

// accept notes a match that ends at pos. It returns true if none can be better.
func (m *machine) accept(pos int) bool {
	if !m.prefix {
		if pos != len(m.text) {
			return false
		}
		m.caps[1] = pos
		return true
	}
	if m.notNull && pos == m.begin {
		return false
	}
	m.found = true
	if pos > m.bestEnd {
		m.caps[1] = pos
		copy(m.best, m.caps)
		m.bestEnd = pos
	}
	return pos == len(m.text)
}

// worthRemembering tells whether what happens from pos on is independent of how the machine got there.
func (m *machine) worthRemembering(pos int) bool {
	return m.memory != nil && pos != m.lastRep && !(m.notNull && pos == m.begin)
}

// fork chooses between the two ways of an opBranch or opRepeat, and leaves a frame for the other one if both can work.
func (m *machine) fork(i *inst, pc int32, pos int) (int32, bool) {
	h := i.hints.atEnd
	if pos < len(m.text) {
		h = i.hints.at[m.text[pos]]
	}
	ways := h >> m.shift & bothWays
	if ways == 0 {
		return pc, false
	}
	if m.worthRemembering(pos) {
		switch m.memory.verdict(i.memo, pos) {
		case deadEnd:
			return pc, false
		case matched:
			m.found = true
			return pc, false
		}
		m.memory.enter(i.memo, pos)
		if m.prefix {
			m.push(frame{kind: frameMemo, pc: i.memo, pos: pos})
		}
	}
	if i.op == opBranch {
		if ways == bothWays {
			m.push(frame{kind: frameBranch, pc: i.alt, pos: pos})
		}
		if ways&firstWay != 0 {
			return i.next, true
		}
		return i.alt, true
	}
	if ways&firstWay == 0 || i.arg >= 0 && !m.canEnter(i.arg, pos) {
		return i.next, ways&secondWay != 0
	}
	if ways == bothWays {
		m.push(frame{kind: frameRepeat, pc: i.next, pos: pos})
	}
	if i.arg >= 0 {
		m.enter(i.arg, pos)
	}
	return i.alt, true
}

// canEnter tells whether a loop may go through its body once more at pos: at most twice without consuming anything.
func (m *machine) canEnter(counter int32, pos int) bool {
	r := m.counters[counter]
	return r.count == 0 || r.pos != pos || r.count < 2
}

func (m *machine) enter(counter int32, pos int) {
	r := &m.counters[counter]
	if len(m.stack) > 0 {
		m.push(frame{kind: frameRound, pc: counter, pos: r.pos, arg: r.count})
		m.push(frame{kind: frameLast, pos: m.lastRep})
	}
	if r.count == 0 || r.pos != pos {
		*r = round{pos: pos}
	}
	r.count++
	m.lastRep = pos
}

// loop consumes the longest run of an opLoop and leaves a frame for the shorter ones. It returns the place behind the
// run.
func (m *machine) loop(i *inst, pc int32, pos int) (int, bool) {
	limit := len(m.text)
	if i.max >= 0 && limit-pos > int(i.max) {
		limit = pos + int(i.max)
	}
	least := pos + int(i.min)
	if least > limit {
		return pos, false
	}
	if m.memory != nil {
		return m.loopWithNotes(i, pc, pos, least, limit)
	}
	set, text := i.set, m.text
	end := pos
	for end < limit && set[text[end]] {
		end++
	}
	m.steps -= (end - pos) >> 4
	if end < least {
		return pos, false
	}
	if i.exits {
		least = end
	}
	return m.shorter(i, pc, end, least)
}

// shorter returns the last place from end down to least where what follows an opLoop may match, judging by the next
// byte, and leaves a frame for those before it.
func (m *machine) shorter(i *inst, pc int32, end, least int) (int, bool) {
	for at := end; at >= least; at-- {
		h := i.hints.atEnd
		if at < len(m.text) {
			h = i.hints.at[m.text[at]]
		}
		if h>>m.shift&firstWay != 0 {
			m.steps -= (end - at) >> 4
			if at > least {
				m.push(frame{kind: frameLoop, pc: pc, pos: at - 1, arg: least})
			}
			return at, true
		}
	}
	m.steps -= (end - least) >> 4
	return end, false
}

// backtrack undoes and does what the frames say until one gives a new way to follow; -1 when none is left.
func (m *machine) backtrack() (int32, int) {
	for len(m.stack) > 0 {
		f := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		switch f.kind {
		case frameBranch:
			if m.found {
				m.push(frame{kind: frameFound})
				m.found = false
			}
			return f.pc, f.pos
		case frameFound:
			m.found = true
		case frameRepeat:
			if !m.found {
				return f.pc, f.pos
			}
		case frameLoop:
			if m.found {
				break
			}
			i := &m.prog.insts[f.pc]
			m.steps--
			if pos, ok := m.shorter(i, f.pc, f.pos, f.arg); ok {
				return i.next, pos
			}
		case frameLoopNoted:
			if m.found {
				break
			}
			i := &m.prog.insts[f.pc]
			m.steps--
			if pos, ok := m.shorterWithNotes(i, f.pc, f.pos, f.arg); ok {
				return i.next, pos
			}
		case frameSave:
			m.caps[f.pc] = f.arg
		case frameRound:
			m.counters[f.pc] = round{f.pos, f.arg}
		case frameLast:
			m.lastRep = f.pos
		case frameMemo:
			if m.found {
				m.memory.succeed(f.pc, f.pos)
			}
		}
	}
	return -1, 0
}
