// Package sqlite opens SQLite databases the way Nix opens them, and is the one
// place that knows the driver.
//
// A database is in write-ahead mode, so that readers and one writer do not wait
// for each other, and connections wait for locks as long as it takes. Where
// shared memory between processes does not work (network file systems),
// [Options.NoWAL] uses a rollback journal and lock files instead, again as Nix
// does, so that both programs keep each other out.
//
// A [Conn] and its statements belong to one goroutine at a time. Writing happens
// in [Conn.Write], which starts with the write lock: a transaction that begins
// by reading and is refused when it wants to write cannot occur.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	driver "zombiezen.com/go/sqlite"
)

// Mode says what may happen to the database file.
type Mode int

const (
	ReadWrite Mode = iota // it must exist
	Create                // it is made if it does not exist
	ReadOnly              // it is read; side files may be made beside it
	Immutable             // it is read without locks: nobody writes to it meanwhile
)

// Sync says when commits wait for the disk.
type Sync int

const (
	SyncNormal Sync = iota // at checkpoints: a power cut loses the last commits, never consistency
	SyncOff                // never: a power cut can destroy the database
	SyncFull               // at every commit: what was committed survives
)

// Options say how a database is opened. The zero value reads and writes an
// existing one in write-ahead mode.
type Options struct {
	Mode        Mode
	Sync        Sync
	NoWAL       bool
	ForeignKeys bool // enforce foreign keys
	Checkpoint  int  // pages in the log before it is folded in; 0 is SQLite's own number
	CacheKiB    int  // page cache; 0 is SQLite's own size
}

// Conn is a connection to one database.
type Conn struct {
	db   *driver.Conn
	path string
}

// Open opens the database file path.
func Open(path string, o Options) (*Conn, error) {
	c, err := open(path, o)
	if o.NoWAL && o.Mode < ReadOnly && errors.Is(err, ErrCannotOpen) {
		// A log cannot even be read without shared memory: fold it in first.
		if err := leaveWAL(path); err != nil {
			return nil, err
		}
		return open(path, o)
	}
	return c, err
}

func open(path string, o Options) (*Conn, error) {
	flags := driver.OpenURI
	switch o.Mode {
	case ReadWrite:
		flags |= driver.OpenReadWrite
	case Create:
		flags |= driver.OpenReadWrite | driver.OpenCreate
	default:
		flags |= driver.OpenReadOnly
	}
	db, err := driver.OpenConn(address(path, o), flags)
	if err != nil {
		return nil, openError(path, err)
	}
	c := &Conn{db: db, path: path}
	if err := c.prepare(o); err != nil {
		c.db.Close()
		return nil, err
	}
	return c, nil
}

// leaveWAL takes a database out of write-ahead mode.
func leaveWAL(path string) error {
	c, err := open(path, Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	return c.setJournal("truncate")
}

// address is the database as a URI, which can carry options that flags cannot.
func address(path string, o Options) string {
	u := (&url.URL{Path: path}).EscapedPath()
	var q []string
	if o.Mode == Immutable {
		q = append(q, "immutable=1")
	}
	if o.NoWAL {
		q = append(q, "vfs=unix-dotfile")
	}
	if len(q) == 0 {
		return "file:" + u
	}
	return "file:" + u + "?" + strings.Join(q, "&")
}

func (c *Conn) prepare(o Options) error {
	var script strings.Builder
	if o.ForeignKeys {
		script.WriteString("pragma foreign_keys = 1;")
	}
	fmt.Fprintf(&script, "pragma synchronous = %s;", [...]string{"normal", "off", "full"}[o.Sync])
	if o.CacheKiB > 0 {
		fmt.Fprintf(&script, "pragma cache_size = -%d;", o.CacheKiB)
	}
	if err := c.Exec(script.String()); err != nil || o.Mode == ReadOnly || o.Mode == Immutable {
		return err
	}
	want := "wal"
	if o.NoWAL {
		want = "truncate"
	}
	if err := c.setJournal(want); err != nil {
		return err
	}
	if o.Checkpoint > 0 && !o.NoWAL {
		return c.Exec(fmt.Sprintf("pragma wal_autocheckpoint = %d;", o.Checkpoint))
	}
	return nil
}

// setJournal changes the journal mode only where it differs, since changing it
// needs the database to itself.
func (c *Conn) setJournal(want string) error {
	mode, err := c.text("pragma main.journal_mode;")
	if err != nil || mode == want {
		return err
	}
	mode, err = c.text("pragma main.journal_mode = " + want + ";")
	if err == nil && mode != want {
		err = fmt.Errorf("set journal mode of database %s: wanted %s, got %s", c.path, want, mode)
	}
	return err
}

// text returns the one value that a query gives.
func (c *Conn) text(query string) (string, error) {
	st, _, err := c.db.PrepareTransient(query)
	if err != nil {
		return "", wrap("query", c.path, err)
	}
	defer st.Finalize()
	if _, err := st.Step(); err != nil {
		return "", wrap("query", c.path, err)
	}
	return st.ColumnText(0), nil
}

// Path returns the file name of the database.
func (c *Conn) Path() string { return c.path }

// Close ends the connection; its statements end with it.
func (c *Conn) Close() error { return wrap("close database", c.path, c.db.Close()) }

// Exec runs a script of statements, each ended by a semicolon.
func (c *Conn) Exec(script string) error {
	for {
		script = strings.TrimSpace(script)
		if script == "" {
			return nil
		}
		st, rest, err := c.db.PrepareTransient(script)
		if err != nil {
			return wrap("prepare statement for", c.path, err)
		}
		if st == nil {
			return nil
		}
		for more := true; more && err == nil; {
			more, err = st.Step()
		}
		if end := st.Finalize(); err == nil {
			err = end
		}
		if err != nil {
			return wrap("execute statement on", c.path, err)
		}
		script = script[len(script)-rest:]
	}
}

// Write runs f in a transaction that may write, and commits if f succeeds. It
// waits for other writers until ctx ends.
func (c *Conn) Write(ctx context.Context, f func() error) error {
	return c.transaction(ctx, "begin immediate;", f)
}

// Read runs f on one state of the database, whatever others commit meanwhile.
func (c *Conn) Read(ctx context.Context, f func() error) error {
	return c.transaction(ctx, "begin;", f)
}

func (c *Conn) transaction(ctx context.Context, begin string, f func() error) (err error) {
	if err := c.begin(ctx, begin); err != nil {
		return err
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		// A failed statement may have ended the transaction already.
		if c.db.AutocommitEnabled() {
			return
		}
		if undo := c.run("rollback;"); undo != nil && err != nil {
			err = errors.Join(err, undo)
		}
	}()
	if err := f(); err != nil {
		return err
	}
	if err := c.run("commit;"); err != nil {
		return err
	}
	committed = true
	return nil
}

func (c *Conn) begin(ctx context.Context, begin string) error {
	if ctx.Done() == nil {
		return c.run(begin)
	}
	c.db.SetInterrupt(ctx.Done())
	err := c.run(begin)
	c.db.SetInterrupt(nil)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("wait for database %s: %w", c.path, context.Cause(ctx))
	}
	return err
}

// run executes one statement that is kept for the next time.
func (c *Conn) run(query string) error {
	st, err := c.Prepare(query)
	if err != nil {
		return err
	}
	return st.Exec()
}

// LastID returns the row id of the last row inserted through c.
func (c *Conn) LastID() int64 { return c.db.LastInsertRowID() }

// Changes returns how many rows the last statement changed.
func (c *Conn) Changes() int { return c.db.Changes() }
