package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"firn/internal/build/schedule"
	"firn/internal/diag"
)

// Errors that need files have no example in their explanation.
func TestFailureCodes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	const wrong = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for _, c := range []struct {
		expr   string
		want   diag.Code
		status int
	}{
		{`builtins.fetchurl { url = "file://` + file + `-absent"; }`, diag.FetchFailed, 0},
		{`builtins.fetchurl { url = "file://` + file + `"; sha256 = "` + wrong + `"; }`, diag.HashMismatch, 102},
	} {
		err := diag.As(runProgram(t, "nix-instantiate", "--eval", "--option", "store", "dummy://", "-E", c.expr))
		if err == nil || err.Code != c.want || err.Status != c.status {
			t.Errorf("%s: %+v, want %s and status %d", c.expr, err, c.want, c.status)
		}
	}
	err := diag.As(runProgram(t, "nix", "--extra-experimental-features", "nix-command", "config", "check", "--store", "https://cache.example.org"))
	if err == nil || err.Code != diag.NotYet {
		t.Errorf("config check of a cache: %+v, want %s", err, diag.NotYet)
	}
}

// What a builder leaves behind decides the status; a panic is an error of its own.
func TestErrorsOfParts(t *testing.T) {
	err := diag.As(buildError(&schedule.Error{Text: "build of 'x' failed", Code: 100}))
	if err.Code != diag.BuildFailed || err.Status != 100 {
		t.Errorf("a failed build: %+v", err)
	}
	program := Command{Name: "nix", Run: func(context.Context, *Call) error { panic("never") }}
	err = diag.As((&Call{Process: &Process{}, Root: &program, Command: &program}).run(nil))
	if err.Code != diag.InternalError {
		t.Errorf("a panic: %+v", err)
	}
}
