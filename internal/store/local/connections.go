package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"firn/internal/activity"
	"firn/internal/sqlite"
	"firn/internal/store/db"
)

// connections are the connections to the database, opened when there is need.
type connections struct {
	slots chan struct{} // a token for each that is in use
	mu    sync.Mutex
	free  []*db.DB
}

func (c *connections) take() *db.DB {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.free)
	if n == 0 {
		return nil
	}
	d := c.free[n-1]
	c.free = c.free[:n-1]
	return d
}

func (c *connections) give(d *db.DB) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, d)
}

func (c *connections) close() (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.free {
		if e := d.Close(); err == nil {
			err = e
		}
	}
	c.free = nil
	return err
}

// read runs f on a connection. It does not run f if the store does not exist,
// for then nothing is valid.
func (s *Store) read(ctx context.Context, f func(*db.DB) error) error {
	if err := acquire(ctx, s.conn.slots); err != nil {
		return err
	}
	defer release(s.conn.slots)
	d := s.conn.take()
	if d == nil {
		var err error
		if d, err = s.connect(ctx); d == nil || err != nil {
			return err
		}
	}
	defer s.conn.give(d)
	return s.wrapDB(f(d))
}

// write runs f in a transaction. The caller holds the commit token.
func (s *Store) write(ctx context.Context, f func(*db.DB) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.read(ctx, func(d *db.DB) error {
		path := s.state("db", "db.sqlite")
		waiting := time.AfterFunc(patience, func() {
			s.say(activity.Warn, fmt.Sprintf("waiting for the database \"%s\", which another process has locked; "+
				"this goes on as soon as that process is done or ended (`fuser -v %s` shows who has it open)", path, path))
		})
		defer waiting.Stop()
		return d.Write(ctx, func() error {
			waiting.Stop()
			return f(d)
		})
	})
}

// patience is how long somebody waits for the database before being told why.
const patience = time.Second

// connect opens a connection, nil if there is no store.
func (s *Store) connect(ctx context.Context) (*db.DB, error) {
	version, err := s.schema()
	if version == 0 || err != nil {
		return nil, err
	}
	if !s.o.ReadOnly {
		err := s.lockExisting(ctx)
		if err == nil {
			return s.openDB(sqlite.ReadWrite)
		}
		if !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
		// Another user's store can be read.
	}
	if s.o.ReadOnly && !s.hasLog() {
		return s.openDB(sqlite.Immutable) // the only mode that makes no side files
	}
	d, err := s.openDB(sqlite.ReadOnly)
	if errors.Is(err, sqlite.ErrCannotOpen) || errors.Is(err, fs.ErrPermission) {
		return s.openDB(sqlite.Immutable)
	}
	return d, err
}

// hasLog tells whether the database has changes in its log.
func (s *Store) hasLog() bool {
	st, err := os.Stat(s.state("db", "db.sqlite-wal"))
	return err == nil && st.Size() > 0
}

// lockExisting is lockSchema for a store that is not about to be written to.
func (s *Store) lockExisting(ctx context.Context) error {
	if err := acquire(ctx, s.prepare); err != nil {
		return err
	}
	defer release(s.prepare)
	return s.lockSchema(ctx)
}

func (s *Store) openDB(mode sqlite.Mode) (*db.DB, error) {
	o := db.Options{Mode: mode, NoWAL: s.o.NoWAL, BuildTrace: s.o.BuildTrace}
	switch s.o.Durability {
	case Durable:
		o.Sync = sqlite.SyncFull
	case Careless:
		o.Sync = sqlite.SyncOff
	}
	d, err := db.Open(s.state("db", "db.sqlite"), s.o.Dir, o)
	if errors.Is(err, sqlite.ErrCorrupt) {
		return nil, fmt.Errorf("%w\nThe store's database cannot be used. Restore it from a backup, or, if the files in %s are whole, make a new one with 'nix-store --load-db'.", err, s.o.Real)
	}
	return d, err
}
