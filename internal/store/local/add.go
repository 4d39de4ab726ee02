package local

import (
	"context"
	"fmt"
	"os"

	"firn/internal/filelock"
	"firn/internal/format/storepath"
	"firn/internal/store/fstree"
)

// add makes a path: make writes the object at the place it is given and returns
// what is to be registered. It does nothing if the path is valid already, unless
// that is to be repaired.
func (s *Store) add(ctx context.Context, p storepath.Path, repair bool, make func(dest string) (entry, error)) error {
	return s.remedied(s.addLocked(ctx, p, repair, make))
}

func (s *Store) addLocked(ctx context.Context, p storepath.Path, repair bool, make func(dest string) (entry, error)) error {
	if err := s.AddTempRoots(ctx, p); err != nil {
		return err
	}
	valid, err := s.IsValid(ctx, p)
	if err != nil || valid && !repair {
		return err
	}
	if s.o.ReadOnly {
		return s.refuse("path '" + s.o.Dir.Join(p) + "'")
	}
	if err := s.KeepFree(ctx); err != nil {
		return err
	}
	real := s.RealPath(p)
	lock, err := filelock.LockPath(ctx, real, nil)
	if err != nil {
		return err
	}
	defer lock.Release()
	// Another process may have made it while we waited.
	if valid, err = s.IsValid(ctx, p); err != nil || valid && !repair {
		return err
	}
	if valid {
		return s.replace(ctx, p, make)
	}
	if _, err := fstree.Remove(real); err != nil {
		return err
	}
	e, err := make(real)
	if err == nil {
		err = s.shareNew(ctx, real)
	}
	if err == nil {
		err = s.register(ctx, []entry{e})
	}
	if err != nil {
		s.removeInvalid(ctx, p)
	}
	return err
}

// removeInvalid removes the files of a path whose lock the caller holds, unless
// it is valid.
func (s *Store) removeInvalid(ctx context.Context, p storepath.Path) {
	if valid, err := s.IsValid(context.WithoutCancel(ctx), p); err == nil && !valid {
		fstree.Remove(s.RealPath(p))
	}
}

// repairSuffix is added to a path's name for what is to replace it. Like a lock, it is kept from collectors by whatever
// keeps the path.
const repairSuffix = ".repair"

// replace makes a valid path anew beside it and then exchanges the two, so that there is one at every moment.
func (s *Store) replace(ctx context.Context, p storepath.Path, make func(dest string) (entry, error)) error {
	real := s.RealPath(p)
	fresh := real + repairSuffix
	if _, err := fstree.Remove(fresh); err != nil { // of a process that died
		return err
	}
	defer fstree.Remove(fresh)
	e, err := make(fresh)
	if err != nil {
		return err
	}
	if err := s.shareFiles(ctx, fresh, true); err != nil {
		return err
	}
	if err := fstree.Exchange(fresh, real); err != nil {
		return err
	}
	return s.register(ctx, []entry{e})
}

// tempDir is a directory for what has no store path yet. While it is locked a
// collector leaves it alone.
type tempDir struct {
	path string
	lock *filelock.File
}

func (s *Store) tempDir(ctx context.Context) (*tempDir, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	for {
		path, err := os.MkdirTemp(s.o.Real, fmt.Sprintf("tmp-%d-", os.Getpid()))
		if err != nil {
			return nil, err
		}
		// A collector may take it before we have locked it.
		lock, err := filelock.OpenDir(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := lock.Lock(ctx, filelock.Exclusive); err != nil {
			lock.Close()
			return nil, err
		}
		if _, err := os.Lstat(path); err == nil {
			return &tempDir{path, lock}, nil
		}
		lock.Close()
	}
}

func (t *tempDir) remove() {
	fstree.Remove(t.path)
	t.lock.Close()
}
