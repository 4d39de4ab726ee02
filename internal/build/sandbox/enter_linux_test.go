package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestEnter lets the program write into a directory it sees elsewhere.
func TestEnter(t *testing.T) {
	if err := Check(); err != nil {
		t.Skip("no namespaces here: ", err)
	}
	for _, target := range []string{"/no-such-top/store", "/usr", "/usr/no-such/store"} {
		source, dir := t.TempDir(), t.TempDir()
		script := "#!" + "/bin/sh\n" // a file of the directory, found by its inside name
		if err := os.WriteFile(filepath.Join(source, "f"), []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
		shell := staticShell(t)
		if shell == "" && target == "/usr" {
			continue // the machine's shell is below /usr
		}
		e := &Entry{Path: "/bin/sh", Dir: dir, Source: source, Target: target, Env: os.Environ(),
			Args: []string{"sh", "-c", `read line <` + target + `/f && echo "$line" >` + target + `/g && echo "$PWD" >h && test -e /proc/self && test ! -e /tmp/firn-root-*/tmp && exit 5`}}
		r, err := Enter(context.Background(), e)
		if err != nil {
			t.Fatal(target, err)
		}
		if r.ExitCode != 5 {
			t.Errorf("%s: %s", target, r.Describe())
		}
		for file, want := range map[string]string{filepath.Join(source, "g"): "#!/bin/sh\n", filepath.Join(dir, "h"): dir + "\n"} {
			if got, err := os.ReadFile(file); string(got) != want {
				t.Errorf("%s: %s has %q, %v", target, file, got, err)
			}
		}
	}
}

func staticShell(t *testing.T) string {
	real, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil || !Static(real) {
		return ""
	}
	return real
}
