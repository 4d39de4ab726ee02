package local

import (
	"context"
	"fmt"
	"slices"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/db"
)

func (s *Store) notValid(p storepath.Path) error {
	return &store.NotValidError{Dir: s.o.Dir, Path: p}
}

// IsValid implements [store.Reader].
func (s *Store) IsValid(ctx context.Context, p storepath.Path) (valid bool, err error) {
	err = s.read(ctx, func(d *db.DB) (err error) {
		valid, err = d.IsValid(p)
		return err
	})
	return valid, err
}

// PathInfo implements [store.Reader].
func (s *Store) PathInfo(ctx context.Context, p storepath.Path) (info *pathinfo.Info, err error) {
	err = s.read(ctx, func(d *db.DB) (err error) {
		info, err = d.PathInfo(p)
		return err
	})
	if info == nil && err == nil {
		err = s.notValid(p)
	}
	return info, err
}

// Infos returns what is known of valid paths, in the same order.
func (s *Store) Infos(ctx context.Context, paths []storepath.Path) ([]*pathinfo.Info, error) {
	infos := make([]*pathinfo.Info, len(paths))
	err := s.read(ctx, func(d *db.DB) error {
		return d.Read(ctx, func() (err error) { // many questions under one lock
			for i, p := range paths {
				if infos[i], err = d.PathInfo(p); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if i := slices.Index(infos, nil); i >= 0 && err == nil {
		err = s.notValid(paths[i])
	}
	return infos, err
}

// Closure implements [store.ClosureReader].
func (s *Store) Closure(ctx context.Context, roots []storepath.Path) (infos []*pathinfo.Info, err error) {
	found := false
	err = s.read(ctx, func(d *db.DB) error {
		found = true
		return d.Read(ctx, func() (err error) {
			infos, err = d.Closure(roots)
			return err
		})
	})
	if !found && err == nil && len(roots) > 0 {
		err = s.notValid(roots[0])
	}
	return infos, err
}

// list runs a query for paths.
func (s *Store) list(ctx context.Context, query func(*db.DB) ([]storepath.Path, error)) (paths []storepath.Path, err error) {
	err = s.read(ctx, func(d *db.DB) (err error) {
		paths, err = query(d)
		return err
	})
	return paths, err
}

// AllPaths implements [store.Querier].
func (s *Store) AllPaths(ctx context.Context) ([]storepath.Path, error) {
	return s.list(ctx, (*db.DB).AllPaths)
}

// Referrers implements [store.Querier].
func (s *Store) Referrers(ctx context.Context, p storepath.Path) ([]storepath.Path, error) {
	return s.list(ctx, func(d *db.DB) ([]storepath.Path, error) { return d.Referrers(p) })
}

// ReferrerClosure returns paths and everything that refers to them, directly or
// not, sorted.
func (s *Store) ReferrerClosure(ctx context.Context, paths []storepath.Path) ([]storepath.Path, error) {
	return s.list(ctx, func(d *db.DB) (list []storepath.Path, err error) {
		err = d.Read(ctx, func() error {
			list, err = d.ReferrerClosure(paths)
			return err
		})
		return list, err
	})
}

// ValidDerivers implements [store.Querier].
func (s *Store) ValidDerivers(ctx context.Context, p storepath.Path) ([]storepath.Path, error) {
	return s.list(ctx, func(d *db.DB) ([]storepath.Path, error) { return d.ValidDerivers(p) })
}

// ValidPaths returns those of paths that are valid, in the same order.
func (s *Store) ValidPaths(ctx context.Context, paths []storepath.Path) ([]storepath.Path, error) {
	return s.list(ctx, func(d *db.DB) (valid []storepath.Path, err error) {
		err = d.Read(ctx, func() error { // many questions under one lock
			for _, p := range paths {
				ok, err := d.IsValid(p)
				if err != nil {
					return err
				}
				if ok {
					valid = append(valid, p)
				}
			}
			return nil
		})
		return valid, err
	})
}

// DerivationOutputs implements [store.Querier].
func (s *Store) DerivationOutputs(ctx context.Context, drv storepath.Path) (outputs []store.Output, err error) {
	found := false
	err = s.read(ctx, func(d *db.DB) error {
		found = true
		rows, err := d.DerivationOutputs(drv)
		for _, r := range rows {
			outputs = append(outputs, store.Output(r))
		}
		return err
	})
	if !found && err == nil {
		err = s.notValid(drv)
	}
	return outputs, err
}

// FromHashPart implements [store.Querier].
func (s *Store) FromHashPart(ctx context.Context, hashPart string) (p storepath.Path, err error) {
	if len(hashPart) != storepath.HashLen {
		return "", fmt.Errorf("invalid hash part")
	}
	err = s.read(ctx, func(d *db.DB) (err error) {
		p, err = d.FromHashPart(hashPart)
		return err
	})
	return p, err
}
