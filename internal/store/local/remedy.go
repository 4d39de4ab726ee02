package local

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"firn/internal/sqlite"
)

// remedied adds what can be done to an error for which the machine is to blame.
func (s *Store) remedied(err error) error {
	var text string
	switch {
	case err == nil || strings.Contains(err.Error(), "\n"): // it says already
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, sqlite.ErrFull):
		text = fmt.Sprintf("There is no room left for the store in '%s': delete garbage with `nix-store --gc`, or make room on that disk.", s.o.Real)
	case errors.Is(err, syscall.EROFS):
		text = fmt.Sprintf("The store in '%s' is on a file system that is mounted for reading only: mount it for writing, or use another store with `--store`.", s.o.Real)
	case errors.Is(err, fs.ErrPermission):
		text = fmt.Sprintf("Only who owns the store in '%s' may write to it: run this as that user, or use another store with `--store`.", s.o.Real)
	default:
		return err
	}
	return fmt.Errorf("%w\n%s", err, text)
}
