package oracle

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Real programs are built from source, in the sandbox, with the tools of a
// distribution that arrive as fixed outputs; a second time they come out the same.
// It takes some minutes and a hundred megabytes, so it is asked for.
func TestFromSource(t *testing.T) {
	if os.Getenv("FIRN_FROM_SOURCE") == "" {
		t.Skip("builds real programs only if FIRN_FROM_SOURCE is set: it downloads a hundred megabytes")
	}
	for _, program := range []string{"bash", "apt-get", "apt-cache", "dpkg-deb", "tar"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the packages of a distribution are needed: %v", err)
		}
	}
	if why := packagesUnreachable(t); why != "" {
		t.Skip(why)
	}
	root, err := ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Build(bin); err != nil {
		t.Fatal(err)
	}
	build := func(args ...string) []string {
		cmd := exec.Command(filepath.Join(root, "examples/from-source/build.sh"), args...)
		cmd.Env = append(os.Environ(), "FIRN="+filepath.Join(bin, "firn"), "WORK="+dir, "XDG_DATA_HOME="+filepath.Join(dir, "data"),
			"NIX_REMOTE="+filepath.Join(dir, "root"), "NIX_CONFIG=experimental-features = nix-command\nsubstituters =\nsandbox-fallback = false\n")
		var log strings.Builder
		cmd.Stderr = &log
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("build.sh %s: %v\n%s", strings.Join(args, " "), err, log.String())
		}
		return strings.Fields(string(out))
	}
	paths := build("hello", "primes")
	build("hello", "--rebuild") // fails if the outcome differs
	primes, err := os.ReadFile(filepath.Join(dir, "root", paths[len(paths)-1]))
	if err != nil || !strings.HasSuffix(string(primes), "\n991\n997\n") {
		t.Errorf("lua made %.60q…, %v", primes, err)
	}
}

// packagesUnreachable says why packages cannot be downloaded, "" if they can.
func packagesUnreachable(t *testing.T) string {
	out, err := exec.Command("apt-get", "download", "--print-uris", "busybox-static").Output()
	url, _, ok := strings.Cut(strings.TrimPrefix(string(out), "'"), "'")
	if err != nil || !ok {
		return "apt-get knows no busybox-static; 'apt-get update' may help"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return err.Error()
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return "the distribution's packages cannot be reached: " + err.Error()
	}
	answer.Body.Close()
	return ""
}
