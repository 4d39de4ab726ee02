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

	input []byte
	busy  []chan packedBlock // being compressed, in order
	spare [][]byte           // to be used again
	wrote int                // blocks
	err   error
}

// packedBlock is what a block became; written, if not nil, is called when it is.
type packedBlock struct {
	data    []byte
	written func()
}

func (b *blocks) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && b.err == nil {
		n := min(len(p), b.size-len(b.input))
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
	go func() { block <- b.pack(out, input) }()
	b.busy = append(b.busy, block)
	b.input = nil
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
	b.raw(p.data)
	b.spare = append(b.spare, p.data[:0])
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
	b.input = nil
}
