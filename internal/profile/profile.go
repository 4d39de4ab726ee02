// Package profile is about profiles: links to packages, environments or systems
// whose former targets stay around as numbered generations.
//
// A profile at PATH is a link to PATH-N-link, its current generation; each
// PATH-N-link is a link to a store path and keeps it from being collected. The
// age of a generation is that of its link.
package profile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Generation is one of the states that a profile had.
type Generation struct {
	Number  uint64
	Link    string // its path
	Created time.Time
}

// Generations returns those of a profile, oldest first, and the number of the
// current one, 0 if there is none.
func Generations(profile string) (list []Generation, current uint64, err error) {
	entries, err := os.ReadDir(filepath.Dir(profile))
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		n, ok := number(filepath.Base(profile), e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, 0, err
		}
		list = append(list, Generation{Number: n, Link: filepath.Join(filepath.Dir(profile), e.Name()), Created: info.ModTime()})
	}
	slices.SortFunc(list, func(a, b Generation) int {
		switch {
		case a.Number < b.Number:
			return -1
		case a.Number > b.Number:
			return 1
		}
		return 0
	})
	target, err := os.Readlink(profile)
	if errors.Is(err, fs.ErrNotExist) {
		return list, 0, nil
	}
	current, _ = number(filepath.Base(profile), filepath.Base(target))
	return list, current, err
}

// number reads the N of NAME-N-link.
func number(name, link string) (uint64, bool) {
	rest, ok := strings.CutPrefix(link, name+"-")
	rest, ok2 := strings.CutSuffix(rest, "-link")
	n, err := strconv.ParseUint(rest, 10, 64)
	return n, ok && ok2 && err == nil
}

// Old returns the generations other than the current one.
func Old(list []Generation, current uint64) (old []Generation) {
	for _, g := range list {
		if g.Number != current {
			old = append(old, g)
		}
	}
	return old
}

// OlderThan returns the generations that were given up before t: all that were
// made before it but for the last of them, which was the current one then, and
// the one that is current now.
func OlderThan(list []Generation, current uint64, t time.Time) (old []Generation) {
	last := -1
	for i, g := range list {
		if g.Created.Before(t) {
			last = i
		}
	}
	if last < 0 {
		return nil
	}
	return Old(list[:last], current)
}

// Find returns the profiles in a directory and the directories below it. What
// may not be written is left out.
func Find(dir string) (profiles []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			below, err := Find(path)
			if err != nil {
				return nil, err
			}
			profiles = append(profiles, below...)
		case e.Type() == fs.ModeSymlink:
			// A generation's link leads into the store, a profile's to a generation.
			target, err := os.Readlink(path)
			if _, ok := number(e.Name(), filepath.Base(target)); err == nil && ok {
				profiles = append(profiles, path)
			}
		}
	}
	return profiles, nil
}

// Delete deletes generations; what they kept can be collected then.
func Delete(list []Generation) error {
	for _, g := range list {
		if err := os.Remove(g.Link); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
