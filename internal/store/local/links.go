package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"firn/internal/activity"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
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
	act := s.log.Start(activity.OptimiseStore, activity.Error, "")
	defer act.Stop()
	all, err := s.AllPaths(ctx)
	if err != nil {
		return OptimiseStats{}, err
	}
	l, err := s.newLinker(act)
	if err != nil {
		return OptimiseStats{}, err
	}
	l.restore = true
	os.Remove(s.state("db", "reserved")) // the disk may be full
	defer s.reserve()
	record, err := s.newShareRecord(ctx)
	if err != nil {
		return OptimiseStats{}, err
	}
	err = l.all(ctx, all, record)
	if e := record.close(err == nil); err == nil {
		err = e
	}
	return l.stats, err
}

// noteAhead is how many paths are written down at once.
const noteAhead = 256

// all shares the files of paths.
func (l *linker) all(ctx context.Context, paths []storepath.Path, record *shareRecord) error {
	total := uint64(len(paths))
	n := uint64(0)
	for group := range slices.Chunk(paths, noteAhead) {
		if err := record.add(group); err != nil {
			return err
		}
		for _, p := range group {
			l.act.Report(activity.Progress{Done: n, Expected: total})
			n++
			if err := l.path(ctx, p); err != nil {
				return err
			}
		}
	}
	l.act.Report(activity.Progress{Done: total, Expected: total})
	return nil
}

// path shares the files of a path, unless it was collected meanwhile.
func (l *linker) path(ctx context.Context, p storepath.Path) error {
	if err := l.s.AddTempRoots(ctx, p); err != nil {
		return err
	}
	if ok, err := l.s.IsValid(ctx, p); !ok || err != nil {
		return err
	}
	act := l.s.log.Start(activity.Unknown, activity.Talkative, "optimising path '"+l.s.o.Dir.Join(p)+"'")
	defer act.Stop()
	return l.share(ctx, l.s.RealPath(p))
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
	// restore gives directories the metadata that they should have; without it, they have it.
	restore bool
	stats   OptimiseStats
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
	info, err := os.Lstat(root)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return l.directory(ctx, root, fs.FileInfoToDirEntry(info))
	}
	r, err := l.file(root, info)
	if err != nil || r == nil {
		return err
	}
	return l.replace(filepath.Dir(root), []replacement{*r})
}

// replacement is a file that a link to a shared one is to replace.
type replacement struct {
	path, target string
	info         fs.FileInfo
	tmp          string // the link before it is in its place
}

// directory shares the files of a directory and what is below it. Those of one directory are replaced together.
func (l *linker) directory(ctx context.Context, dir string, d fs.DirEntry) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if l.restore { // another process may have died here, and written nothing down
		if err := restoreDir(dir, d); err != nil {
			return err
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var found []replacement
	for _, e := range list {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			err = l.directory(ctx, path, e)
		case e.Type().IsRegular(), e.Type() == fs.ModeSymlink:
			var info fs.FileInfo
			var r *replacement
			if info, err = e.Info(); err == nil {
				r, err = l.file(path, info)
			}
			if r != nil {
				found = append(found, *r)
			}
		}
		if err != nil {
			return err
		}
	}
	return l.replace(dir, found)
}

// file publishes a file, or returns what is to replace it.
func (l *linker) file(path string, info fs.FileInfo) (*replacement, error) {
	if info.Mode().IsRegular() && info.Mode()&0o200 != 0 {
		l.s.say(activity.Warn, fmt.Sprintf("skipping suspicious writable file '\"%s\"'", path))
		return nil, nil
	}
	if _, shared := l.shared[inode(info)]; shared {
		return nil, nil
	}
	h := nixhash.NewWriter(nixhash.SHA256)
	if err := fstree.Dump(h, path, nar.DumpOptions{}); err != nil {
		return nil, err
	}
	target := filepath.Join(l.s.linksDir(), h.Sum().Nix32())
	linked, err := l.publish(path, target, info)
	if err != nil || linked {
		return nil, err
	}
	return &replacement{path: path, target: target, info: info}, nil
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

// replace puts links to shared files in the places of files of one directory.
func (l *linker) replace(dir string, list []replacement) (err error) {
	for i := range list {
		if err = l.link(&list[i]); err != nil {
			break
		}
	}
	list = slices.DeleteFunc(list, func(r replacement) bool { return r.tmp == "" })
	if err == nil && len(list) > 0 {
		err = l.renameAll(dir, list)
	}
	for _, r := range list {
		if r.tmp != "" {
			os.Remove(r.tmp)
		}
	}
	return err
}

// link makes the link beside the objects, unless there can be no more.
func (l *linker) link(r *replacement) error {
	tmp := filepath.Join(l.s.o.Real, ".tmp-link-"+strconv.Itoa(os.Getpid())+"-"+strconv.FormatUint(rand.Uint64(), 36))
	switch err := os.Link(r.target, tmp); {
	case errors.Is(err, syscall.EMLINK), errors.Is(err, fs.ErrNotExist): // as many as there can be, or collected meanwhile
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("share \"%s\": %w\nDelete garbage first, with `nix-store --gc`", r.path, err)
	case err != nil:
		return err
	}
	r.tmp = tmp
	return nil
}

// renameAll puts links into their directory, which may be read-only, and gives it back its metadata.
func (l *linker) renameAll(dir string, list []replacement) error {
	inStore := dir == l.s.o.Real
	for i := range list {
		err := os.Rename(list[i].tmp, list[i].path)
		if errors.Is(err, fs.ErrPermission) && !inStore {
			if err = os.Chmod(dir, 0o755); err == nil {
				err = os.Rename(list[i].tmp, list[i].path)
			}
		}
		if errors.Is(err, syscall.EMLINK) {
			continue
		}
		if err != nil {
			if !inStore {
				fstree.CanonicaliseDir(dir)
			}
			return err
		}
		l.replaced(&list[i])
	}
	if inStore {
		return nil
	}
	return fstree.CanonicaliseDir(dir)
}

// replaced counts a file that was replaced.
func (l *linker) replaced(r *replacement) {
	r.tmp = ""
	l.stats.Files++
	l.stats.Freed += uint64(r.info.Size())
	l.act.Report(activity.FileLinked{Bytes: uint64(r.info.Size()), Blocks: blocks(r.info)})
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
