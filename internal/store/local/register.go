package local

import (
	"context"
	"path/filepath"

	"firn/internal/format/pathinfo"
	"firn/internal/store"
	"firn/internal/store/db"
	"firn/internal/store/fstree"
)

// entry is a path whose files are written and that is to be valid.
type entry struct {
	info    *pathinfo.Info
	outputs []store.Output // of a derivation
	isFile  bool           // the object is a single file
}

// commitGroup is registrations that share one sync of the files and one of the
// database.
type commitGroup struct {
	parts [][]entry
	errs  []error // one for each part
	done  chan struct{}
}

// syncOneByOne is how many files are synced each by itself; from there on the
// whole file system is.
const syncOneByOne = 8

// register makes paths valid, durably, and returns when they are. What comes
// in while others are being committed is committed together. Once it has begun
// it does not stop for ctx, so that the outcome is known.
func (s *Store) register(ctx context.Context, entries []entry) error {
	infos := make([]*pathinfo.Info, len(entries))
	for i, e := range entries {
		infos[i] = e.info
	}
	if err := store.CheckCycles(s.o.Dir, infos); err != nil {
		return err
	}
	s.mu.Lock()
	g, first := s.next, s.next == nil
	if first {
		g = &commitGroup{done: make(chan struct{})}
		s.next = g
	}
	part := len(g.parts)
	g.parts = append(g.parts, entries)
	g.errs = append(g.errs, nil)
	s.mu.Unlock()
	if !first {
		<-g.done
		return g.errs[part]
	}
	s.commit <- struct{}{}
	s.mu.Lock()
	s.next = nil
	s.mu.Unlock()
	s.commitGroup(context.WithoutCancel(ctx), g)
	<-s.commit
	close(g.done)
	return g.errs[part]
}

// commitGroup commits all parts together or, if that fails, each by itself, so
// that none suffers from another's fault.
func (s *Store) commitGroup(ctx context.Context, g *commitGroup) {
	var all []entry
	for _, part := range g.parts {
		all = append(all, part...)
	}
	err := s.syncFiles(all)
	if err == nil {
		err = s.insert(ctx, all)
	}
	for i, part := range g.parts {
		if err != nil && len(g.parts) > 1 {
			g.errs[i] = s.insert(ctx, part)
		} else {
			g.errs[i] = err
		}
	}
}

func (s *Store) insert(ctx context.Context, entries []entry) error {
	rows := make([]db.Entry, len(entries))
	for i, e := range entries {
		rows[i].Info = e.info
		for _, o := range e.outputs {
			rows[i].Outputs = append(rows[i].Outputs, db.Output(o))
		}
	}
	return s.write(ctx, func(d *db.DB) error { return d.Register(rows) })
}

// syncFiles waits until the files of entries are on disk, as far as the store
// is to be durable.
func (s *Store) syncFiles(entries []entry) error {
	if s.o.Durability != Durable {
		return nil
	}
	if len(entries) > syncOneByOne {
		return fstree.SyncAll(s.o.Real)
	}
	for _, e := range entries {
		if !e.isFile {
			return fstree.SyncAll(s.o.Real)
		}
	}
	for _, e := range entries {
		if err := fstree.Sync(s.RealPath(e.info.Path)); err != nil {
			return err
		}
	}
	return fstree.Sync(filepath.Clean(s.o.Real))
}
