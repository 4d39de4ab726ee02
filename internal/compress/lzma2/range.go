package lzma2

// rangeCoder turns bits of given probabilities into bytes.
type rangeCoder struct {
	low    uint64 // 33 bits: the highest is a carry into what is held back
	width  uint32
	held   byte // the last byte but for a carry
	behind int  // bytes that are held back: held, then 0xff
	out    []byte
}

func (c *rangeCoder) reset() {
	c.low, c.width, c.held, c.behind, c.out = 0, 0xffffffff, 0, 1, c.out[:0]
}

// size is how many bytes there are, with those that are held back.
func (c *rangeCoder) size() int { return len(c.out) + c.behind }

// finish returns all bytes, which are valid until the next reset.
func (c *rangeCoder) finish() []byte {
	for range 5 {
		c.shift()
	}
	return c.out
}

// shift moves the highest byte of low out.
func (c *rangeCoder) shift() {
	if uint32(c.low) < 0xff000000 || c.low>>32 != 0 {
		carry := byte(c.low >> 32)
		b := c.held
		for ; c.behind > 0; c.behind-- {
			c.out = append(c.out, b+carry)
			b = 0xff
		}
		c.held = byte(c.low >> 24)
	}
	c.behind++
	c.low = c.low & 0x00ffffff << 8
}

// bit encodes a bit and makes it more likely.
func (c *rangeCoder) bit(p *prob, bit uint32) {
	const (
		scale = 11
		speed = 5
		least = 1 << 24
	)
	bound := c.width >> scale * uint32(*p)
	if bit == 0 {
		c.width = bound
		*p += (1<<scale - *p) >> speed
	} else {
		c.low += uint64(bound)
		c.width -= bound
		*p -= *p >> speed
	}
	for c.width < least {
		c.width <<= 8
		c.shift()
	}
}

// tree encodes n bits of v, the highest first; each has as context those before it.
func (c *rangeCoder) tree(probs []prob, v, n uint32) {
	node := uint32(1)
	for i := n; i > 0; i-- {
		bit := v >> (i - 1) & 1
		c.bit(&probs[node], bit)
		node = node<<1 | bit
	}
}

// reverseTree is tree with the lowest bit first.
func (c *rangeCoder) reverseTree(probs []prob, v, n uint32) {
	node := uint32(1)
	for range n {
		bit := v & 1
		v >>= 1
		c.bit(&probs[node], bit)
		node = node<<1 | bit
	}
}

// direct encodes n bits of v that are as likely 0 as 1.
func (c *rangeCoder) direct(v, n uint32) {
	for i := n; i > 0; i-- {
		c.width >>= 1
		if v>>(i-1)&1 == 1 {
			c.low += uint64(c.width)
		}
		for c.width < 1<<24 {
			c.width <<= 8
			c.shift()
		}
	}
}
