// Package db is the database of a local store, which says what is valid.
//
// The schema is Nix's, version 10: schema/ has the statements that make it,
// query/ one statement a file. What belongs to the store's directories (the
// file that tells the version, locks, temporary roots) is not here.
//
// A [DB] is one connection and belongs to one goroutine at a time. Methods that
// change something are called inside [DB.Write].
//
// See docs/spec/local-store.md.
package db

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"firn/internal/format/storepath"
	"firn/internal/sqlite"
)

// SchemaVersion is the version that the store's schema file tells.
const SchemaVersion = 10

//go:embed schema query
var statements embed.FS

// Options say how a database is opened.
type Options struct {
	Mode       sqlite.Mode
	Sync       sqlite.Sync
	NoWAL      bool
	BuildTrace bool // what content-addressed derivations were built to is wanted
}

// DB is a connection to a store's database.
type DB struct {
	conn *sqlite.Conn
	dir  storepath.Dir
	stmt [queries]*sqlite.Stmt
	ids  map[storepath.Path]int64 // of rows that were seen; paths are never given a new id
	text []byte                   // scratch for full paths

	legacyKnown, legacyThere bool // whether the table of LegacyRealisation was looked for, and is there
}

// Open opens the database file path of a store with the logical directory dir.
// With mode [sqlite.Create] missing tables are made.
func Open(path string, dir storepath.Dir, o Options) (*DB, error) {
	conn, err := sqlite.Open(path, sqlite.Options{
		Mode: o.Mode, Sync: o.Sync, NoWAL: o.NoWAL, ForeignKeys: true,
		// Nix: as many pages before a checkpoint, so that what one evaluation
		// registers needs one.
		Checkpoint: 40000,
		CacheKiB:   16 << 10,
	})
	if err != nil {
		return nil, err
	}
	d := &DB{conn: conn, dir: dir}
	if err := d.prepare(o); err != nil {
		conn.Close()
		return nil, err
	}
	return d, nil
}

// prepare makes what is missing.
func (d *DB) prepare(o Options) error {
	if o.Mode == sqlite.Create {
		if err := d.run("schema/store.sql"); err != nil {
			return err
		}
	}
	if !o.BuildTrace || o.Mode > sqlite.Create {
		return nil
	}
	if there, err := d.hasTable("BuildTraceV3"); err != nil || there {
		return err
	}
	return d.run("schema/buildtrace.sql")
}

func (d *DB) hasTable(name string) (bool, error) {
	st, err := d.conn.Prepare("select 1 from sqlite_master where type = 'table' and name = ?;")
	if err != nil {
		return false, err
	}
	there, err := st.Start().Text(name).Next()
	st.Reset()
	return there, err
}

func (d *DB) run(name string) error {
	script, err := statements.ReadFile(name)
	if err != nil {
		return err
	}
	return d.conn.Write(context.Background(), func() error { return d.conn.Exec(string(script)) })
}

// Path returns the file name of the database.
func (d *DB) Path() string { return d.conn.Path() }

// Close ends the connection.
func (d *DB) Close() error { return d.conn.Close() }

// Write runs f in a transaction that may write; f's failure undoes everything.
func (d *DB) Write(ctx context.Context, f func() error) error {
	err := d.conn.Write(ctx, f)
	if err != nil {
		clear(d.ids) // ids given in the transaction do not exist
	}
	return err
}

// Read runs f on one state of the database.
func (d *DB) Read(ctx context.Context, f func() error) error { return d.conn.Read(ctx, f) }

// Vacuum rewrites the database without its unused pages.
func (d *DB) Vacuum() error { return d.conn.Exec("vacuum;") }

// InvalidError says that a path that has to be valid is not.
type InvalidError struct {
	Path     storepath.Path
	Referrer storepath.Path // who refers to it, if that is why it has to be valid
}

func (e *InvalidError) Error() string {
	if e.Referrer != "" {
		return fmt.Sprintf("path '%s', to which '%s' refers, is not valid", e.Path, e.Referrer)
	}
	return fmt.Sprintf("path '%s' is not valid", e.Path)
}

// maxIDs bounds the memory for ids.
const maxIDs = 1 << 17

// id returns the row id of a valid path, or 0.
func (d *DB) id(p storepath.Path) (int64, error) {
	if id, ok := d.ids[p]; ok {
		return id, nil
	}
	st, err := d.query(pathID)
	if err != nil {
		return 0, err
	}
	ok, err := st.Start().Text(d.full(p)).Next()
	if err != nil || !ok {
		return 0, err
	}
	id := st.ColInt(0)
	st.Reset()
	d.remember(p, id)
	return id, nil
}

func (d *DB) remember(p storepath.Path, id int64) {
	if d.ids == nil || len(d.ids) >= maxIDs {
		d.ids = make(map[storepath.Path]int64)
	}
	d.ids[p] = id
}

func (d *DB) full(p storepath.Path) string { return d.dir.Join(p) }

// path reads a full path from the database.
func (d *DB) path(text string) (storepath.Path, error) {
	p, err := d.dir.ParseCanonical(text)
	if err != nil {
		return "", fmt.Errorf("database %s: %w", d.Path(), err)
	}
	return p, nil
}

// paths reads the first column of all rows that st has to give.
func (d *DB) paths(st *sqlite.Stmt) ([]storepath.Path, error) {
	var list []storepath.Path
	for {
		ok, err := st.Next()
		if err != nil || !ok {
			return list, err
		}
		p, err := d.path(st.ColText(0))
		if err != nil {
			st.Reset()
			return nil, err
		}
		list = append(list, p)
	}
}

// queryID names a statement.
type queryID int

const (
	pathID queryID = iota
	pathInfo
	references
	referrers
	register
	updateInfo
	addReference
	addOutput
	invalidate
	invalidateRows
	dropReferences
	validDerivers
	derivationOutputs
	fromHashPart
	allPaths
	lastRow
	referencesOf
	referrersOf
	infoOfRow
	infoOfRows
	findRealisation
	addRealisation
	signRealisation
	deleteRealisation
	legacyRealisation
	graphPaths
	graphReferences
	graphOutputs
	queries
)

// queryFiles are the files below query/, without ".sql".
var queryFiles = [queries]string{
	pathID: "path_id", pathInfo: "path_info", references: "references", referrers: "referrers",
	register: "register", updateInfo: "update_info", addReference: "add_reference", addOutput: "add_output",
	invalidate: "invalidate", invalidateRows: "invalidate_rows", dropReferences: "drop_references", validDerivers: "valid_derivers", derivationOutputs: "derivation_outputs",
	fromHashPart: "from_hash_part", allPaths: "all_paths", lastRow: "last_row",
	referencesOf: "references_of", referrersOf: "referrers_of", infoOfRow: "info_of_row", infoOfRows: "info_of_rows", findRealisation: "realisation",
	addRealisation: "add_realisation", signRealisation: "sign_realisation", deleteRealisation: "delete_realisation",
	legacyRealisation: "legacy_realisation",
	graphPaths:        "graph_paths", graphReferences: "graph_references", graphOutputs: "graph_outputs",
}

// query returns a statement, compiled when it is first needed.
func (d *DB) query(id queryID) (*sqlite.Stmt, error) {
	if st := d.stmt[id]; st != nil {
		return st, nil
	}
	text, err := statements.ReadFile("query/" + queryFiles[id] + ".sql")
	if err != nil {
		return nil, err
	}
	st, err := d.conn.Prepare(string(text))
	if err != nil {
		return nil, err
	}
	d.stmt[id] = st
	return st, nil
}

// errNotOneRow is what a statement that returns a row gives without one.
var errNotOneRow = errors.New("database statement returned no row")
