package local

import (
	"context"
	"errors"

	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store/db"
)

// Realisation returns what is recorded of an output of a content-addressed
// derivation, nil if nothing is or the store was opened without build traces.
func (s *Store) Realisation(ctx context.Context, id realisation.ID) (r *realisation.Realisation, err error) {
	if !s.o.BuildTrace {
		return nil, nil
	}
	err = s.read(ctx, func(d *db.DB) (err error) {
		r, err = d.Realisation(id)
		return err
	})
	return r, err
}

// LegacyRealisation implements [store.LegacyTraces].
func (s *Store) LegacyRealisation(ctx context.Context, id realisation.LegacyID) (l *realisation.Legacy, err error) {
	if !s.o.BuildTrace {
		return nil, nil
	}
	err = s.read(ctx, func(d *db.DB) (err error) {
		l, err = d.LegacyRealisation(id)
		return err
	})
	return l, err
}

// AddRealisations records what outputs were built to, all or none. An output
// that is recorded with another path keeps it.
func (s *Store) AddRealisations(ctx context.Context, list []realisation.Realisation) error {
	if !s.o.BuildTrace {
		return errors.New("store was opened without build traces")
	}
	return s.change(ctx, func(d *db.DB) error {
		for i := range list {
			if _, err := d.AddRealisation(&list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteRealisations forgets what outputs were built to, of all or none. What is
// not recorded does not matter.
func (s *Store) DeleteRealisations(ctx context.Context, ids []realisation.ID) error {
	if !s.o.BuildTrace {
		return errors.New("store was opened without build traces")
	}
	return s.change(ctx, func(d *db.DB) error {
		for _, id := range ids {
			if err := d.DeleteRealisation(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddSignatures adds signatures to a valid path.
func (s *Store) AddSignatures(ctx context.Context, p storepath.Path, sigs []signature.Signature) error {
	return s.change(ctx, func(d *db.DB) error {
		info, err := d.PathInfo(p)
		if err != nil {
			return err
		}
		if info == nil {
			return s.notValid(p)
		}
		for _, sig := range sigs {
			info.Signatures = signature.Insert(info.Signatures, sig)
		}
		return d.Update(info)
	})
}

// change runs f in a transaction of its own.
func (s *Store) change(ctx context.Context, f func(*db.DB) error) error {
	if err := acquire(ctx, s.commit); err != nil {
		return err
	}
	defer release(s.commit)
	return s.write(ctx, f)
}
