// Package oracle compares firn with what is outside of it: an installed Nix, package sets with the store paths that Nix computes for
// them, and upstream's own language cases.
//
// What is not part of the project is looked for in one folder, $FIRN_SHARED or else ../shared beside the module:
//
//	corpora/unpack.sh, corpora/*.tar.zst   trees, unpacked once below /var/tmp/firn-corpora
//	corpora/expected/                      what the reference makes of them
//
// The reference itself is a Nix on PATH, or one inside the tree of another system, which $FIRN_REFERENCE_ROOT names and
// which a program enters as its root directory. Whoever needs one of these and does not find it gets an error that is
// ErrAbsent; a test then skips and prints it.
//
// Tests that take more than some seconds run when $FIRN_CORPORA is set, as .ci/run does.
package oracle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrAbsent is wrapped by every error that says that a corpus, the reference or a program is not on this machine.
var ErrAbsent = errors.New("not on this machine")

// ModuleRoot returns the folder of go.mod at or above the working directory.
func ModuleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod at or above %s", start)
		}
		dir = parent
	}
}

// Shared returns the folder that holds the corpora.
func Shared() (string, error) {
	dir := os.Getenv("FIRN_SHARED")
	if dir == "" {
		root, err := ModuleRoot()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(root, "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "corpora")); err != nil {
		return "", fmt.Errorf("no corpora in %s (set FIRN_SHARED): %w", dir, ErrAbsent)
	}
	return dir, nil
}

// Heavy returns an error that is ErrAbsent unless tests that run for minutes are asked for.
func Heavy() error {
	if os.Getenv("FIRN_CORPORA") == "" {
		return fmt.Errorf("takes long; set FIRN_CORPORA=1 to run it: %w", ErrAbsent)
	}
	return nil
}
