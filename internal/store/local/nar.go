package local

import (
	"context"
	"fmt"
	"io"

	"firn/internal/format/gitobject"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// AddNAR implements [store.Writer].
func (s *Store) AddNAR(ctx context.Context, info *pathinfo.Info, r io.Reader, o store.AddOptions) error {
	if err := s.admit(info, o); err != nil {
		return err
	}
	return s.add(ctx, info.Path, o.Repair, func(dest string) (entry, error) {
		return s.restore(info, r, dest)
	})
}

// admit checks that a path is signed, if it has to be.
func (s *Store) admit(info *pathinfo.Info, o store.AddOptions) error {
	if s.o.Keys == nil || o.Unsigned {
		return nil
	}
	return store.CheckSignatures(s.o.Dir, info, s.o.Keys)
}

// restore lays an archive out and checks that it is what info says.
func (s *Store) restore(info *pathinfo.Info, r io.Reader, dest string) (entry, error) {
	h := nixhash.NewWriter(nixhash.SHA256)
	archive := nar.NewReader(io.TeeReader(r, h))
	nodes, root := 0, nar.Unknown
	err := fstree.Restore(archive, dest, fstree.RestoreOptions{Observe: func(h nar.Header) {
		if nodes++; nodes == 1 {
			root = h.Type
		}
	}})
	if err == nil {
		err = store.CheckEnd(archive, h)
	}
	if err != nil {
		return entry{}, fmt.Errorf("add path '%s': %w", s.o.Dir.Join(info.Path), err)
	}
	if err := store.CheckNAR(s.o.Dir, info, h.Sum(), h.Size()); err != nil {
		return entry{}, err
	}
	if err := s.checkAddress(info, dest); err != nil {
		return entry{}, err
	}
	e := entry{info: info, isFile: root == nar.Regular}
	if info.Path.IsDerivation() {
		e.outputs, err = s.outputsOf(info.Path, dest)
	}
	return e, err
}

// checkAddress checks the content address of files that are at dest.
func (s *Store) checkAddress(info *pathinfo.Info, dest string) error {
	if err := store.CheckClaim(s.o.Dir, info); err != nil {
		return err
	}
	if info.CA.Method == storepath.Git && !info.CA.IsZero() {
		return s.checkGitHash(info, dest)
	}
	return store.CheckContents(s.o.Dir, info, func(w io.Writer) error {
		return fstree.Dump(w, dest, nar.DumpOptions{})
	})
}

// checkGitHash compares files with the hash by which git knows them, which, unlike
// those of archives, can't be computed from a stream.
func (s *Store) checkGitHash(info *pathinfo.Info, dest string) error {
	dir, root, err := fstree.Open(dest)
	if err != nil {
		return err
	}
	defer dir.Close()
	got, err := gitobject.Hash(dir, root, info.CA.Hash.Algo())
	if err != nil {
		return err
	}
	return store.CompareContents(s.o.Dir, info, got)
}

// Register makes paths valid whose files are in place with canonical metadata,
// such as outputs of builds. The caller holds their locks. What they refer to
// has to be valid or among them.
func (s *Store) Register(ctx context.Context, infos []*pathinfo.Info) error {
	entries := make([]entry, len(infos))
	for i, info := range infos {
		if err := store.CheckClaim(s.o.Dir, info); err != nil {
			return err
		}
		entries[i] = entry{info: info}
		if err := s.shareBuilt(ctx, info.Path); err != nil {
			return err
		}
		if info.Path.IsDerivation() {
			var err error
			if entries[i].outputs, err = s.outputsOf(info.Path, s.RealPath(info.Path)); err != nil {
				return err
			}
		}
	}
	return s.register(ctx, entries)
}

// shareBuilt shares the files of what was built, perhaps to repair it.
func (s *Store) shareBuilt(ctx context.Context, p storepath.Path) error {
	if !s.o.AutoOptimise {
		return nil
	}
	repaired, err := s.IsValid(ctx, p)
	if err != nil {
		return err
	}
	return s.shareFiles(ctx, s.RealPath(p), repaired)
}
