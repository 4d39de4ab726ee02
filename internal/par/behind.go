package par

import "io"

const (
	behindSize  = 256 << 10 // of a buffer
	behindCount = 4
	behindFrom  = 1 << 20
)

// Behind calls f with a writer that leads to w by way of a goroutine of its own,
// so that f need not wait while w works. It returns once w has everything. Small
// amounts are written at the end, without a goroutine. The failure of w is that
// of f's next write, or of Behind.
func Behind(w io.Writer, f func(io.Writer) error) error {
	b := &behind{w: w}
	err := f(b)
	if e := b.finish(); err == nil {
		err = e
	}
	return err
}

type behind struct {
	w    io.Writer
	n    int // bytes that were written at once
	buf  []byte
	full chan []byte // nil until there is a goroutine
	free chan []byte
	done chan error
	err  error // of w
}

func (b *behind) Write(p []byte) (n int, err error) {
	if b.n < behindFrom {
		n, err = b.w.Write(p)
		b.n += n
		return n, err
	}
	if b.full == nil {
		b.start()
	}
	for len(p) > 0 && b.err == nil {
		if len(b.buf) == cap(b.buf) {
			b.pass()
			continue
		}
		took := copy(b.buf[len(b.buf):cap(b.buf)], p)
		b.buf = b.buf[:len(b.buf)+took]
		p = p[took:]
		n += took
	}
	return n, b.err
}

func (b *behind) start() {
	b.full, b.free, b.done = make(chan []byte, behindCount), make(chan []byte, behindCount), make(chan error, 1)
	b.buf = make([]byte, 0, behindSize)
	for range behindCount - 1 {
		b.free <- make([]byte, 0, behindSize)
	}
	go func() { b.done <- b.run() }()
}

// pass hands the full buffer over and takes an empty one.
func (b *behind) pass() {
	b.full <- b.buf // there is room for all buffers that there are
	b.buf = nil
	select {
	case b.err = <-b.done:
	case b.buf = <-b.free:
	}
}

func (b *behind) run() error {
	for buf := range b.full {
		if _, err := b.w.Write(buf); err != nil {
			return err
		}
		b.free <- buf[:0]
	}
	return nil
}

func (b *behind) finish() error {
	if b.full == nil || b.err != nil {
		return b.err
	}
	if len(b.buf) > 0 {
		b.full <- b.buf
	}
	close(b.full)
	return <-b.done
}
