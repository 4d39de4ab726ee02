package profile

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// numbers are those of generations.
func numbers(list []Generation) (ns []uint64) {
	for _, g := range list {
		ns = append(ns, g.Number)
	}
	return ns
}

func TestGenerations(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "per-user")
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(sub, "system")
	for _, n := range []string{"1", "2", "10", "11"} {
		if err := os.Symlink("/nix/store/x", p+"-"+n+"-link"); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"system-x-link", "systemd-3-link"} {
		if err := os.Symlink("/nix/store/x", filepath.Join(sub, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("system-10-link", p); err != nil {
		t.Fatal(err)
	}
	list, current, err := Generations(p)
	if err != nil || current != 10 || !slices.Equal(numbers(list), []uint64{1, 2, 10, 11}) {
		t.Fatalf("generations %v, current %d, %v", numbers(list), current, err)
	}
	found, err := Find(dir)
	if err != nil || !slices.Equal(found, []string{p}) {
		t.Errorf("found %v, %v", found, err)
	}
	if got := numbers(Old(list, current)); !slices.Equal(got, []uint64{1, 2, 11}) {
		t.Errorf("old: %v", got)
	}
	now := time.Unix(1e9, 0)
	for i := range list {
		list[i].Created = now.Add(time.Duration(i) * time.Hour)
	}
	for _, c := range []struct {
		before time.Duration
		want   []uint64
	}{{0, nil}, {time.Minute, nil}, {90 * time.Minute, []uint64{1}}, {150 * time.Minute, []uint64{1, 2}}, {5 * time.Hour, []uint64{1, 2}}} {
		if got := numbers(OlderThan(list, current, now.Add(c.before))); !slices.Equal(got, c.want) {
			t.Errorf("older than %v: %v, want %v", c.before, got, c.want)
		}
	}
	if err := Delete(Old(list, current)); err != nil {
		t.Fatal(err)
	}
	if list, _, _ = Generations(p); !slices.Equal(numbers(list), []uint64{10}) {
		t.Errorf("left: %v", numbers(list))
	}
}
