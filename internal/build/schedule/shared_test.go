package schedule

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firn/internal/build/plan"
	"firn/internal/build/realise"
	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/oracle"
	"firn/internal/store"
	"firn/internal/store/local"

	"github.com/google/go-cmp/cmp"
)

// sharedVar tells this program, started inside the reference's tree, what to do and where: a row of
// sharedCommands, the directory, and the store.
const sharedVar = "FIRN_SHARED_STORE"

// sharedCommands are what the reference does with a store; what the file todo names follows but where there is an
// expression.
var sharedCommands = map[string]func(dir, store string) []string{
	"instantiate": func(dir, store string) []string {
		return []string{"nix-instantiate", "--store", dir + "/" + store, dir + "/shared.nix"}
	},
	"realise": func(dir, store string) []string {
		return []string{"nix-store", "--store", dir + "/" + store, "--realise"}
	},
	"copy": func(dir, store string) []string {
		return []string{"nix", "copy", "--no-check-sigs", "--derivation", "--from", dir + "/one", "--to", dir + "/" + store}
	},
	"verify": func(dir, store string) []string {
		return []string{"nix-store", "--store", dir + "/" + store, "--verify", "--check-contents"}
	},
}

func sharedInside(what string) int {
	f := strings.Fields(what)
	dir := f[1]
	line := sharedCommands[f[0]](dir, f[2])
	if f[0] == "realise" || f[0] == "copy" {
		todo, err := os.ReadFile(dir + "/todo")
		if err != nil {
			panic(err)
		}
		line = append(line, strings.Fields(string(todo))...)
	}
	line = append(line, "--option", "build-users-group", "", "--option", "substituters", "", "--option", "sandbox-fallback", "false",
		"--option", "cores", "3", "--extra-experimental-features", "ca-derivations dynamic-derivations nix-command")
	cmd := exec.Command("/usr/bin/"+line[0], line[1:]...)
	cmd.Env = append(oracle.Environment(dir), "PATH=/usr/bin:/bin")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err == nil {
		err = errors.Join(os.WriteFile(dir+"/answer", out, 0o644), os.WriteFile(dir+"/said", []byte(errs.String()), 0o644))
	}
	if err != nil {
		os.Stderr.WriteString(errs.String() + err.Error() + "\n")
		return 1
	}
	return 0
}

// shared is a store that the reference and firn build in turn.
type shared struct {
	t   *testing.T
	ref *oracle.Reference
	dir string
}

// inside runs the reference and returns the lines it prints.
func (s *shared) inside(what ...string) []string {
	s.t.Helper()
	s.t.Setenv(sharedVar, strings.Join(slices.Insert(what, 1, "/run/shared"), " "))
	if err := oracle.RunInside(s.ref.Root, []string{s.dir + "=/run/shared"}); err != nil {
		s.t.Fatal(what, err)
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "answer"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// building are the derivations that the reference said, the last time, to build. Floating ones are left out: releases
// before 2.35 do not know the table in which firn records them.
func (s *shared) building(st *local.Store) (drvs []string) {
	s.t.Helper()
	said, err := os.ReadFile(filepath.Join(s.dir, "said"))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(said)) {
		if rest, ok := strings.CutPrefix(line, "building '"); ok {
			drv, _, _ := strings.Cut(rest, "'")
			if !s.isFloating(st, drv) {
				drvs = append(drvs, drv)
			}
		}
	}
	return drvs
}

func (s *shared) isFloating(st *local.Store, drv string) bool {
	s.t.Helper()
	p, err := st.Dir().Parse(drv)
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := store.ReadDerivation(context.Background(), st, p)
	if err != nil {
		s.t.Fatal(err)
	}
	return d.Outputs[0].Kind == derivation.Floating
}

func (s *shared) todo(drvs []string) {
	if err := os.WriteFile(filepath.Join(s.dir, "todo"), []byte(strings.Join(drvs, "\n")), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// open opens one of the stores with firn.
func (s *shared) open(name string) (*local.Store, *Scheduler) {
	o := local.Rooted(filepath.Join(s.dir, name))
	o.BuildTrace = true
	st, err := local.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { st.Close() })
	shell := filepath.Join(s.ref.Root, "usr/bin/bash-static")
	r := &realise.Realiser{Store: st, Traces: st, Config: realise.Config{
		System: "x86_64-linux", StateDir: st.StateDir(), LogDir: filepath.Join(s.dir, "log"), BuildDir: st.StateDir() + "/builds", LogLines: 25, Cores: 3,
		FilterSyscalls: true, SystemFeatures: []string{"ca-derivations"}, SandboxPaths: []realise.SandboxPath{{Target: "/bin/sh", Source: shell}},
	}}
	return st, New(Config{MaxJobs: 2, KeepGoing: true, ContentAddressed: true}, Parts{Store: st, Traces: st, Realiser: r})
}

// build builds with firn and returns the paths of all outputs, by derivation, and how many derivations were built.
func (s *shared) build(m *Scheduler, dir storepath.Dir, drvs []string) (made map[string][]storepath.Path, built int) {
	s.t.Helper()
	var targets []plan.Target
	for _, d := range drvs {
		p, err := dir.Parse(d)
		if err != nil {
			s.t.Fatal(err)
		}
		targets = append(targets, plan.Target{Path: p, All: true})
	}
	results, err := m.Realise(context.Background(), targets)
	if err != nil {
		s.t.Error(err)
	}
	made = map[string][]storepath.Path{}
	for i, r := range results {
		if r.How == plan.Built {
			built++
		}
		if r.Err != nil {
			s.t.Errorf("%s: %v", drvs[i], r.Err)
		}
		for _, o := range r.Outputs {
			made[drvs[i]] = append(made[drvs[i]], o.Path)
		}
	}
	return made, built
}

// verify has the reference and firn compare the database of a store with its files.
func (s *shared) verify(name string, st *local.Store) {
	s.t.Helper()
	s.inside("verify", name)
	if bad, err := st.Verify(context.Background(), local.VerifyOptions{Contents: true}); err != nil || bad {
		s.t.Errorf("firn finds the store %s damaged: %v", name, err)
	}
}

// TestSharedStore builds one store alternately with firn and the reference, another with the reference alone and
// a third with firn alone. Every output must have the same path, hash, size and references in all, nothing that
// either built may be built again by the other, and both must find the databases in order.
func TestSharedStore(t *testing.T) {
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
	s := &shared{t, ref, t.TempDir()}
	s.setup()
	drvs := s.inside("instantiate", "one")
	for i := range drvs {
		drvs[i], _, _ = strings.Cut(drvs[i], "!") // the name of the first output
	}
	drvs = slices.Compact(slices.Sorted(slices.Values(drvs)))
	if len(drvs) < 100 {
		t.Fatalf("only %d derivations", len(drvs))
	}
	var first, second []string
	for i, d := range drvs {
		if i%3 == 0 {
			first = append(first, d)
		} else if i%3 == 1 {
			second = append(second, d)
		}
	}
	s.todo(drvs)
	s.inside("copy", "two")
	s.inside("copy", "three")
	one, m := s.open("one")
	s.todo(first)
	s.inside("realise", "one")
	s.build(m, one.Dir(), second)
	s.todo(drvs)
	s.inside("realise", "one")
	for _, drv := range s.building(one) {
		if slices.Contains(second, drv) {
			t.Errorf("the reference builds %s again", drv)
		}
	}
	made, again := s.build(m, one.Dir(), drvs)
	if again != 0 {
		t.Errorf("firn builds %d derivations again", again)
	}
	s.inside("realise", "two")
	two, _ := s.open("two")
	three, m := s.open("three")
	s.build(m, three.Dir(), drvs)
	s.inside("realise", "three")
	if list := s.building(three); len(list) > 0 {
		t.Errorf("the reference builds again what firn has built: %s", list)
	}
	compared := 0
	for _, d := range drvs {
		for _, p := range made[d] {
			if sameObject(t, d, one, two, p) && sameObject(t, d, two, three, p) {
				compared++
			}
		}
	}
	for name, st := range map[string]*local.Store{"one": one, "two": two, "three": three} {
		s.verify(name, st)
	}
	t.Logf("%d outputs of %d derivations are the same", compared, len(drvs))
}

func (s *shared) setup() {
	if err := oracle.MakeEnvironment(s.dir, ""); err != nil {
		s.t.Fatal(err)
	}
	busybox, err := os.ReadFile(filepath.Join(s.ref.Root, "usr/bin/busybox"))
	if err != nil {
		s.t.Skip(err)
	}
	nix, err := os.ReadFile("testdata/shared.nix")
	if err != nil {
		s.t.Fatal(err)
	}
	os.Mkdir(filepath.Join(s.dir, "bb"), 0o755)
	if err := errors.Join(os.WriteFile(filepath.Join(s.dir, "bb/busybox"), busybox, 0o755),
		os.WriteFile(filepath.Join(s.dir, "shared.nix"), nix, 0o644)); err != nil {
		s.t.Fatal(err)
	}
}

// sameObject compares what two stores know of a path.
func sameObject(t *testing.T, drv string, a, b *local.Store, p storepath.Path) bool {
	t.Helper()
	var infos [2]*pathinfo.Info
	for i, st := range []*local.Store{a, b} {
		info, err := st.PathInfo(context.Background(), p)
		if err != nil {
			t.Errorf("%s: store %d: %v", drv, i+1, err)
			return false
		}
		infos[i] = info
	}
	known := func(i *pathinfo.Info) string {
		return fmt.Sprint(i.NARHash, i.NARSize, i.References, i.CA)
	}
	if d := cmp.Diff(known(infos[1]), known(infos[0])); d != "" {
		t.Errorf("%s: %s: %s", drv, p, d)
		return false
	}
	return true
}
