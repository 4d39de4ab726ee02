package cli

import (
	"os"
	"path/filepath"
	"testing"

	"firn/internal/oracle"
)

// BenchmarkEvaluation evaluates the package sets that there are. Its profile is
// what the program is compiled with:
//
//	go test ./internal/cli -run '^$' -bench Evaluation -benchtime 1x -cpuprofile ../../cmd/firn/default.pgo
func BenchmarkEvaluation(b *testing.B) {
	corpora, err := oracle.Corpora()
	if err != nil {
		b.Skip(err)
	}
	root, err := oracle.ModuleRoot()
	if err != nil {
		b.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	packages, lib, data := filepath.Join(corpora, "nixpkgs-14.04"), filepath.Join(corpora, "nixpkgs-lib/lib"), filepath.Join(root, "bench/testdata")
	works := map[string][]string{
		"packages": {"nix-env", "-f", packages, "-qaP", "--drv-path", "--system-filter", "x86_64-linux"},
		"write":    {"nix-instantiate", "--eval", "--read-write-mode", "--arg", "nixpkgs", packages, filepath.Join(data, "all-drvs.nix")},
		"modules":  {"nix-instantiate", "--eval", "--arg", "lib", "import " + lib, filepath.Join(data, "modules.nix")},
		"lib":      {"nix-instantiate", "--eval", "--strict", filepath.Join(lib, "tests/misc.nix")},
	}
	for _, system := range []string{"minimal", "server", "desktop"} {
		works[system] = []string{"nix-instantiate", "--eval", "-E", "(import " + packages + `/nixos { system = "x86_64-linux"; configuration = import ` +
			filepath.Join(corpora, "systems", system+".nix") + "; }).system.drvPath"}
	}
	for _, name := range []string{"fib", "fold", "update", "overlays", "attrs", "context", "strings", "regex", "sort", "closure"} {
		works[name] = []string{"nix-instantiate", "--eval", "--strict", filepath.Join(data, name+".nix")}
	}
	for name, words := range works {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				dir := b.TempDir()
				environ := []string{"HOME=" + dir, "NIX_STORE_DIR=" + dir + "/store", "NIX_STATE_DIR=" + dir + "/var", "NIX_CONFIG=eval-cores = 1"}
				if code := Main(&Process{Args: words, Environ: environ, In: null, Out: null, Err: null}); code != 0 {
					b.Fatalf("%q ended with %d", words, code)
				}
			}
		})
	}
}
