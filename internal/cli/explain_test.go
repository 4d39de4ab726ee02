package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firn/internal/diag"
	"firn/internal/ui"
)

// withoutCode lists examples that do end in an error, but not yet in one of the
// right code.
var withoutCode = []diag.Code{diag.InvalidName, diag.InvalidStorePath, diag.InvalidHash}

// Every example of an explanation ends in the error that it explains.
func TestExplainedExamples(t *testing.T) {
	for _, table := range diag.Explanations() {
		for _, e := range table {
			if e.Example == "" {
				continue
			}
			t.Run(string(e.Code), func(t *testing.T) {
				args := []string{"--eval", "--strict"}
				for _, setting := range e.With {
					name, value, _ := strings.Cut(setting, " = ")
					args = append(args, "--option", name, value)
				}
				err := runProgram(t, "nix-instantiate", append(args, "-E", e.Example)...)
				if err == nil {
					t.Fatalf("%s: no error", e.Example)
				}
				known := slices.Contains(withoutCode, e.Code)
				switch got := diag.As(err); {
				case got.Code == e.Code && known:
					t.Errorf("%s has its code now: take it from the list withoutCode", e.Code)
				case got.Code != e.Code && !known:
					t.Errorf("%s: code %q (%v), want %q", e.Example, got.Code, got, e.Code)
				}
			})
		}
	}
}

// runProgram runs a program in this process, with its output thrown away, and
// returns the error it ends in.
func runProgram(t *testing.T, name string, words ...string) error {
	t.Helper()
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p := &Process{
		Args: append([]string{name}, words...), In: os.Stdin, Out: out, Err: out,
		Environ: []string{"HOME=" + dir, "NIX_CONF_DIR=" + dir, "NIX_STATE_DIR=" + dir, "NIX_PATH=", "XDG_CONFIG_DIRS=" + dir},
	}
	program, _, root, rest := p.choose()
	c := &Call{Process: p, Program: program, Root: root, Path: []*Command{root}, Command: root}
	c.Log = ui.NewLogger(c.logOptions())
	c.Out = c.Log.Stdout()
	defer c.Log.Stop()
	return c.run(rest)
}
