package fetch

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"firn/internal/activity"
	"firn/internal/fetch/input"
	"firn/internal/sqlite"
)

// Cache remembers what fetching found out. It is Nix's database: rows of a domain, a key and a value, both attributes in
// JSON, and the time. Domains, with their keys and values:
//
//	file               url, name, store      → storePath, etag, url [, immutableUrl]
//	tarball            url                   → treeHash, etag, lastModified [, immutableUrl]
//	treeHashToNarHash  treeHash              → narHash
//	sourcePathToHash   fingerprint, method, path → hash
//	gitLastModified, gitRevCount             rev → lastModified, revCount
//	gitRevToTreeHash, gitRevToLastModified   rev → treeHash, lastModified
//	hgRefToRev         url, ref              → rev
//	hgRev              store, name, rev      → storePath, revCount
//	forgeRefToRev      url                   → rev (ours; Nix keeps the answers of forges in the store)
//
// A database that cannot be opened is as if it were empty, after a warning: fetching then works, but learns nothing.
type Cache struct {
	path     string
	recorder *activity.Recorder

	mu             sync.Mutex
	conn           *sqlite.Conn
	lookup, upsert *sqlite.Stmt
	failed         bool
	memory         map[[2]string]cached // in place of the database, if it failed
}

// cached is a row.
type cached struct {
	value input.Attrs
	at    time.Time
}

const cacheSchema = `create table if not exists Cache (
    domain    text not null,
    key       text not null,
    value     text not null,
    timestamp integer not null,
    primary key (domain, key)
);`

func newCache(path string, r *activity.Recorder) *Cache {
	return &Cache{path: path, recorder: r, memory: map[[2]string]cached{}}
}

// open opens the database once. It reports whether there is one. The lock is held.
func (c *Cache) open() bool {
	if c.conn != nil || c.failed {
		return !c.failed
	}
	err := os.MkdirAll(filepath.Dir(c.path), 0o777)
	if err == nil {
		err = c.connect()
	}
	if err != nil {
		c.fail(err)
	}
	return err == nil
}

func (c *Cache) connect() (err error) {
	conn, err := sqlite.Open(c.path, sqlite.Options{Mode: sqlite.Create, Sync: sqlite.SyncOff})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	if err = conn.Exec(cacheSchema); err != nil {
		return err
	}
	if c.lookup, err = conn.Prepare("select value, timestamp from Cache where domain = ? and key = ?"); err != nil {
		return err
	}
	if c.upsert, err = conn.Prepare("insert or replace into Cache(domain, key, value, timestamp) values (?, ?, ?, ?)"); err != nil {
		return err
	}
	c.conn = conn
	return nil
}

func (c *Cache) fail(err error) {
	c.failed = true
	c.recorder.Say(activity.Warn, warningPrefix+fmt.Sprintf("cannot use the fetcher cache: %v", err))
}

// Close closes the database.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn = nil
	return err
}

// find returns the row for a key.
func (c *Cache) find(domain string, key input.Attrs) (cached, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := key.JSON()
	if !c.open() {
		row, ok := c.memory[[2]string{domain, text}]
		return row, ok
	}
	st := c.lookup.Start().Text(domain).Text(text)
	defer st.Reset()
	ok, err := st.Next()
	if err != nil {
		c.fail(err)
		return cached{}, false
	}
	if !ok {
		return cached{}, false
	}
	row := cached{at: time.Unix(st.ColInt(1), 0)}
	if err := row.value.UnmarshalJSON([]byte(st.ColText(0))); err != nil {
		return cached{}, false // written by something else: as if it were not there
	}
	return row, true
}

// put adds or replaces a row.
func (c *Cache) put(domain string, key, value input.Attrs, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := key.JSON()
	if c.open() {
		err := c.upsert.Start().Text(domain).Text(text).Text(value.JSON()).Int(now.Unix()).Exec()
		if err == nil {
			return
		}
		c.fail(err)
	}
	c.memory[[2]string{domain, text}] = cached{value.Clone(), now}
}
