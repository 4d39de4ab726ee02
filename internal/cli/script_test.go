package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run this test binary under the names of the programs.
func TestMain(m *testing.M) {
	commands := map[string]func(){}
	names := []string{"firn", "nix"}
	for _, c := range classicCommands {
		names = append(names, c.Name)
	}
	for _, name := range names {
		commands[name] = func() {
			os.Exit(Main(&Process{
				Args: append([]string{name}, os.Args[1:]...), Environ: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
			}))
		}
	}
	testscript.Main(m, commands)
}

// TestScripts runs testdata/script/*.txtar, each named <verb>_<case>, in a
// folder of its own that also is home and holds all configuration.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			conf := filepath.Join(e.WorkDir, "etc")
			if err := os.MkdirAll(conf, 0o777); err != nil {
				return err
			}
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("NIX_CONF_DIR", conf)
			e.Setenv("XDG_CONFIG_DIRS", filepath.Join(e.WorkDir, "xdg"))
			e.Setenv("NIX_STATE_DIR", filepath.Join(e.WorkDir, "state"))
			return nil
		},
	})
}
