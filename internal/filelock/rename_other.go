//go:build !linux

package filelock

import "os"

// renameNew renames from to to, unless to exists.
func renameNew(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}
