//go:build linux

package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/wire"
	"firn/internal/store"
	"firn/internal/store/fstree"
	"firn/internal/store/storetest"
)

// announced returns what whoever offers an archive may say of it truthfully.
func announced(archive []byte) *pathinfo.Info {
	info, _ := storetest.Object("offered", "")
	h := nixhash.NewWriter(nixhash.SHA256)
	h.Write(archive)
	info.NARHash, info.NARSize = h.Sum(), h.Size()
	return info
}

// archiveWords writes the words of an archive.
func archiveWords(words ...string) (b []byte) {
	for _, w := range append([]string{"nix-archive-1"}, words...) {
		b = wire.AppendString(b, w)
	}
	return b
}

// TestBrokenArchives offers archives that are not what was said of them, or are no archives, in every way in which archives
// come in. Each is refused with an error that names the path, and nothing of it stays.
func TestBrokenArchives(t *testing.T) {
	good := storetest.Tree()
	truth := announced(good)
	lie := func(change func(*pathinfo.Info)) *pathinfo.Info {
		info := *truth
		change(&info)
		return &info
	}
	type offer struct {
		what    string
		info    *pathinfo.Info
		archive []byte
		want    string // in the message; the path anyway
	}
	offers := []offer{
		{"wrong size", lie(func(i *pathinfo.Info) { i.NARSize++ }), good, "size mismatch"},
		{"wrong hash", lie(func(i *pathinfo.Info) { i.NARHash = nixhash.Sum(nixhash.SHA256, nil) }), good, "hash mismatch"},
		{"followed by more", truth, append(good[:len(good):len(good)], "more"...), ""},
		{"followed by more, announced", announced(append(good[:len(good):len(good)], "more"...)), append(good[:len(good):len(good)], "more"...), "is followed by something else"},
		{"nothing", truth, nil, ""},
	}
	for range 40 {
		at := rand.IntN(len(good))
		flipped := bytes.Clone(good)
		flipped[at] ^= 1 << rand.IntN(8)
		cut := good[:at]
		offers = append(offers,
			offer{fmt.Sprint("bit flipped in byte ", at), truth, flipped, ""},
			offer{fmt.Sprint("cut off at byte ", at), truth, cut, ""},
			offer{fmt.Sprint("cut off at byte ", at, ", announced"), announced(cut), cut, "unexpected EOF"})
	}
	for _, name := range []string{"..", ".", "", "a/b", "/etc/x", "../../../x", "a\x00b"} {
		bad := archiveWords("(", "type", "directory", "entry", "(", "name", name, "node", "(", "type", "regular", "contents", "x", ")", ")", ")")
		offers = append(offers, offer{"name " + name, announced(bad), bad, "NAR contains invalid file name '" + name + "'"})
	}
	// A link and then a directory of the same name, through which a file would land elsewhere.
	through := archiveWords("(", "type", "directory", "entry", "(", "name", "a", "node", "(", "type", "symlink", "target", "/tmp", ")", ")",
		"entry", "(", "name", "a", "node", "(", "type", "directory", "entry", "(", "name", "x", "node", "(", "type", "regular", "contents", "x", ")", ")", ")", ")", ")")
	offers = append(offers, offer{"through a link", announced(through), through, "NAR directory is not sorted"})
	s := rooted(t, nil)
	for way, add := range map[string]func(context.Context, offer) error{
		"stream": func(ctx context.Context, o offer) error {
			return s.AddNAR(ctx, o.info, bytes.NewReader(o.archive), store.AddOptions{})
		},
		"batch": func(ctx context.Context, o offer) error {
			b := s.Batch().(store.NARBatch)
			return errors.Join(b.AddNAR(ctx, o.info, o.archive, store.AddOptions{}), b.Flush(ctx))
		},
	} {
		for _, o := range offers {
			err := add(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), s.Dir().Join(o.info.Path)) || !strings.Contains(err.Error(), o.want) {
				t.Errorf("%s, %s: %v", way, o.what, err)
			}
		}
		onlyObjects(t, s)
	}
	if all, err := s.AllPaths(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
}

// TestTwoWriters has processes add the same paths at the same time.
func TestTwoWriters(t *testing.T) {
	root := t.TempDir()
	var writers [3]*exec.Cmd
	var out [len(writers)]bytes.Buffer
	for i := range writers {
		writers[i] = child(t, "sampler", root)
		writers[i].Stdout = &out[i]
		if err := writers[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range writers {
		if err := w.Wait(); err != nil || out[i].String() != out[0].String() {
			t.Errorf("writer %d: %v\n%s", i, err, &out[i])
		}
	}
	s := at(t, root, nil)
	if valid := whole(t, s); len(valid) != 14 {
		t.Errorf("%d paths", len(valid))
	}
	onlyObjects(t, s)
}

// TestReadOnlyDisk tries to change a store on a file system that is mounted for reading.
func TestReadOnlyDisk(t *testing.T) {
	root := os.Getenv("FIRN_LOCAL_READ_ONLY")
	if root == "" {
		if os.Geteuid() != 0 {
			t.Skip("mounting needs root")
		}
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestReadOnlyDisk$")
		cmd.Env = append(os.Environ(), "FIRN_LOCAL_READ_ONLY="+t.TempDir())
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, ""); err != nil {
		t.Skip("cannot mount:", err)
	}
	defer syscall.Unmount(root, syscall.MNT_DETACH)
	if err := plantDoubles(at(t, root, nil)); err != nil {
		t.Fatal(err)
	}
	before := files(t, root)
	if err := syscall.Mount("", root, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skip("cannot mount for reading:", err)
	}
	s, err := New(func() Options { o := Rooted(root); o.AllowSymlinks = true; return o }())
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	obj, archive := storetest.Object("obj", "x")
	for what, err := range map[string]error{
		"text":     func() error { _, err := s.AddText(ctx, store.Text{Name: "new"}); return err }(),
		"archive":  s.AddNAR(ctx, obj, bytes.NewReader(archive), store.AddOptions{}),
		"batch":    func() error { b := s.Batch(); return errors.Join(b.Add(ctx, store.Text{Name: "new"}), b.Flush(ctx)) }(),
		"collect":  func() error { _, err := s.Collect(ctx, CollectOptions{MaxFreed: Unlimited}); return err }(),
		"optimise": func() error { _, err := s.Optimise(ctx); return err }(),
	} {
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "The store in '"+filepath.Join(root, "nix/store")+"' is on a file system that is mounted for reading only") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if all, err := s.AllPaths(ctx); len(all) != 4 || err != nil {
		t.Errorf("reading: %v, %v", all, err)
	}
	if got := files(t, root); strings.Join(got, "\n") != strings.Join(before, "\n") {
		t.Errorf("files changed: %v", got)
	}
	if err := syscall.Mount("", root, "", syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	fstree.Remove(filepath.Join(root, "nix"))
}

// TestFullAnywhere has the disk become full before any of the changes of what adds, copies and repairs.
func TestFullAnywhere(t *testing.T) {
	for role, prepared := range map[string]string{"sampler": "", "copier": ".from", "repairer": "/."} {
		t.Run(role, func(t *testing.T) {
			program, dir := faultyProgram(t)
			root := filepath.Join(dir, "root")
			if prepared != "" {
				prepare := filepath.Clean(root + prepared)
				if out, _ := runFaulty(t, program, "planter", prepare, "kill=0"); strings.Contains(out, "error") {
					t.Fatal(out)
				}
				t.Cleanup(func() { fstree.Remove(prepare) })
			}
			template := filepath.Join(dir, "template")
			clone(t, root, template)
			t.Cleanup(func() { fstree.Remove(template); fstree.Remove(root) })
			n := changesOf(t, program, role, root)
			for _, at := range somePoints(n, 8) {
				fstree.Remove(root)
				clone(t, template, root)
				out, ended := runFaulty(t, program, role, root, fmt.Sprint("full=", at))
				if !ended || strings.Contains(out, "error:") && !strings.Contains(out, root) {
					t.Errorf("full from change %d of %d on: %s", at, n, out)
				}
				if strings.Contains(out, "no space left on device") && !strings.Contains(out, "`nix-store --gc`") {
					t.Errorf("full from change %d of %d on: no remedy: %s", at, n, out)
				}
				inOrder(t, program, role, root, out)
			}
		})
	}
}
