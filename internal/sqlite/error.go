package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	driver "zombiezen.com/go/sqlite"
)

// Error is a failure that SQLite reported. Compare with [errors.Is]: a missing
// file is [fs.ErrNotExist], a file that may not be read or written is
// [fs.ErrPermission], the others are the sentinels below.
type Error struct {
	Op   string // what was tried
	Path string // the database file
	Err  error

	kind error
}

// Kinds of failure a caller may act on.
var (
	ErrBusy       = kind("database is locked by another process")
	ErrConstraint = kind("constraint violated")
	ErrCorrupt    = kind("database is corrupt")
	ErrFull       = kind("disk is full")
	ErrCannotOpen = kind("database cannot be opened")
)

type kind string

func (k kind) Error() string { return string(k) }

func (e *Error) Error() string {
	if e.kind == ErrCorrupt {
		return fmt.Sprintf("%s %s: database is corrupt: %v", e.Op, e.Path, e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Is makes [errors.Is] see the kind of failure.
func (e *Error) Is(target error) bool { return e.kind != nil && target == e.kind }

func wrap(op, path string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Path: path, Err: err, kind: kindOf(driver.ErrCode(err))}
}

// openError is wrap for a file that could not be opened: SQLite does not say why.
func openError(path string, err error) error {
	e := &Error{Op: "open database", Path: path, Err: err, kind: kindOf(driver.ErrCode(err))}
	if e.kind == ErrCannotOpen {
		if _, cause := os.Stat(path); errors.Is(cause, fs.ErrNotExist) {
			e.kind, e.Err = fs.ErrNotExist, fs.ErrNotExist
		}
	}
	return e
}

func kindOf(code driver.ResultCode) error {
	switch code.ToPrimary() {
	case driver.ResultBusy, driver.ResultLocked, driver.ResultProtocol:
		return ErrBusy
	case driver.ResultConstraint:
		return ErrConstraint
	case driver.ResultCorrupt, driver.ResultNotADB, driver.ResultFormat:
		return ErrCorrupt
	case driver.ResultFull:
		return ErrFull
	case driver.ResultCantOpen:
		return ErrCannotOpen
	case driver.ResultReadOnly, driver.ResultPerm, driver.ResultAuth:
		return fs.ErrPermission
	}
	return nil
}
