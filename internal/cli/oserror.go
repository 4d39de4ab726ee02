package cli

import (
	"errors"
	"io/fs"

	"firn/internal/diag"
)

// cause returns what the system said, without the name of the file, in the
// words of C libraries: with a capital.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	s := err.Error()
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// openError words a failure to open a file that a command line names.
func openError(what, path string, err error) error {
	e := diag.New(diag.FileUnreadable, `opening %s "%s": %s`, diag.Plain(what), diag.Plain(path), diag.Plain(cause(err)))
	if errors.Is(err, fs.ErrNotExist) {
		e.Code = diag.FileNotFound
	}
	e.Err = err
	return e
}

// treeError words a failure to read the tree at a path.
func treeError(path string, err error) error {
	var pe *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pe) && errors.Is(err, fs.ErrNotExist):
		e := diag.New(diag.FileNotFound, "path '%s' does not exist", path)
		e.Err = err
		return e
	}
	return err
}
