package ui

import (
	"os"
	"path/filepath"
	"testing"
)

// notTerminal returns an open file that is no terminal.
func notTerminal(t *testing.T) *os.File {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
