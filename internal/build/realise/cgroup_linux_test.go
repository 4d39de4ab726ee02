package realise

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
)

// TestUseCgroups counts what a builder and the processes that it left behind used, and leaves no control group.
func TestUseCgroups(t *testing.T) {
	probe, err := sandbox.NewCgroup(fmt.Sprint("firn-test-probe-", os.Getpid()))
	if errors.Is(err, sandbox.ErrUnsupported) {
		t.Skip("no control groups here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := probe.Remove(); err != nil {
		t.Fatal(err)
	}
	w := newBench(t)
	w.Config.UseCgroups = true
	out, err := w.build(w.script("x", "cat /proc/self/cgroup > $out; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"), plan.Normal)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.store.RealPath(out.Outputs["out"]))
	if err != nil || !strings.Contains(string(text), "0::/\n") {
		t.Errorf("the builder's control group is %q, %v", text, err)
	}
	if out.User+out.System == 0 {
		t.Errorf("used %+v", out)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(probe.Dir), fmt.Sprintf("%s-%d-*", cgroupPrefix, os.Getpid())))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
