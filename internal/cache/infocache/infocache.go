// Package infocache keeps on disk what binary caches have said, in the database
// that Nix keeps for it: binary-cache-v7.sqlite. Both may use it at the same
// time.
//
// Answers are remembered for a time that depends on what they were: that a cache
// has a path, that it has not, or what it says of itself. Nothing here is
// needed: what cannot be read is asked again.
package infocache

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"firn/internal/cache"
	"firn/internal/format/narinfo"
	"firn/internal/format/nixhash"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/sqlite"
)

// Name is the name of the database.
const Name = "binary-cache-v7.sqlite"

// TTL says how long answers count.
type TTL struct{ Positive, Negative, Meta time.Duration }

// DB is the database. It implements [cache.Memory] and may be used by several
// goroutines at once.
type DB struct {
	ttl TTL
	now func() time.Time

	mu      sync.Mutex
	conn    *sqlite.Conn
	ids     map[string]int64 // of caches, by URL
	pending []answer         // not written yet
}

// answer is what a cache said of a hash part.
type answer struct {
	cache    int64
	hashPart string
	info     *narinfo.Info // nil for no path
	at       int64
}

// atOnce is how many answers are written together.
const atOnce = 256

// Open opens, or makes, the database in a directory.
func Open(ctx context.Context, dir string, ttl TTL) (*DB, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	conn, err := sqlite.Open(filepath.Join(dir, Name), sqlite.Options{Mode: sqlite.Create, Sync: sqlite.SyncOff})
	if err != nil {
		return nil, err
	}
	d := &DB{ttl: ttl, now: time.Now, conn: conn, ids: make(map[string]int64)}
	err = conn.Exec(schema)
	if err == nil {
		err = d.purge(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return d, nil
}

// Close writes what is left and closes the database.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.flush(context.Background())
	if e := d.conn.Close(); err == nil {
		err = e
	}
	return err
}

// since returns the time of the oldest answers that count.
func (d *DB) since(ttl time.Duration) int64 { return d.now().Add(-ttl).Unix() }

// purge removes, once a day, answers that do not count any more.
func (d *DB) purge(ctx context.Context) error {
	return d.conn.Write(ctx, func() error {
		now := d.now().Unix()
		last, err := d.number(lastPurge)
		if err != nil || last >= now-int64((24*time.Hour).Seconds()) {
			return err
		}
		st, err := d.conn.Prepare(deleteOld)
		if err != nil {
			return err
		}
		if err := st.Start().Int(d.since(d.ttl.Negative)).Int(d.since(d.ttl.Positive)).Exec(); err != nil {
			return err
		}
		if st, err = d.conn.Prepare(setLastPurge); err != nil {
			return err
		}
		return st.Start().Int(now).Exec()
	})
}

// number returns the first column of the first row of a query, 0 for none.
func (d *DB) number(query string) (int64, error) {
	st, err := d.conn.Prepare(query)
	if err != nil {
		return 0, err
	}
	ok, err := st.Start().Next()
	if !ok {
		return 0, err
	}
	defer st.Reset()
	return st.ColInt(0), nil
}

// About implements [cache.Memory].
func (d *DB) About(_ context.Context, url string) (a cache.About, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	st, err := d.conn.Prepare(selectCache)
	if err != nil {
		return a, false
	}
	ok, err := st.Start().Text(url).Int(d.since(d.ttl.Meta)).Next()
	if err != nil || !ok {
		return a, false
	}
	defer st.Reset()
	d.ids[url] = st.ColInt(0)
	return cache.About{Dir: storepath.Dir(st.ColText(1)), WantMassQuery: st.ColInt(2) != 0, Priority: int(st.ColInt(3))}, true
}

// RememberAbout implements [cache.Memory].
func (d *DB) RememberAbout(ctx context.Context, url string, a cache.About) {
	d.mu.Lock()
	defer d.mu.Unlock()
	mass := int64(0)
	if a.WantMassQuery {
		mass = 1
	}
	_ = d.conn.Write(ctx, func() error {
		st, err := d.conn.Prepare(insertCache)
		if err != nil {
			return err
		}
		st.Start().Text(url).Int(d.now().Unix()).Text(string(a.Dir)).Int(mass).Int(int64(a.Priority))
		ok, err := st.Next()
		if ok {
			d.ids[url] = st.ColInt(0)
			st.Reset()
		}
		return err
	})
}

// Narinfo implements [cache.Memory].
func (d *DB) Narinfo(_ context.Context, url, hashPart string) (info *narinfo.Info, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ok := d.ids[url]
	if !ok {
		return nil, false
	}
	st, err := d.conn.Prepare(selectNAR)
	if err != nil {
		return nil, false
	}
	ok, err = st.Start().Int(id).Text(hashPart).Int(d.since(d.ttl.Negative)).Int(d.since(d.ttl.Positive)).Next()
	if err != nil || !ok {
		return nil, false
	}
	defer st.Reset()
	if st.ColInt(0) == 0 {
		return nil, true
	}
	info, err = readRow(st, hashPart)
	return info, err == nil
}

// Remember implements [cache.Memory].
func (d *DB) Remember(ctx context.Context, url, hashPart string, info *narinfo.Info) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ok := d.ids[url]
	if !ok {
		return
	}
	d.pending = append(d.pending, answer{id, hashPart, info, d.now().Unix()})
	if len(d.pending) >= atOnce {
		_ = d.flush(ctx)
	}
}

func (d *DB) flush(ctx context.Context) error {
	list := d.pending
	d.pending = nil
	if len(list) == 0 {
		return nil
	}
	return d.conn.Write(ctx, func() error {
		st, err := d.conn.Prepare(insertNAR)
		if err != nil {
			return err
		}
		for _, a := range list {
			if err := a.bind(st.Start()).Exec(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *answer) bind(st *sqlite.Stmt) *sqlite.Stmt {
	st.Int(a.cache).Text(a.hashPart)
	i := a.info
	if i == nil {
		for range 10 {
			st.Null()
		}
		return st.Null().Int(a.at).Int(0)
	}
	st.Text(i.Path.Name()).Text(i.URL).Text(i.Compression)
	if i.FileHash.IsZero() {
		st.Null()
	} else {
		st.Text(i.FileHash.Text(nixhash.Nix32, true))
	}
	st.IntOrNull(int64(i.FileSize)).Text(i.NARHash.Text(nixhash.Nix32, true)).Int(int64(i.NARSize))
	refs := make([]string, len(i.References))
	for n, r := range i.References {
		refs[n] = string(r)
	}
	sigs := make([]string, len(i.Signatures))
	for n, s := range i.Signatures {
		sigs[n] = s.String()
	}
	ca := ""
	if !i.CA.IsZero() {
		ca = i.CA.String()
	}
	return st.Text(strings.Join(refs, " ")).TextOrNull(string(i.Deriver)).Text(strings.Join(sigs, " ")).Text(ca).Int(a.at).Int(1)
}

// readRow reads what bind wrote. The columns are those of selectNAR.
func readRow(st *sqlite.Stmt, hashPart string) (i *narinfo.Info, err error) {
	i = &narinfo.Info{URL: st.ColText(2), Compression: st.ColText(3), FileSize: uint64(st.ColInt(5))}
	if i.Path, err = storepath.ParseBase(hashPart + "-" + st.ColText(1)); err != nil {
		return nil, err
	}
	if !st.ColNull(4) {
		if i.FileHash, err = nixhash.ParseAnyPrefixed(st.ColText(4)); err != nil {
			return nil, err
		}
	}
	if i.NARHash, err = nixhash.ParseAnyPrefixed(st.ColText(6)); err != nil {
		return nil, err
	}
	i.NARSize = uint64(st.ColInt(7))
	for _, base := range strings.Fields(st.ColText(8)) {
		r, err := storepath.ParseBase(base)
		if err != nil {
			return nil, err
		}
		i.References = append(i.References, r)
	}
	if base := st.ColText(9); base != "" {
		if i.Deriver, err = storepath.ParseBase(base); err != nil {
			return nil, err
		}
	}
	for _, text := range strings.Fields(st.ColText(10)) {
		s, err := signature.Parse(text)
		if err != nil {
			return nil, err
		}
		i.Signatures = signature.Insert(i.Signatures, s)
	}
	i.CA, err = storepath.ParseContentAddressOpt(st.ColText(11))
	return i, err
}
