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
	"syscall"

	"firn/internal/activity"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/store/fstree"
)

// Files, and links, of equal contents and mode are shared: .links has each once, under the
// nix32 SHA-256 of its archive, and objects have hard links to it.

func (s *Store) linksDir() string { return filepath.Join(s.o.Real, ".links") }

// OptimiseStats say what sharing gained.
type OptimiseStats struct {
	Files uint64 // that were replaced
	Freed uint64 // bytes
}

// Optimise shares the files of all valid paths.
func (s *Store) Optimise(ctx context.Context) (OptimiseStats, error) {
	if err := s.ready(ctx); err != nil {
		return OptimiseStats{}, err
	}
	act := s.log.Start(activity.OptimiseStore, activity.Info, "")
	defer act.Stop()
	all, err := s.AllPaths(ctx)
	if err != nil {
		return OptimiseStats{}, err
	}
	l, err := s.newLinker(act)
	if err != nil {
		return OptimiseStats{}, err
	}
	for n, p := range all {
		act.Report(activity.Progress{Done: uint64(n), Expected: uint64(len(all))})
		if err := s.AddTempRoots(ctx, p); err != nil {
			return l.stats, err
		}
		if ok, err := s.IsValid(ctx, p); err != nil {
			return l.stats, err
		} else if !ok {
			continue // it was collected meanwhile
		}
		if err := l.share(ctx, s.RealPath(p)); err != nil {
			return l.stats, err
		}
	}
	act.Report(activity.Progress{Done: uint64(len(all)), Expected: uint64(len(all))})
	return l.stats, nil
}

// shareNew shares the files of an object that was just made, if the store does
// that.
func (s *Store) shareNew(ctx context.Context, path string) error {
	return s.shareFiles(ctx, path, false)
}

// shareFiles is shareNew. With check, shared files are not trusted to have the
// contents that their names say: the object that was repaired may have been
// damaged through one of them.
func (s *Store) shareFiles(ctx context.Context, path string, check bool) error {
	if !s.o.AutoOptimise {
		return nil
	}
	l := &linker{s: s, shared: make(map[uint64]struct{}), check: check}
	return l.share(ctx, path)
}

// linker replaces files by links to shared ones.
type linker struct {
	s      *Store
	act    *activity.Activity
	shared map[uint64]struct{} // inodes that .links has
	check  bool                // compare contents of shared files with their names
	stats  OptimiseStats
}

func (s *Store) newLinker(act *activity.Activity) (*linker, error) {
	l := &linker{s: s, act: act, shared: make(map[uint64]struct{})}
	list, err := os.ReadDir(s.linksDir())
	for _, e := range list {
		if info, err := e.Info(); err == nil {
			l.shared[inode(info)] = struct{}{}
		}
	}
	return l, err
}

// share shares the files of a tree.
func (l *linker) share(ctx context.Context, root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil || !d.Type().IsRegular() && d.Type() != fs.ModeSymlink {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return l.file(path, info)
	})
}

func (l *linker) file(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() && info.Mode()&0o200 != 0 {
		l.s.say(activity.Warn, fmt.Sprintf("skipping suspicious writable file '\"%s\"'", path))
		return nil
	}
	if _, shared := l.shared[inode(info)]; shared {
		return nil
	}
	h := nixhash.NewWriter(nixhash.SHA256)
	if err := fstree.Dump(h, path, nar.DumpOptions{}); err != nil {
		return err
	}
	target := filepath.Join(l.s.linksDir(), h.Sum().Nix32())
	linked, err := l.publish(path, target, info)
	if err != nil || linked {
		return err
	}
	return l.replace(path, target, info)
}

// publish makes path the shared file, if there is none, and tells whether path
// is shared now or cannot be.
func (l *linker) publish(path, target string, info fs.FileInfo) (done bool, err error) {
	for range 2 {
		err = os.Link(path, target)
		switch {
		case err == nil:
			l.shared[inode(info)] = struct{}{}
			return true, nil
		case errors.Is(err, syscall.ENOSPC): // the directory's index is full
			l.s.say(activity.Info, fmt.Sprintf("cannot link \"%s\" to '\"%s\"': %v", target, path, syscall.ENOSPC))
			return true, nil
		case errors.Is(err, syscall.EMLINK):
			return true, nil
		case !errors.Is(err, fs.ErrExist):
			return true, err
		}
		have, err := os.Lstat(target)
		if errors.Is(err, fs.ErrNotExist) {
			continue // collected meanwhile
		}
		if err != nil {
			return true, err
		}
		if l.intact(target, have, info) {
			return inode(have) == inode(info), nil
		}
		l.s.say(activity.Warn, fmt.Sprintf("removing corrupted link \"%s\"", target))
		l.s.say(activity.Warn, "There may be more corrupted paths."+
			"\nYou should run `nix-store --verify --check-contents --repair` to fix them all")
		if err := os.Remove(target); err != nil {
			return true, err
		}
	}
	return true, nil
}

// intact tells whether a shared file still is what its name says. One that looks
// as the store leaves files is believed, unless all are to be checked.
func (l *linker) intact(target string, have, want fs.FileInfo) bool {
	if have.Size() != want.Size() {
		return false
	}
	canonical := have.ModTime().Unix() == 1 && have.Mode()&0o222 == 0
	if have.Mode().Type() == fs.ModeSymlink || canonical && !l.check {
		return true
	}
	h := nixhash.NewWriter(nixhash.SHA256)
	return fstree.Dump(h, target, nar.DumpOptions{}) == nil && h.Sum().Nix32() == filepath.Base(target)
}

// replace puts a link to the shared file in the place of path.
func (l *linker) replace(path, target string, info fs.FileInfo) error {
	tmp := filepath.Join(l.s.o.Real, ".tmp-link-"+strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(rand.Uint64(), 36))
	switch err := os.Link(target, tmp); {
	case errors.Is(err, syscall.EMLINK) || errors.Is(err, fs.ErrNotExist):
		return nil // as many links as there can be, or collected meanwhile
	case err != nil:
		return err
	}
	err := l.renameOver(tmp, path)
	if err != nil {
		os.Remove(tmp)
		if errors.Is(err, syscall.EMLINK) {
			return nil
		}
		return err
	}
	l.stats.Files++
	l.stats.Freed += uint64(info.Size())
	l.act.Report(activity.FileLinked{Bytes: uint64(info.Size()), Blocks: blocks(info)})
	return nil
}

// renameOver renames into a directory that may be read-only.
func (l *linker) renameOver(tmp, path string) error {
	dir := filepath.Dir(path)
	if dir == l.s.o.Real {
		return os.Rename(tmp, path)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	err := os.Rename(tmp, path)
	if e := fstree.CanonicaliseDir(dir); err == nil {
		err = e
	}
	return err
}

// pruneLinks removes shared files that only .links has, and returns how many
// bytes sharing saves.
func (s *Store) pruneLinks() (saved int64, err error) {
	dir, err := os.Open(s.linksDir())
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	for {
		list, err := dir.ReadDir(1000)
		for _, e := range list {
			info, err := e.Info()
			if err != nil {
				continue
			}
			if n := int64(links(info)); n > 1 {
				saved += (n - 2) * info.Size()
				continue
			}
			if err := os.Remove(filepath.Join(dir.Name(), e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return 0, err
			}
		}
		if err != nil || len(list) == 0 {
			break
		}
	}
	if info, err := dir.Stat(); err == nil {
		saved -= int64(blocks(info)) * 512
	}
	return saved, nil
}

// renderSize writes a number of bytes as Nix does, in KiB at least.
func renderSize(n int64) string {
	const units = "KMGTPEZY"
	v, unit := float64(n)/1024, 0
	for (v >= 1024 || v <= -1024) && unit < len(units)-1 {
		v, unit = v/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", v, units[unit])
}
