package git

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"firn/internal/atomicfile"
)

// Packer writes objects into a new pack of a repository; those that the repository has already are left out. Contents
// are hashed and deflated on other goroutines while the caller goes on. Its methods are for one goroutine.
//
// An object is only ever taken for another after comparing contents, or SHA-256 sums of contents: somebody who makes
// two files with the same SHA-1 gets an error, not one file in place of the other.
type Packer struct {
	objects *Objects
	jobs    chan *PackedBlob
	own     *packWorker // of the caller's goroutine
	pending sync.WaitGroup
	budget  chan struct{} // one token for each unit of contents in flight

	mu    sync.Mutex
	err   error
	file  *os.File
	at    int64 // end of the file
	seen  map[ID][sha256.Size]byte
	items []packItem
}

type packItem struct {
	id     ID
	offset int64
	crc    uint32
}

// PackedBlob is a file on its way into a pack.
type PackedBlob struct {
	id   ID
	data []byte
}

// ID names the blob. It is known after [Packer.Wait].
func (b *PackedBlob) ID() ID { return b.id }

const (
	budgetUnit = 64 << 10 // bytes of contents for one token
	budgetSize = 256      // tokens: 16 MiB
	streamPack = 4 << 20  // a larger file is not held in memory
)

// Pack calls write with a packer and then finishes the pack. If write fails nothing is kept.
func (r *Repo) Pack(ctx context.Context, write func(*Packer) error) error {
	dir := filepath.Join(r.Common, "objects", "pack")
	file, err := os.CreateTemp(dir, "tmp_pack_")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	p := &Packer{
		objects: r.Objects, file: file, at: 12, seen: map[ID][sha256.Size]byte{},
		jobs: make(chan *PackedBlob), budget: make(chan struct{}, budgetSize),
	}
	p.own = newPackWorker(p)
	if _, err := file.Write(make([]byte, 12)); err != nil {
		return err
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		workers.Go(p.work)
	}
	err = write(p)
	p.pending.Wait()
	close(p.jobs)
	workers.Wait()
	err = errors.Join(err, p.err, context.Cause(ctx))
	if err != nil || len(p.items) == 0 {
		return err
	}
	return p.finish(dir)
}

// Blob takes size bytes of r as a file.
func (p *Packer) Blob(size int64, r io.Reader) (*PackedBlob, error) {
	if size > streamPack {
		id, err := p.stream(size, r)
		return &PackedBlob{id: id}, err
	}
	b := &PackedBlob{data: make([]byte, size)}
	if _, err := io.ReadFull(r, b.data); err != nil {
		return nil, fmt.Errorf("read contents: %w", err)
	}
	if err := p.failure(); err != nil {
		return nil, err
	}
	for range tokens(size) {
		p.budget <- struct{}{}
	}
	p.pending.Add(1)
	p.jobs <- b
	return b, nil
}

func tokens(size int64) int { return int(size/budgetUnit) + 1 }

// Wait returns when all blobs so far have their names.
func (p *Packer) Wait() error {
	p.pending.Wait()
	return p.failure()
}

func (p *Packer) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// TreeItem is an entry of a tree to be written.
type TreeItem struct {
	Name string
	Mode Mode
	ID   ID
}

// Tree writes a directory and returns its name. items may be in any order and are sorted.
func (p *Packer) Tree(items []TreeItem) (ID, error) {
	key := func(t TreeItem) string {
		if t.Mode == ModeTree {
			return t.Name + "/"
		}
		return t.Name
	}
	slices.SortFunc(items, func(a, b TreeItem) int { return strings.Compare(key(a), key(b)) })
	var b bytes.Buffer
	for _, t := range items {
		fmt.Fprintf(&b, "%o %s\x00", t.Mode, t.Name)
		b.Write(t.ID.raw())
	}
	return p.own.add(Tree, b.Bytes())
}

// Link writes a symbolic link.
func (p *Packer) Link(target string) (ID, error) { return p.own.add(Blob, []byte(target)) }

// work packs blobs until there are no more.
func (p *Packer) work() {
	w := newPackWorker(p)
	for b := range p.jobs {
		id, err := w.add(Blob, b.data)
		for range tokens(int64(len(b.data))) {
			<-p.budget
		}
		b.id, b.data = id, nil
		if err != nil {
			p.mu.Lock()
			p.err = cmpOr(p.err, err)
			p.mu.Unlock()
		}
		p.pending.Done()
	}
}

func cmpOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// packWorker is what one goroutine needs to pack objects.
type packWorker struct {
	p   *Packer
	buf bytes.Buffer
	z   *zlib.Writer
}

func newPackWorker(p *Packer) *packWorker {
	w := &packWorker{p: p}
	w.z, _ = zlib.NewWriterLevel(&w.buf, zlib.BestSpeed)
	return w
}

// add packs an object unless it is there already.
func (w *packWorker) add(kind Kind, data []byte) (ID, error) {
	id := hashObject(kind, data, w.p.objects.hash)
	known, err := w.p.claim(id, sha256.Sum256(data))
	if known || err != nil {
		return id, err
	}
	if w.p.objects.Has(id) {
		_, old, err := w.p.objects.Read(id)
		if err == nil && !bytes.Equal(old, data) {
			err = errCollision(id)
		}
		if err == nil {
			return id, nil
		}
		if _, collision := errors.AsType[collisionError](err); collision {
			return id, err
		}
		// What is there cannot be read: write it again, the new pack may come first.
	}
	w.buf.Reset()
	w.buf.Write(entryHead(kind, int64(len(data))))
	w.z.Reset(&w.buf)
	w.z.Write(data) // into memory: cannot fail
	w.z.Close()
	return id, w.p.append(id, w.buf.Bytes())
}

// claim reports whether id is in this pack already; otherwise it now counts as being there.
func (p *Packer) claim(id ID, sum [sha256.Size]byte) (known bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old, known := p.seen[id]
	if known && old != sum {
		return true, errCollision(id)
	}
	p.seen[id] = sum
	return known, nil
}

type collisionError struct{ id ID }

func (e collisionError) Error() string {
	return fmt.Sprintf("two objects have the name %s: SHA-1 is broken, and somebody makes use of it", e.id)
}

func errCollision(id ID) error { return collisionError{id} }

// entryHead is what stands before a deflated object in a pack.
func entryHead(kind Kind, size int64) []byte {
	b := make([]byte, 0, 10)
	c := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		b = append(b, c|0x80)
		c = byte(size & 0x7f)
	}
	return append(b, c)
}

// append writes a whole entry to the file.
func (p *Packer) append(id ID, entry []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.file.WriteAt(entry, p.at); err != nil {
		return err
	}
	p.items = append(p.items, packItem{id, p.at, crc32.ChecksumIEEE(entry)})
	p.at += int64(len(entry))
	return nil
}

// stream packs a large file while it is read, and takes it back if it turns out to be known.
func (p *Packer) stream(size int64, r io.Reader) (ID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return ID{}, p.err
	}
	name, sum := newHash(p.objects.hash), sha256.New()
	startObject(name, Blob, size)
	crc := crc32.NewIEEE()
	out := io.NewOffsetWriter(p.file, p.at)
	dst := io.MultiWriter(out, crc)
	if _, err := dst.Write(entryHead(Blob, size)); err != nil {
		return ID{}, err
	}
	z, err := zlib.NewWriterLevel(dst, zlib.BestSpeed)
	if err != nil {
		return ID{}, err
	}
	if _, err := io.CopyN(io.MultiWriter(name, sum, z), r, size); err != nil {
		return ID{}, fmt.Errorf("read contents: %w", noEOF(err))
	}
	if err := z.Close(); err != nil {
		return ID{}, err
	}
	end, err := out.Seek(0, io.SeekCurrent)
	if err != nil {
		return ID{}, err
	}
	id, digest := MakeID(name.Sum(nil)), [sha256.Size]byte(sum.Sum(nil))
	if old, known := p.seen[id]; known {
		if old != digest {
			return ID{}, errCollision(id)
		}
		return id, nil // what was written is overwritten by the next object
	}
	p.seen[id] = digest
	if known, err := p.objects.sameBlob(id, digest); known || err != nil {
		return id, err
	}
	p.items = append(p.items, packItem{id, p.at, crc.Sum32()})
	p.at += end
	return id, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// sameBlob reports whether the database has the object; one with other contents is a collision.
func (o *Objects) sameBlob(id ID, want [sha256.Size]byte) (bool, error) {
	_, _, r, err := o.Open(id)
	if err != nil {
		return false, nil
	}
	defer r.Close()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return false, nil
	}
	if [sha256.Size]byte(h.Sum(nil)) != want {
		return false, errCollision(id)
	}
	return true, nil
}

// finish completes the pack and gives it its name; the index comes last, for it makes the pack visible.
func (p *Packer) finish(dir string) error {
	head := []byte("PACK\x00\x00\x00\x02")
	head = binary.BigEndian.AppendUint32(head, uint32(len(p.items)))
	if _, err := p.file.WriteAt(head, 0); err != nil {
		return err
	}
	if err := p.file.Truncate(p.at); err != nil {
		return err
	}
	h := newHash(p.objects.hash)
	if _, err := io.Copy(h, io.NewSectionReader(p.file, 0, p.at)); err != nil {
		return err
	}
	sum := h.Sum(nil)
	if _, err := p.file.WriteAt(sum, p.at); err != nil {
		return err
	}
	if err := errors.Join(p.file.Chmod(0o444), p.file.Sync()); err != nil {
		return err
	}
	base := filepath.Join(dir, "pack-"+MakeID(sum).String())
	if err := os.Rename(p.file.Name(), base+".pack"); err != nil {
		return err
	}
	return atomicfile.Write(base+".idx", p.packIndex(sum), 0o444)
}

// packIndex makes the index of the pack, version 2.
func (p *Packer) packIndex(sum []byte) []byte {
	slices.SortFunc(p.items, func(a, b packItem) int { return bytes.Compare(a.id.raw(), b.id.raw()) })
	out := slices.Clone(indexMagic)
	n := 0
	for first := range 256 {
		for n < len(p.items) && int(p.items[n].id.bytes[0]) <= first {
			n++
		}
		out = binary.BigEndian.AppendUint32(out, uint32(n))
	}
	for i := range p.items {
		out = append(out, p.items[i].id.raw()...)
	}
	for _, item := range p.items {
		out = binary.BigEndian.AppendUint32(out, item.crc)
	}
	var large []byte
	for _, item := range p.items {
		at := uint32(item.offset)
		if item.offset >= 1<<31 {
			at = 1<<31 | uint32(len(large)/8)
			large = binary.BigEndian.AppendUint64(large, uint64(item.offset))
		}
		out = binary.BigEndian.AppendUint32(out, at)
	}
	out = append(append(out, large...), sum...)
	h := newHash(p.objects.hash)
	h.Write(out)
	return h.Sum(out)
}
