package compress

import "io"

// blocks collects input until a block is full, and has up to workers blocks being compressed. What is written does not depend
// on how many.
type blocks struct {
	w       io.Writer
	size    int // bytes of input in a block
	workers int
	// pack appends to dst what a block becomes; it is called several times at once.
	pack func(dst, input []byte) packedBlock

	input  []byte
	busy   []chan packedBlock // being compressed, in order
	spare  [][]byte           // for blocks, to be used again
	inputs [][]byte           // for input, to be used again
	wrote  int                // blocks
	err    error
}

// packedBlock is what a block became: data without its first skip bytes. written, if not nil, is called when it is.
type packedBlock struct {
	data    []byte
	skip    int
	written func()

	input []byte // what it was
}

// firstInput is how many bytes of input there is room for at first. Most streams are short.
const firstInput = 64 << 10

// room makes room for some more input. Few large steps leave little behind.
func (b *blocks) room() {
	if len(b.input) < cap(b.input) {
		return
	}
	larger := make([]byte, len(b.input), min(b.size, max(firstInput, 8*cap(b.input))))
	copy(larger, b.input)
	b.input = larger
}

func (b *blocks) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && b.err == nil {
		b.room()
		n := min(len(p), cap(b.input)-len(b.input))
		b.input = append(b.input, p[:n]...)
		p = p[n:]
		written += n
		if len(b.input) == b.size {
			b.end()
		}
	}
	return written, b.err
}

// end hands the input over to be compressed, after waiting for room.
func (b *blocks) end() {
	if b.workers == 1 {
		b.emit(b.pack(b.buffer(), b.input))
		b.input = b.input[:0]
		return
	}
	if len(b.busy) == b.workers {
		b.finishOldest()
	}
	block := make(chan packedBlock, 1)
	out, input := b.buffer(), b.input
	go func() {
		p := b.pack(out, input)
		p.input = input
		block <- p
	}()
	b.busy = append(b.busy, block)
	b.input, b.inputs, b.spare = nil, nil, nil
	if n := len(b.inputs); n > 0 {
		b.input, b.inputs = b.inputs[n-1], b.inputs[:n-1]
	}
}

func (b *blocks) finishOldest() {
	block := <-b.busy[0]
	b.busy = b.busy[1:]
	b.emit(block)
}

func (b *blocks) buffer() []byte {
	n := len(b.spare)
	if n == 0 {
		return nil
	}
	out := b.spare[n-1]
	b.spare = b.spare[:n-1]
	return out
}

func (b *blocks) emit(p packedBlock) {
	b.raw(p.data[p.skip:])
	b.spare = append(b.spare, p.data[:0])
	if p.input != nil {
		b.inputs = append(b.inputs, p.input[:0])
	}
	b.wrote++
	if p.written != nil {
		p.written()
	}
}

// raw writes what is no block.
func (b *blocks) raw(data []byte) {
	if b.err == nil {
		_, b.err = b.w.Write(data)
	}
}

// drain compresses what is left and waits for the goroutines, even after a failure.
func (b *blocks) drain() {
	if len(b.input) > 0 {
		b.end()
	}
	for len(b.busy) > 0 {
		b.finishOldest()
	}
	b.input, b.inputs, b.spare = nil, nil, nil
}
