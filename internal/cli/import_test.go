package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImportKilled kills imports after parts of a stream and looks at the store that is left: what was printed is valid, whole,
// and what was not is no hindrance to the next import and no burden for ever.
func TestImportKilled(t *testing.T) {
	dir := t.TempDir()
	tmp := filepath.Join(dir, "tmp")
	for _, d := range []string{"tmp", "conf", "trees/a/sub", "trees/b"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i, file := range []string{"trees/a/sub/x", "trees/a/y", "trees/b/z", "trees/c"} {
		if err := os.WriteFile(filepath.Join(dir, file), bytes.Repeat([]byte{byte(i)}, 40_000*i+10), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := func(store string, args ...string) *exec.Cmd {
		cmd := exec.Command("nix-store", append(args, "--store", filepath.Join(dir, store))...)
		cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "HOME="+dir, "NIX_CONF_DIR="+filepath.Join(dir, "conf"))
		return cmd
	}
	run := func(cmd *exec.Cmd) string {
		t.Helper()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", cmd, err)
		}
		return string(out)
	}
	trees := []string{filepath.Join(dir, "trees/a"), filepath.Join(dir, "trees/b"), filepath.Join(dir, "trees/c")}
	paths := strings.Fields(run(command("from", append([]string{"--add"}, trees...)...)))
	stream := run(command("from", append([]string{"--export"}, paths...)...))
	defer exec.Command("chmod", "-R", "u+w", dir).Run()
	const points = 12
	for i := range points {
		part := stream[:len(stream)*(i+1)/points-1]
		printed := killedImport(t, command("to", "--import"), part)
		for _, p := range printed {
			run(command("to", "--check-validity", p))
		}
		run(command("to", "--verify", "--check-contents"))
		if i%3 == 2 { // otherwise over what the one before has left
			run(command("to", "--gc"))
			if list, err := os.ReadDir(filepath.Join(dir, "to/nix/store")); len(list) != 1 || err != nil {
				t.Errorf("a collector leaves %v, %v", list, err)
			}
		}
	}
	whole := command("to", "--import")
	whole.Stdin = strings.NewReader(stream)
	got := strings.Fields(run(whole))
	slices.Sort(got)
	slices.Sort(paths)
	if !slices.Equal(got, paths) {
		t.Errorf("imported %v, want %v", got, paths)
	}
	run(command("to", "--verify", "--check-contents"))
	if list, err := os.ReadDir(tmp); len(list) != 0 || err != nil {
		t.Errorf("temporary files stay: %v, %v", list, err)
	}
}

// killedImport kills an import as soon as it has taken in all of a stream that breaks off, and returns what it has printed.
func killedImport(t *testing.T, cmd *exec.Cmd, stream string) (printed []string) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte(stream)); err != nil {
		t.Error(err)
	}
	cmd.Process.Kill()
	in.Close()
	cmd.Wait()
	text := out.String()
	return strings.Fields(text[:strings.LastIndex(text, "\n")+1])
}
