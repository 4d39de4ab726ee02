//go:build linux

package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// infosOf returns what a store knows of all its paths.
func infosOf(ctx context.Context, s *Store) (infos []*pathinfo.Info, err error) {
	all, err := s.AllPaths(ctx)
	for _, p := range all {
		info, err := s.PathInfo(ctx, p)
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, err
}

// copyAll copies everything from the store beside this one, as an import does: a lot of small archives, and single ones.
func copyAll(s *Store) error {
	ctx := context.Background()
	o := Rooted(strings.TrimSuffix(s.o.Real, "/nix/store") + ".from")
	o.AllowSymlinks, o.ReadOnly = true, true
	from, err := New(o)
	if err != nil {
		return err
	}
	infos, err := infosOf(ctx, from)
	if err == nil {
		err = store.Copy(ctx, from, s, infos, store.CopyOptions{})
	}
	if err != nil {
		return err
	}
	for _, info := range infos {
		fmt.Println(info.Path)
	}
	return nil
}

// repairAll replaces all objects by equal ones.
func repairAll(s *Store) error {
	ctx := context.Background()
	infos, err := infosOf(ctx, s)
	for _, info := range infos {
		var archive bytes.Buffer
		err = errors.Join(err, s.WriteNAR(ctx, info.Path, &archive))
		err = errors.Join(err, s.AddNAR(ctx, info, &archive, store.AddOptions{Repair: true}))
	}
	return err
}

// TestKilledAnywhere kills what adds, copies, repairs and collects before any of the changes that it makes.
func TestKilledAnywhere(t *testing.T) {
	for role, prepared := range map[string]string{"sampler": "", "copier": ".from", "repairer": "/.", "collector": "/."} {
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
			for _, at := range somePoints(n, 10) {
				fstree.Remove(root)
				clone(t, template, root)
				out, ended := runFaulty(t, program, role, root, fmt.Sprint("kill=", at))
				if ended {
					t.Errorf("not killed before change %d of %d: %s", at, n, out)
				}
				inOrder(t, program, role, root, out)
			}
		})
	}
}

// clone copies a store, if there is one.
func clone(t *testing.T, from, to string) {
	t.Helper()
	if _, err := os.Lstat(from); err != nil {
		return
	}
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// inOrder checks a store in which a role that printed out was killed, and that the role can be carried out after all.
func inOrder(t *testing.T, program, role, root, out string) {
	t.Helper()
	check := func() map[storepath.Path]bool {
		t.Helper()
		o := Rooted(root)
		o.AllowSymlinks = true
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return whole(t, s)
	}
	valid := check()
	for line := range strings.Lines(out) {
		if p, err := storepath.ParseBase(strings.TrimSpace(line)); err == nil && !valid[p] {
			t.Errorf("%s was reported and is not valid", p)
		}
	}
	if again, ended := runFaulty(t, program, role, root, "kill=0"); !ended || strings.Contains(again, "error:") {
		t.Errorf("again: %s", again)
	}
	check()
	if again, ended := runFaulty(t, program, "collector", root, "kill=0"); !ended || strings.Contains(again, "error:") {
		t.Errorf("collector: %s", again)
	}
	if list, err := os.ReadDir(filepath.Join(root, "nix/store")); len(list) != 1 || err != nil {
		t.Errorf("a collector leaves %v, %v", list, err)
	}
	for _, dir := range []string{"temproots", "sharing"} {
		if list, _ := os.ReadDir(filepath.Join(root, "nix/var/nix", dir)); len(list) != 0 {
			t.Errorf("%s: %v", dir, list)
		}
	}
}
