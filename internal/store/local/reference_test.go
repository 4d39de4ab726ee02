//go:build linux

package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firn/internal/format/derivation"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
	"firn/internal/store/storetest"
)

// TestReference shares stores with an installed Nix: the one on PATH, or the
// one in the system below $FIRN_REFERENCE_ROOT, which this test enters.
func TestReference(t *testing.T) {
	if _, err := exec.LookPath("nix-store"); err == nil {
		for name, try := range referenceTests {
			t.Run(name, try)
		}
		return
	}
	root := os.Getenv("FIRN_REFERENCE_ROOT")
	if root == "" {
		t.Skip("no Nix on PATH; set FIRN_REFERENCE_ROOT to the tree of a system that has one")
	}
	if os.Getenv("FIRN_REFERENCE_INSIDE") != "" {
		t.Fatalf("no Nix in %s", root)
	}
	if os.Geteuid() != 0 {
		t.Skip("entering another system needs root")
	}
	dir, err := os.MkdirTemp(filepath.Join(root, "tmp"), "firn-")
	if err != nil {
		t.Fatal(err)
	}
	defer fstree.Remove(dir)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "test"), self, 0o755); err != nil {
		t.Fatal(err)
	}
	inside := "/tmp/" + filepath.Base(dir)
	cmd := exec.Command(inside+"/test", "-test.run=^TestReference$", "-test.v")
	cmd.Env = []string{
		"PATH=/usr/bin:/bin:/usr/local/bin", "HOME=" + inside, "TMPDIR=" + inside,
		"FIRN_REFERENCE_ROOT=" + root, "FIRN_REFERENCE_INSIDE=1",
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	t.Logf("inside %s:\n%s", root, out)
	if err != nil {
		t.Error(err)
	}
}

var referenceTests = map[string]func(*testing.T){
	"reads ours":       referenceReadsOurs,
	"is read":          weReadReference,
	"same database":    sameDatabase,
	"keeps our roots":  referenceKeepsRoots,
	"collects at once": referenceCollectsMeanwhile,
	"writes at once":   referenceWritesMeanwhile,
	"same garbage":     sameDead,
	"adds under ours":  referenceWritesWhileWeCollect,
	"same links":       sameLinks,
}

// nix runs a program of the reference on the store below root.
func nix(t *testing.T, root, program string, args ...string) string {
	t.Helper()
	out, err := nixMayFail(root, program, args...)
	if err != nil {
		t.Fatalf("%s %s: %v", program, strings.Join(args, " "), err)
	}
	return out
}

func nixMayFail(root, program string, args ...string) (string, error) {
	args = append(args, "--store", root, "--extra-experimental-features", "nix-command", "--option", "build-users-group", "")
	cmd := exec.Command(program, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, errs.String())
	}
	return string(out), err
}

// sampleTree makes a tree of files on disk.
func sampleTree(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tree")
	if err := fstree.Restore(nar.NewReader(bytes.NewReader(storetest.Tree())), path, fstree.RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	return path
}

const sampleExpression = `
let
  text = builtins.toFile "notes" "some notes";
  dep = derivation { name = "dep"; system = "x"; builder = "/b"; outputs = [ "out" "dev" ]; inherit text; };
  fixed = derivation { name = "fixed"; system = "x"; builder = "/b"; outputHash = "0000000000000000000000000000000000000000000000000000"; outputHashAlgo = "sha256"; };
in derivation { name = "top"; system = "x"; builder = "/b"; inherit dep fixed; dev = dep.dev; }
`

// fill adds the same things to a store as fillReference does.
func fill(t *testing.T, s *Store, tree string) {
	t.Helper()
	ctx := t.Context()
	for _, src := range []store.Source{
		{Name: "tree", Method: storepath.NAR},
		{Name: "tree", Method: storepath.NAR, Algo: nixhash.SHA1},
	} {
		src.Write = func(w io.Writer) error { return fstree.Dump(w, tree, nar.DumpOptions{}) }
		if _, err := s.AddSource(ctx, src); err != nil {
			t.Fatal(err)
		}
	}
	flat := store.Source{Name: "file", Method: storepath.Flat, Write: func(w io.Writer) error {
		_, err := w.Write([]byte("text"))
		return err
	}}
	if _, err := s.AddSource(ctx, flat); err != nil {
		t.Fatal(err)
	}
	b := s.Batch()
	notes := store.Text{Name: "notes", Contents: []byte("some notes")}
	if err := b.Add(ctx, notes); err != nil {
		t.Fatal(err)
	}
	p, err := notes.PathIn(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range sampleDerivations(t, s.Dir(), p) {
		text := store.Text{Name: d.Name + ".drv", Contents: d.AppendATerm(nil, s.Dir()), References: d.References()}
		if d.Name != "top" { // both ways of telling the outputs
			text.Derivation = d
		}
		if err := b.Add(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// sampleDerivations are those of sampleExpression.
func sampleDerivations(t *testing.T, dir storepath.Dir, notes storepath.Path) []*derivation.Derivation {
	t.Helper()
	made := map[storepath.Path]*derivation.Derivation{}
	h := derivation.Hasher{Dir: dir, Read: func(p storepath.Path) (*derivation.Derivation, error) { return made[p], nil }}
	finish := func(d *derivation.Derivation) (*derivation.Derivation, storepath.Path) {
		d.System, d.Builder = "x", "/b"
		d.SetEnv("name", d.Name)
		d.SetEnv("system", "x")
		d.SetEnv("builder", "/b")
		if err := h.Fill(d); err != nil {
			t.Fatal(err)
		}
		p, err := d.Path(dir, d.AppendATerm(nil, dir))
		if err != nil {
			t.Fatal(err)
		}
		made[p] = d
		return d, p
	}
	output := func(names ...string) (list []derivation.Output) {
		for _, n := range names {
			list = append(list, derivation.Output{Name: n, Kind: derivation.Deferred})
		}
		return list
	}
	dep := &derivation.Derivation{Name: "dep", Outputs: output("dev", "out"), InputSrcs: []storepath.Path{notes}}
	dep.SetEnv("outputs", "out dev")
	dep.SetEnv("dev", "")
	dep.SetEnv("out", "")
	dep.SetEnv("text", dir.Join(notes))
	dep, depPath := finish(dep)

	hash, err := nixhash.FromBytes(nixhash.SHA256, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	out, err := derivation.NewFixed(dir, "fixed", "out", storepath.ContentAddress{Method: storepath.Flat, Hash: hash})
	if err != nil {
		t.Fatal(err)
	}
	fixed := &derivation.Derivation{Name: "fixed", Outputs: []derivation.Output{out}}
	fixed.SetEnv("out", "")
	fixed.SetEnv("outputHash", strings.Repeat("0", 52))
	fixed.SetEnv("outputHashAlgo", "sha256")
	fixed, fixedPath := finish(fixed)

	top := &derivation.Derivation{Name: "top", Outputs: output("out"), InputDrvs: []derivation.InputDrv{
		{Path: depPath, InputNode: derivation.InputNode{Outputs: []string{"dev", "out"}}},
		{Path: fixedPath, InputNode: derivation.InputNode{Outputs: []string{"out"}}},
	}}
	slices.SortFunc(top.InputDrvs, func(a, b derivation.InputDrv) int { return strings.Compare(string(a.Path), string(b.Path)) })
	top.SetEnv("out", "")
	top.SetEnv("dep", dir.Join(dep.Outputs[1].Path))
	top.SetEnv("dev", dir.Join(dep.Outputs[0].Path))
	top.SetEnv("fixed", dir.Join(fixed.Outputs[0].Path))
	top, _ = finish(top)
	return []*derivation.Derivation{dep, fixed, top}
}

func fillReference(t *testing.T, root, tree string) {
	t.Helper()
	nix(t, root, "nix-store", "--add", tree)
	nix(t, root, "nix-store", "--add-fixed", "--recursive", "sha1", tree)
	nix(t, root, "nix-store", "--add-fixed", "sha256", filepath.Join(tree, "file"))
	nix(t, root, "nix-instantiate", "-E", sampleExpression)
}

func referenceReadsOurs(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	fill(t, s, sampleTree(t))
	ctx := t.Context()
	a, archive := storetest.Object("a", "contents of a")
	if err := s.AddNAR(ctx, a, bytes.NewReader(archive), store.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	b, archive := storetest.Object("b", "contents of b", a.Path)
	b.References = append(b.References, b.Path)
	slices.Sort(b.References)
	if err := s.AddNAR(ctx, b, bytes.NewReader(archive), store.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	nix(t, root, "nix-store", "--verify", "--check-contents")
	all, err := s.AllPaths(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var infos map[string]struct {
		NarHash    nixhash.Hash
		NarSize    uint64
		References []string
		CA         any
	}
	if err := json.Unmarshal([]byte(nix(t, root, "nix", "path-info", "--json", "--all")), &infos); err != nil {
		t.Fatal(err)
	}
	if len(infos) != len(all) {
		t.Errorf("the reference sees %d paths, we see %d", len(infos), len(all))
	}
	for _, p := range all {
		ours, err := s.PathInfo(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		theirs := infos[s.Dir().Join(p)]
		slices.Sort(theirs.References)
		var refs []string
		for _, r := range ours.References {
			refs = append(refs, s.Dir().Join(r))
		}
		if ours.NARHash != theirs.NarHash || ours.NARSize != theirs.NarSize || !slices.Equal(refs, theirs.References) {
			t.Errorf("%s: %+v, the reference says %+v", p, ours, theirs)
		}
	}
}

func weReadReference(t *testing.T) {
	root, tree := t.TempDir(), sampleTree(t)
	fillReference(t, root, tree)
	s := at(t, root, nil)
	ctx := t.Context()
	all, err := s.AllPaths(ctx)
	if err != nil || len(all) != 7 {
		t.Fatalf("%d paths, %v", len(all), err)
	}
	for _, p := range all {
		info, err := s.PathInfo(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		h := nixhash.NewWriter(nixhash.SHA256)
		if err := s.WriteNAR(ctx, p, h); err != nil {
			t.Fatal(err)
		}
		if err := store.CheckNAR(s.Dir(), info, h.Sum(), h.Size()); err != nil {
			t.Error(err)
		}
		if err := store.CheckClaim(s.Dir(), info); err != nil {
			t.Error(err)
		}
	}
	fill(t, s, tree) // everything is there already
	if again, err := s.AllPaths(ctx); err != nil || !slices.Equal(again, all) {
		t.Errorf("adding the same made %v, %v", again, err)
	}
}

// tables returns what a store's database holds, without row ids and times.
func tables(t *testing.T, s *Store) map[string][]string {
	t.Helper()
	ctx := t.Context()
	all, err := s.AllPaths(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, p := range all {
		info, err := s.PathInfo(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		plain := *info
		plain.RegistrationTime = 0
		out["paths"] = append(out["paths"], fmt.Sprintf("%+v", plain))
		if !p.IsDerivation() {
			continue
		}
		outputs, err := s.DerivationOutputs(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		out["outputs"] = append(out["outputs"], fmt.Sprintf("%s %v", p, outputs))
	}
	return out
}

// files lists the files below a directory with their metadata.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		line := fmt.Sprint(rel, " ", info.Mode())
		if rel != "." && rel != ".links" {
			line += fmt.Sprint(" ", info.ModTime().UnixNano())
		}
		list = append(list, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func sameDatabase(t *testing.T) {
	ourRoot, theirRoot, tree := t.TempDir(), t.TempDir(), sampleTree(t)
	ours, theirs := at(t, ourRoot, nil), at(t, theirRoot, nil)
	fill(t, ours, tree)
	fillReference(t, theirRoot, tree)
	if d := cmp.Diff(tables(t, theirs), tables(t, ours)); d != "" {
		t.Errorf("databases differ (- reference, + ours):\n%s", d)
	}
	if d := cmp.Diff(files(t, theirs.o.Real), files(t, ours.o.Real)); d != "" {
		t.Errorf("files differ (- reference, + ours):\n%s", d)
	}
}

func referenceKeepsRoots(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	ctx := t.Context()
	add := func(name string) storepath.Path {
		p, err := s.AddText(ctx, store.Text{Name: name, Contents: []byte(name)})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	rooted, temporary := add("rooted"), add("temporary")
	link := filepath.Join(root, "result")
	if _, err := s.AddPermRoot(ctx, rooted, link); err != nil {
		t.Fatal(err)
	}
	there := func(p storepath.Path, want bool) {
		t.Helper()
		_, err := os.Lstat(s.RealPath(p))
		if got := err == nil; got != want {
			t.Errorf("%s is there: %v", p, got)
		}
		if valid, err := s.IsValid(ctx, p); valid != want || err != nil {
			t.Errorf("%s is valid: %v, %v", p, valid, err)
		}
	}
	nix(t, root, "nix-store", "--gc")
	there(rooted, true)
	there(temporary, true)
	if roots := nix(t, root, "nix-store", "--query", "--roots", s.Dir().Join(rooted)); !strings.Contains(roots, link) {
		t.Errorf("roots of the rooted path: %s", roots)
	}
	if err := s.Close(); err != nil { // the end of the process, as far as roots go
		t.Fatal(err)
	}
	nix(t, root, "nix-store", "--gc")
	there(rooted, true)
	there(temporary, false)
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	nix(t, root, "nix-store", "--gc")
	there(rooted, false)
}

// referenceCollectsMeanwhile adds paths while a collector of the reference runs
// again and again: what was added is kept.
func referenceCollectsMeanwhile(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	ctx := t.Context()
	if _, err := s.AddText(ctx, store.Text{Name: "first"}); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	done := make(chan error)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if _, err := nixMayFail(root, "nix-store", "--gc"); err != nil {
				done <- err
				return
			}
		}
	}()
	var all []storepath.Path
	b := s.Batch()
	for i := range 400 {
		text := store.Text{Name: fmt.Sprint("n", i), Contents: fmt.Append(nil, i)}
		if i > 0 {
			text.References = []storepath.Path{all[i/2]}
		}
		p, err := text.PathIn(s.Dir())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
		if i%2 == 0 {
			err = b.Add(ctx, text)
			if err == nil {
				err = b.Flush(ctx)
			}
		} else {
			_, err = s.AddText(ctx, text)
		}
		if err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, p := range all {
		if ok, err := s.IsValid(ctx, p); !ok || err != nil {
			t.Errorf("%s: valid %v, %v", p, ok, err)
		}
	}
	nix(t, root, "nix-store", "--verify", "--check-contents")
}

// referenceWritesMeanwhile lets both instantiate the same at the same time.
func referenceWritesMeanwhile(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	ctx := t.Context()
	const n = 60
	done := make(chan error)
	go func() {
		_, err := nixMayFail(root, "nix-instantiate", "-E", fmt.Sprintf(
			`builtins.genList (i: derivation { name = "n"; system = "x"; builder = "/b"; t = builtins.toFile "t" "${toString i}"; }) %d`, n))
		done <- err
	}()
	b := s.Batch()
	var infos []*pathinfo.Info
	for i := range n {
		text := store.Text{Name: "t", Contents: fmt.Append(nil, i)}
		info, err := text.Info(s.Dir())
		if err != nil {
			t.Fatal(err)
		}
		infos = append(infos, info)
		err = b.Add(ctx, text)
		if i%10 == 9 {
			err = errors.Join(err, b.Flush(ctx))
		}
		if err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(b.Flush(ctx), <-done); err != nil {
		t.Error(err)
	}
	for _, info := range infos {
		if ok, err := s.IsValid(ctx, info.Path); !ok || err != nil {
			t.Errorf("%s: valid %v, %v", info.Path, ok, err)
		}
	}
	nix(t, root, "nix-store", "--verify", "--check-contents")
}
