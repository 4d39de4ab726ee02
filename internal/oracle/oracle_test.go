package oracle

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// firnDir holds firn, built once for all tests of this package when the first one asks for it.
var (
	firnDir   = filepath.Join(os.TempDir(), fmt.Sprintf("firn-oracle-%d", os.Getpid()))
	buildOnce = sync.OnceValue(func() error {
		if err := os.Mkdir(firnDir, 0o755); err != nil {
			return err
		}
		return Build(firnDir)
	})
)

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(firnDir)
	os.Exit(code)
}

// firnBin returns a folder with firn under all its names. $FIRN_BIN names another one, to try the tests themselves on a Nix.
func firnBin(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("FIRN_BIN"); dir != "" {
		t.Log("with the programs in ", dir)
		return dir
	}
	if err := buildOnce(); err != nil {
		t.Fatal(err)
	}
	return firnDir
}

// need skips the test if err says that something is not here, and fails it for any other error.
func need(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// scratch returns a fresh environment for a program, without experimental features, and its folder.
func scratch(t *testing.T, extra ...string) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	if err := MakeEnvironment(dir, ""); err != nil {
		t.Fatal(err)
	}
	return dir, Environment(dir, extra...)
}

func TestLastError(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"warning: nothing\n", ""},
		{"error: cannot add a string to an integer\n       at «string»:1:3:\n            1| 1+\"a\"\n", "cannot add a string to an integer"},
		{"error:\n       … while calling\n         at x:1:1\n\n       \x1b[31;1merror:\x1b[0m two\n       lines  here\n", "two lines here"},
	} {
		if got := LastError(c.text); got != c.want {
			t.Errorf("LastError(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// TestArriveInside starts this test again inside a root directory made of a link to the real one.
func TestArriveInside(t *testing.T) {
	if os.Getenv("FIRN_ORACLE_INSIDE") != "" {
		if err := Arrive(); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile("/run/given/file"); err != nil || string(data) != "seen" {
			t.Fatalf("%q, %v", data, err)
		}
		if _, err := os.Stat("/etc/passwd"); err == nil {
			t.Fatal("the outer system shows")
		}
		return
	}
	if exec.Command("unshare", "--mount", "true").Run() != nil {
		t.Skip("no mount namespaces for this user")
	}
	root, given := t.TempDir(), t.TempDir()
	for _, d := range []string{"proc", "sys", "dev", "run"} {
		if err := os.Mkdir(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(given, "file"), []byte("seen"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FIRN_ORACLE_INSIDE", "1")
	if err := RunInside(root, []string{given + "=/run/given"}, "-test.run=^TestArriveInside$"); err != nil {
		t.Fatal(err)
	}
}

// TestExplanations sees to it that the page has a heading for each.
func TestExplanations(t *testing.T) {
	page, err := os.ReadFile("../../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Explanations() {
		if !strings.Contains(string(page), "\n## "+name+"\n") {
			t.Errorf("docs/differences.md has no heading %q", name)
		}
	}
}
