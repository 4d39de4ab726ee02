package oracle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNixpkgsLib evaluates the tests of nixpkgs' library that are expressions: each gives the list of its failures.
func TestNixpkgsLib(t *testing.T) {
	need(t, Heavy())
	corpora, err := Corpora()
	need(t, err)
	for _, name := range []string{"misc.nix", "systems.nix", "fetchers.nix"} {
		t.Run(name, func(t *testing.T) {
			dir, env := scratch(t)
			res, err := Run{Bin: firnBin(t), Name: "nix-instantiate", Dir: dir, Env: env, Limit: 2 * time.Minute, Args: []string{
				"--eval", "--strict", filepath.Join(corpora, "nixpkgs-lib", "lib", "tests", name)}}.Do()
			mustSucceed(t, res, err)
			if got := strings.TrimSpace(res.Stdout); got != "[ ]" {
				t.Errorf("got %.1000s", got)
			}
		})
	}
}

// TestNixpkgsLibScripts runs the tests of nixpkgs' library that are shell scripts around nix-instantiate, on a copy of
// the library, since some write beside it.
func TestNixpkgsLibScripts(t *testing.T) {
	need(t, Heavy())
	corpora, err := Corpora()
	need(t, err)
	for _, program := range []string{"jq", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	bin := firnBin(t)
	for _, script := range []string{
		"tests/modules.sh", "tests/filesystem.sh", "tests/sources.sh", "tests/debug.sh", "tests/network.sh", "fileset/tests.sh",
	} {
		t.Run(script, func(t *testing.T) {
			lib := filepath.Join(t.TempDir(), "lib")
			if err := os.CopyFS(lib, os.DirFS(filepath.Join(corpora, "nixpkgs-lib", "lib"))); err != nil {
				t.Fatal(err)
			}
			dir, env := scratch(t)
			env = append(env, "TEST_LIB="+lib, "TEST_ROOT="+dir, "NIX_STORE_DIR="+filepath.Join(dir, "store"),
				"PATH="+bin+":"+os.Getenv("PATH"))
			res, err := Run{Bin: filepath.Dir(bash), Name: "bash", Dir: filepath.Dir(lib), Env: env, Limit: 5 * time.Minute,
				Merge: true, Args: []string{filepath.Join(lib, script)}}.Do()
			res.Stderr = res.Stdout
			mustSucceed(t, res, err)
		})
	}
}
