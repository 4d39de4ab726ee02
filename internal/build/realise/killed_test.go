package realise

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/store/local"
)

// seriesVar makes this program build a series in the store below the directory that it names, one after the other.
const seriesVar = "FIRN_TEST_SERIES"

const seriesLength = 40

func seriesBench(root string, t *testing.T) *bench {
	st, err := local.New(local.Rooted(root))
	if err != nil {
		panic(err)
	}
	return &bench{Realiser: &Realiser{Store: st, Config: holdConfig(root)}, store: &testStore{Store: st, dir: st.Dir(), real: root + "/nix/store", t: t}, t: t}
}

// inSeries is the n-th of the series: a directory that is whole only in the end, or a file.
func (w *bench) inSeries(n int) (name, script string) {
	if n%2 == 0 {
		return fmt.Sprint("tree-", n), "mkdir $out; echo half > $out/file; echo whole > $out/file"
	}
	return fmt.Sprint("file-", n), "echo half > $out; echo whole > $out"
}

func buildSeries(root string) int {
	w := seriesBench(root, &testing.T{})
	for n := range seriesLength {
		name, script := w.inSeries(n)
		if _, err := w.build(w.script(name, script), plan.Normal); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

// TestKilledAnywhere kills the program while it builds a series, at a moment of chance each time, until the series is done.
// What is valid is whole, no process, no lock and no mount stays, the last run finds nothing in its way, and what lies in the
// store goes with the next collection.
func TestKilledAnywhere(t *testing.T) {
	if err := sandbox.Check(); err != nil {
		t.Skip("no sandbox here: ", err)
	}
	root := t.TempDir()
	t.Cleanup(func() { sandbox.RemoveAll(root) })
	done, rounds := false, 0
	for ; !done && rounds < 40; rounds++ {
		done = killedSeries(t, root)
	}
	w := seriesBench(root, t)
	valid := 0
	for n := range seriesLength {
		name, script := w.inSeries(n)
		d := w.script(name, script)
		if ok, err := w.store.IsValid(context.Background(), d.Outputs[0].Path); err != nil {
			t.Error(err)
		} else if ok {
			valid++
		}
		file := w.mustBuild(d)
		if n%2 == 0 {
			file += "/file"
		}
		if got := read(t, file); got != "whole\n" {
			t.Errorf("%s holds %q", name, got)
		}
	}
	t.Logf("%d of %d were valid after %d runs", valid, seriesLength, rounds)
	if bad, err := w.store.Verify(context.Background(), local.VerifyOptions{Contents: true}); bad || err != nil {
		t.Errorf("the store is damaged: %v, %v", bad, err)
	}
	// Whoever built keeps what it asked for until it ends.
	w.store.Close()
	later := seriesBench(root, t)
	defer later.store.Close()
	if _, err := later.store.Collect(context.Background(), local.CollectOptions{MaxFreed: 1 << 40}); err != nil {
		t.Error(err)
	}
	for _, left := range w.leftovers() {
		if strings.HasSuffix(left, ".chroot") {
			t.Errorf("a collection leaves %s", left)
		}
	}
}

// killedSeries runs the program for a moment and reports whether it came to its end.
func killedSeries(t *testing.T, root string) (done bool) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), seriesVar+"="+root)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		return true
	case <-time.After(time.Duration(10+rand.IntN(60)) * time.Millisecond):
	}
	children := descendants(cmd.Process.Pid)
	cmd.Process.Kill()
	<-ended
	for _, pid := range children {
		waitFor(t, func() bool { return syscall.Kill(pid, 0) != nil })
	}
	if mounts, _ := os.ReadFile("/proc/self/mounts"); strings.Contains(string(mounts), root) {
		t.Error("a mount is left")
	}
	return false
}
