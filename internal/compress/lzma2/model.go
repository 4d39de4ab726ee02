package lzma2

import "math/bits"

// prob is how likely a bit is to be 0, in 2048ths.
type prob uint16

const half prob = 1 << 10

// Numbers of the model.
const (
	states        = 12
	firstMatched  = 7 // states from here on follow a match
	positions     = 1 << positionBits
	slotBits      = 6
	lengthClasses = 4
	alignBits     = 4
	firstSlotBits = 4  // slots from here on have further bits
	directSlots   = 14 // slots from here on have bits that are not modelled
	fullDistances = 1 << (directSlots / 2)
)

// model is the probabilities of everything that is encoded.
type model struct {
	state int

	isMatch   [states][positions]prob
	isRep     [states]prob
	isRep0    [states]prob // inverted: 0 is the last distance
	isRep1    [states]prob
	isRep2    [states]prob
	isLong    [states][positions]prob // of a match at the last distance
	literals  [1 << literalContext][0x300]prob
	slots     [lengthClasses][1 << slotBits]prob
	distances [1 + fullDistances - directSlots]prob
	align     [1 << alignBits]prob
	length    lengthModel
	repLength lengthModel
}

type lengthModel struct {
	choice, choice2 prob
	low, mid        [positions][8]prob
	high            [256]prob
}

func (m *model) reset() {
	m.state = 0
	for _, list := range [][]prob{m.isRep[:], m.isRep0[:], m.isRep1[:], m.isRep2[:], m.distances[:], m.align[:]} {
		fill(list)
	}
	for s := range states {
		fill(m.isMatch[s][:])
		fill(m.isLong[s][:])
	}
	for i := range m.literals {
		fill(m.literals[i][:])
	}
	for i := range m.slots {
		fill(m.slots[i][:])
	}
	m.length.reset()
	m.repLength.reset()
}

func (l *lengthModel) reset() {
	l.choice, l.choice2 = half, half
	for p := range positions {
		fill(l.low[p][:])
		fill(l.mid[p][:])
	}
	fill(l.high[:])
}

func fill(list []prob) {
	for i := range list {
		list[i] = half
	}
}

// encodeLiteral encodes a byte, given the one before it and the one at the last distance.
func (m *model) encodeLiteral(c *rangeCoder, b, before, last byte, position int) {
	c.bit(&m.isMatch[m.state][position], 0)
	probs := &m.literals[before>>(8-literalContext)]
	if m.state < firstMatched {
		for i, node := 7, uint32(1); i >= 0; i-- {
			bit := uint32(b>>i) & 1
			c.bit(&probs[node], bit)
			node = node<<1 | bit
		}
	} else {
		// As long as the bits are those of the other byte, its next bit is part of the context.
		node, same := uint32(1), uint32(0x100)
		for i := 7; i >= 0; i-- {
			bit, other := uint32(b>>i)&1, uint32(last>>i)&1
			c.bit(&probs[same+same*other+node], bit)
			if same != 0 && bit != other {
				same = 0
			}
			node = node<<1 | bit
		}
	}
	switch {
	case m.state < 4:
		m.state = 0
	case m.state < 10:
		m.state -= 3
	default:
		m.state -= 6
	}
}

// after returns the state that follows a match: one if there was none just before, another if there was.
func (m *model) after(first, later int) {
	if m.state < firstMatched {
		m.state = first
	} else {
		m.state = later
	}
}

func (m *model) encodeShortRep(c *rangeCoder, position int) {
	c.bit(&m.isMatch[m.state][position], 1)
	c.bit(&m.isRep[m.state], 1)
	c.bit(&m.isRep0[m.state], 0)
	c.bit(&m.isLong[m.state][position], 0)
	m.after(9, 11)
}

func (m *model) encodeMatch(c *rangeCoder, f found, position int) {
	c.bit(&m.isMatch[m.state][position], 1)
	if f.rep == noRep {
		c.bit(&m.isRep[m.state], 0)
		m.length.encode(c, uint32(f.length)-minMatch, position)
		m.encodeDistance(c, f.distance, min(f.length-minMatch, lengthClasses-1))
		m.after(7, 10)
		return
	}
	c.bit(&m.isRep[m.state], 1)
	if f.rep == 0 {
		c.bit(&m.isRep0[m.state], 0)
		c.bit(&m.isLong[m.state][position], 1)
	} else {
		c.bit(&m.isRep0[m.state], 1)
		if f.rep == 1 {
			c.bit(&m.isRep1[m.state], 0)
		} else {
			c.bit(&m.isRep1[m.state], 1)
			c.bit(&m.isRep2[m.state], uint32(f.rep)-2)
		}
	}
	m.repLength.encode(c, uint32(f.length)-minMatch, position)
	m.after(8, 11)
}

// encodeDistance encodes the number of the highest bit of a distance and the bit below it, and then the rest.
func (m *model) encodeDistance(c *rangeCoder, distance uint32, class int32) {
	slot := distance
	if distance >= firstSlotBits {
		n := uint32(bits.Len32(distance)) - 1
		slot = n<<1 | distance>>(n-1)&1
	}
	c.tree(m.slots[class][:], slot, slotBits)
	if slot < firstSlotBits {
		return
	}
	n := slot>>1 - 1
	base := (2 | slot&1) << n
	rest := distance - base
	if slot < directSlots {
		c.reverseTree(m.distances[base-slot:], rest, n)
		return
	}
	c.direct(rest>>alignBits, n-alignBits)
	c.reverseTree(m.align[:], rest&(1<<alignBits-1), alignBits)
}

func (l *lengthModel) encode(c *rangeCoder, n uint32, position int) {
	switch {
	case n < 8:
		c.bit(&l.choice, 0)
		c.tree(l.low[position][:], n, 3)
	case n < 16:
		c.bit(&l.choice, 1)
		c.bit(&l.choice2, 0)
		c.tree(l.mid[position][:], n-8, 3)
	default:
		c.bit(&l.choice, 1)
		c.bit(&l.choice2, 1)
		c.tree(l.high[:], n-16, 8)
	}
}
