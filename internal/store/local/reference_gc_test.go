//go:build linux

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sameDead compares what is alive and dead, as both programs see it.
func sameDead(t *testing.T) {
	root := t.TempDir()
	g := plant(t, at(t, root, nil))
	fillReference(t, root, sampleTree(t))
	stranger := sample(1)[0]
	os.WriteFile(g.RealPath(stranger), nil, 0o444)
	os.WriteFile(g.RealPath(stranger)+".lock", nil, 0o444)
	link := filepath.Join(root, "result")
	os.Symlink(g.Dir().Join(g.out), link)
	os.MkdirAll(g.state("gcroots", "auto"), 0o755)
	os.Symlink(link, g.state("gcroots", "auto", "00000000000000000000000000000000"))
	os.Symlink(g.Dir().Join(g.app)+"/bin/x", g.state("profiles", "inside"))
	ctx := t.Context()
	for _, o := range []CollectOptions{{}, {KeepOutputs: true}, {KeepDerivations: true}, {KeepOutputs: true, KeepDerivations: true}} {
		options := []string{"--option", "keep-outputs", fmt.Sprint(o.KeepOutputs), "--option", "keep-derivations", fmt.Sprint(o.KeepDerivations)}
		lines := func(what string) []string {
			list := strings.Fields(nix(t, root, "nix-store", append([]string{"--gc", what}, options...)...))
			slices.Sort(list)
			return list
		}
		o.DryRun = true
		got, err := g.Collect(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got.Deleted)
		if want := lines("--print-dead"); !slices.Equal(got.Deleted, want) {
			t.Errorf("%+v: dead %q\nthe reference says %q", o, got.Deleted, want)
		}
		var alive []string
		for _, p := range got.Alive {
			alive = append(alive, g.Dir().Join(p))
		}
		if want := lines("--print-live"); !slices.Equal(alive, want) {
			t.Errorf("%+v: alive %q\nthe reference says %q", o, alive, want)
		}
	}
	roots, err := g.FindRoots(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for p, names := range roots {
		for _, n := range names {
			got = append(got, fmt.Sprintf("%q -> %s", n, g.Dir().Join(p)))
		}
	}
	slices.Sort(got)
	want := strings.Split(strings.TrimSpace(nix(t, root, "nix-store", "--gc", "--print-roots")), "\n")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("roots %q\nthe reference says %q", got, want)
	}
}

// referenceWritesWhileWeCollect lets the reference add paths under our collector.
func referenceWritesWhileWeCollect(t *testing.T) {
	root := t.TempDir()
	s := at(t, root, nil)
	if err := s.ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	done := make(chan error)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				if n < 2 {
					done <- errors.New("the reference was done before we had collected twice")
				} else {
					done <- nil
				}
				return
			default:
			}
			if _, err := s.Collect(context.Background(), CollectOptions{MaxFreed: Unlimited}); err != nil {
				done <- err
				return
			}
		}
	}()
	tree := sampleTree(t)
	for i := range 6 {
		// Each ends by using, in the same process, everything that it has added.
		_, err := nixMayFail(root, "nix-instantiate", "-E", fmt.Sprintf(
			`builtins.genList (i: derivation { name = "n"; system = "x"; builder = "/b"; round = %d; src = %s; t = builtins.toFile "t" "${toString i}"; }) 40`, i%2, tree))
		if err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	nix(t, root, "nix-store", "--verify", "--check-contents")
	nix(t, root, "nix-store", "--gc")
	onlyObjects(t, s)
}

// sameLinks compares what both programs share.
func sameLinks(t *testing.T) {
	ourRoot, theirRoot, tree := t.TempDir(), t.TempDir(), sampleTree(t)
	ours, theirs := at(t, ourRoot, nil), at(t, theirRoot, nil)
	fill(t, ours, tree)
	fillReference(t, theirRoot, tree)
	if _, err := ours.Optimise(t.Context()); err != nil {
		t.Fatal(err)
	}
	nix(t, theirRoot, "nix-store", "--optimise")
	a, b := files(t, ours.linksDir()), files(t, theirs.linksDir())
	if !slices.Equal(a, b) {
		t.Errorf("shared files %q\nthe reference has %q", a, b)
	}
	nix(t, ourRoot, "nix-store", "--verify", "--check-contents")
	if bad, err := theirs.Verify(t.Context(), VerifyOptions{Contents: true}); bad || err != nil {
		t.Errorf("the reference's store: bad %v, %v", bad, err)
	}
	if stats, err := theirs.Optimise(t.Context()); err != nil || stats.Files != 0 {
		t.Errorf("shared %+v more, %v", stats, err)
	}
}
