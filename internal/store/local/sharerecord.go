package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"firn/internal/activity"
	"firn/internal/filelock"
	"firn/internal/format/storepath"
	"firn/internal/store/fstree"
)

// Putting a link into a directory of an object changes the directory's time and, for who is not root, needs it to be
// writable for the moment. So whoever shares files of valid paths first writes down which: base names, a line each, in
// a file that it holds locked and removes at the end. A file that nobody holds is a dead process's: the next to open the
// store puts the directories of these paths right.

func (s *Store) sharingDir() string { return s.state("sharing") }

// shareRecord is what this process has written down.
type shareRecord struct {
	s    *Store
	file *filelock.File
}

func (s *Store) newShareRecord(ctx context.Context) (*shareRecord, error) {
	if err := os.MkdirAll(s.sharingDir(), 0o777); err != nil {
		return nil, fmt.Errorf("make store directory: %w", err)
	}
	for {
		path := filepath.Join(s.sharingDir(), strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(rand.Uint64(), 36))
		f, err := filelock.Open(path)
		if err != nil {
			return nil, err
		}
		if err := f.Lock(ctx, filelock.Exclusive); err != nil {
			f.Close()
			return nil, err
		}
		// Another may have taken it for a dead process's before it was locked.
		if _, err := os.Lstat(path); err == nil {
			return &shareRecord{s, f}, nil
		}
		f.Close()
	}
}

// add writes paths down, durably if the store is.
func (r *shareRecord) add(paths []storepath.Path) error {
	var text strings.Builder
	for _, p := range paths {
		text.WriteString(string(p) + "\n")
	}
	err := r.file.Append([]byte(text.String()))
	if err == nil && r.s.o.Durability == Durable {
		err = fstree.Sync(r.file.Path())
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("%w\nSharing files needs a little room for notes; delete garbage first, with `nix-store --gc`", err)
	}
	return err
}

// close ends the sharing. What was written down is forgotten if all of it is in order.
func (r *shareRecord) close(inOrder bool) error {
	defer r.file.Close()
	if !inOrder {
		return nil
	}
	if r.s.o.Durability == Durable {
		if err := fstree.SyncAll(r.s.o.Real); err != nil {
			return err
		}
	}
	return os.Remove(r.file.Path())
}

// finishSharing puts right what processes left that died while they shared files. What cannot be put right now is left
// to others: it keeps nobody from using the store.
func (s *Store) finishSharing(ctx context.Context) {
	list, _ := os.ReadDir(s.sharingDir())
	for _, e := range list {
		path := filepath.Join(s.sharingDir(), e.Name())
		if err := s.finishShared(ctx, path); err != nil && !errors.Is(err, fs.ErrPermission) {
			s.say(activity.Warn, fmt.Sprintf("cannot put right the directories that \"%s\" lists: %v", path, err))
		}
	}
}

func (s *Store) finishShared(ctx context.Context, path string) error {
	f, err := filelock.Reopen(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if dead, err := f.Try(filelock.Exclusive); !dead || err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		p, err := storepath.ParseBase(strings.TrimSuffix(line, "\n"))
		if err != nil || !strings.HasSuffix(line, "\n") {
			continue // what was being written when the process died was not begun
		}
		if err := s.restoreDirs(ctx, p); err != nil {
			return err
		}
	}
	return os.Remove(path)
}

// restoreDirs gives the directories of a valid path the metadata that they should have. Those of one that is not valid
// belong to whoever makes it.
func (s *Store) restoreDirs(ctx context.Context, p storepath.Path) error {
	if err := s.AddTempRoots(ctx, p); err != nil {
		return err
	}
	if ok, err := s.IsValid(ctx, p); !ok || err != nil {
		return err
	}
	return filepath.WalkDir(s.RealPath(p), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return restoreDir(path, d)
	})
}

// restoreDir gives a directory canonical metadata if it has other.
func restoreDir(path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil || info.Mode().Perm() == 0o555 && info.ModTime().Unix() == 1 {
		return err
	}
	return fstree.CanonicaliseDir(path)
}
