//go:build linux

package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"firn/internal/filelock"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
	"firn/internal/store/storetest"
)

// TestMain lets the test program act as another process with a store of its
// own, in the role that its environment names.
func TestMain(m *testing.M) {
	role := os.Getenv("FIRN_LOCAL_ROLE")
	if role == "" {
		os.Exit(m.Run())
	}
	o := Rooted(os.Getenv("FIRN_LOCAL_ROOT"))
	o.AllowSymlinks = true
	s, err := New(o)
	var f *faults
	if text := os.Getenv("FIRN_LOCAL_FAULTS"); err == nil && text != "" {
		if f, err = parseFaults(text); err == nil {
			if err = f.install(); err != nil {
				err = fmt.Errorf("cannot install faults: %w", err)
			}
		}
	}
	if err == nil {
		err = roles[role](s)
	}
	if f != nil {
		fmt.Println("changes:", f.count.Load())
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

var roles = map[string]func(*Store) error{
	"init":      func(s *Store) error { return s.Init(context.Background()) },
	"planter":   plantDoubles,
	"sampler":   func(s *Store) error { return addRound(s, 0) },
	"copier":    copyAll,
	"repairer":  repairAll,
	"optimiser": func(s *Store) error { _, err := s.Optimise(context.Background()); return err },
	"adder":     addForEver,
	"reader": func(s *Store) error {
		all, err := s.AllPaths(context.Background())
		fmt.Println(len(all), "paths")
		return err
	},
	"collector": func(s *Store) error {
		_, err := s.Collect(context.Background(), CollectOptions{MaxFreed: Unlimited})
		return err
	},
	"writer": func(s *Store) error {
		_, err := s.AddText(context.Background(), store.Text{Name: "written", Contents: []byte("x")})
		return err
	},
}

// child starts this program in a role.
func child(t *testing.T, role, root string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "FIRN_LOCAL_ROLE="+role, "FIRN_LOCAL_ROOT="+root)
	return cmd
}

// objects are what addForEver adds, in some order.
func sampleTexts(round int) (texts []store.Text) {
	for i := range 12 {
		texts = append(texts, store.Text{Name: fmt.Sprintf("text-%d-%d", round, i), Contents: bytes.Repeat([]byte{byte(i)}, 3000*i)})
	}
	return texts
}

// addForEver adds objects by every way and prints what is reported as valid.
func addForEver(s *Store) error {
	for round := 0; ; round++ {
		if err := addRound(s, round); err != nil {
			return err
		}
	}
}

func addRound(s *Store, round int) error {
	ctx := context.Background()
	b := s.Batch()
	var lines []string
	for i, text := range sampleTexts(round) {
		p, err := text.PathIn(s.Dir())
		if err == nil && i%2 == 0 {
			err = b.Add(ctx, text)
			lines = append(lines, string(p))
		} else if err == nil {
			if _, err = s.AddText(ctx, text); err == nil {
				fmt.Println(p)
			}
		}
		if err != nil {
			return err
		}
	}
	if err := b.Flush(ctx); err != nil {
		return err
	}
	fmt.Println(strings.Join(lines, "\n"))
	info, err := s.AddSource(ctx, store.Source{Name: fmt.Sprint("tree-", round), Method: storepath.NAR, Write: func(w io.Writer) error {
		_, err := w.Write(storetest.Tree())
		return err
	}})
	if err != nil {
		return err
	}
	fmt.Println(info.Path)
	obj, archive := storetest.Object(fmt.Sprint("object-", round), strings.Repeat("x", 50_000))
	if err := s.AddNAR(ctx, obj, bytes.NewReader(archive), store.AddOptions{}); err != nil {
		return err
	}
	fmt.Println(obj.Path)
	return nil
}

// whole checks that every valid path has the contents that it was registered with.
func whole(t *testing.T, s *Store) map[storepath.Path]bool {
	t.Helper()
	ctx := t.Context()
	all, err := s.AllPaths(ctx)
	if err != nil {
		t.Fatal(err)
	}
	valid := map[storepath.Path]bool{}
	for _, p := range all {
		valid[p] = true
		info, err := s.PathInfo(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		h := nixhash.NewWriter(nixhash.SHA256)
		if err := s.WriteNAR(ctx, p, h); err != nil {
			t.Error(err)
		} else if err := store.CheckNAR(s.Dir(), info, h.Sum(), h.Size()); err != nil {
			t.Error(err)
		}
	}
	return valid
}

func TestKilled(t *testing.T) {
	root := t.TempDir()
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for range 8 {
		cmd := child(t, "adder", root)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(5+rng.IntN(120))*time.Millisecond, func() { cmd.Process.Kill() })
		var reported []storepath.Path
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "error:") {
				t.Error(lines.Text())
			}
			if p, err := storepath.ParseBase(lines.Text()); err == nil { // the last line may be a part
				reported = append(reported, p)
			}
		}
		cmd.Wait()
		s := at(t, root, nil)
		valid := whole(t, s)
		for _, p := range reported {
			if !valid[p] {
				t.Errorf("%s was reported and is not valid", p)
			}
		}
		s.Close()
	}
	// Whatever the dead left behind does not keep the same things from being added.
	s := at(t, root, nil)
	b := s.Batch()
	for round := range 3 {
		for i, text := range sampleTexts(round) {
			var err error
			if i%2 == 0 {
				_, err = s.AddText(t.Context(), text)
			} else {
				err = b.Add(t.Context(), text)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	if err := b.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	whole(t, s)
}

func TestDebrisIsReplaced(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	if _, err := s.AddText(ctx, store.Text{Name: "first"}); err != nil {
		t.Fatal(err)
	}
	debris := func(p storepath.Path) {
		t.Helper()
		dir := filepath.Join(s.RealPath(p), "a", "b")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		os.Chmod(dir, 0o555)
		if err := os.WriteFile(s.RealPath(p)+filelock.Suffix, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	one := store.Text{Name: "one", Contents: []byte("1")}
	p, _ := one.PathIn(s.Dir())
	debris(p)
	if _, err := s.AddText(ctx, one); err != nil {
		t.Error(err)
	}
	two := store.Text{Name: "two", Contents: []byte("2")}
	p, _ = two.PathIn(s.Dir())
	debris(p)
	b := s.Batch()
	if err := errors.Join(b.Add(ctx, two), b.Flush(ctx)); err != nil {
		t.Error(err)
	}
	obj, archive := storetest.Object("obj", "x")
	debris(obj.Path)
	if err := s.AddNAR(ctx, obj, bytes.NewReader(archive), store.AddOptions{}); err != nil {
		t.Error(err)
	}
	src := store.Source{Name: "src", Method: storepath.NAR, Write: func(w io.Writer) error {
		_, err := w.Write(storetest.Tree())
		return err
	}}
	p, _ = store.Compute(s.Dir(), src)
	debris(p)
	if _, err := s.AddSource(ctx, src); err != nil {
		t.Error(err)
	}
	if valid := whole(t, s); len(valid) != 5 {
		t.Errorf("%d paths", len(valid))
	}
	onlyObjects(t, s)
}

// onlyObjects checks that the store directory has nothing but valid paths.
func onlyObjects(t *testing.T, s *Store) {
	t.Helper()
	list, err := os.ReadDir(s.o.Real)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Name() == ".links" {
			continue
		}
		p, err := storepath.ParseBase(e.Name())
		if err == nil {
			var ok bool
			if ok, err = s.IsValid(t.Context(), p); err == nil && !ok {
				err = errors.New("not valid")
			}
		}
		if err != nil {
			t.Errorf("left behind: %s (%v)", e.Name(), err)
		}
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	obj, archive := storetest.Object("obj", "contents")
	bad := *obj
	bad.NARSize++
	missing, _ := storetest.Object("missing", "")
	for name, err := range map[string]error{
		"size":      s.AddNAR(ctx, &bad, bytes.NewReader(archive), store.AddOptions{}),
		"truncated": s.AddNAR(ctx, obj, bytes.NewReader(archive[:len(archive)-30]), store.AddOptions{}),
		"text": func() error {
			_, err := s.AddText(ctx, store.Text{Name: "t", References: []storepath.Path{missing.Path}})
			return err
		}(),
		"batch": func() error {
			b := s.Batch()
			good := b.Add(ctx, store.Text{Name: "good"})
			return errors.Join(good, b.Add(ctx, store.Text{Name: "t", References: []storepath.Path{missing.Path}}), b.Flush(ctx))
		}(),
		"big source": func() error {
			_, err := s.AddSource(ctx, store.Source{Name: "big", Method: storepath.NAR, Write: func(w io.Writer) error {
				store.FileNAR(w, io.LimitReader(zeros{}, spoolLimit+1), spoolLimit+1000)
				return errors.New("the source breaks off")
			}})
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s: no failure", name)
		}
	}
	onlyObjects(t, s)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestBigSources(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	const size = spoolLimit + 5_000_000
	for _, src := range []store.Source{
		{Name: "nar", Method: storepath.NAR, Write: func(w io.Writer) error {
			return store.FileNAR(w, io.LimitReader(zeros{}, size), size)
		}},
		{Name: "flat", Method: storepath.Flat, Algo: nixhash.SHA1, Write: func(w io.Writer) error {
			_, err := io.CopyN(w, zeros{}, size)
			return err
		}},
	} {
		want, err := store.Compute(s.Dir(), src)
		if err != nil {
			t.Fatal(err)
		}
		b := s.Batch()
		for _, add := range []func(context.Context, store.Source) (*pathinfo.Info, error){b.AddSource, s.AddSource} {
			info, err := add(ctx, src)
			if err != nil || info.Path != want {
				t.Fatalf("%s: %v, %v; want %s", src.Name, info, err, want)
			}
		}
		if err := b.Flush(ctx); err != nil {
			t.Error(err)
		}
	}
	whole(t, s)
	onlyObjects(t, s)
}

func TestRepair(t *testing.T) {
	s := rooted(t, nil)
	ctx := t.Context()
	obj, archive := storetest.Object("obj", "contents")
	if err := s.AddNAR(ctx, obj, bytes.NewReader(archive), store.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func(path string) error{
		func(path string) error {
			return errors.Join(os.Chmod(path, 0o644), os.WriteFile(path, []byte("damage"), 0))
		},
		os.Remove,
		func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o555)) },
	} {
		if err := damage(s.RealPath(obj.Path)); err != nil {
			t.Fatal(err)
		}
		broken := *obj
		broken.NARHash = nixhash.Sum(nixhash.SHA256, nil)
		if err := s.AddNAR(ctx, &broken, bytes.NewReader(archive), store.AddOptions{Repair: true}); err == nil {
			t.Error("repaired with the wrong archive")
		}
		if err := s.AddNAR(ctx, obj, bytes.NewReader(archive), store.AddOptions{Repair: true}); err != nil {
			t.Error(err)
		}
		whole(t, s)
		onlyObjects(t, s)
	}
}

func TestReadOnlyMakesNothing(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, func(o *Options) { o.ReadOnly = true })
	ctx := t.Context()
	obj, archive := storetest.Object("obj", "x")
	tryAll := func() {
		t.Helper()
		if err := s.AddTempRoots(ctx, obj.Path); err != nil {
			t.Error(err)
		}
		if _, err := s.AllPaths(ctx); err != nil {
			t.Error(err)
		}
		for name, err := range map[string]error{
			"nar": s.AddNAR(ctx, obj, bytes.NewReader(archive), store.AddOptions{}),
			"source": func() error {
				_, err := s.AddSource(ctx, store.Source{Name: "x", Method: storepath.NAR, Write: func(io.Writer) error { return nil }})
				return err
			}(),
			"root": s.AddIndirectRoot(ctx, "/x"),
			"text": func() error { _, err := s.AddText(ctx, store.Text{Name: "new"}); return err }(),
		} {
			if !errors.Is(err, errReadOnly) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	tryAll()
	if list, _ := os.ReadDir(root); len(list) != 0 {
		t.Errorf("made %v", list)
	}
	w := at(t, root, nil)
	p, err := w.AddText(ctx, store.Text{Name: "there"})
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	before := files(t, root)
	s = at(t, root, func(o *Options) { o.ReadOnly = true })
	tryAll()
	if ok, err := s.IsValid(ctx, p); !ok || err != nil {
		t.Errorf("valid %v, %v", ok, err)
	}
	if _, err := s.AddText(ctx, store.Text{Name: "there"}); err != nil {
		t.Errorf("what is there already: %v", err)
	}
	if after := files(t, root); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("files changed:\n%v\n%v", before, after)
	}
}

func TestNothingBeforeItIsNeeded(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	ctx := t.Context()
	obj, _ := storetest.Object("obj", "x")
	if ok, err := s.IsValid(ctx, obj.Path); ok || err != nil {
		t.Error(ok, err)
	}
	if _, err := s.AllPaths(ctx); err != nil {
		t.Error(err)
	}
	if list, _ := os.ReadDir(root); len(list) != 0 {
		t.Errorf("asking made %v", list)
	}
}

// asNobody runs a role as an ordinary user.
func asNobody(t *testing.T, role, root string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("becoming another user needs root")
	}
	// The program and the store have to be reachable.
	for dir := root; dir != "/"; dir = filepath.Dir(dir) {
		if st, err := os.Stat(dir); err == nil && st.Mode()&0o5 != 0o5 {
			os.Chmod(dir, st.Mode().Perm()|0o755)
		}
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "program")
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := child(t, role, root)
	cmd.Path = program
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, _ := cmd.CombinedOutput()
	return string(out)
}

func TestAnothersStore(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	if _, err := s.AddText(t.Context(), store.Text{Name: "there"}); err != nil {
		t.Fatal(err)
	}
	if got := asNobody(t, "reader", root); got != "1 paths\n" {
		t.Errorf("reading while its owner has it open: %s", got)
	}
	s.Close()
	if got := asNobody(t, "reader", root); got != "1 paths\n" {
		t.Errorf("reading: %s", got)
	}
	got := asNobody(t, "writer", root)
	if !strings.Contains(got, "permission denied") || !strings.Contains(got, "big-lock") {
		t.Errorf("writing: %s", got)
	}
}

func TestDirectoriesCannotBeMade(t *testing.T) {
	root := t.TempDir()
	got := asNobody(t, "writer", root)
	if !strings.Contains(got, "permission denied\nOnly who owns the store in '"+filepath.Join(root, "nix/store")+"' may write to it") {
		t.Errorf("got %s", got)
	}
}

func TestCorruptDatabase(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	ctx := t.Context()
	var last storepath.Path
	for i := range 200 {
		var err error
		if last, err = s.AddText(ctx, store.Text{Name: fmt.Sprint("n", i)}); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	path := filepath.Join(root, "nix/var/nix/db/db.sqlite")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"overwritten": func(b []byte) []byte { return bytes.Repeat([]byte("junk"), len(b)/4) },
		"pages lost": func(b []byte) []byte {
			for i := 4096; i < len(b); i++ {
				b[i] = 0xff
			}
			return b
		},
		"empty": func([]byte) []byte { return nil },
	} {
		os.Remove(path + "-wal")
		os.Remove(path + "-shm")
		if err := os.WriteFile(path, change(bytes.Clone(good)), 0o644); err != nil {
			t.Fatal(err)
		}
		s := at(t, root, nil)
		_, err := s.PathInfo(ctx, last)
		if err == nil || errors.Is(err, store.ErrNotValid) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.AddText(ctx, store.Text{Name: "new"}); err == nil {
			t.Errorf("%s: writes", name)
		}
		s.Close()
	}
}

func TestSchemaVersions(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	if err := s.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	schema := filepath.Join(root, "nix/var/nix/db/schema")
	if text, err := os.ReadFile(schema); string(text) != "10" || err != nil {
		t.Errorf("schema file has %q, %v", text, err)
	}
	for version, want := range map[string]string{
		"11":   "current Nix store schema is version 11, but I only support 10",
		"7":    "older than 10",
		"x":    "\"" + schema + "\" is corrupt",
		"10\n": "",
	} {
		if err := os.WriteFile(schema, []byte(version), 0o644); err != nil {
			t.Fatal(err)
		}
		s := at(t, root, nil)
		_, err := s.AllPaths(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("version %q: %v", version, err)
		}
		s.Close()
	}
	os.WriteFile(schema, []byte("10"), 0o644)
	os.Remove(filepath.Join(root, "nix/var/nix/db/db.sqlite"))
	if _, err := at(t, root, nil).AllPaths(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a database: %v", err)
	}
}

func TestStoreBehindLink(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	os.Mkdir(filepath.Join(dir, "real"), 0o755)
	link := filepath.Join(dir, "link")
	os.Symlink("real", link)
	s := at(t, link, func(o *Options) { o.AllowSymlinks = false })
	want := "the path \"" + link + "\" is a symlink; this is not allowed for the Nix store and its parent directories"
	if err := s.ready(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if err := at(t, link, nil).ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// A full disk fails the addition and leaves a store that can be used.
func TestFullDisk(t *testing.T) {
	if os.Getenv("FIRN_LOCAL_DISK") == "" {
		if os.Geteuid() != 0 {
			t.Skip("mounting a small disk needs root")
		}
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestFullDisk$")
		cmd.Env = append(os.Environ(), "FIRN_LOCAL_DISK="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	root := os.Getenv("FIRN_LOCAL_DISK")
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=3m"); err != nil {
		t.Skip("cannot mount a small disk:", err)
	}
	defer syscall.Unmount(root, syscall.MNT_DETACH)
	s := at(t, root, nil)
	ctx := t.Context()
	small, err := s.AddText(ctx, store.Text{Name: "small"})
	if err != nil {
		t.Fatal(err)
	}
	big, archive := storetest.Object("big", strings.Repeat("x", 4<<20))
	err = s.AddNAR(ctx, big, bytes.NewReader(archive), store.AddOptions{})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), string(big.Path)) || !strings.Contains(err.Error(), "`nix-store --gc`") {
		t.Errorf("archive: %v", err)
	}
	src := store.Source{Name: "src", Method: storepath.Flat, Write: func(w io.Writer) error {
		_, err := w.Write(archive)
		return err
	}}
	if _, err := s.AddSource(ctx, src); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("source: %v", err)
	}
	b := s.Batch()
	err = nil
	for i := 0; i < 50 && err == nil; i++ {
		err = b.Add(ctx, store.Text{Name: fmt.Sprint("n", i), Contents: make([]byte, 100_000)})
	}
	if err = errors.Join(err, b.Flush(ctx)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("batch: %v", err)
	}
	if ok, err := s.IsValid(ctx, small); !ok || err != nil {
		t.Error(ok, err)
	}
	whole(t, s)
	onlyObjects(t, s)
	if _, err := s.AddText(ctx, store.Text{Name: "after"}); err != nil {
		t.Error(err)
	}
	fstree.Remove(filepath.Join(root, "nix"))
}
