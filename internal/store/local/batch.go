package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"firn/internal/filelock"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// batch adds objects on a goroutine of its own, which lives from the first lot
// after a Flush to the next Flush. Objects are worked on in lots: the roots of a
// lot are one write, its files share a sync and its rows a transaction.
type batch struct {
	s    *Store
	turn chan struct{} // holds a token while someone works on what follows

	known map[storepath.Path]struct{} // added or found valid, and kept by temporary roots
	lot   []item
	bytes int // of the contents in lot

	lots chan []item // nil while there is no goroutine
	wg   sync.WaitGroup

	mu  sync.Mutex
	err error // the first failure
}

// item is an object that waits to be added: a text, or a source or an archive
// that is in memory.
type item struct {
	path    storepath.Path
	text    *store.Text
	sp      *spool
	archive []byte         // checked
	info    *pathinfo.Info // of a text only once it is wanted
}

const (
	// lotItems and lotBytes bound a lot. More items share a sync in a bigger one,
	// but others wait longer for the locks on them.
	lotItems = 512
	lotBytes = 16 << 20
	// lotsAhead is how many lots may wait to be worked on.
	lotsAhead = 2
	// holdLocks is how long locks may be kept for the next lot.
	holdLocks = 200 * time.Millisecond
)

// Batch implements [store.Writer].
func (s *Store) Batch() store.Batch {
	return &batch{s: s, turn: make(chan struct{}, 1), known: make(map[storepath.Path]struct{})}
}

// Add implements [store.Batch].
func (b *batch) Add(ctx context.Context, t store.Text) error {
	p, err := t.PathIn(b.s.o.Dir)
	if err != nil {
		return err
	}
	return b.queue(ctx, item{path: p, text: &t}, len(t.Contents))
}

// AddSource implements [store.Batch].
func (b *batch) AddSource(ctx context.Context, src store.Source) (*pathinfo.Info, error) {
	if b.s.o.ReadOnly {
		return b.s.findSource(ctx, src)
	}
	sp, info, err := b.s.readSource(ctx, src)
	if err != nil {
		return nil, err
	}
	if sp.tmp != nil { // too much to be kept in memory
		defer sp.discard()
		return info, b.s.addSpool(ctx, info, sp)
	}
	return info, b.queue(ctx, item{path: info.Path, sp: sp, info: info}, int(sp.size()))
}

// AddNAR implements [store.NARBatch].
func (b *batch) AddNAR(ctx context.Context, info *pathinfo.Info, archive []byte, o store.AddOptions) error {
	if o.Repair || info.CA.Method == storepath.Git && !info.CA.IsZero() { // these look at files
		if err := b.Flush(ctx); err != nil {
			return err
		}
		return b.s.AddNAR(ctx, info, bytes.NewReader(archive), o)
	}
	if b.s.o.ReadOnly {
		return fmt.Errorf("add path '%s': %w", b.s.o.Dir.Join(info.Path), errReadOnly)
	}
	if err := b.s.checkArchive(info, archive, o); err != nil {
		return err
	}
	return b.queue(ctx, item{path: info.Path, archive: archive, info: info}, len(archive))
}

// checkArchive checks all that can be known of an archive before its files are
// made.
func (s *Store) checkArchive(info *pathinfo.Info, archive []byte, o store.AddOptions) error {
	if err := s.admit(info, o); err != nil {
		return err
	}
	h := nixhash.NewWriter(nixhash.SHA256)
	h.Write(archive)
	if err := store.CheckNAR(s.o.Dir, info, h.Sum(), h.Size()); err != nil {
		return err
	}
	if err := store.CheckClaim(s.o.Dir, info); err != nil {
		return err
	}
	return store.CheckContents(s.o.Dir, info, func(w io.Writer) error {
		_, err := w.Write(archive)
		return err
	})
}

func (b *batch) queue(ctx context.Context, it item, bytes int) error {
	if err := acquire(ctx, b.turn); err != nil {
		return err
	}
	defer release(b.turn)
	if _, ok := b.known[it.path]; ok {
		return nil
	}
	b.known[it.path] = struct{}{}
	b.lot = append(b.lot, it)
	b.bytes += bytes
	if len(b.lot) < lotItems && b.bytes < lotBytes {
		return nil
	}
	return b.send(ctx)
}

// send hands the lot over, after waiting for room. The caller has the turn.
func (b *batch) send(ctx context.Context) error {
	if len(b.lot) == 0 {
		return b.failure()
	}
	if b.lots == nil {
		b.lots = make(chan []item, lotsAhead)
		lots := b.lots
		b.wg.Go(func() { b.work(context.WithoutCancel(ctx), lots) })
	}
	select {
	case b.lots <- b.lot:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	b.lot, b.bytes = nil, 0
	return b.failure()
}

// Flush implements [store.Batch].
func (b *batch) Flush(ctx context.Context) error {
	if err := acquire(ctx, b.turn); err != nil {
		return err
	}
	defer release(b.turn)
	err := b.send(ctx)
	if b.lots != nil {
		close(b.lots)
		b.wg.Wait()
		b.lots = nil
	}
	if err == nil {
		err = b.failure()
	}
	if err != nil {
		clear(b.known) // who tries again means it
		b.fail(nil)
	}
	return err
}

func (b *batch) failure() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// fail records the first failure; nil forgets it.
func (b *batch) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil || err == nil {
		b.err = err
	}
}

// work adds lot after lot. After a failure it only drains the queue.
func (b *batch) work(ctx context.Context, lots <-chan []item) {
	w := lotWriter{s: b.s}
	defer w.close()
	idle := time.NewTimer(holdLocks)
	defer idle.Stop()
	for {
		idle.Reset(holdLocks)
		select {
		case lot, ok := <-lots:
			if !ok {
				return
			}
			if b.failure() != nil {
				continue
			}
			if b.s.o.Space.Min > 0 {
				w.releaseLocks() // who waits for a collector must hold none
			}
			err := b.s.KeepFree(ctx)
			if err == nil {
				err = w.add(ctx, lot)
			}
			if err != nil {
				b.fail(b.s.remedied(err))
			}
		case <-idle.C:
			w.releaseLocks()
		}
	}
}

// lotWriter adds lots of texts. It keeps the locks of one lot to move them to
// the paths of the next: making and removing a lock file for every path costs
// more than the rest, most of all on file systems that look for unused inodes
// from the same place each time.
type lotWriter struct {
	s     *Store
	dir   *fstree.Dir
	locks []*filelock.Path // not needed any more
	since time.Time        // the oldest of them was taken
}

// maxLockAge is how long a lock is moved about before it is released for good,
// which ends the wait of those who wanted its first path.
const maxLockAge = time.Second

func (w *lotWriter) close() {
	w.releaseLocks()
	if w.dir != nil {
		w.dir.Close()
	}
}

func (w *lotWriter) releaseLocks() {
	for _, l := range w.locks {
		l.Release()
	}
	w.locks = nil
}

// add makes the objects of a lot valid.
func (w *lotWriter) add(ctx context.Context, lot []item) error {
	paths := make([]storepath.Path, len(lot))
	for i := range lot {
		paths[i] = lot[i].path
	}
	if err := w.s.AddTempRoots(ctx, paths...); err != nil {
		return err
	}
	missing, err := w.missing(ctx, lot, paths)
	if err != nil || len(missing) == 0 {
		return err
	}
	later, err := w.addMissing(ctx, missing)
	if err != nil || len(later) == 0 {
		return err
	}
	w.releaseLocks() // who waits must hold none
	for _, it := range later {
		switch {
		case it.text != nil:
			err = w.s.addText(ctx, it.info, *it.text)
		case it.archive != nil:
			err = w.s.AddNAR(ctx, it.info, bytes.NewReader(it.archive), store.AddOptions{Unsigned: true})
		default:
			err = w.s.addSpool(ctx, it.info, it.sp)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// missing returns the items of a lot whose paths are not valid.
func (w *lotWriter) missing(ctx context.Context, lot []item, paths []storepath.Path) ([]item, error) {
	valid, err := w.s.ValidPaths(ctx, paths)
	if err != nil {
		return nil, err
	}
	var missing []item
	for i, p := range paths {
		if len(valid) > 0 && valid[0] == p {
			valid = valid[1:]
			continue
		}
		it := lot[i]
		if it.text != nil {
			if it.info, err = it.text.Info(w.s.o.Dir); err != nil {
				return nil, err
			}
		}
		missing = append(missing, it)
	}
	return missing, nil
}

// addMissing locks, writes and registers objects. Those that others are making
// are left to the caller, and so is what refers to them.
func (w *lotWriter) addMissing(ctx context.Context, items []item) (later []item, err error) {
	if time.Since(w.since) > maxLockAge {
		w.releaseLocks()
	}
	if len(w.locks) == 0 {
		w.since = time.Now()
	}
	var held []*filelock.Path
	defer func() { w.locks = append(w.locks, held...) }()
	var mine []item
	for _, it := range items {
		if needs(it, later) {
			later = append(later, it)
			continue
		}
		lock, err := w.lock(w.s.RealPath(it.path))
		if err != nil {
			return nil, err
		}
		if lock == nil {
			later = append(later, it)
			continue
		}
		held = append(held, lock)
		mine = append(mine, it)
	}
	if err := w.write(ctx, mine); err != nil {
		for _, it := range mine {
			w.s.removeInvalid(ctx, it.path)
		}
		return nil, err
	}
	return later, nil
}

// needs tells whether an object refers to one of those that come later.
func needs(it item, later []item) bool {
	for _, l := range later {
		for _, ref := range it.info.References {
			if ref == l.path {
				return true
			}
		}
	}
	return false
}

// lock locks a path with a lock that is left over, or with a new one. It
// returns nil if another process holds the lock of the path.
func (w *lotWriter) lock(path string) (*filelock.Path, error) {
	n := len(w.locks)
	if n == 0 {
		return filelock.TryPath(path)
	}
	ok, err := w.locks[n-1].Move(path)
	if err != nil {
		return nil, err
	}
	if !ok { // there is a lock file; perhaps nobody holds it
		return filelock.TryPath(path)
	}
	lock := w.locks[n-1]
	w.locks = w.locks[:n-1]
	return lock, nil
}

// write makes the files of items whose locks are held, and registers them.
func (w *lotWriter) write(ctx context.Context, items []item) error {
	// Others may have made some before we had the locks.
	paths := make([]storepath.Path, len(items))
	for i, it := range items {
		paths[i] = it.path
	}
	valid, err := w.s.ValidPaths(ctx, paths)
	if err != nil {
		return err
	}
	if w.dir == nil {
		if w.dir, err = fstree.OpenDir(w.s.o.Real); err != nil {
			return err
		}
	}
	var entries []entry
	for _, it := range items {
		if len(valid) > 0 && valid[0] == it.path {
			valid = valid[1:]
			continue
		}
		e, err := w.files(it)
		if errors.Is(err, fs.ErrExist) { // left by a process that died
			if _, err = fstree.Remove(w.s.RealPath(it.path)); err == nil {
				e, err = w.files(it)
			}
		}
		if err == nil {
			err = w.s.shareNew(ctx, w.s.RealPath(it.path))
		}
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	return w.s.register(ctx, entries)
}

// files makes the files of one item.
func (w *lotWriter) files(it item) (entry, error) {
	if it.archive != nil {
		return w.s.layOut(it.info, it.archive, w.s.RealPath(it.path))
	}
	if it.sp != nil {
		err := it.sp.put(w.s.RealPath(it.path))
		return entry{info: it.info, isFile: it.sp.isFile}, err
	}
	outputs, d, err := it.text.Outputs(w.s.o.Dir)
	if err == nil && d != nil {
		err = w.s.checkDerivation(d, it.path)
	}
	if err == nil {
		err = w.dir.WriteFile(string(it.path), it.text.Contents, false)
	}
	return entry{info: it.info, outputs: outputs, isFile: true}, err
}

// layOut makes the files of an archive that was checked.
func (s *Store) layOut(info *pathinfo.Info, archive []byte, dest string) (e entry, err error) {
	r := nar.NewReader(bytes.NewReader(archive))
	first := true
	e.info = info
	err = fstree.Restore(r, dest, fstree.RestoreOptions{Observe: func(h nar.Header) {
		if first {
			e.isFile, first = h.Type == nar.Regular, false
		}
	}})
	if more := len(archive) - int(r.Offset()); err == nil && more != 0 {
		err = fmt.Errorf("archive of %d bytes is followed by something else", r.Offset())
	}
	if err == nil && info.Path.IsDerivation() {
		e.outputs, err = s.outputsOf(info.Path, dest)
	}
	if err != nil {
		err = fmt.Errorf("add path '%s': %w", s.o.Dir.Join(info.Path), err)
	}
	return e, err
}
