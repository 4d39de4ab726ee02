package oracle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Classic are the names under which firn is the command of that name.
var Classic = []string{
	"nix", "nix-build", "nix-channel", "nix-collect-garbage", "nix-copy-closure", "nix-daemon", "nix-env", "nix-hash",
	"nix-instantiate", "nix-prefetch-url", "nix-shell", "nix-store",
}

// Build compiles firn into dir, statically, and links it there under its classic names, so that dir can stand first
// in PATH. The compiler takes cmd/firn/default.pgo into account by itself.
func Build(dir string) error {
	root, err := ModuleRoot()
	if err != nil {
		return err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := lookAtSources(root); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "firn"), "./cmd/firn")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build firn: %w\n%s", err, out)
	}
	for _, name := range Classic {
		if err := os.Symlink("firn", filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// lookAtSources opens every folder of sources. go test keeps the results of a test as long as what the test itself looked at is the same,
// and what a compiler looks at that a test starts does not count.
func lookAtSources(root string) error {
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(string, fs.DirEntry, error) error { return nil })
		if err != nil {
			return err
		}
	}
	_, err := os.ReadFile(filepath.Join(root, "go.sum"))
	return err
}

// A Reference is an installed Nix.
type Reference struct {
	Bin  string // folder of its programs, inside Root
	Root string // tree of a system to enter as the root directory; "" for this one
}

// FindReference returns the Nix in $FIRN_REFERENCE_ROOT, otherwise the one on PATH.
func FindReference() (*Reference, error) {
	if root := os.Getenv("FIRN_REFERENCE_ROOT"); root != "" {
		return ReferenceIn(root)
	}
	found, err := exec.LookPath("nix-instantiate")
	if err != nil {
		return nil, fmt.Errorf("no Nix (set FIRN_REFERENCE_ROOT, or put one on PATH): %w", ErrAbsent)
	}
	return &Reference{Bin: filepath.Dir(found)}, nil
}

// ReferenceIn returns the Nix of the system below root.
func ReferenceIn(root string) (*Reference, error) {
	for _, bin := range []string{"/usr/bin", "/usr/local/bin", "/nix/var/nix/profiles/default/bin"} {
		if _, err := os.Stat(filepath.Join(root, bin, "nix-instantiate")); err == nil {
			return &Reference{Bin: bin, Root: root}, nil
		}
	}
	return nil, fmt.Errorf("no Nix in %s: %w", root, ErrAbsent)
}

// IsFirn says whether the programs in dir are firn's. A reference must not be firn itself.
func IsFirn(dir string) bool {
	out, err := exec.Command(filepath.Join(dir, "nix-instantiate"), "--version").Output()
	return err == nil && strings.Contains(string(out), "firn")
}
