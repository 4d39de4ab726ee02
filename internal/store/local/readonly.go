package local

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"firn/internal/format/pathinfo"
	"firn/internal/store"
)

// errReadOnly is the error of writing to a store that was opened for reading.
var errReadOnly = errors.New("attempt to write a readonly database")

// readOnlyError is an errReadOnly that says more.
type readOnlyError struct{ what, why string }

func (e *readOnlyError) Error() string {
	return fmt.Sprintf("add %s to a store that is open for reading only: %s", e.what, e.why)
}

// Is makes the error an errReadOnly.
func (e *readOnlyError) Is(target error) bool { return target == errReadOnly }

// refuse is the error of adding to a store that was opened for reading. The words
// are SQLite's and the system's where Nix would meet these.
func (s *Store) refuse(what string) error {
	version, err := s.schema()
	switch denied := unix.Access(s.o.Real, unix.W_OK); {
	case err != nil:
		return err
	case version == 0:
		return &readOnlyError{what, "database does not exist, and cannot be created in read-only mode"}
	case denied == unix.EACCES:
		return &readOnlyError{what, "writing to '" + s.o.Real + "': Permission denied"}
	}
	return &readOnlyError{what, errReadOnly.Error()}
}

// findSource is AddSource for a store that was opened for reading, which may have
// the source.
func (s *Store) findSource(ctx context.Context, src store.Source) (*pathinfo.Info, error) {
	p, err := store.Compute(s.o.Dir, src)
	if err != nil {
		return nil, err
	}
	if valid, err := s.IsValid(ctx, p); err != nil || !valid {
		return nil, errors.Join(err, s.refuse("source '"+src.Name+"'"))
	}
	return s.PathInfo(ctx, p)
}
