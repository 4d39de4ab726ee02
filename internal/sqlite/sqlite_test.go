package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func connect(t *testing.T, path string, o Options) *Conn {
	t.Helper()
	c, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func exec(t *testing.T, c *Conn, script string) {
	t.Helper()
	if err := c.Exec(script); err != nil {
		t.Fatal(err)
	}
}

func query(t *testing.T, c *Conn, q string) string {
	t.Helper()
	v, err := c.text(q)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPragmas(t *testing.T) {
	for _, c := range []struct {
		o                                         Options
		journal, synchronous, foreign, checkpoint string
	}{
		{Options{Mode: Create}, "wal", "1", "0", "1000"},
		{Options{Mode: Create, Sync: SyncOff, ForeignKeys: true, Checkpoint: 40000}, "wal", "0", "1", "40000"},
		{Options{Mode: Create, Sync: SyncFull, NoWAL: true, CacheKiB: 100}, "truncate", "2", "0", "1000"},
	} {
		db := connect(t, filepath.Join(t.TempDir(), "d b?%20#.sqlite"), c.o)
		for q, want := range map[string]string{
			"pragma journal_mode": c.journal, "pragma synchronous": c.synchronous,
			"pragma foreign_keys": c.foreign, "pragma wal_autocheckpoint": c.checkpoint,
		} {
			if got := query(t, db, q); got != want {
				t.Errorf("%+v: %s = %s, want %s", c.o, q, got, want)
			}
		}
		if _, err := os.Stat(db.Path()); err != nil {
			t.Error(err)
		}
	}
}

func TestJournalFollowsOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	a, err := Open(path, Options{Mode: Create})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, a, "create table t (x); insert into t values (1);")
	a.Close()
	b := connect(t, path, Options{NoWAL: true})
	if got := query(t, b, "select x from t"); got != "1" {
		t.Errorf("got %q", got)
	}
	if got := query(t, b, "pragma journal_mode"); got != "truncate" {
		t.Errorf("journal mode %s", got)
	}
}

func TestBindAndRead(t *testing.T) {
	c := connect(t, filepath.Join(t.TempDir(), "db"), Options{Mode: Create})
	exec(t, c, "create table t (id integer primary key, a text, b integer, c blob);")
	ins, err := c.Prepare("insert into t (a, b, c) values (?, ?, ?)")
	if err != nil {
		t.Fatal(err)
	}
	if err := ins.Start().Text("häß\x00x").Int(-1 << 60).Blob([]byte{0, 255}).Exec(); err != nil {
		t.Fatal(err)
	}
	if err := ins.Start().TextOrNull("").IntOrNull(0).Null().Exec(); err != nil {
		t.Fatal(err)
	}
	if c.LastID() != 2 || c.Changes() != 1 {
		t.Errorf("last id %d, changes %d", c.LastID(), c.Changes())
	}
	sel, _ := c.Prepare("select a, b, c from t order by id")
	sel.Start()
	if ok, err := sel.Next(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if sel.ColText(0) != "häß\x00x" || sel.ColInt(1) != -1<<60 || string(sel.ColBlob(2)) != "\x00\xff" || sel.ColNull(0) {
		t.Errorf("row 1: %q %d %q", sel.ColText(0), sel.ColInt(1), sel.ColBlob(2))
	}
	sel.Next()
	if !sel.ColNull(0) || !sel.ColNull(1) || !sel.ColNull(2) || sel.ColText(0) != "" || sel.ColInt(1) != 0 || len(sel.ColBlob(2)) != 0 {
		t.Error("row 2 is not null")
	}
	if ok, err := sel.Next(); ok || err != nil {
		t.Error(ok, err)
	}
}

func TestWriteRollsBack(t *testing.T) {
	c := connect(t, filepath.Join(t.TempDir(), "db"), Options{Mode: Create, ForeignKeys: true})
	exec(t, c, "create table t (x integer unique);")
	bad := errors.New("bad")
	err := c.Write(t.Context(), func() error {
		exec(t, c, "insert into t values (1);")
		return bad
	})
	if err != bad {
		t.Errorf("got %v", err)
	}
	err = c.Write(t.Context(), func() error {
		exec(t, c, "insert into t values (2);")
		return c.Exec("insert into t values (2);")
	})
	if !errors.Is(err, ErrConstraint) {
		t.Errorf("got %v", err)
	}
	if n := query(t, c, "select count(*) from t"); n != "0" {
		t.Errorf("%s rows after two failures", n)
	}
	if err := c.Write(t.Context(), func() error { return c.Exec("insert into t values (3);") }); err != nil {
		t.Error(err)
	}
	if n := query(t, c, "select count(*) from t"); n != "1" {
		t.Errorf("%s rows after success", n)
	}
}

func TestWritersWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	exec(t, connect(t, path, Options{Mode: Create}), "create table t (n integer); insert into t values (0);")
	var wg sync.WaitGroup
	for range 4 {
		c := connect(t, path, Options{Sync: SyncOff})
		wg.Go(func() {
			for range 25 {
				err := c.Write(context.Background(), func() error {
					n, err := c.text("select n from t")
					if err != nil {
						return err
					}
					return c.Exec(fmt.Sprintf("update t set n = %s + 1;", n))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := query(t, connect(t, path, Options{}), "select n from t"); n != "100" {
		t.Errorf("count %s, want 100", n)
	}
}

func TestWaitEndsWithContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	a := connect(t, path, Options{Mode: Create})
	exec(t, a, "create table t (n); begin immediate;")
	b := connect(t, path, Options{})
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
	if err := b.Write(ctx, func() error { t.Error("ran"); return nil }); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	exec(t, a, "commit;")
	if err := b.Write(t.Context(), func() error { return b.Exec("insert into t values (1);") }); err != nil {
		t.Errorf("connection is of no use after it was interrupted: %v", err)
	}
}

func TestReadSeesOneState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	w := connect(t, path, Options{Mode: Create})
	exec(t, w, "create table t (n); insert into t values (1);")
	r := connect(t, path, Options{Mode: ReadOnly})
	err := r.Read(t.Context(), func() error {
		before := query(t, r, "select n from t")
		exec(t, w, "update t set n = 2;")
		if after := query(t, r, "select n from t"); before != "1" || after != "1" {
			t.Errorf("read %s, then %s", before, after)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n := query(t, r, "select n from t"); n != "2" {
		t.Errorf("later %s", n)
	}
}

func TestFailureKinds(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	exec(t, connect(t, good, Options{Mode: Create}), "create table t (n);")
	junk := filepath.Join(dir, "junk")
	os.WriteFile(junk, []byte("this is no database, but it is long enough to be one, is it not?\n"), 0o644)
	for _, c := range []struct {
		name string
		kind error
		try  func() error
	}{
		{"missing", fs.ErrNotExist, func() error { _, err := Open(filepath.Join(dir, "none"), Options{}); return err }},
		{"missing, read only", fs.ErrNotExist, func() error { _, err := Open(filepath.Join(dir, "none"), Options{Mode: Immutable}); return err }},
		{"directory", ErrCannotOpen, func() error { _, err := Open(dir, Options{}); return err }},
		{"junk", ErrCorrupt, func() error { _, err := Open(junk, Options{}); return err }},
		{"write to read-only", fs.ErrPermission, func() error {
			return connect(t, good, Options{Mode: ReadOnly}).Exec("insert into t values (1);")
		}},
		{"syntax", nil, func() error { return connect(t, good, Options{}).Exec("selec 1;") }},
	} {
		err := c.try()
		var e *Error
		if !errors.As(err, &e) || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestImmutableMakesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "db")
	w, err := Open(path, Options{Mode: Create})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, w, "create table t (n); insert into t values (5);")
	w.Close()
	r := connect(t, path, Options{Mode: Immutable})
	if n := query(t, r, "select n from t"); n != "5" {
		t.Errorf("read %s", n)
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("made side files: %v", list)
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	steps := fstest.MapFS{
		"1-begin.sql": {Data: []byte("create table t (n); insert into t values (1);")},
		"2-more.sql":  {Data: []byte("update t set n = n + 10;")},
		"notes.txt":   {Data: []byte("no migration")},
	}
	var wg sync.WaitGroup
	for range 3 {
		c := connect(t, path, Options{Mode: Create})
		wg.Go(func() {
			if err := Migrate(context.Background(), c, steps); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c := connect(t, path, Options{})
	if n := query(t, c, "select n from t"); n != "11" {
		t.Errorf("n = %s", n)
	}
	steps["3-broken.sql"] = &fstest.MapFile{Data: []byte("update t set n = 0; nonsense;")}
	if err := Migrate(t.Context(), c, steps); err == nil {
		t.Error("broken migration passed")
	}
	if n := query(t, c, "select n from t"); n != "11" {
		t.Errorf("n = %s after a broken migration", n)
	}
	delete(steps, "3-broken.sql")
	delete(steps, "2-more.sql")
	if err := Migrate(t.Context(), c, steps); err == nil {
		t.Error("a newer database was accepted")
	}
	steps["5-gap.sql"] = &fstest.MapFile{}
	if err := Migrate(t.Context(), c, steps); err == nil {
		t.Error("a gap was accepted")
	}
}
