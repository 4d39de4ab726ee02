package realise

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	"firn/internal/store/fstree"
)

// TestMain makes the test program the sandbox's shell where the machine has none.
func TestMain(m *testing.M) {
	if minishell.Named(os.Args[0]) {
		os.Exit(minishell.Main(os.Args))
	}
	os.Exit(m.Run())
}

// dirStore is a store in a directory whose facts are in memory.
type dirStore struct {
	t    *testing.T
	dir  storepath.Dir
	real string

	mu    sync.Mutex
	infos map[storepath.Path]*pathinfo.Info
	drvs  map[storepath.Path]*derivation.Derivation
	known map[realisation.ID]storepath.Path
}

func (s *dirStore) Dir() storepath.Dir { return s.dir }
func (s *dirStore) RealDir() string    { return s.real }

func (s *dirStore) Valid(_ context.Context, paths []storepath.Path) (map[storepath.Path]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := map[storepath.Path]bool{}
	for _, p := range paths {
		if s.infos[p] != nil {
			m[p] = true
		}
	}
	return m, nil
}

func (s *dirStore) Info(_ context.Context, p storepath.Path) (*pathinfo.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.infos[p]; i != nil {
		return i, nil
	}
	return nil, fmt.Errorf("path '%s' is not valid", s.dir.Join(p))
}

func (s *dirStore) Closure(ctx context.Context, roots []storepath.Path) ([]*pathinfo.Info, error) {
	seen := map[storepath.Path]*pathinfo.Info{}
	for left := slices.Clone(roots); len(left) > 0; {
		p := left[0]
		left = left[1:]
		if seen[p] != nil {
			continue
		}
		i, err := s.Info(ctx, p)
		if err != nil {
			return nil, err
		}
		seen[p] = i
		left = append(left, i.References...)
	}
	return slices.Collect(maps.Values(seen)), nil
}

func (s *dirStore) Derivation(_ context.Context, drv storepath.Path) (*derivation.Derivation, error) {
	if d := s.drvs[drv]; d != nil {
		return d, nil
	}
	return nil, errors.New("no such derivation")
}

func (s *dirStore) Realisation(_ context.Context, id realisation.ID) (storepath.Path, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[id], nil
}

func (s *dirStore) TempRoot(context.Context, ...storepath.Path) error { return nil }

func (s *dirStore) Register(_ context.Context, infos []*pathinfo.Info) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range infos {
		hash := nixhash.NewWriter(nixhash.SHA256)
		if err := fstree.Dump(hash, filepath.Join(s.real, string(i.Path)), nar.DumpOptions{}); err != nil {
			return err
		}
		if hash.Sum() != i.NARHash || hash.Size() != i.NARSize {
			s.t.Errorf("%s is registered with a wrong hash", i.Path)
		}
		for _, r := range i.References {
			if s.infos[r] == nil && !slices.ContainsFunc(infos, func(j *pathinfo.Info) bool { return j.Path == r }) {
				s.t.Errorf("%s is registered before its reference %s", i.Path, r)
			}
		}
		s.infos[i.Path] = i
	}
	return nil
}

func (s *dirStore) Record(_ context.Context, rs []realisation.Realisation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rs {
		s.known[r.ID] = r.OutPath
	}
	return nil
}

func (s *dirStore) WriteDerivation(_ context.Context, d *derivation.Derivation) (storepath.Path, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := d.Path(s.dir, d.AppendATerm(nil, s.dir))
	if err == nil {
		s.drvs[p] = d
	}
	return p, err
}

// addFile makes a source.
func (s *dirStore) addFile(name, contents string) storepath.Path {
	s.t.Helper()
	p, err := s.dir.MakeText(name, nixhash.Sum(nixhash.SHA256, []byte(contents)), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	at := filepath.Join(s.real, string(p))
	if err := fstree.WriteFile(at, []byte(contents), false); err != nil {
		s.t.Fatal(err)
	}
	hash := nixhash.NewWriter(nixhash.SHA256)
	if err := fstree.Dump(hash, at, nar.DumpOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.infos[p] = &pathinfo.Info{Path: p, NARHash: hash.Sum(), NARSize: hash.Size()}
	return p
}

// bench is a realiser with a fresh store.
type bench struct {
	*Realiser
	store *dirStore
	t     *testing.T
}

func newBench(t *testing.T) *bench {
	t.Helper()
	if err := sandbox.Check(); err != nil {
		t.Skip("no sandbox here: ", err)
	}
	root := t.TempDir()
	t.Cleanup(func() { sandbox.RemoveAll(root) })
	s := &dirStore{t: t, dir: storepath.Default, real: filepath.Join(root, "store"), infos: map[storepath.Path]*pathinfo.Info{},
		drvs: map[storepath.Path]*derivation.Derivation{}, known: map[realisation.ID]storepath.Path{}}
	if err := os.MkdirAll(s.real, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &Realiser{Store: s, Config: Config{
		System: "test-system", StateDir: filepath.Join(root, "state"), LogDir: filepath.Join(root, "log"), BuildDir: filepath.Join(root, "builds"),
		KeepLog: true, CompressLog: true, LogLines: 25, LogCommand: "nix log", FilterSyscalls: true, ContentAddressed: true, Cores: 3,
		SelfIsShell: true, SystemFeatures: []string{"ca-derivations"},
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

func (w *bench) build(d *derivation.Derivation, mode plan.Mode) (*Result, error) {
	w.t.Helper()
	o, err := options.Read(d)
	if err != nil {
		w.t.Fatal(err)
	}
	drv, err := w.store.WriteDerivation(context.Background(), d)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.Realise(context.Background(), &Request{Drv: drv, Mode: mode, Job: &plan.Job{Derivation: d, Options: o, Inputs: d.InputSrcs}})
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
