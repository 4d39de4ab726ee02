package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"

	"firn/internal/activity"
	"firn/internal/filelock"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/par"
	"firn/internal/store/db"
	"firn/internal/store/fstree"
)

// VerifyOptions say what is verified.
type VerifyOptions struct {
	Contents bool // read every file and compare hashes
	// Repair, if set, makes a damaged path anew.
	Repair func(ctx context.Context, p storepath.Path) error
}

// Verify compares the database with the files and reports every difference as
// a message. Paths whose files are gone and that nothing refers to are made
// invalid. It returns whether something is wrong that could not be put right.
func (s *Store) Verify(ctx context.Context, o VerifyOptions) (bad bool, err error) {
	if err := s.ready(ctx); err != nil {
		return false, err
	}
	s.say(activity.Info, "reading the Nix store...")
	lock, err := filelock.Open(s.state("gc.lock"))
	if err != nil {
		return false, err
	}
	defer lock.Close()
	if err := s.lock(ctx, lock, filelock.Shared, "waiting for the big garbage collector lock..."); err != nil {
		return false, err
	}
	v := &verifier{s: s, o: o}
	present, err := v.existence(ctx)
	if err != nil || !o.Contents {
		return v.bad.Load(), err
	}
	if err := v.links(ctx); err != nil {
		return true, err
	}
	s.say(activity.Info, "checking store hashes...")
	if err := v.loadInfos(ctx); err != nil {
		return true, err
	}
	// Most objects are small: handing them out one by one costs more than reading them.
	const batch = 16
	err = par.Each(ctx, runtime.GOMAXPROCS(0), slices.Collect(slices.Chunk(present, batch)), func(ctx context.Context, paths []storepath.Path) error {
		for _, p := range paths {
			if err := v.contents(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	return v.bad.Load(), err
}

type verifier struct {
	s     *Store
	o     VerifyOptions
	bad   atomic.Bool
	infos map[storepath.Path]*pathinfo.Info // without references
}

// loadInfos reads what is known of all paths at once.
func (v *verifier) loadInfos(ctx context.Context) error {
	v.infos = make(map[storepath.Path]*pathinfo.Info)
	return v.s.read(ctx, func(d *db.DB) error {
		return d.EachInfo(func(info *pathinfo.Info) { v.infos[info.Path] = info })
	})
}

func (v *verifier) wrong(text string) {
	v.s.say(activity.Error, text)
	v.bad.Store(true)
}

// repair makes a path anew, or notes that it is bad.
func (v *verifier) repair(ctx context.Context, p storepath.Path) {
	if v.o.Repair == nil {
		v.bad.Store(true)
		return
	}
	if err := v.o.Repair(ctx, p); err != nil {
		v.s.say(activity.Error, "error: "+err.Error())
		v.bad.Store(true)
	}
}

// existence finds valid paths without files, and returns those that have some.
func (v *verifier) existence(ctx context.Context) (present []storepath.Path, err error) {
	list, err := os.ReadDir(v.s.o.Real)
	if err != nil {
		return nil, err
	}
	there := make(map[storepath.Path]bool, len(list))
	for _, e := range list {
		there[storepath.Path(e.Name())] = true
	}
	v.s.say(activity.Info, "checking path existence...")
	rows, err := v.s.graphRows(ctx)
	if err != nil {
		return nil, err
	}
	graph := newGraph(rows, CollectOptions{})
	live := graph.Start()
	for n := range int32(graph.Len()) {
		if p := graph.Path(n); there[p] {
			live.Spare(n)
			present = append(present, p)
		}
	}
	// What is dead now is gone with everything that refers to it.
	for _, n := range live.Dead() {
		p := graph.Path(n)
		v.s.say(activity.Info, fmt.Sprintf("path '%s' disappeared, removing from database...", v.s.o.Dir.Join(p)))
		if err := v.s.change(ctx, func(d *db.DB) error { return d.Invalidate(p) }); err != nil {
			return nil, err
		}
	}
	for n := range int32(graph.Len()) {
		if p := graph.Path(n); !there[p] && live.IsAlive(n) {
			v.s.say(activity.Error, fmt.Sprintf("path '%s' disappeared, but it still has valid referrers!", v.s.o.Dir.Join(p)))
			v.repair(ctx, p)
		}
	}
	slices.Sort(present)
	return present, nil
}

// links compares shared files with their names.
func (v *verifier) links(ctx context.Context) error {
	v.s.say(activity.Info, "checking link hashes...")
	list, err := os.ReadDir(v.s.linksDir())
	if err != nil {
		return err
	}
	return par.Each(ctx, runtime.GOMAXPROCS(0), list, func(_ context.Context, e os.DirEntry) error {
		path := filepath.Join(v.s.linksDir(), e.Name())
		h := nixhash.NewWriter(nixhash.SHA256)
		if err := fstree.Dump(h, path, nar.DumpOptions{}); err != nil {
			v.wrong(err.Error())
			return nil
		}
		got := h.Sum().Nix32()
		if got == e.Name() {
			return nil
		}
		v.s.say(activity.Error, fmt.Sprintf("link \"%s\" was modified! expected hash %s, got '%s'", path, e.Name(), got))
		if v.o.Repair == nil {
			v.bad.Store(true)
			return nil
		}
		v.s.say(activity.Info, fmt.Sprintf("removed link \"%s\"", path))
		return os.Remove(path)
	})
}

// contents compares the files of a path with its hash.
func (v *verifier) contents(ctx context.Context, p storepath.Path) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	info := v.infos[p]
	if info == nil {
		return nil
	}
	full := v.s.o.Dir.Join(p)
	v.s.say(activity.Talkative, "checking contents of '"+full+"'")
	h := nixhash.NewWriter(info.NARHash.Algo())
	err := par.Behind(h, func(w io.Writer) error { return fstree.Dump(w, v.s.RealPath(p), nar.DumpOptions{}) })
	got := h.Sum()
	if err == nil && got == info.NARHash && info.NARSize != 0 {
		return nil
	}
	if info, _ = v.s.PathInfo(ctx, p); info == nil {
		return nil // collected or made invalid meanwhile
	}
	switch {
	case err != nil:
		v.wrong(err.Error())
	case got != info.NARHash && !unknown(info.NARHash):
		v.s.say(activity.Error, fmt.Sprintf("path '%s' was modified! expected hash '%s', got '%s'",
			full, info.NARHash.Text(nixhash.Nix32, true), got.Text(nixhash.Nix32, true)))
		v.repair(ctx, p)
	case got != info.NARHash || info.NARSize == 0:
		return v.complete(ctx, info, got, h.Size())
	}
	return nil
}

// unknown tells whether a hash is the one of zeros that very old stores have in
// place of none.
func unknown(h nixhash.Hash) bool {
	return !slices.ContainsFunc(h.Bytes(), func(b byte) bool { return b != 0 })
}

// complete records a hash or size that was not known.
func (v *verifier) complete(ctx context.Context, info *pathinfo.Info, hash nixhash.Hash, size uint64) error {
	fixed, full := *info, v.s.o.Dir.Join(info.Path)
	if fixed.NARHash != hash {
		v.s.say(activity.Info, fmt.Sprintf("fixing missing hash on '%s'", full))
		fixed.NARHash = hash
	}
	if fixed.NARSize == 0 {
		v.s.say(activity.Info, fmt.Sprintf("updating size field on '%s' to %d", full, size))
		fixed.NARSize = size
	}
	return v.s.change(ctx, func(d *db.DB) error { return d.Update(&fixed) })
}
