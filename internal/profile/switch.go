package profile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Set makes target, a path in the store, the profile's current generation: a new one, unless the newest has that target
// already. addRoot makes a link that keeps target from being collected.
func Set(ctx context.Context, profile, target string, addRoot func(ctx context.Context, link string) error) error {
	list, _, err := Generations(profile)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(filepath.Dir(profile), 0o777)
	}
	if err != nil {
		return err
	}
	next := uint64(1)
	if n := len(list); n > 0 {
		last := list[n-1]
		if old, err := os.Readlink(last.Link); err == nil && old == target {
			return Switch(profile, last.Link)
		}
		next = last.Number + 1
	}
	link := fmt.Sprintf("%s-%d-link", profile, next)
	if err := addRoot(ctx, link); err != nil {
		return err
	}
	return Switch(profile, link)
}

// Switch makes the generation with a link the current one, in one step.
func Switch(profile, link string) error {
	if filepath.Dir(link) == filepath.Dir(profile) {
		link = filepath.Base(link)
	}
	for i := 0; ; i++ {
		fresh := fmt.Sprintf("%s.tmp-%d-%d", profile, os.Getpid(), i)
		err := os.Symlink(link, fresh)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.Rename(fresh, profile); err != nil {
			os.Remove(fresh)
			return err
		}
		return nil
	}
}
