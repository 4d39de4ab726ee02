package realise

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/build/plan"
	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/storepath"
	"firn/internal/oracle"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// The probe is a derivation that prints what a builder sees. TestProbe builds it with the reference and
// with firn, and compares. It needs a reference in a tree of its own ($FIRN_REFERENCE_ROOT) with a
// static busybox and bash, and root.

// probeVar tells this program, started inside the reference's tree, where to build the probe.
const probeVar = "FIRN_PROBE_IN"

// probeNix is the probe for the reference; the folder has busybox in bb, and probe.sh.
const probeNix = `derivation {
  name = "probe";
  system = "x86_64-linux";
  builder = "/bin/sh";
  busybox = "${builtins.path { path = ./bb; name = "bb"; }}/busybox";
  script = builtins.path { path = ./probe.sh; name = "probe.sh"; };
  args = [ "-c" ". $script > $out" ];
}`

// probeInside builds the probe with the reference; it runs in that one's tree.
func probeInside(dir string) int {
	cmd := exec.Command("/usr/bin/nix-build", "--store", filepath.Join(dir, "root"), "--option", "build-users-group", "",
		"--option", "substituters", "", "--option", "sandbox", "true", "--option", "sandbox-fallback", "false", "--option", "cores", "3",
		"--option", "system-features", "", "--no-out-link", filepath.Join(dir, "probe.nix"))
	cmd.Env = append(oracle.Environment(dir), "PATH=/usr/bin:/bin")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		var text []byte
		if text, err = os.ReadFile(filepath.Join(dir, "root", strings.TrimSpace(string(out)))); err == nil {
			err = os.WriteFile(filepath.Join(dir, "seen"), text, 0o644)
		}
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return 0
}

// knownDifferences are lines that only one of the two prints, each with its reason.
var knownDifferences = map[string]string{
	"+/tmp":                       "a mount of its own, because the root directory is in memory",
	"-drwxr-xr-x 65534 65534 .":   "/dev/pts: root mounts it before it enters the user namespace, in which root is the builder here",
	"-drwxr-xr-x 65534 65534 pts": "the same",
	"+drwxr-xr-x 1000 100 pts":    "the same",
}

func TestProbe(t *testing.T) {
	ref, err := oracle.FindReference()
	if errors.Is(err, oracle.ErrAbsent) || err == nil && ref.Root == "" {
		t.Skip("no reference in a tree of its own: set FIRN_REFERENCE_ROOT")
	}
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		t.Skip("only root can use the reference's tree")
	}
	dir := t.TempDir()
	if err := oracle.MakeEnvironment(dir, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bb"), 0o755); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/probe.sh")
	if err != nil {
		t.Fatal(err)
	}
	busybox, err := os.ReadFile(filepath.Join(ref.Root, "usr/bin/busybox"))
	if err != nil {
		t.Skip(err)
	}
	for name, data := range map[string][]byte{"probe.sh": script, "probe.nix": []byte(probeNix)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "bb/busybox"), busybox, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(probeVar, "/run/probe")
	if err := oracle.RunInside(ref.Root, []string{dir + "=/run/probe"}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	compareViews(t, string(want), probeHere(t, dir, filepath.Join(ref.Root, "usr/bin/bash-static")))
}

// probeHere builds the probe with firn, with the same shell.
func probeHere(t *testing.T, dir, shell string) string {
	w := newBench(t)
	w.Config.SandboxPaths = []SandboxPath{{Target: "/bin/sh", Source: shell}}
	w.Config.System = "x86_64-linux"
	bb := w.addTree("bb", filepath.Join(dir, "bb"))
	script := w.addTree("probe.sh", filepath.Join(dir, "probe.sh"))
	d := &derivation.Derivation{Name: "probe", System: "x86_64-linux", Builder: "/bin/sh", Args: []string{"-c", ". $script > $out"},
		Outputs: []derivation.Output{{Name: "out", Kind: derivation.Deferred}}}
	sources(bb, script)(d)
	for k, v := range map[string]string{"busybox": w.store.dir.Join(bb) + "/busybox", "script": w.store.dir.Join(script),
		"name": "probe", "system": "x86_64-linux", "builder": "/bin/sh", "out": ""} {
		d.SetEnv(k, v)
	}
	h := derivation.Hasher{Dir: w.store.dir}
	if err := h.Fill(d); err != nil {
		t.Fatal(err)
	}
	r, err := w.build(d, plan.Normal)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, w.store.real, string(r.Outputs["out"]))
}

// addTree adds a file or directory by its archive.
func (w *bench) addTree(name, from string) storepath.Path {
	w.t.Helper()
	info, err := w.store.AddSource(context.Background(), store.Source{Name: name, Method: storepath.NAR,
		Write: func(out io.Writer) error { return fstree.Dump(out, from, nar.DumpOptions{}) }})
	if err != nil {
		w.t.Fatal(err)
	}
	return info.Path
}

// compareViews reports lines that are in one of two texts only, section by section.
func compareViews(t *testing.T, want, got string) {
	sections := func(text string) map[string]map[string]bool {
		m := map[string]map[string]bool{}
		for _, s := range strings.Split(text, "== ")[1:] {
			name, rest, _ := strings.Cut(s, "\n")
			m[name] = map[string]bool{}
			for line := range strings.Lines(rest) {
				m[name][strings.TrimSpace(line)] = true
			}
		}
		return m
	}
	a, b := sections(want), sections(got)
	report := func(sign, name string, one, other map[string]bool) {
		for line := range one {
			if _, known := knownDifferences[sign+line]; !other[line] && !known {
				t.Errorf("%s: %s%s", name, sign, line)
			}
		}
	}
	for name := range a {
		report("-", name, a[name], b[name])
		report("+", name, b[name], a[name])
	}
	if len(a) != len(b) || len(a) < 15 {
		t.Errorf("%d sections from the reference, %d here", len(a), len(b))
	}
}
