package schedule

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"firn/internal/build/minishell"
	"firn/internal/build/plan"
	"firn/internal/build/realise"
	"firn/internal/build/sandbox"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
	"firn/internal/oracle"
	"firn/internal/store"
	"firn/internal/store/local"
)

// TestMain makes the test program the sandbox's shell where the machine has none.
func TestMain(m *testing.M) {
	if err := oracle.Arrive(); err != nil {
		panic(err)
	}
	if what := os.Getenv(sharedVar); what != "" {
		os.Exit(sharedInside(what))
	}
	if minishell.Named(os.Args[0]) {
		os.Exit(minishell.Main(os.Args))
	}
	os.Exit(m.Run())
}

// machine is a scheduler with a real store and real builds.
type machine struct {
	*Scheduler
	store *local.Store
	t     testing.TB
}

func newMachine(t testing.TB, c Config, durability local.Durability) *machine {
	t.Helper()
	if err := sandbox.Check(); err != nil {
		t.Skip("no sandbox here: ", err)
	}
	root := t.TempDir()
	t.Cleanup(func() { sandbox.RemoveAll(root) })
	o := local.Rooted(root)
	o.Durability, o.BuildTrace = durability, true
	st, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	r := &realise.Realiser{Store: st, Traces: st, Config: realise.Config{
		System: "here", StateDir: st.StateDir(), LogDir: filepath.Join(root, "log"), BuildDir: filepath.Join(root, "builds"),
		KeepLog: true, CompressLog: true, LogLines: 25, LogCommand: "nix log", FilterSyscalls: true, SelfIsShell: true,
		SystemFeatures: []string{"ca-derivations"},
	}}
	if shell := os.Getenv("FIRN_BENCH_SHELL"); shell != "" {
		r.Config.SandboxPaths = []realise.SandboxPath{{Target: "/bin/sh", Source: shell}}
	}
	return &machine{New(c, Parts{Store: st, Traces: st, Realiser: r}), st, t}
}

// add adds a derivation that runs a script; the variable of each input holds its path.
func (m *machine) add(name, script string, kind derivation.OutputKind, inputs map[string]storepath.Path) storepath.Path {
	m.t.Helper()
	dir := m.store.Dir()
	d := &derivation.Derivation{Name: name, System: "here", Builder: "/bin/sh", Args: []string{"-c", script},
		Outputs: []derivation.Output{{Name: "out", Kind: kind, Method: storepath.NAR, Algo: 3}}}
	read := func(drv storepath.Path) (*derivation.Derivation, error) {
		text, err := os.ReadFile(m.store.RealPath(drv))
		if err != nil {
			return nil, err
		}
		return derivation.ParseATerm(dir, drv.DerivationName(), string(text))
	}
	for variable, drv := range inputs {
		in, err := read(drv)
		if err != nil {
			m.t.Fatal(err)
		}
		value := storepath.UnknownCAOutput(drv, "out").String()
		if p := in.Outputs[0].Path; p != "" {
			value = dir.Join(p)
		}
		d.SetEnv(variable, value)
		d.InputDrvs = append(d.InputDrvs, derivation.InputDrv{Path: drv, InputNode: derivation.InputNode{Outputs: []string{"out"}}})
	}
	d.SetEnv("out", "")
	if kind == derivation.Floating {
		d.SetEnv("out", storepath.HashPlaceholder("out"))
	}
	h := derivation.Hasher{Dir: dir, Read: read}
	if err := h.Fill(d); err != nil {
		m.t.Fatal(err)
	}
	p, err := m.store.AddText(context.Background(), store.Text{Name: name + ".drv", Contents: d.AppendATerm(nil, dir), References: d.References()})
	if err != nil {
		m.t.Fatal(err)
	}
	return p
}

func (m *machine) build(drvs ...storepath.Path) []plan.Result {
	m.t.Helper()
	targets := make([]plan.Target, len(drvs))
	for i, d := range drvs {
		targets[i] = plan.Target{Path: d, All: true}
	}
	results, err := m.Realise(context.Background(), targets)
	if err != nil {
		m.t.Fatal(err)
	}
	return results
}

func TestChain(t *testing.T) {
	for _, kind := range []derivation.OutputKind{derivation.Deferred, derivation.Floating} {
		m := newMachine(t, Config{MaxJobs: 2, ContentAddressed: true}, local.Ordered)
		last := m.add("d0", "echo start > $out", kind, nil)
		for i := range 5 {
			last = m.add(fmt.Sprint("d", i+1), `{ read line < $in; echo "$line $in"; } > $out`, kind, map[string]storepath.Path{"in": last})
		}
		r := m.build(last)[0]
		if r.How != plan.Built {
			t.Errorf("how %v", r.How)
		}
		text, err := os.ReadFile(m.store.RealPath(r.Outputs[0].Path))
		if err != nil || len(text) < 200 {
			t.Errorf("got %q, %v", text, err)
		}
		if again := m.build(last)[0]; again.How != plan.AlreadyValid || again.Outputs[0].Path != r.Outputs[0].Path {
			t.Errorf("again: %+v", again)
		}
	}
}

// TestCutoff changes a derivation so that its output stays the same: what depends on it is not built again.
func TestCutoff(t *testing.T) {
	m := newMachine(t, Config{MaxJobs: 1, ContentAddressed: true}, local.Ordered)
	top := func(comment string) storepath.Path {
		low := m.add("low", "echo same > $out # "+comment, derivation.Floating, nil)
		return m.add("top", "cat $in > $out; head -c 16 /dev/urandom >> $out", derivation.Floating, map[string]storepath.Path{"in": low})
	}
	first := m.build(top("one"))[0]
	second := m.build(top("two"))[0]
	if second.How != plan.ResolvesToAlreadyValid || second.Outputs[0].Path != first.Outputs[0].Path {
		t.Errorf("got %+v after %+v", second, first)
	}
}

// BenchmarkIndependent builds derivations that do nothing and do not need each other, two at once, durably.
func BenchmarkIndependent(b *testing.B) { benchmark(b, false) }

// BenchmarkChain builds derivations each of which needs the one before.
func BenchmarkChain(b *testing.B) { benchmark(b, true) }

func benchmark(b *testing.B, chain bool) {
	m := newMachine(b, Config{MaxJobs: 2}, local.Durable)
	round := 0
	for b.Loop() {
		round++
		var drvs []storepath.Path
		for i := range 100 {
			inputs := map[string]storepath.Path{}
			if chain && i > 0 {
				inputs["in"] = drvs[i-1]
			}
			drvs = append(drvs, m.add(fmt.Sprint("d", i), fmt.Sprintf(": %d; echo > $out", round), derivation.Deferred, inputs))
		}
		b.ResetTimer()
		if chain {
			drvs = drvs[99:]
		}
		m.build(drvs...)
	}
}
