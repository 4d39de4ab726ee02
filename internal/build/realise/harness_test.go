package realise

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"firn/internal/build/minishell"
	"firn/internal/build/options"
	"firn/internal/build/plan"
	"firn/internal/build/sandbox"
	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
	"firn/internal/oracle"
	"firn/internal/store"
	"firn/internal/store/fstree"
	"firn/internal/store/local"
)

// TestMain makes the test program the sandbox's shell where the machine has none.
func TestMain(m *testing.M) {
	if err := oracle.Arrive(); err != nil {
		panic(err)
	}
	if dir := os.Getenv(probeVar); dir != "" {
		os.Exit(probeInside(dir))
	}
	if root := os.Getenv(seriesVar); root != "" && !minishell.Named(os.Args[0]) {
		os.Exit(buildSeries(root))
	}
	if root := os.Getenv(holdVar); root != "" && !minishell.Named(os.Args[0]) {
		os.Exit(holdBuild(root))
	}
	if minishell.Named(os.Args[0]) {
		os.Exit(minishell.Main(os.Args))
	}
	os.Exit(m.Run())
}

// testStore is a store on disk; what outputs were built to is in memory.
type testStore struct {
	*local.Store
	options local.Options
	t       *testing.T
	dir     storepath.Dir
	real    string

	mu    sync.Mutex
	known map[realisation.ID]storepath.Path
}

func (s *testStore) Realisation(_ context.Context, id realisation.ID) (*realisation.Realisation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.known[id]; ok {
		return &realisation.Realisation{ID: id, OutPath: p}, nil
	}
	return nil, nil
}

func (s *testStore) AddRealisations(_ context.Context, rs []realisation.Realisation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rs {
		s.known[r.ID] = r.OutPath
	}
	return nil
}

// info returns what is known of a path, nil if it is not valid.
func (s *testStore) info(p storepath.Path) *pathinfo.Info {
	info, err := s.PathInfo(context.Background(), p)
	if err != nil && !errors.Is(err, store.ErrNotValid) {
		s.t.Error(err)
	}
	return info
}

// Register also checks what is registered.
func (s *testStore) Register(ctx context.Context, infos []*pathinfo.Info) error {
	for _, i := range infos {
		hash := nixhash.NewWriter(nixhash.SHA256)
		if err := fstree.Dump(hash, s.RealPath(i.Path), nar.DumpOptions{}); err != nil {
			return err
		}
		if hash.Sum() != i.NARHash || hash.Size() != i.NARSize {
			s.t.Errorf("%s is registered with a wrong hash", i.Path)
		}
	}
	return s.Store.Register(ctx, infos)
}

// remove deletes a path, as another process would.
func (s *testStore) remove(p storepath.Path) {
	s.t.Helper()
	err := s.Close() // lets go of temporary roots
	if err == nil {
		s.Store, err = local.New(s.options)
	}
	if err == nil {
		_, err = s.Collect(context.Background(), local.CollectOptions{Paths: []storepath.Path{p}, MustDelete: true, IgnoreRoots: true, MaxFreed: local.Unlimited})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// addFile makes a source.
func (s *testStore) addFile(name, contents string) storepath.Path {
	s.t.Helper()
	p, err := s.AddText(context.Background(), store.Text{Name: name, Contents: []byte(contents)})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// bench is a realiser with a fresh store.
type bench struct {
	*Realiser
	store *testStore
	t     *testing.T
}

// ownShell shows this program as the sandbox's shell, so that tests do not depend on what the machine has.
func ownShell() []SandboxPath {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	list := []SandboxPath{{Target: "/bin/sh", Source: self}}
	libs, err := sandbox.Needs(self)
	if err != nil {
		panic(err)
	}
	for _, l := range libs {
		real, err := filepath.EvalSymlinks(l)
		if err != nil {
			panic(err)
		}
		list = append(list, SandboxPath{Target: l, Source: real})
	}
	return list
}

// newBench makes a store below another root, as people have it who are not root.
func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchIn(t, func(root string) local.Options { return local.Rooted(root) })
}

func newBenchIn(t *testing.T, options func(root string) local.Options) *bench {
	t.Helper()
	if err := sandbox.Check(); err != nil {
		t.Skip("no sandbox here: ", err)
	}
	root := t.TempDir()
	t.Cleanup(func() { sandbox.RemoveAll(root) })
	o := options(root)
	o.Durability = local.Ordered
	st, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := &testStore{Store: st, options: o, t: t, dir: st.Dir(), real: filepath.Dir(st.RealPath("x")), known: map[realisation.ID]storepath.Path{}}
	t.Cleanup(func() { s.Close() })
	r := &Realiser{Store: s, Traces: s, Config: Config{
		System: "test-system", StateDir: st.StateDir(), LogDir: filepath.Join(root, "log"), BuildDir: filepath.Join(root, "builds"),
		KeepLog: true, CompressLog: true, LogLines: 25, LogCommand: "nix log", FilterSyscalls: true, Cores: 3,
		SandboxPaths: ownShell(), SystemFeatures: []string{"ca-derivations"},
	}}
	return &bench{r, s, t}
}

// script makes a derivation that runs a script in the sandbox's shell.
func (w *bench) script(name, script string, change ...func(*derivation.Derivation)) *derivation.Derivation {
	w.t.Helper()
	d := &derivation.Derivation{Name: name, System: w.Config.System, Builder: "/bin/sh", Args: []string{"-e", "-c", script}}
	d.Outputs = []derivation.Output{{Name: "out", Kind: derivation.Deferred}}
	for _, f := range change {
		f(d)
	}
	for i := range d.Outputs {
		d.SetEnv(d.Outputs[i].Name, "")
		if k := d.Outputs[i].Kind; k == derivation.Floating || k == derivation.Impure {
			d.SetEnv(d.Outputs[i].Name, storepath.HashPlaceholder(d.Outputs[i].Name))
		}
	}
	h := derivation.Hasher{Dir: w.store.dir}
	if err := h.Fill(d); err != nil {
		w.t.Fatal(err)
	}
	return d
}

func outputsNamed(kind derivation.OutputKind, names ...string) func(*derivation.Derivation) {
	return func(d *derivation.Derivation) {
		d.Outputs = nil
		for _, n := range names {
			d.Outputs = append(d.Outputs, derivation.Output{Name: n, Kind: kind, Method: storepath.NAR, Algo: nixhash.SHA256})
		}
	}
}

func env(name, value string) func(*derivation.Derivation) {
	return func(d *derivation.Derivation) { d.SetEnv(name, value) }
}

func sources(paths ...storepath.Path) func(*derivation.Derivation) {
	return func(d *derivation.Derivation) { d.InputSrcs = slices.Sorted(slices.Values(paths)) }
}

// fixed promises the contents of a flat file.
func (w *bench) fixed(contents string) func(*derivation.Derivation) {
	return func(d *derivation.Derivation) {
		o, err := derivation.NewFixed(w.store.dir, d.Name, "out", storepath.ContentAddress{Hash: nixhash.Sum(nixhash.SHA256, []byte(contents))})
		if err != nil {
			w.t.Fatal(err)
		}
		d.Outputs = []derivation.Output{o}
	}
}

func (w *bench) build(d *derivation.Derivation, mode plan.Mode) (*plan.Outcome, error) {
	w.t.Helper()
	return w.Realise(context.Background(), w.request(d, mode))
}

func (w *bench) request(d *derivation.Derivation, mode plan.Mode) plan.Build {
	w.t.Helper()
	o, err := options.Read(d)
	if err != nil {
		w.t.Fatal(err)
	}
	text := d.AppendATerm(nil, w.store.dir)
	drv, err := w.store.AddText(context.Background(), store.Text{Name: d.Name + ".drv", Contents: text, References: d.References()})
	if err != nil {
		w.t.Fatal(err)
	}
	return plan.Build{Drv: drv, Mode: mode, Job: &plan.Job{Derivation: d, Options: o, Inputs: d.InputSrcs}}
}

// mustBuild builds and returns where the output "out" lies.
func (w *bench) mustBuild(d *derivation.Derivation) string {
	w.t.Helper()
	r, err := w.build(d, plan.Normal)
	if err != nil {
		w.t.Fatal(err)
	}
	return filepath.Join(w.store.real, string(r.Outputs[d.Outputs[0].Name]))
}

// leftovers lists what builds should not leave.
func (w *bench) leftovers() (list []string) {
	for _, dir := range []string{w.store.real, w.Config.BuildDir} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if n := e.Name(); strings.HasSuffix(n, ".chroot") || strings.HasPrefix(n, "nix-") {
				list = append(list, n)
			}
		}
	}
	return list
}

func read(t *testing.T, name ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(name...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
