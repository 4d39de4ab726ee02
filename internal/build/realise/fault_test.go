package realise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"firn/internal/build/buildlog"
	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/store/local"
)

func TestStrangeOutputs(t *testing.T) {
	deep := "mkdir $out; cd $out; i=0; while [ $i -lt 70 ]; do mkdir d; cd d; i=$((i+1)); done"
	tests := []struct {
		name, script string
		change       func(*derivation.Derivation)
		text         string // of the failure; none if it is to succeed
	}{
		{name: "too deep", script: deep, text: "depth"},
		{name: "read-only directories", script: "mkdir -p $out/a/b; echo > $out/a/b/f; chmod 555 $out/a/b $out/a $out"},
		{name: "unreadable file", script: "mkdir $out; echo x > $out/f; chmod 000 $out/f"},
		{name: "dangling link", script: "ln -s /no/such $out"},
		{name: "empty file", script: ": > $out"},
		{name: "odd names", script: "mkdir $out; : > \"$out/ a\nb\"; : > $out/-n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newBench(t)
			change := tt.change
			if change == nil {
				change = func(*derivation.Derivation) {}
			}
			_, err := w.build(w.script("x", tt.script, change), plan.Normal)
			switch {
			case tt.text == "" && err != nil:
				t.Error(err)
			case tt.text != "" && !failsWith(err, plan.OutputRejected, tt.text):
				t.Errorf("got %v, want %q", err, tt.text)
			}
			if left := w.leftovers(); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// TestSpecialFiles makes files that an archive cannot hold. The sandbox's shell cannot, so a program that
// the machine has is shown to the builder.
func TestSpecialFiles(t *testing.T) {
	const python = "/usr/bin/python3"
	tools := machineTools(t, python)
	for name, code := range map[string]string{
		"socket":  "import socket,os; socket.socket(socket.AF_UNIX).bind(os.environ['out'])",
		"pipe":    "import os; os.mkfifo(os.environ['out'])",
		"in tree": "import os; o = os.environ['out']; os.mkdir(o); os.mkfifo(o + '/p')",
	} {
		w := newBench(t)
		w.Config.SandboxPaths = tools
		_, err := w.build(w.script("x", python+` -c "$code"`, env("code", code)), plan.Normal)
		if !failsWith(err, plan.OutputRejected, "") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestSetuid: the filter of system calls refuses to make setuid files; where it is off, what the store takes over has
// lost the bit.
func TestSetuid(t *testing.T) {
	const script = "echo x > $out; chmod 6755 $out"
	w := newBench(t)
	w.Config.SandboxPaths = machineTools(t, "/usr/bin/chmod")
	real := func(d *derivation.Derivation) { d.Builder = "/usr/bin/sh" }
	if _, err := w.build(w.script("x", script, env("PATH", "/usr/bin"), real), plan.Normal); !failsWith(err, plan.PermanentFailure, "Operation not permitted") {
		t.Errorf("with the filter: %v", err)
	}
	w.Config.FilterSyscalls = false
	out := w.mustBuild(w.script("y", script, env("PATH", "/usr/bin"), real))
	if info, err := os.Lstat(out); err != nil || info.Mode() != 0o555 {
		t.Errorf("without: mode %v, %v", info.Mode(), err)
	}
}

// machineTools shows the machine's own programs to builders.
func machineTools(t *testing.T, need string) []SandboxPath {
	t.Helper()
	if _, err := os.Stat(need); err != nil {
		t.Skip("no program to test with: ", err)
	}
	return []SandboxPath{{"/usr", "/usr", false}, {"/lib", "/lib", true}, {"/lib64", "/lib64", true}, {"/bin", "/bin", true}}
}

// TestForkBomb has processes beget processes, in sessions of their own, until the time is over. None survives.
func TestForkBomb(t *testing.T) {
	w := newBench(t)
	w.Config.SandboxPaths = machineTools(t, "/usr/bin/setsid")
	w.Config.Timeout = 700 * time.Millisecond
	marker := fmt.Sprint("1000.", os.Getpid()) // seconds to sleep, by which the processes can be told
	bomb := `bomb() { [ $1 -gt 6 ] || { bomb $(($1+1)) & bomb $(($1+1)) & }; exec /usr/bin/setsid sleep ` + marker + `; }; bomb 0 & sleep 1000`
	d := w.script("x", bomb, env("PATH", "/usr/bin"), func(d *derivation.Derivation) { d.Builder = "/usr/bin/sh" })
	if _, err := w.build(d, plan.Normal); !failsWith(err, plan.TimedOut, "timed out") {
		t.Fatalf("got %v", err)
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range lines {
		if text, _ := os.ReadFile(file); bytes.Contains(text, []byte(marker)) {
			t.Errorf("%s goes on: %q", file, text)
		}
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestHardBuilders(t *testing.T) {
	tests := []struct {
		name, script string
		config       func(*Config)
		status       plan.Status
		text         string
	}{
		{name: "endless", script: "while :; do sleep 1; done", config: func(c *Config) { c.Timeout = 300 * time.Millisecond },
			status: plan.TimedOut, text: "timed out after"},
		{name: "silent", script: "echo a; sleep 100", config: func(c *Config) { c.MaxSilent = 300 * time.Millisecond }, status: plan.TimedOut, text: "of silence"},
		{name: "leaves processes behind", script: "sleep 1000 & echo > $out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newBench(t)
			if tt.config != nil {
				tt.config(&w.Config)
			}
			begin := time.Now()
			_, err := w.build(w.script("x", tt.script), plan.Normal)
			if tt.status == 0 && err != nil || tt.status != 0 && !failsWith(err, tt.status, tt.text) {
				t.Errorf("got %v", err)
			}
			if d := time.Since(begin); d > 20*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// TestLongLog lets a builder write a log that is longer than what anything holds in memory.
func TestLongLog(t *testing.T) {
	w := newBench(t)
	d := w.script("x", `head -c 30000000 /dev/zero; echo; echo end; exit 1`)
	_, err := w.build(d, plan.Normal)
	if !failsWith(err, plan.PermanentFailure, "> end\n") {
		t.Fatalf("got %.200v", err)
	}
	drv, _ := d.Path(w.store.dir, d.AppendATerm(nil, w.store.dir))
	r, err := buildlog.Open(w.Config.LogDir, string(drv))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := io.Copy(io.Discard, r); n != 30000005 || err != nil {
		t.Errorf("the log has %d bytes, %v", n, err)
	}
}

// holdVar makes this program build, in the store below the directory that it names, something that takes
// a minute, so that it can be killed meanwhile.
const holdVar = "FIRN_TEST_HOLD"

func holdBuild(root string) int {
	st, err := local.New(local.Rooted(root))
	if err != nil {
		panic(err)
	}
	w := &bench{Realiser: &Realiser{Store: st, Config: holdConfig(root)}, store: &testStore{Store: st, dir: st.Dir(), t: &testing.T{}}, t: &testing.T{}}
	w.build(w.script("held", holdScript), plan.Normal)
	return 0
}

const holdScript = `mkdir $out; echo half > $out/half; echo ready; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo whole > $out/half`

func holdConfig(root string) Config {
	return Config{SandboxPaths: ownShell(), System: "test-system", StateDir: root + "/state", LogDir: root + "/log", BuildDir: root + "/builds", SelfIsShell: true, FilterSyscalls: true}
}

// TestKilled kills the program in the middle of a build. Nothing may go on, no lock may stay, nothing half
// may be valid, and the next build works and tidies up.
func TestKilled(t *testing.T) {
	if err := sandbox.Check(); err != nil {
		t.Skip("no sandbox here: ", err)
	}
	root := t.TempDir()
	t.Cleanup(func() { sandbox.RemoveAll(root) })
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVar+"="+root)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(root, "nix/store/*.chroot/store/*-held/half")
	waitFor(t, func() bool { m, _ := filepath.Glob(half); return len(m) == 1 })
	children := descendants(cmd.Process.Pid)
	if len(children) == 0 {
		t.Error("no builder is running")
	}
	cmd.Process.Kill()
	cmd.Wait()
	waitFor(t, func() bool {
		for _, pid := range children {
			if syscall.Kill(pid, 0) == nil {
				return false
			}
		}
		return true
	})
	mounts, _ := os.ReadFile("/proc/self/mounts")
	if strings.Contains(string(mounts), root) {
		t.Error("a mount is left")
	}

	st, err := local.New(local.Rooted(root))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w := &bench{Realiser: &Realiser{Store: st, Config: holdConfig(root)}, store: &testStore{Store: st, dir: st.Dir(), real: root + "/nix/store", t: t}, t: t}
	d := w.script("held", holdScript)
	if valid, _ := st.IsValid(context.Background(), d.Outputs[0].Path); valid {
		t.Error("a half output is valid")
	}
	built := make(chan struct{})
	go func() { // let it end, in whatever directory it is
		for range time.Tick(20 * time.Millisecond) {
			select {
			case <-built:
				return
			default:
			}
			tmp, _ := filepath.Glob(root + "/builds/nix-*/tmp")
			for _, dir := range tmp {
				os.WriteFile(filepath.Join(dir, "go"), nil, 0o644)
			}
		}
	}()
	defer close(built)
	if got := read(t, w.mustBuild(d), "half"); got != "whole\n" {
		t.Errorf("got %q", got)
	}
	if left, _ := filepath.Glob(root + "/nix/store/*.chroot"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func waitFor(t *testing.T, done func() bool) {
	for range 400 {
		if done() {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Error("waited too long")
}

// descendants lists the processes below one.
func descendants(pid int) (list []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, s := range stats {
		text, err := os.ReadFile(s)
		if err != nil {
			continue
		}
		rest := string(text)[strings.LastIndexByte(string(text), ')')+1:]
		f := strings.Fields(rest)
		if parent, _ := strconv.Atoi(f[1]); parent == pid {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(s)))
			list = append(append(list, child), descendants(child)...)
		}
	}
	return list
}

// TestFullDisk builds where there is no room, in the build directory and in the store.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	for _, where := range []string{"builds", "nix/store"} {
		w := newBench(t)
		root := filepath.Dir(filepath.Dir(w.store.real))
		dir := filepath.Join(root, where)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		d := w.script("x", `head -c 3000000 /dev/zero > $NIX_BUILD_TOP/f; head -c 3000000 /dev/zero > $out`)
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size=2m"); err != nil {
			t.Skip(err)
		}
		_, err := w.build(d, plan.Normal)
		if !failsWith(err, plan.TransientFailure, "lack of free disk space") {
			t.Errorf("%s: got %v", where, err)
		}
		if left := w.leftovers(); len(left) > 0 {
			t.Errorf("%s: left behind: %q", where, left)
		}
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// TestOutputTooLong has a name that is one byte longer than file systems allow.
func TestOutputTooLong(t *testing.T) {
	w := newBench(t)
	_, err := w.build(w.script("x", `mkdir $out; echo > $out/`+strings.Repeat("a", 256)), plan.Normal)
	if !failsWith(err, plan.PermanentFailure, "") {
		t.Errorf("got %v", err)
	}
}

// TestInterrupted cancels a build.
func TestInterrupted(t *testing.T) {
	w := newBench(t)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	d := w.script("x", "sleep 100")
	req := w.request(d, plan.Normal)
	if _, err := w.Realise(ctx, req); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestKeepFailed keeps what a failed build left for a look.
func TestKeepFailed(t *testing.T) {
	w := newBench(t)
	w.Config.KeepFailed = true
	var log sink
	w.Activity = recorder(&log)
	d := w.script("x", "echo state > file; echo part > $out; exit 1")
	if _, err := w.build(d, plan.Normal); err == nil {
		t.Fatal("no failure")
	}
	kept, _ := filepath.Glob(w.Config.BuildDir + "/nix-*/build/file")
	if len(kept) != 1 || read(t, kept[0]) != "state\n" {
		t.Errorf("kept %q", kept)
	}
	if !strings.Contains(strings.Join(log, "\n"), "note: keeping build directory \""+filepath.Dir(kept[0])+"\"") {
		t.Errorf("said %q", log)
	}
	if info := w.store.info(d.Outputs[0].Path); info != nil {
		t.Error("the output of a failed build is valid")
	}
}

// TestFixedCopied changes a fixed output through a descriptor that outlives the sandbox; what is taken over
// must not change with it.
func TestFixedCopied(t *testing.T) {
	w := newBench(t)
	out := w.mustBuild(w.script("x", `printf text > $out`, w.fixed("text")))
	info, err := os.Lstat(out)
	if err != nil || info.Mode()&fs.ModePerm != 0o444 {
		t.Errorf("got %v, %v", info, err)
	}
	hash := nixhash.Sum(nixhash.SHA256, []byte("text"))
	if ca := w.store.info(storepath.Path(filepath.Base(out))).CA; ca.Hash != hash {
		t.Errorf("got %v", ca)
	}
}
