package cli

import "testing"

func TestLibraryFiles(t *testing.T) {
	c := &Call{}
	library := c.libraryFiles("/nix/store", "/home/alice/project", []string{"nixpkgs=/srv/nixpkgs", "lib", "/home/alice", "x=https://example.org/a", "channel:b"})
	for path, want := range map[string]bool{
		"/home/alice/project/a.nix":     false,
		"/home/alice/project/lib/b.nix": false,
		"/home/alice/other/c.nix":       true,
		"/srv/nixpkgs/default.nix":      true,
		"/srv/nixpkgs2/default.nix":     false,
		"/nix/store/x-source/d.nix":     true,
		"/etc/e.nix":                    false,
		"«nix-internal»/derivation.nix": true,
	} {
		if got := library(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
