//go:build linux

package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firn/internal/activity"
	"firn/internal/format/storepath"
	"firn/internal/sqlite"
	"firn/internal/store"
	"firn/internal/store/fstree"
	"firn/internal/store/storetest"
)

// plantDoubles adds trees that have files in common.
func plantDoubles(s *Store) error {
	ctx := context.Background()
	for i := range 3 {
		_, err := s.AddSource(ctx, store.Source{Name: fmt.Sprint("tree-", i), Method: storepath.NAR, Write: func(w io.Writer) error {
			_, err := w.Write(storetest.Tree())
			return err
		}})
		if err != nil {
			return err
		}
		if _, err := s.AddText(ctx, store.Text{Name: fmt.Sprint("text-", i), Contents: []byte("text")}); err != nil {
			return err
		}
	}
	return nil
}

// objects lists the objects of a store with their metadata, without shared files.
func objects(t *testing.T, root string) []string {
	t.Helper()
	return slices.DeleteFunc(files(t, filepath.Join(root, "nix/store")), func(l string) bool { return strings.HasPrefix(l, ".") })
}

// TestOptimiserKilled kills optimisers before any of the changes that they make. Whoever opens the store next finds every
// object as it was.
func TestOptimiserKilled(t *testing.T) {
	program, dir := faultyProgram(t)
	root := filepath.Join(dir, "root")
	t.Cleanup(func() { fstree.Remove(root) })
	if out, _ := runFaulty(t, program, "planter", root, "kill=0"); strings.Contains(out, "error") {
		t.Fatal(out)
	}
	want := objects(t, root)
	template := filepath.Join(dir, "template")
	clone(t, root, template)
	t.Cleanup(func() { fstree.Remove(template) })
	n := changesOf(t, program, "optimiser", root)
	altered := 0
	for _, at := range somePoints(n, 20) {
		fstree.Remove(root)
		clone(t, template, root)
		if _, ended := runFaulty(t, program, "optimiser", root, fmt.Sprint("kill=", at)); ended {
			t.Errorf("not killed before change %d of %d", at, n)
		}
		if !slices.Equal(objects(t, root), want) {
			altered++
		}
		if out, ended := runFaulty(t, program, "init", root, "kill=0"); !ended || strings.Contains(out, "error") {
			t.Errorf("opened after change %d: %s", at, out)
		}
		if got := objects(t, root); !slices.Equal(got, want) {
			t.Errorf("killed before change %d of %d:\n%s\nwas\n%s", at, n, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if list, err := os.ReadDir(filepath.Join(root, "nix/var/nix/sharing")); len(list) > 0 {
			t.Errorf("change %d: notes stay: %v, %v", at, list, err)
		}
	}
	if altered == 0 {
		t.Error("no optimiser was killed while it worked on a directory")
	}
	if out, ended := runFaulty(t, program, "collector", root, "kill=0"); !ended || strings.Contains(out, "error") {
		t.Error(out)
	}
	if list, err := os.ReadDir(filepath.Join(root, "nix/store")); len(list) != 1 || err != nil {
		t.Errorf("a collector leaves %v, %v", list, err)
	}
}

// TestOptimiserOnFullDisk has the disk become full before any of an optimiser's changes.
func TestOptimiserOnFullDisk(t *testing.T) {
	program, dir := faultyProgram(t)
	root := filepath.Join(dir, "root")
	t.Cleanup(func() { fstree.Remove(root) })
	if out, _ := runFaulty(t, program, "planter", root, "kill=0"); strings.Contains(out, "error") {
		t.Fatal(out)
	}
	want := objects(t, root)
	template := filepath.Join(dir, "template")
	clone(t, root, template)
	t.Cleanup(func() { fstree.Remove(template) })
	n := changesOf(t, program, "optimiser", root)
	refused := 0
	for _, at := range somePoints(n, 12) {
		fstree.Remove(root)
		clone(t, template, root)
		out, ended := runFaulty(t, program, "optimiser", root, fmt.Sprint("full=", at))
		if strings.Contains(out, "no space left on device") {
			refused++
		}
		if !ended || strings.Contains(out, "error:") && !strings.Contains(out, root) {
			t.Errorf("full from change %d on: ended %v: %s", at, ended, out)
		}
		if got := objects(t, root); !slices.Equal(got, want) {
			t.Errorf("full from change %d on:\n%s\nwas\n%s", at, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if refused == 0 {
		t.Error("no optimiser noticed")
	}
}

// TestLockedDatabase has another process write to the database for longer than anybody likes to wait in silence.
func TestLockedDatabase(t *testing.T) {
	m := &messages{}
	s := rooted(t, func(o *Options) { o.Activity = activity.NewRecorder(m, 0) })
	ctx := t.Context()
	if _, err := s.AddText(ctx, store.Text{Name: "one", Contents: []byte("text")}); err != nil {
		t.Fatal(err)
	}
	path := s.state("db", "db.sqlite")
	other, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() { done <- other.Write(ctx, func() error { close(held); <-release; return nil }) }()
	<-held
	if stats, err := s.Optimise(ctx); err != nil { // which only reads
		t.Error(stats, err)
	}
	if _, err := s.Verify(ctx, VerifyOptions{Contents: true}); err != nil {
		t.Error(err)
	}
	added := make(chan error)
	go func() {
		_, err := s.AddText(ctx, store.Text{Name: "two", Contents: []byte("text")})
		added <- err
	}()
	for !m.contains("waiting for the database \"" + path + "\", which another process has locked") {
		select {
		case err := <-added:
			t.Fatal("added to a locked database: ", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := <-added; err != nil {
		t.Error(err)
	}
	whole(t, s)
}
