package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckOneNix(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"one", "two", "none"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
		if name != "none" {
			if err := os.WriteFile(filepath.Join(dir, name, "nix-env"), nil, 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink("one", filepath.Join(dir, "same")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dirs, want string }{
		{"none", "No nix-env found in PATH."},
		{"one same none", ""},
		{"one two", "Multiple versions of nix found in PATH:"},
	} {
		var path []string
		for _, d := range strings.Fields(c.dirs) {
			path = append(path, filepath.Join(dir, d))
		}
		call := &Call{Process: &Process{Environ: []string{"PATH=" + strings.Join(path, ":")}}}
		got, _, _ := strings.Cut(checkOneNix(call), "\n")
		if got != c.want {
			t.Errorf("%s: %q", c.dirs, got)
		}
	}
}

func TestCheckProfiles(t *testing.T) {
	call := &Call{Process: &Process{Environ: []string{"PATH=/usr/bin:/nowhere/bin"}}}
	if got := checkProfiles(call); got != "" {
		t.Error(got)
	}
}
