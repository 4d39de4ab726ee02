package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"firn/internal/activity"
	"firn/internal/atomicfile"
	"firn/internal/filelock"
	"firn/internal/sqlite"
	"firn/internal/store/db"
)

// ready makes what is missing of the store's layout, once, and takes the shared
// lock that keeps others from changing the schema.
func (s *Store) ready(ctx context.Context) error {
	if s.o.ReadOnly {
		return errReadOnly
	}
	first, err := s.prepareOnce(ctx)
	if first && err == nil {
		s.finishSharing(ctx)
	}
	return s.remedied(err)
}

// prepareOnce does what is to be done once, and tells whether it did.
func (s *Store) prepareOnce(ctx context.Context) (first bool, err error) {
	if err := acquire(ctx, s.prepare); err != nil {
		return false, err
	}
	defer release(s.prepare)
	if s.prepared {
		return false, nil
	}
	if err := s.checkSymlinks(); err != nil {
		return true, err
	}
	if err := s.makeDirs(); err != nil {
		return true, err
	}
	if err := s.lockSchema(ctx); err != nil {
		return true, err
	}
	if err := s.ensureDatabase(ctx); err != nil {
		return true, err
	}
	s.prepared = true
	return true, nil
}

// makeDirs makes directories that do not exist. Permissions of those that do
// are not touched but for two: who may not change them can still use the store.
func (s *Store) makeDirs() error {
	for _, dir := range []string{
		s.o.Real, filepath.Join(s.o.Real, ".links"), s.state("temproots"), s.state("db"),
		s.state("profiles", "per-user"), s.state("gcroots", "per-user"),
	} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return fmt.Errorf("make store directory: %w", err)
		}
	}
	for _, dir := range []string{s.state("profiles", "per-user"), s.state("gcroots", "per-user")} {
		if st, err := os.Stat(dir); err != nil {
			return err
		} else if st.Mode().Perm() != 0o755 {
			if err := os.Chmod(dir, 0o755); err != nil {
				return err
			}
		}
	}
	s.reserve()
	return s.admitBuilders()
}

// admitBuilders lets builders make their outputs in the store directory.
func (s *Store) admitBuilders() error {
	if s.o.BuildGroup == "" || os.Geteuid() != 0 {
		return nil
	}
	g, err := user.LookupGroup(s.o.BuildGroup)
	if err != nil {
		s.log.Say(activity.Error, fmt.Sprintf("warning: the group '%s' specified in 'build-users-group' does not exist", s.o.BuildGroup))
		return nil
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return err
	}
	const mode = 0o1775
	var st unix.Stat_t
	if err := unix.Stat(s.o.Real, &st); err != nil {
		return &fs.PathError{Op: "stat", Path: s.o.Real, Err: err}
	}
	if st.Uid == 0 && int(st.Gid) == gid && st.Mode&0o7777 == mode {
		return nil
	}
	if err := os.Chown(s.o.Real, 0, gid); err != nil {
		return err
	}
	return os.Chmod(s.o.Real, fs.ModeSticky|0o775)
}

// checkSymlinks refuses a store directory that is reached through a link:
// builders would resolve it and record another path.
func (s *Store) checkSymlinks() error {
	if s.o.AllowSymlinks {
		return nil
	}
	for path := s.o.Real; path != "/"; path = filepath.Dir(path) {
		if st, err := os.Lstat(path); err == nil && st.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("the path \"%s\" is a symlink; this is not allowed for the Nix store and its parent directories", path)
		}
	}
	return nil
}

// reserve sets space aside, so that a collector can work when the disk is full.
// It is no failure if that cannot be done.
func (s *Store) reserve() {
	path := s.state("db", "reserved")
	if st, err := os.Stat(path); s.o.Reserved <= 0 || err == nil && st.Size() == s.o.Reserved {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	if f.Truncate(s.o.Reserved) == nil {
		allocate(f, s.o.Reserved)
	}
}

// lockSchema takes the big lock, shared.
func (s *Store) lockSchema(ctx context.Context) error {
	if s.bigLock != nil {
		return nil
	}
	path := s.state("db", "big-lock")
	f, err := filelock.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w\n\nThis command may have been run as non-root in a single-user Nix installation,\nor the Nix daemon may have crashed.", err)
	}
	if err != nil {
		return err
	}
	if err := s.lock(ctx, f, filelock.Shared, "waiting for the big Nix store lock..."); err != nil {
		f.Close()
		return err
	}
	s.bigLock = f
	return nil
}

// lock waits for a lock and says so.
func (s *Store) lock(ctx context.Context, f *filelock.File, mode filelock.Mode, waiting string) error {
	ok, err := f.Try(mode)
	if ok || err != nil {
		return err
	}
	s.log.Say(activity.Info, waiting)
	return f.Lock(ctx, mode)
}

// ensureDatabase makes the database if there is none.
func (s *Store) ensureDatabase(ctx context.Context) error {
	version, err := s.schema()
	if err != nil || version != 0 {
		return err
	}
	// Only one process makes it. Going from shared to exclusive by way of no lock
	// at all cannot end in two that wait for each other.
	err = s.bigLock.Unlock()
	for err == nil && version == 0 {
		var alone bool
		if alone, err = s.bigLock.Try(filelock.Exclusive); err != nil {
			break
		}
		if version, err = s.schema(); err != nil || version != 0 {
			break // another has made it, and may keep its lock as long as it lives
		}
		if alone {
			err = s.createDatabase()
			break
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if err == nil {
		err = s.bigLock.Lock(ctx, filelock.Shared)
	}
	if err != nil {
		s.bigLock.Close()
		s.bigLock = nil
	}
	return err
}

func (s *Store) createDatabase() error {
	d, err := s.openDB(sqlite.Create)
	if err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	return atomicfile.Write(s.state("db", "schema"), []byte(strconv.Itoa(db.SchemaVersion)), 0o644)
}

// schema returns the version of the store's schema, 0 if there is no store.
func (s *Store) schema() (int, error) {
	path := s.state("db", "schema")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(text)))
	switch {
	case err != nil || version < 1:
		return 0, fmt.Errorf("\"%s\" is corrupt", path)
	case version > db.SchemaVersion:
		return 0, fmt.Errorf("current Nix store schema is version %d, but I only support %d", version, db.SchemaVersion)
	case version < db.SchemaVersion:
		return 0, fmt.Errorf("current Nix store schema is version %d, which is older than %d; use the store once with Nix, which brings it up to date", version, db.SchemaVersion)
	}
	return version, nil
}
