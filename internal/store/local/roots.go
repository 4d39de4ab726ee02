package local

import (
	"context"
	"crypto/sha1"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"firn/internal/atomicfile"
	"firn/internal/filelock"
	"firn/internal/format/nixbase32"
	"firn/internal/format/storepath"
)

// tempRoots are the roots of this store in this process, in a file that is held
// locked while it is open. A path in full and a zero byte each.
//
// Nix: its file is named by the process id alone. A collector reads all names,
// and one that nobody has used before cannot be taken away by a collector that
// has just found the file before it abandoned.
type tempRoots struct {
	busy   chan struct{} // holds a token while someone works on the rest
	file   *filelock.File
	gcLock *filelock.File
	gc     *collector // a running one that we talk to
	known  map[storepath.Path]struct{}
}

func (t *tempRoots) close() (err error) {
	if t.gc != nil {
		t.gc.close()
		t.gc = nil
	}
	if t.gcLock != nil {
		err = t.gcLock.Close()
		t.gcLock = nil
	}
	if t.file != nil {
		os.Remove(t.file.Path())
		if e := t.file.Close(); err == nil {
			err = e
		}
		t.file = nil
	}
	t.known = nil
	return err
}

// ownRoots returns the name of this process's file, "" if there is none.
func (s *Store) ownRoots(ctx context.Context) (string, error) {
	if err := acquire(ctx, s.temp.busy); err != nil {
		return "", err
	}
	defer release(s.temp.busy)
	if s.temp.file == nil {
		return "", nil
	}
	return s.temp.file.Path(), nil
}

// AddTempRoots implements [store.Roots].
func (s *Store) AddTempRoots(ctx context.Context, paths ...storepath.Path) error {
	if s.o.ReadOnly {
		return nil // nothing can be deleted by us, and nobody can be told
	}
	if len(paths) == 0 {
		return nil
	}
	if err := s.ready(ctx); err != nil { // which may add roots itself
		return err
	}
	t := &s.temp
	if err := acquire(ctx, t.busy); err != nil {
		return err
	}
	defer release(t.busy)
	var text strings.Builder
	for _, p := range paths {
		if _, known := t.known[p]; !known {
			text.WriteString(s.o.Dir.Join(p))
			text.WriteByte(0)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	if err := s.openTempRoots(ctx); err != nil {
		return err
	}
	if err := s.recordRoots(ctx, text.String()); err != nil {
		return err
	}
	if t.known == nil {
		t.known = make(map[storepath.Path]struct{})
	}
	for _, p := range paths {
		t.known[p] = struct{}{}
	}
	return nil
}

// openTempRoots makes the file of this process's roots.
func (s *Store) openTempRoots(ctx context.Context) error {
	t := &s.temp
	if t.file != nil {
		return nil
	}
	if t.gcLock == nil {
		f, err := filelock.Open(s.state("gc.lock"))
		if err != nil {
			return err
		}
		t.gcLock = f
	}
	for {
		path := s.state("temproots", strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(rand.Uint64(), 36))
		f, err := filelock.Open(path)
		if err != nil {
			return err
		}
		if err := f.Lock(ctx, filelock.Exclusive); err != nil {
			f.Close()
			return err
		}
		// A collector that took the file for a dead process's, before we had it
		// locked, has unlinked it and written into it.
		if size, err := f.Size(); err != nil {
			f.Close()
			return err
		} else if size == 0 {
			t.file = f
			return nil
		}
		f.Close()
	}
}

// recordRoots writes roots to the file, for collectors to come, and tells the
// one that runs, if one does.
//
// Nix: it writes to the file last, so a second collector that starts between
// the answer of the first and the writing would not know the root.
func (s *Store) recordRoots(ctx context.Context, text string) error {
	t := &s.temp
	if err := t.file.Append([]byte(text)); err != nil {
		return err
	}
	for {
		ok, err := t.gcLock.Try(filelock.Shared)
		if err != nil {
			return err
		}
		if ok { // none runs, and the next will read the file
			return t.gcLock.Unlock()
		}
		if told, err := s.tellCollector(ctx, text); told || err != nil {
			return err
		}
		// It has ended, or does not listen yet.
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// AddIndirectRoot implements [store.Roots].
func (s *Store) AddIndirectRoot(ctx context.Context, link string) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	link = filepath.Clean(link)
	if !filepath.IsAbs(link) {
		return fmt.Errorf("add indirect root: \"%s\" is not an absolute path", link)
	}
	sum := sha1.Sum([]byte(link))
	auto := s.state("gcroots", "auto")
	if err := os.MkdirAll(auto, 0o777); err != nil {
		return err
	}
	return atomicfile.Symlink(link, filepath.Join(auto, nixbase32.EncodeToString(sum[:])))
}

// AddPermRoot implements [store.Roots].
func (s *Store) AddPermRoot(ctx context.Context, p storepath.Path, link string) (string, error) {
	link = filepath.Clean(link)
	if s.inStore(link) {
		return "", fmt.Errorf("creating a garbage collector root (\"%s\") in the Nix store is forbidden "+
			"(are you running nix-build inside the store?)", link)
	}
	if err := s.AddTempRoots(ctx, p); err != nil {
		return "", err
	}
	if st, err := os.Lstat(link); err == nil {
		target, _ := os.Readlink(link)
		if st.Mode()&fs.ModeSymlink == 0 || !s.inStore(target) {
			return "", fmt.Errorf("cannot create symlink \"%s\"; already exists", link)
		}
	}
	if err := os.MkdirAll(filepath.Dir(link), 0o777); err != nil {
		return "", err
	}
	if err := atomicfile.Symlink(s.o.Dir.Join(p), link); err != nil {
		return "", err
	}
	if err := s.AddIndirectRoot(ctx, link); err != nil {
		return link, err
	}
	return link, s.tellAgain(ctx, p)
}

// tellAgain tells a running collector of a temporary root that it may not have
// seen: it looked for links before there was one, and for temporary roots it may
// look when this process has ended.
func (s *Store) tellAgain(ctx context.Context, p storepath.Path) error {
	if err := acquire(ctx, s.temp.busy); err != nil {
		return err
	}
	defer release(s.temp.busy)
	return s.recordRoots(ctx, s.o.Dir.Join(p)+"\x00")
}

// inStore tells whether a path is below the logical store directory.
func (s *Store) inStore(path string) bool {
	return strings.HasPrefix(path, string(s.o.Dir)+"/")
}
