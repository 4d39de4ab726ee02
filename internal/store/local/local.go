// Package local is the store on this machine's disk, laid out as Nix lays it
// out: the reference implementation may use the same store at the same time.
//
// Nothing is opened before it is needed and nothing is made before something
// is written, so a process that only computes paths touches no file.
//
// Under the state directory:
//
//	db/db.sqlite          what is valid (package db)
//	db/schema             the schema's version, "10"
//	db/big-lock           held shared by whoever has the database open
//	db/reserved           space to give back when the disk is full
//	gc.lock               held exclusively by a collector
//	gc-socket/socket      where a running collector learns of new roots
//	gcroots/, profiles/   roots: links, searched recursively
//	gcroots/auto/         links to links elsewhere, by hash of their paths
//	temproots/PID-*       roots of a living process, which holds the file locked
//
// In the real store directory there are, besides objects, PATH.lock for every
// path that is being made, tmp-* for what has no path yet, and .links.
//
// # Order of locks
//
// big-lock, then gc.lock, then path locks, then the database. Who holds one
// never waits for one before it. Several path locks are taken without waiting,
// or one at a time.
//
// # Order of writes
//
// A path is made so: temporary root; path lock; removal of what lies there;
// files; sync of the files; row in the database with all references; sync of
// the database; path lock released. So whatever is registered is whole on
// disk. A process that dies in between leaves files that are not registered,
// which the next to make the path, or the collector, removes.
//
// See docs/spec/local-store.md.
package local

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"firn/internal/activity"
	"firn/internal/filelock"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store/db"
)

// Durability says what survives when the power fails.
type Durability int

const (
	// Durable: everything that was reported as valid, whole.
	Durable Durability = iota
	// Ordered: a consistent database; the last paths may be missing or, unless
	// the file system prevents it, have lost their contents. It is what Nix does.
	Ordered
	// Careless: perhaps nothing.
	Careless
)

// Options say where a store is and how it is used.
type Options struct {
	Dir   storepath.Dir // logical store directory; "/nix/store" if empty
	Real  string        // where the objects are; Dir if empty
	State string        // "/nix/var/nix" if empty

	ReadOnly   bool // nothing is made or changed, not even locks
	Durability Durability
	NoWAL      bool // the file system has no shared memory
	BuildTrace bool // content-addressed derivations are in use

	// Keys, if not nil, are the keys one of which has to have signed what is
	// added and does not vouch for itself.
	Keys signature.PublicKeys

	Reserved      int64  // bytes to set aside for a full disk
	AutoOptimise  bool   // share files of what is added
	AllowSymlinks bool   // the store directory may be reached through links
	BuildGroup    string // of builders; if this is root, they may write into the store directory

	Space Space // to be kept free

	Activity *activity.Recorder
}

// Rooted returns options for a store below another root: objects keep paths in
// "/nix/store" and lie in ROOT/nix/store.
func Rooted(root string) Options {
	return Options{
		Dir:   storepath.Default,
		Real:  filepath.Join(root, "nix/store"),
		State: filepath.Join(root, "nix/var/nix"),
	}
}

// Store is a local store. Its methods may be used by several goroutines.
type Store struct {
	o     Options
	log   *activity.Recorder
	conn  connections
	temp  tempRoots
	memo  memo
	space spaceWatch

	// prepared guards the layout; it holds a token while someone works on it.
	prepare  chan struct{}
	prepared bool
	bigLock  *filelock.File

	commit chan struct{} // holds a token while someone writes to the database
	mu     sync.Mutex
	next   *commitGroup // collects registrations until the commit before is done
}

// maxConnections is how many connections to the database there may be.
const maxConnections = 8

// New returns the store that options describe, without looking at it.
func New(o Options) (*Store, error) {
	if o.Dir == "" {
		o.Dir = storepath.Default
	}
	if o.Real == "" {
		o.Real = string(o.Dir)
	}
	if o.State == "" {
		o.State = "/nix/var/nix"
	}
	for _, dir := range []string{o.Real, o.State} {
		if !filepath.IsAbs(dir) {
			return nil, fmt.Errorf("open store: \"%s\" is not an absolute path", dir)
		}
	}
	o.Real, o.State = filepath.Clean(o.Real), filepath.Clean(o.State)
	return &Store{
		o: o, log: o.Activity,
		prepare: make(chan struct{}, 1), commit: make(chan struct{}, 1),
		conn:  connections{slots: make(chan struct{}, maxConnections)},
		temp:  tempRoots{busy: make(chan struct{}, 1)},
		space: spaceWatch{busy: make(chan struct{}, 1)},
	}, nil
}

// Close gives up the database, the locks and the temporary roots.
func (s *Store) Close() error {
	err := s.conn.close()
	if e := s.temp.close(); err == nil {
		err = e
	}
	if s.bigLock != nil {
		if e := s.bigLock.Close(); err == nil {
			err = e
		}
		s.bigLock, s.prepared = nil, false
	}
	return err
}

// Dir implements [store.Reader].
func (s *Store) Dir() storepath.Dir { return s.o.Dir }

// RealPath returns where the files of a path are.
func (s *Store) RealPath(p storepath.Path) string { return s.o.Real + "/" + string(p) }

// StateDir returns the state directory.
func (s *Store) StateDir() string { return s.o.State }

// state returns a path below the state directory.
func (s *Store) state(elem ...string) string {
	return filepath.Join(append([]string{s.o.State}, elem...)...)
}

// acquire takes a token, unless ctx ends first.
func acquire(ctx context.Context, token chan struct{}) error {
	select {
	case token <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func release(token chan struct{}) { <-token }

// wrapDB gives the database's errors the form of the store's.
func (s *Store) wrapDB(err error) error {
	var invalid *db.InvalidError
	if errors.As(err, &invalid) {
		return s.notValid(invalid.Path)
	}
	return err
}
