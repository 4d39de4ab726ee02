package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"firn/internal/activity"
	"firn/internal/filelock"
	"firn/internal/format/storepath"
	"firn/internal/store/db"
)

// FoundRoots are roots by the path that they keep: for each the names of the
// links and processes that do, sorted.
type FoundRoots map[storepath.Path][]string

func (r FoundRoots) add(p storepath.Path, name string) {
	if i, found := slices.BinarySearch(r[p], name); !found {
		r[p] = slices.Insert(r[p], i, name)
	}
}

// censored stands for what other users' processes do.
const censored = "{censored}"

// FindRoots returns every root of the store. censor hides which processes use
// a path.
func (s *Store) FindRoots(ctx context.Context, censor bool) (FoundRoots, error) {
	roots, err := s.permanentRoots(ctx, censor)
	if err != nil {
		return nil, err
	}
	err = s.eachTempRoot(ctx, func(p storepath.Path, process string) {
		name := "{temp:" + process + "}"
		if censor {
			name = censored
		}
		roots.add(p, name)
	})
	return roots, err
}

// permanentRoots returns all roots but the temporary ones. What they point to
// is valid.
func (s *Store) permanentRoots(ctx context.Context, censor bool) (FoundRoots, error) {
	f := rootFinder{s: s, found: FoundRoots{}}
	f.search(s.state("gcroots"))
	f.search(s.state("profiles"))
	if f.err != nil {
		return nil, f.err
	}
	processes := FoundRoots{}
	s.processRoots(processes)
	for p, names := range processes {
		for _, name := range names {
			if censor {
				name = censored
			}
			f.candidates = append(f.candidates, candidate{p: p, name: name})
		}
	}
	return f.found, f.keepValid(ctx)
}

// rootFinder searches directories for links into the store.
type rootFinder struct {
	s          *Store
	found      FoundRoots
	candidates []candidate
	err        error
}

// candidate is a root whose path may not be valid.
type candidate struct {
	p      storepath.Path
	name   string // of the root
	target string // of its link, "" if it is no link
}

// search looks at a file and, if it is a directory, at everything in it.
func (f *rootFinder) search(path string) {
	if f.err != nil {
		return
	}
	st, err := os.Lstat(path)
	switch {
	case err != nil:
		f.unreadable(path, err)
	case st.IsDir():
		list, err := os.ReadDir(path)
		if err != nil {
			f.unreadable(path, err)
		}
		for _, e := range list {
			f.search(filepath.Join(path, e.Name()))
		}
	case st.Mode()&fs.ModeSymlink != 0:
		f.link(path)
	case st.Mode().IsRegular():
		if p, err := storepath.ParseBase(filepath.Base(path)); err == nil {
			f.candidates = append(f.candidates, candidate{p: p, name: path})
		}
	}
}

// link looks at a link: into the store, or to a link elsewhere that leads there.
func (f *rootFinder) link(path string) {
	target, err := os.Readlink(path)
	if err != nil {
		f.unreadable(path, err)
		return
	}
	if f.s.inStore(target) {
		f.target(path, target)
		return
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	st, err := os.Lstat(target)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if strings.HasPrefix(path, f.s.state("gcroots", "auto")+"/") && !f.s.o.ReadOnly {
			f.s.log.Say(activity.Info, fmt.Sprintf("removing stale link from \"%s\" to \"%s\"", path, target))
			os.Remove(path)
		}
		return
	}
	if err != nil {
		f.unreadable(path, err)
		return
	}
	if st.Mode()&fs.ModeSymlink == 0 {
		return
	}
	second, err := os.Readlink(target)
	if err != nil {
		f.unreadable(target, err)
	} else if f.s.inStore(second) {
		f.target(target, second)
	}
}

func (f *rootFinder) target(root, target string) {
	if p, _, err := f.s.o.Dir.ParseInside(target); err == nil {
		f.candidates = append(f.candidates, candidate{p, root, target})
	}
}

// unreadable ignores what will stay unreadable.
func (f *rootFinder) unreadable(path string, err error) {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		f.s.log.Say(activity.Info, fmt.Sprintf("cannot read potential root \"%s\"", path))
		return
	}
	f.err = fmt.Errorf("find roots: %w", err)
}

// keepValid sorts out candidates whose paths are not valid.
func (f *rootFinder) keepValid(ctx context.Context) error {
	valid := map[storepath.Path]bool{}
	err := f.s.read(ctx, func(d *db.DB) error {
		for _, c := range f.candidates {
			if _, asked := valid[c.p]; asked {
				continue
			}
			ok, err := d.IsValid(c.p)
			if err != nil {
				return err
			}
			valid[c.p] = ok
		}
		return nil
	})
	for _, c := range f.candidates {
		if valid[c.p] {
			f.found.add(c.p, c.name)
		} else if c.target != "" {
			f.s.log.Say(activity.Info, fmt.Sprintf("skipping invalid root from \"%s\" to \"%s\"", c.name, c.target))
		}
	}
	return err
}

// eachTempRoot calls f for the temporary roots of all living processes, and
// removes the files of dead ones.
func (s *Store) eachTempRoot(ctx context.Context, f func(p storepath.Path, process string)) error {
	own, err := s.ownRoots(ctx)
	if err != nil {
		return err
	}
	list, err := os.ReadDir(s.state("temproots"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		if strings.HasPrefix(e.Name(), ".") {
			continue // of package managers that keep the directory
		}
		text, err := s.readTempRoots(s.state("temproots", e.Name()), own)
		if err != nil {
			return err
		}
		for root := range strings.SplitSeq(text, "\x00") {
			if p, err := s.o.Dir.Parse(root); err == nil {
				f(p, e.Name())
			}
		}
	}
	return nil
}

// readTempRoots returns the contents of a process's file, "" if it is dead.
func (s *Store) readTempRoots(path, own string) (string, error) {
	if path == own {
		text, err := os.ReadFile(path)
		return string(text), err
	}
	f, err := filelock.Reopen(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read temporary roots: %w", err)
	}
	defer f.Close()
	dead, err := f.Try(filelock.Exclusive)
	if err != nil {
		return "", err
	}
	if dead && !s.o.ReadOnly {
		s.log.Say(activity.Info, fmt.Sprintf("removing stale temporary roots file \"%s\"", path))
		os.Remove(path)
		return "", f.Append([]byte{'d'})
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}
