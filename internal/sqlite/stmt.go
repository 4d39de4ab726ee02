package sqlite

import (
	"strings"

	driver "zombiezen.com/go/sqlite"
)

// Stmt is a prepared statement. Use it as
//
//	st.Start().Text(name).Int(7)
//	for {
//		ok, err := st.Next()
//		…
//		st.ColText(0)
//	}
//
// binding the parameters in order. Whoever stops before Next has returned false
// calls Reset, or else the statement holds its read lock on the database.
type Stmt struct {
	st    *driver.Stmt
	conn  *Conn
	param int // the last one bound
}

// Prepare compiles a single statement; blanks around it do not matter. Preparing
// the same text again on the same connection gives the same compiled statement.
func (c *Conn) Prepare(query string) (*Stmt, error) {
	query = strings.TrimSpace(query)
	st, err := c.db.Prepare(query)
	if err != nil {
		return nil, wrap("prepare statement for", c.path, err)
	}
	return &Stmt{st: st, conn: c}, nil
}

// Start makes s ready to be given its parameters from the first on.
func (s *Stmt) Start() *Stmt {
	s.st.Reset() // repeats the error of the last step, which was reported
	s.param = 0
	return s
}

// Text binds a string.
func (s *Stmt) Text(v string) *Stmt {
	s.param++
	s.st.BindText(s.param, v)
	return s
}

// TextOrNull binds a string, or null for the empty one.
func (s *Stmt) TextOrNull(v string) *Stmt {
	if v == "" {
		return s.Null()
	}
	return s.Text(v)
}

// Int binds an integer.
func (s *Stmt) Int(v int64) *Stmt {
	s.param++
	s.st.BindInt64(s.param, v)
	return s
}

// IntOrNull binds an integer, or null for zero.
func (s *Stmt) IntOrNull(v int64) *Stmt {
	if v == 0 {
		return s.Null()
	}
	return s.Int(v)
}

// Blob binds bytes.
func (s *Stmt) Blob(v []byte) *Stmt {
	s.param++
	s.st.BindBytes(s.param, v)
	return s
}

// Null binds null.
func (s *Stmt) Null() *Stmt {
	s.param++
	s.st.BindNull(s.param)
	return s
}

// Next steps to the next row and tells whether there is one. After the last one
// the statement is reset.
func (s *Stmt) Next() (bool, error) {
	more, err := s.st.Step()
	if err != nil {
		return false, wrap("query", s.conn.path, err)
	}
	if !more {
		s.st.Reset()
	}
	return more, nil
}

// Exec runs a statement that gives no rows.
func (s *Stmt) Exec() error {
	_, err := s.st.Step()
	s.st.Reset()
	if err != nil {
		return wrap("execute statement on", s.conn.path, err)
	}
	return nil
}

// Reset ends a query before its last row.
func (s *Stmt) Reset() { s.st.Reset() }

// ColText returns column col (from zero) of the current row as text, empty for null.
func (s *Stmt) ColText(col int) string { return s.st.ColumnText(col) }

// ColInt returns column col as an integer, zero for null.
func (s *Stmt) ColInt(col int) int64 { return s.st.ColumnInt64(col) }

// ColBlob returns a copy of column col as bytes.
func (s *Stmt) ColBlob(col int) []byte {
	b := make([]byte, s.st.ColumnLen(col))
	s.st.ColumnBytes(col, b)
	return b
}

// ColNull tells whether column col is null.
func (s *Stmt) ColNull(col int) bool { return s.st.ColumnIsNull(col) }
