package realise

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"firn/internal/activity"
	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
	"firn/internal/store/local"
)

func TestInputAddressed(t *testing.T) {
	w := newBench(t)
	src := w.store.addFile("src", "from the source\n")
	d := w.script("x", `mkdir "$out"; cat "$src" > "$out/file"; echo "$out $src" > "$out/refs"; echo hello`, sources(src), env("src", w.store.dir.Join(src)))
	out := w.mustBuild(d)
	if got := read(t, out, "file"); got != "from the source\n" {
		t.Errorf("got %q", got)
	}
	info := w.store.info(storepath.Path(filepath.Base(out)))
	want := slices.Sorted(slices.Values([]storepath.Path{src, info.Path}))
	if !slices.Equal(info.References, want) || info.Deriver == "" || !info.Ultimate {
		t.Errorf("got %+v", info)
	}
	if st, _ := os.Stat(filepath.Join(out, "file")); st.Mode().Perm() != 0o444 || st.ModTime().Unix() != 1 {
		t.Errorf("metadata %v", st)
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	r, err := w.build(d, plan.Normal)
	if err != nil || !r.Found {
		t.Errorf("second build: %+v, %v", r, err)
	}
}

func TestEnvironment(t *testing.T) {
	w := newBench(t)
	d := w.script("x", `env > "$out"; cat "$longPath" >> "$out"`, env("passAsFile", "long"), env("long", "a long text\n"), env("HOME", "/mine"))
	got := read(t, w.mustBuild(d))
	for _, want := range []string{
		"NIX_BUILD_TOP=/build\n", "TMPDIR=/build\n", "TEMP=/build\n", "NIX_STORE=/nix/store\n", "NIX_BUILD_CORES=3\n", "HOME=/mine\n",
		"PATH=/path-not-set\n", "NIX_LOG_FD=2\n", "TERM=xterm-256color\n", "longPath=/build/.attr-", "a long text\n", "PWD=/build\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, not := range []string{"long=", "NIX_OUTPUT_CHECKED"} {
		if strings.Contains("\n"+got, "\n"+not) {
			t.Errorf("%q in\n%s", not, got)
		}
	}
}

func TestStructured(t *testing.T) {
	w := newBench(t)
	src := w.store.addFile("src", "x")
	text := fmt.Sprintf(`{"builder":"/bin/sh","list":["a b",1,true],"set":{"k'":"v"},"float":1.5,"exportReferencesGraph":{"graph":[%q]},"none":null}`, w.store.dir.Join(src))
	d := w.script("x", `cat "$NIX_ATTRS_JSON_FILE" "$NIX_ATTRS_SH_FILE" > "/nix/store/`+"$(cat $NIX_ATTRS_JSON_FILE | head -c 0)"+`x" 2>/dev/null || true; . "$NIX_ATTRS_SH_FILE"; cat "$NIX_ATTRS_JSON_FILE" "$NIX_ATTRS_SH_FILE" > "${outputs[out]}"`,
		sources(src), env("__json", text))
	got := read(t, w.mustBuild(d))
	out := w.store.dir.Join(d.Outputs[0].Path)
	info := w.store.info(src)
	wantJSON := fmt.Sprintf(`{"builder":"/bin/sh","exportReferencesGraph":{"graph":[%q]},"float":1.5,"graph":[{"ca":%q,"closureSize":%d,"narHash":%q,"narSize":%d,"path":%q,"references":[],"valid":true}],"list":["a b",1,true],"none":null,"outputs":{"out":%q},"set":{"k'":"v"}}`,
		w.store.dir.Join(src), info.CA.String(), info.NARSize, info.NARHash.Text(nixhash.Nix32, true), info.NARSize, w.store.dir.Join(src), out)
	wantShell := "declare builder='/bin/sh'\ndeclare -a list=('a b' 1 1 )\ndeclare none=''\ndeclare -A outputs=(['out']='" + out + "' )\ndeclare -A set=(['k'\\''']='v' )\n"
	if got != wantJSON+wantShell {
		t.Errorf("got\n%s\nwant\n%s", got, wantJSON+wantShell)
	}
}

func TestMultipleOutputs(t *testing.T) {
	w := newBench(t)
	d := w.script("x", `echo "lib is $lib" > $out; mkdir $lib; echo "self $lib" > $lib/l; echo $out > $dev`, outputsNamed(derivation.Deferred, "dev", "lib", "out"))
	r, err := w.build(d, plan.Normal)
	if err != nil {
		t.Fatal(err)
	}
	refs := func(name string) []storepath.Path { return w.store.info(r.Outputs[name]).References }
	for name, want := range map[string]string{"out": "lib", "lib": "lib", "dev": "out"} {
		if got := refs(name); len(got) != 1 || got[0] != r.Outputs[want] {
			t.Errorf("%s refers to %q, want %s", name, got, want)
		}
	}
}

// TestLostOutput builds an output again whose sister is still there, and which refers to that.
func TestLostOutput(t *testing.T) {
	w := newBench(t)
	for _, mode := range []SandboxMode{Sandboxed, Open} {
		w.Config.Sandbox = mode
		d := w.script("lost"+strconv.Itoa(int(mode)), `echo first > $first; echo "refers to $first" > $second`, outputsNamed(derivation.Deferred, "first", "second"))
		r, err := w.build(d, plan.Normal)
		if err != nil {
			t.Fatal(err)
		}
		second := r.Outputs["second"]
		before := w.store.info(second)
		w.store.remove(second)
		if r, err = w.build(d, plan.Normal); err != nil {
			t.Fatal(err)
		}
		after := w.store.info(second)
		if r.Outputs["second"] != second || after.NARHash != before.NARHash || !slices.Equal(after.References, before.References) {
			t.Errorf("sandbox %d: built again: %+v, before: %+v", mode, after, before)
		}
	}
}

func TestFloating(t *testing.T) {
	w := newBench(t)
	ca := outputsNamed(derivation.Floating, "out")
	make := func(name, comment string) string {
		return w.mustBuild(w.script("x", `mkdir $out; echo "self: $out" > $out/self; # `+comment, ca, env("comment", comment)))
	}
	a, b := make("a", "one"), make("b", "two")
	if a != b {
		t.Errorf("equal contents at %s and %s", a, b)
	}
	if got, want := read(t, a, "self"), "self: "+w.store.dir.Join(storepath.Path(filepath.Base(a)))+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	info := w.store.info(storepath.Path(filepath.Base(a)))
	if is, _ := info.IsContentAddressed(w.store.dir); !is || len(info.References) != 1 {
		t.Errorf("not content-addressed: %+v", info)
	}
	if len(w.store.known) != 2 {
		t.Errorf("recorded %v", w.store.known)
	}
	two := w.script("y", `echo $lib > $out; mkdir $lib; echo text > $lib/t`, outputsNamed(derivation.Floating, "lib", "out"))
	r, err := w.build(two, plan.Normal)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, w.store.real, string(r.Outputs["out"])), w.store.dir.Join(r.Outputs["lib"])+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestRelaxed: only who asks for it, and fixed outputs, are let out of the sandbox. The test's folder is seen outside alone.
func TestRelaxed(t *testing.T) {
	w := newBenchIn(t, func(root string) local.Options {
		return local.Options{Dir: storepath.Dir(root + "/store"), State: root + "/state"}
	})
	w.Config.Sandbox = Relaxed
	look := `if [ -e ` + w.Config.StateDir + ` ]; then printf outside > $out; else printf inside > $out; fi`
	for _, c := range []struct {
		name   string
		change func(*derivation.Derivation)
		want   string
	}{
		{"ordinary", func(*derivation.Derivation) {}, "inside"},
		{"asks", env("__noChroot", "1"), "outside"},
		{"fixed", w.fixed("outside"), "outside"},
	} {
		if got := read(t, w.mustBuild(w.script(c.name, look, c.change))); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestConflict builds something else than what is recorded, after the recorded path has been lost.
func TestConflict(t *testing.T) {
	w := newBench(t)
	d := w.script("x", `head -c 16 /dev/urandom > $out`, outputsNamed(derivation.Floating, "out"))
	id := realisation.ID{Output: "out"}
	var err error
	if id.Drv, err = d.Path(w.store.dir, d.AppendATerm(nil, w.store.dir)); err != nil {
		t.Fatal(err)
	}
	lost := storepath.Path("00000000000000000000000000000000-x")
	w.store.known[id] = lost
	if _, err := w.build(d, plan.Normal); err == nil || !strings.Contains(err.Error(), "recorded that it becomes '/nix/store/"+string(lost)+"'") {
		t.Errorf("got %v", err)
	}
	if got := w.store.known[id]; got != lost {
		t.Errorf("recorded %s", got)
	}
	delete(w.store.known, id)
	w.mustBuild(d)
}

// TestImpure builds anew each time, and may give something else.
func TestImpure(t *testing.T) {
	w := newBench(t)
	d := w.script("x", `head -c 16 /dev/urandom > $out`, outputsNamed(derivation.Impure, "out"))
	a, b := w.mustBuild(d), w.mustBuild(d)
	if a == b {
		t.Errorf("both at %s", a)
	}
	if len(w.store.known) > 0 {
		t.Errorf("recorded %v", w.store.known)
	}
	same := w.script("y", `echo text > $out`, outputsNamed(derivation.Impure, "out"))
	if a, b := w.mustBuild(same), w.mustBuild(same); a != b {
		t.Errorf("equal contents at %s and %s", a, b)
	}
}

func TestFixed(t *testing.T) {
	w := newBench(t)
	out := w.mustBuild(w.script("x", `test "$NIX_OUTPUT_CHECKED" = 1; printf text > $out`, w.fixed("text")))
	if read(t, out) != "text" {
		t.Error("wrong contents")
	}
	_, err := w.build(w.script("y", `printf other > $out`, w.fixed("text"), env("url", "https://example.org/x")), plan.Normal)
	want := "hash mismatch in fixed-output derivation '"
	if !failsWith(err, plan.HashMismatch, want) || !strings.Contains(err.Error(), "likely URL: https://example.org/x\n") ||
		!strings.Contains(err.Error(), "specified: "+nixhash.Sum(nixhash.SHA256, []byte("text")).SRI()+"\n     got:    "+nixhash.Sum(nixhash.SHA256, []byte("other")).SRI()) {
		t.Errorf("got %v", err)
	}
	got, _ := derivation.NewFixed(w.store.dir, "y", "out", storepath.ContentAddress{Hash: nixhash.Sum(nixhash.SHA256, []byte("other"))})
	if w.store.info(got.Path) == nil {
		t.Error("what was fetched is not kept")
	}
}

func TestCheck(t *testing.T) {
	w := newBench(t)
	same := w.script("x", `echo > $out`)
	w.mustBuild(same)
	if _, err := w.build(same, plan.Check); err != nil {
		t.Error(err)
	}
	differs := w.script("y", `head -c 16 /dev/urandom > $out`)
	w.mustBuild(differs)
	if _, err := w.build(differs, plan.Check); !failsWith(err, plan.NotDeterministic, "may not be deterministic: output \"") {
		t.Errorf("got %v", err)
	}
}

func TestRepair(t *testing.T) {
	w := newBench(t)
	d := w.script("x", `echo good > $out`)
	out := w.mustBuild(d)
	os.Chmod(out, 0o644)
	os.WriteFile(out, []byte("bad\n"), 0o644)
	if _, err := w.build(d, plan.Repair); err != nil {
		t.Fatal(err)
	}
	if got := read(t, out); got != "good\n" {
		t.Errorf("got %q", got)
	}
}

// TestOnce lets several builders want the same derivation.
func TestOnce(t *testing.T) {
	w := newBench(t)
	d := w.script("x", `head -c 16 /dev/urandom > $out`)
	var wg sync.WaitGroup
	built := make(chan bool, 4)
	for range cap(built) {
		wg.Go(func() {
			r, err := w.build(d, plan.Normal)
			if err != nil {
				t.Error(err)
				return
			}
			built <- !r.Found
		})
	}
	wg.Wait()
	close(built)
	count := 0
	for b := range built {
		if b {
			count++
		}
	}
	if count != 1 {
		t.Errorf("built %d times", count)
	}
}

func TestOpen(t *testing.T) {
	// Without a sandbox the store must be where it says it is.
	w := newBenchIn(t, func(root string) local.Options {
		return local.Options{Dir: storepath.Dir(root + "/store"), State: root + "/state"}
	})
	w.Config.Sandbox = Open
	ca := outputsNamed(derivation.Floating, "out")
	for _, d := range []*derivation.Derivation{
		w.script("x", `echo "$out $NIX_BUILD_TOP" > $out`),
		w.script("y", `echo "$out" > $out`, ca),
	} {
		out := w.mustBuild(d)
		if got := read(t, out); !strings.HasPrefix(got, out) {
			t.Errorf("got %q", got)
		}
		if _, err := w.build(d, plan.Check); err != nil && !failsWith(err, plan.NotDeterministic, "") {
			t.Error(err)
		}
	}
	if left := w.leftovers(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestBuildUsers gives builds a user of their own, which takes root.
func TestBuildUsers(t *testing.T) {
	if !sandbox.CanChangeUser() {
		t.Skip("only root can build as another user")
	}
	w := newBench(t)
	home, err := os.MkdirTemp("/root", "firn-test-") // not below a directory that everybody can write
	if err != nil {
		t.Skip(err)
	}
	defer sandbox.RemoveAll(home)
	w.Config.BuildDir = home
	w.Config.AutoAllocateUIDs, w.Config.FirstUID, w.Config.UIDCount = true, 872415232, 4*idsPerBuild
	src := w.store.addFile("src", "text\n")
	d := w.script("x", `mkdir $out; id -u > $out/uid; cat $src > $out/copy; (echo > $src) 2>/dev/null || echo no > $out/write; (: > /x) 2>/dev/null || echo no >> $out/write`,
		sources(src), env("src", w.store.dir.Join(src)))
	out := w.mustBuild(d)
	for file, want := range map[string]string{"uid": "1000\n", "copy": "text\n", "write": "no\nno\n"} {
		if got := read(t, out, file); got != want {
			t.Errorf("%s has %q, want %q", file, got, want)
		}
	}
	wide := w.script("y", `id -u > $out; cat /proc/self/uid_map >> $out`, env("requiredSystemFeatures", "uid-range"))
	w.Config.SystemFeatures = append(w.Config.SystemFeatures, "uid-range")
	if got := strings.Fields(read(t, w.mustBuild(wide))); !slices.Equal(got, []string{"0", "0", "872415232", "65536"}) {
		t.Errorf("got %q", got)
	}
}

func TestHooks(t *testing.T) {
	w := newBench(t)
	dir := t.TempDir()
	hook := filepath.Join(dir, "hook")
	if err := os.WriteFile(hook, []byte("#!/bin/sh\necho extra-sandbox-paths\necho /etc/extra="+hook+"\necho\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.Config.PreBuildHook = hook
	if got := read(t, w.mustBuild(w.script("x", `cat /etc/extra > $out`))); !strings.Contains(got, "extra-sandbox-paths") {
		t.Errorf("got %q", got)
	}
	post, told := filepath.Join(dir, "post"), filepath.Join(dir, "told")
	if err := os.WriteFile(post, []byte("#!/bin/sh\necho \"$DRV_PATH $OUT_PATHS\" > "+told+"\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.Config.PostBuildHook = post
	err := w.PostBuild(context.Background(), "00000000000000000000000000000000-x.drv", []storepath.Path{"b", "a"})
	if err == nil || !strings.HasSuffix(err.Error(), "failed with exit code 3") {
		t.Errorf("got %v", err)
	}
	if got, want := read(t, told), "/nix/store/00000000000000000000000000000000-x.drv /nix/store/a /nix/store/b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMessages(t *testing.T) {
	w := newBench(t)
	var log sink
	w.Activity = recorder(&log)
	w.mustBuild(w.script("x", `echo before; echo '@nix {"action":"setPhase","phase":"buildPhase"}'; echo '@nix nonsense'; echo > $out`))
	want := []string{"start building", "say executing builder", "line before", "phase buildPhase", "say bad JSON log message", "line @nix nonsense", "stop"}
	if len(log) != len(want) {
		t.Fatalf("got %q", log)
	}
	for i := range want {
		if !strings.HasPrefix(log[i], want[i]) {
			t.Errorf("got %q, want %q", log[i], want[i])
		}
	}
}

func recorder(s *sink) *activity.Recorder { return activity.NewRecorder(s, 0) }

// sink writes events down.
type sink []string

func (s *sink) Emit(e activity.Event) {
	switch e := e.(type) {
	case activity.Message:
		*s = append(*s, "say "+e.Text)
	case activity.Started:
		*s = append(*s, "start "+e.Text)
	case activity.Stopped:
		*s = append(*s, "stop")
	case activity.Result:
		switch d := e.Data.(type) {
		case activity.LogLine:
			*s = append(*s, "line "+d.Line)
		case activity.Phase:
			*s = append(*s, "phase "+d.Name)
		}
	}
}
