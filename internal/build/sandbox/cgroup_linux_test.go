package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func testCgroup(t *testing.T, name string) *Cgroup {
	t.Helper()
	c, err := NewCgroup(name)
	if errors.Is(err, ErrUnsupported) {
		t.Skip("no cgroups here: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Remove() })
	return c
}

// TestCgroup finds a process that escaped from everything but the cgroup.
func TestCgroup(t *testing.T) {
	c := testCgroup(t, fmt.Sprint("firn-test-", os.Getpid()))
	out := new(bytes.Buffer)
	s := &Spec{Path: "/bin/sh", Args: []string{"sh", "-c", "setsid sleep 1000 </dev/null >/dev/null 2>&1 & i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; sleep 0.1"},
		Env: []string{"PATH=/usr/bin:/bin"}, Dir: "/", Open: true, Identity: Identity{Keep: true}, Output: out, Cgroup: c}
	if r := run(t, s); !r.Success() {
		t.Fatal(r.Describe(), out)
	}
	pids, err := cgroupProcesses(c.Dir)
	if err != nil || len(pids) != 1 {
		t.Errorf("left are %v, %v", pids, err)
	}
	begin := time.Now()
	u, err := c.Remove()
	if err != nil || exists(c.Dir) {
		t.Errorf("not removed: %v", err)
	}
	if u.UserTime+u.SystemTime == 0 || u.UserTime > 10*time.Second {
		t.Errorf("used %+v", u)
	}
	for _, old := range c.counters {
		if exists(old.dir) {
			t.Errorf("%s is not removed", old.dir)
		}
		if old.controller == "memory" && u.PeakMemory == 0 {
			t.Error("memory is not counted")
		}
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprint("/proc/", pid, "/stat"))
		if err == nil && !strings.Contains(string(stat), ") Z ") {
			t.Errorf("process %d goes on: %s", pid, stat)
		}
	}
}

func TestCgroupInSandbox(t *testing.T) {
	s, out := shell(t, "cat /proc/self/cgroup | grep ^0:")
	c := testCgroup(t, fmt.Sprint("firn-test-in-", os.Getpid()))
	s.Cgroup = c
	if r := run(t, s); !r.Success() || out.String() != "0::/\n" {
		t.Errorf("%s, output %q", r.Describe(), out)
	}
}

func TestStaleCgroups(t *testing.T) {
	dead := testCgroup(t, "firn-test-stale-999999999-1")
	own := testCgroup(t, fmt.Sprint("firn-test-stale-", os.Getpid(), "-1"))
	if err := RemoveStaleCgroups("firn-test-stale"); err != nil {
		t.Fatal(err)
	}
	if exists(dead.Dir) || !exists(own.Dir) {
		t.Errorf("dead %v, own %v", exists(dead.Dir), exists(own.Dir))
	}
	again := testCgroup(t, fmt.Sprint("firn-test-stale-", os.Getpid(), "-1"))
	if !exists(again.Dir) {
		t.Error("one of the same name is not replaced")
	}
}
