package realise

import (
	"errors"
	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// failsWith tells whether an error is one of the derivation with that status, or with status 0 one of the machine.
func failsWith(err error, s plan.Status, text string) bool {
	var e *plan.BuildError
	if s == 0 {
		return err != nil && !errors.As(err, &e) && strings.Contains(err.Error(), text)
	}
	return errors.As(err, &e) && e.Status == s && strings.Contains(e.Text, text)
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name, script string
		change       func(*derivation.Derivation)
		config       func(*Config)
		status       plan.Status
		text         string
	}{
		{name: "exit", script: "echo line 1; echo line 2; exit 3", status: plan.PermanentFailure,
			text: "builder failed with exit code 3.\nOutput paths:\n  /nix/store/"},
		{name: "log", script: "echo line 1; echo line 2; exit 3", status: plan.PermanentFailure,
			text: "\nLast 2 log lines:\n> line 1\n> line 2\nFor full logs, run:\n  nix log /nix/store/"},
		{name: "log without an end", script: "echo line 1; echo -n line 2; exit 3", status: plan.PermanentFailure, text: "\n> line 1\n> line 2\n"},
		{name: "no output", script: "true", status: plan.OutputRejected, text: "failed to produce output path for output 'out' at \""},
		{name: "writable", script: "echo > $out; chmod 666 $out", status: plan.OutputRejected, text: "suspicious ownership or permission on \""},
		{name: "system", script: "", change: func(d *derivation.Derivation) { d.System = "other" }, status: plan.InputRejected,
			text: "Reason: platform mismatch\nRequired system: 'other'\nCurrent system: 'test-system'"},
		{name: "features", script: "", change: env("requiredSystemFeatures", "kvm a"), status: plan.InputRejected,
			text: "Reason: missing system features\nRequired features: {a, kvm}\nAvailable features: {ca-derivations}"},
		{name: "references", script: "echo $out > $out", change: env("allowedReferences", ""), status: plan.OutputRejected,
			text: "is not allowed to refer to the following paths:\n  /nix/store/"},
		{name: "file that refers", script: "mkdir $out; echo $out > $out/f", change: env("disallowedReferences", "out"), status: plan.OutputRejected, text: "-x/f' holds '"},
		{name: "no such output", script: "echo > $out", change: env("allowedReferences", "dev"), status: plan.OutputRejected,
			text: "output check for 'out' contains output name 'dev', but this is not a valid output of this derivation. (Valid outputs are [out].)"},
		{name: "size", script: `. "$NIX_ATTRS_SH_FILE"; echo > ${outputs[out]}`, change: env("__json", `{"outputChecks":{"out":{"maxSize":1}}}`), status: plan.OutputRejected, text: "is too large at "},
		{name: "graph", script: "", change: env("exportReferencesGraph", "g /nix/store/00000000000000000000000000000000-x"), status: plan.InputRejected,
			text: "cannot export references of path '"},
		{name: "let out", script: "", change: env("__noChroot", "1"), text: "has '__noChroot' set, but that's not allowed"},
		{name: "timeout", script: "while true; do sleep 1; done", config: func(c *Config) { c.Timeout = 1e8 }, status: plan.TimedOut, text: "timed out after 0 seconds"},
		{name: "log size", script: "while true; do echo aaaaaaaaaaaaaaa; done", config: func(c *Config) { c.MaxLogSize = 1000 }, status: plan.LogLimitExceeded,
			text: "killed after writing more than 1000 bytes of log output"},
		{name: "cycle", script: "echo $b > $a; echo $a > $b", change: outputsNamed(derivation.Floating, "a", "b"), status: plan.OutputRejected, text: "cycle detected in build of '"},
		{name: "builtin", change: func(d *derivation.Derivation) { d.Builder = "builtin:none" }, status: plan.PermanentFailure, text: "> error: unsupported builtin builder 'none'"},
		{name: "program", change: func(d *derivation.Derivation) { d.Builder = "/no/such" }, status: plan.PermanentFailure, text: "> error: executing '/no/such': No such file or directory"},
		{name: "advice", change: func(d *derivation.Derivation) { d.Builder = "/no/bash" }, config: func(c *Config) { c.EnterCommand = "firn develop --failed" },
			status: plan.PermanentFailure, text: "\nTo enter the environment of the failed build, run:\n  firn develop --failed"},
		{name: "symlink as flat", script: "ln -s x $out", change: func(d *derivation.Derivation) {
			outputsNamed(derivation.Floating, "out")(d)
			d.Outputs[0].Method = storepath.Flat
		}, status: plan.OutputRejected, text: "should be a non-executable regular file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newBench(t)
			if tt.config != nil {
				tt.config(&w.Config)
			}
			change := tt.change
			if change == nil {
				change = func(*derivation.Derivation) {}
			}
			d := w.script("x", tt.script, change)
			_, err := w.build(d, plan.Normal)
			if !failsWith(err, tt.status, tt.text) {
				t.Errorf("got %v, want status %d and %q", err, tt.status, tt.text)
			}
			for _, o := range d.Outputs {
				if _, e := os.Lstat(filepath.Join(w.store.real, string(o.Path))); o.Path != "" && e == nil && tt.status != plan.OutputRejected {
					t.Error("a half output is visible")
				}
			}
			if left := w.leftovers(); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}
