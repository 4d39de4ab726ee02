package local

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/wire"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// spool takes what a source writes. Where it goes is known only at its end, so
// up to spoolLimit bytes are kept in memory, and more than that is laid out in
// a temporary directory as it comes.
type spool struct {
	ctx  context.Context
	s    *Store
	flat bool // contents of a file, and not an archive

	isFile bool // the object is a single file; known when it is laid out
	hash   *nixhash.Writer
	nar    *nixhash.Writer // of the archive, if hash is not that; nil for flat

	chunks [][]byte

	tmp  *tempDir // once there is too much for memory
	pipe *io.PipeWriter
	done chan error // gives how laying out ended
}

// spoolLimit is how many bytes of a source are kept in memory.
//
// Nix: narBufferSize has the same default.
const spoolLimit = 32 << 20

const (
	chunkSize      = 256 << 10
	firstChunkSize = 16 << 10
)

func (s *Store) newSpool(ctx context.Context, src *store.Source, flat bool) *spool {
	sp := &spool{ctx: ctx, s: s, flat: flat, hash: nixhash.NewWriter(src.Algorithm())}
	if !flat && src.Algorithm() != nixhash.SHA256 {
		sp.nar = nixhash.NewWriter(nixhash.SHA256)
	}
	return sp
}

func (sp *spool) size() uint64 { return sp.hash.Size() }

func (sp *spool) Write(p []byte) (int, error) {
	sp.hash.Write(p)
	if sp.nar != nil {
		sp.nar.Write(p)
	}
	if sp.pipe == nil && sp.size() > spoolLimit {
		if err := sp.overflow(); err != nil {
			return 0, err
		}
	}
	if sp.pipe != nil {
		return sp.pipe.Write(p)
	}
	for rest := p; len(rest) > 0; {
		n := len(sp.chunks)
		if n == 0 || len(sp.chunks[n-1]) == cap(sp.chunks[n-1]) {
			size := chunkSize
			if n == 0 {
				size = firstChunkSize // most sources are small
			}
			sp.chunks = append(sp.chunks, make([]byte, 0, size))
			continue
		}
		c := &sp.chunks[n-1]
		take := min(len(rest), cap(*c)-len(*c))
		*c = append(*c, rest[:take]...)
		rest = rest[take:]
	}
	return len(p), nil
}

// overflow begins to lay out what comes in a temporary directory.
func (sp *spool) overflow() (err error) {
	if sp.tmp, err = sp.s.tempDir(sp.ctx); err != nil {
		return err
	}
	r, w := io.Pipe()
	sp.pipe, sp.done = w, make(chan error, 1)
	all := io.MultiReader(sp.contents(), r)
	sp.chunks = nil
	go func() {
		err := sp.layOut(all, filepath.Join(sp.tmp.path, "x"))
		if err != nil {
			r.CloseWithError(err)
		}
		sp.done <- err
	}()
	return nil
}

// contents reads what is in memory.
func (sp *spool) contents() io.Reader {
	var parts []io.Reader
	for _, c := range sp.chunks {
		parts = append(parts, bytes.NewReader(c))
	}
	return io.MultiReader(parts...)
}

// layOut writes files from a stream of what the source wrote.
func (sp *spool) layOut(r io.Reader, dest string) error {
	sp.isFile = sp.flat
	if !sp.flat {
		buffer := wire.NewReaderSize(r, int(min(sp.size()+512, wire.BufferSize)))
		archive := nar.NewReader(buffer)
		root := fstree.RestoreOptions{Observe: func(h nar.Header) {
			if h.Depth == 0 {
				sp.isFile = h.Type == nar.Regular
			}
		}}
		if err := fstree.Restore(archive, dest, root); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
		return store.CheckEnd(archive, sp.hash)
	}
	f, err := os.OpenFile(dest, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return fstree.Canonicalise(dest, fstree.CanonicalOptions{})
}

// finish is called when the source has written everything, or has failed.
func (sp *spool) finish(err error) error {
	if sp.pipe != nil {
		sp.pipe.CloseWithError(err) // nil is the end of the stream
		sp.pipe = nil
		if e := <-sp.done; err == nil {
			err = e
		}
	}
	return err
}

// put writes the object to dest, which is in the store directory.
func (sp *spool) put(dest string) error {
	if sp.tmp != nil {
		return fstree.Move(filepath.Join(sp.tmp.path, "x"), dest)
	}
	return sp.layOut(sp.contents(), dest)
}

// archiveHash returns hash and size of the object's archive.
func (sp *spool) archiveHash() (nixhash.Hash, uint64, error) {
	switch {
	case sp.nar != nil:
		return sp.nar.Sum(), sp.nar.Size(), nil
	case !sp.flat:
		return sp.hash.Sum(), sp.hash.Size(), nil
	}
	h := nixhash.NewWriter(nixhash.SHA256)
	contents := sp.contents()
	if sp.tmp != nil {
		f, err := os.Open(filepath.Join(sp.tmp.path, "x"))
		if err != nil {
			return nixhash.Hash{}, 0, err
		}
		defer f.Close()
		contents = f
	}
	err := store.FileNAR(h, contents, sp.size())
	return h.Sum(), h.Size(), err
}

// discard removes what has not been put anywhere.
func (sp *spool) discard() {
	if sp.tmp != nil {
		sp.tmp.remove()
	}
}
