package compress

import (
	"io"
	"runtime"
	"slices"
)

// Streams of blocks that do not depend on each other are read by several goroutines, if the blocks are large enough to be worth
// that and small enough to be kept. Whoever reads decodes a block, while others decode those behind it into memory.
const (
	leastUnit = 1 << 20  // bytes of the first block's contents
	mostUnit  = 20 << 20 // bytes of memory that a block may need
	mostAhead = 32 << 20 // bytes of memory of all blocks that are being decoded
)

// wide bounds how many streams are read by several goroutines at once: where there are more streams than one there is work for
// all cores, and memory would add up.
var wide = make(chan struct{}, 1)

// goWide tells whether a stream may be read by several goroutines; who may calls narrow at its end.
func goWide() bool {
	if runtime.GOMAXPROCS(0) == 1 {
		return false
	}
	select {
	case wide <- struct{}{}:
		return true
	default:
		return false
	}
}

func narrow() { <-wide }

// A unit is what a stream consists of: a block in memory or, if rest is set, one to be read from there, which may be all that
// follows.
type unit struct {
	packed []byte
	size   int // bytes of its contents
	cost   int // bytes of memory
	rest   io.ReadCloser
	last   bool // nothing follows rest
}

// units cuts a stream.
type units interface {
	// next reads a unit into memory that buffer makes. Its error is [io.EOF] at the end.
	next(buffer func(int) []byte) (unit, error)
	// open decodes a unit while it is being read.
	open(u unit) (io.ReadCloser, error)
	// decode appends the contents of a unit to dst. It is called several times at once.
	decode(dst []byte, u unit) ([]byte, error)
	// close lets go of what decode kept.
	close()
}

// ahead reads a stream whose units are decoded by several goroutines.
type ahead struct {
	units units

	// What comes next, in this order: at most one of the first two.
	inline  *unit // decoded by who reads; its rest is set
	current decoded
	queue   []chan decoded // decoded by others
	pending *unit          // can't be decoded by others
	err     error

	done   int // bytes of current that were read
	cost   int // of all these
	last   int // cost of the last unit
	bytes  [2][][]byte
	closed bool
	narrow bool // it is not one of those that are wide any more
}

type decoded struct {
	unit
	data []byte
	err  error
}

func newAhead(u units) *ahead { return &ahead{units: u} }

func (a *ahead) Read(p []byte) (int, error) {
	if a.closed {
		return 0, io.ErrClosedPipe
	}
	for len(p) > 0 {
		if a.inline != nil {
			n, err := a.inline.rest.Read(p)
			if err == io.EOF && !a.inline.last {
				err = nil
				a.release()
			}
			if n > 0 || err != nil {
				return n, err
			}
			continue
		}
		if n := copy(p, a.current.data[a.done:]); n > 0 {
			a.done += n
			return n, nil
		}
		if err := a.current.err; err != nil {
			return 0, err
		}
		a.release()
		if err := a.advance(); err != nil {
			a.leave()
			return 0, err
		}
	}
	return 0, nil
}

// advance goes on to the next unit.
func (a *ahead) advance() error {
	switch {
	case len(a.queue) > 0:
		a.current = <-a.queue[0]
		a.queue = a.queue[1:]
	case a.pending != nil:
		a.inline, a.pending = a.pending, nil
	case a.err != nil:
		return a.err
	default:
		u, err := a.next()
		if err == nil && u.rest == nil {
			u.rest, err = a.units.open(u)
		}
		if err != nil {
			a.err = err
			return err
		}
		a.inline = &u
	}
	a.fill()
	return nil
}

func (a *ahead) next() (unit, error) {
	u, err := a.units.next(func(n int) []byte { return a.buffer(0, n+n/4) })
	a.cost += u.cost
	a.last = max(a.last, u.cost)
	return u, err
}

// fill has units behind the current one decoded.
func (a *ahead) fill() {
	for a.pending == nil && a.err == nil && (a.inline == nil || a.inline.packed != nil) &&
		len(a.queue) < runtime.GOMAXPROCS(0)-1 && a.cost+a.last <= mostAhead {
		u, err := a.next()
		switch {
		case err != nil:
			a.err = err
		case u.rest != nil:
			a.pending = &u
		default:
			a.start(u)
		}
	}
}

// release lets go of the unit that was read.
func (a *ahead) release() {
	u := a.current.unit
	if a.inline != nil {
		u = *a.inline
		u.rest.Close()
	}
	a.cost -= u.cost
	a.keep(0, u.packed)
	a.keep(1, a.current.data)
	a.inline, a.current, a.done = nil, decoded{}, 0
}

// keep keeps memory for other units: packed ones or what is in them.
func (a *ahead) keep(kind int, b []byte) {
	if cap(b) > 0 {
		a.bytes[kind] = append(a.bytes[kind], b[:0])
	}
}

func (a *ahead) start(u unit) {
	dst, result := a.buffer(1, u.size), make(chan decoded, 1)
	a.queue = append(a.queue, result)
	go func() {
		data, err := a.units.decode(dst, u)
		result <- decoded{u, data, err}
	}()
}

// buffer returns an empty buffer for n bytes. One that was kept and is too small makes way for it.
func (a *ahead) buffer(kind, n int) []byte {
	kept := a.bytes[kind]
	for i, b := range kept {
		if cap(b) >= n || i == len(kept)-1 {
			a.bytes[kind] = slices.Delete(kept, i, i+1)
			if cap(b) >= n {
				return b
			}
		}
	}
	return make([]byte, 0, n)
}

// Close waits for the goroutines.
func (a *ahead) Close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	for _, result := range a.queue {
		<-result
	}
	for _, u := range []*unit{a.inline, a.pending} {
		if u != nil {
			u.rest.Close()
		}
	}
	a.units.close()
	a.leave()
	a.inline, a.pending, a.current, a.queue, a.bytes = nil, nil, decoded{}, nil, [2][][]byte{}
	return nil
}

// leave lets another stream go wide.
func (a *ahead) leave() {
	if !a.narrow {
		a.narrow = true
		narrow()
	}
}

// firm is a source whose error stays.
type firm struct {
	r   io.Reader
	err error
}

func (f *firm) Read(p []byte) (n int, err error) {
	if f.err == nil {
		n, f.err = f.r.Read(p)
	}
	return n, f.err
}
