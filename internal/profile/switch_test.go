package profile

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSet(t *testing.T) {
	dir := t.TempDir()
	profile := filepath.Join(dir, "below", "profile")
	for _, c := range []struct {
		target, current string
		generations     []uint64
	}{
		{"/nix/store/a", "profile-1-link", []uint64{1}},
		{"/nix/store/a", "profile-1-link", []uint64{1}},
		{"/nix/store/b", "profile-2-link", []uint64{1, 2}},
		{"/nix/store/a", "profile-3-link", []uint64{1, 2, 3}},
	} {
		err := Set(t.Context(), profile, c.target, func(_ context.Context, link string) error { return os.Symlink(c.target, link) })
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(profile); got != c.current || err != nil {
			t.Errorf("%s: the profile leads to %s, %v", c.target, got, err)
		}
		list, _, err := Generations(profile)
		var numbers []uint64
		for _, g := range list {
			numbers = append(numbers, g.Number)
		}
		if !slices.Equal(numbers, c.generations) || err != nil {
			t.Errorf("%s: generations %v, %v", c.target, numbers, err)
		}
	}
	if rest, _ := filepath.Glob(profile + ".tmp*"); len(rest) > 0 {
		t.Errorf("left behind: %v", rest)
	}
}
