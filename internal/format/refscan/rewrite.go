package refscan

import (
	"bytes"
	"fmt"
	"io"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// A Rewrite replaces a text by another of the same length, at least 2 bytes.
type Rewrite struct {
	From, To string
}

// A Rewriter passes on what is written to it with texts replaced. It finds
// matches from left to right without overlap, of several at one place the first
// in the list, and does not look at what it put in. It is for one goroutine.
type Rewriter struct {
	dst     io.Writer
	list    []Rewrite
	starts  pairSet
	longest int
	buf     []byte   // read and not yet passed on; no match begins before its end
	pos     uint64   // bytes passed on
	matches []uint64 // offsets in the stream
	err     error
}

// NewRewriter returns a Rewriter to dst.
func NewRewriter(dst io.Writer, list []Rewrite) (*Rewriter, error) {
	r := &Rewriter{dst: dst, list: list}
	for _, w := range list {
		if len(w.From) != len(w.To) || len(w.From) < 2 {
			return nil, fmt.Errorf("cannot rewrite %q as %q: lengths differ or are below 2", w.From, w.To)
		}
		r.starts.add(w.From[0], w.From[1])
		r.longest = max(r.longest, len(w.From))
	}
	return r, nil
}

const rewriteChunk = 64 << 10

// Write passes on all but the last bytes, in which a match may yet begin.
func (r *Rewriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 && r.err == nil {
		chunk := p[:min(len(p), rewriteChunk)]
		p = p[len(chunk):]
		r.buf = append(r.buf, chunk...)
		r.process(len(r.buf) - max(r.longest-1, 0))
		written += len(chunk)
	}
	return written, r.err
}

// Flush passes on the rest. It must come last.
func (r *Rewriter) Flush() error {
	r.process(len(r.buf))
	return r.err
}

// Matches returns the offset in the stream of each text replaced so far.
func (r *Rewriter) Matches() []uint64 { return r.matches }

// Size returns the number of bytes passed on.
func (r *Rewriter) Size() uint64 { return r.pos }

// process replaces the matches that begin before limit and passes on what then
// lies before the place where the next can begin.
func (r *Rewriter) process(limit int) {
	i := 0
	for {
		at, w := r.next(i, limit)
		if w == nil {
			break
		}
		copy(r.buf[at:], w.To)
		r.matches = append(r.matches, r.pos+uint64(at))
		i = at + len(w.To)
	}
	done := max(i, limit)
	if done <= 0 || r.err != nil {
		return
	}
	_, r.err = r.dst.Write(r.buf[:done])
	r.pos += uint64(done)
	r.buf = append(r.buf[:0], r.buf[done:]...)
}

// next returns the first match that begins in buf[i:limit].
func (r *Rewriter) next(i, limit int) (int, *Rewrite) {
	if len(r.list) == 1 && i < limit {
		w := &r.list[0]
		end := min(len(r.buf), limit+len(w.From)-1)
		if n := bytes.Index(r.buf[i:end], []byte(w.From)); n >= 0 {
			return i + n, w
		}
		return 0, nil
	}
	for ; i < limit && i+1 < len(r.buf); i++ {
		if !r.starts.has(r.buf[i], r.buf[i+1]) {
			continue
		}
		for n := range r.list {
			if w := &r.list[n]; len(w.From) <= len(r.buf)-i && string(r.buf[i:i+len(w.From)]) == w.From {
				return i, w
			}
		}
	}
	return 0, nil
}

// Modulo hashes a stream modulo an object's own hash part: every occurrence
// counts as 32 zero bytes, and the text "|<offset>" for each of them, in decimal,
// is hashed behind the stream. The offsets keep an object that refers to itself
// apart from one that holds those zeros.
//
// Nix: releases 2.17 to 2.34 left the offsets out; those before and after hash
// them (TestModulo).
type Modulo struct {
	rewriter *Rewriter
	hash     *nixhash.Writer
}

// NewModulo returns a Modulo for the hash part of a path.
func NewModulo(algo nixhash.Algorithm, self storepath.Path) *Modulo {
	hash := nixhash.NewWriter(algo)
	r, err := NewRewriter(hash, []Rewrite{{self.HashPart(), string(make([]byte, refLen))}})
	if err != nil {
		panic(err) // both are 32 bytes
	}
	return &Modulo{r, hash}
}

// Write never fails.
func (m *Modulo) Write(p []byte) (int, error) { return m.rewriter.Write(p) }

// Sum returns the hash and the size of the stream. It must come last.
func (m *Modulo) Sum() (nixhash.Hash, uint64) {
	m.rewriter.Flush() // a digest takes everything
	for _, at := range m.rewriter.Matches() {
		fmt.Fprintf(m.hash, "|%d", at)
	}
	return m.hash.Sum(), m.rewriter.Size()
}
