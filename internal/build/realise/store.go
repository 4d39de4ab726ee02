package realise

import (
	"context"
	"os"
	"path/filepath"

	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// Store is the local store as building needs it. Its methods may be called concurrently.
type Store interface {
	// Dir is the store directory that paths begin with; RealPath is where a path lies on this machine.
	Dir() storepath.Dir
	RealPath(storepath.Path) string

	// ValidPaths returns those of the paths that are valid, in their order.
	ValidPaths(ctx context.Context, paths []storepath.Path) ([]storepath.Path, error)
	// PathInfo returns what is known of a valid path.
	PathInfo(ctx context.Context, path storepath.Path) (*pathinfo.Info, error)
	// Closure returns the infos of valid paths and of everything they refer to.
	Closure(ctx context.Context, roots []storepath.Path) ([]*pathinfo.Info, error)

	// AddTempRoots keeps paths from being collected as long as this process lives.
	AddTempRoots(ctx context.Context, paths ...storepath.Path) error
	// Register makes paths valid whose objects are in place with canonical metadata, all or none, and
	// what they refer to with them. Who calls it holds the locks.
	Register(ctx context.Context, infos []*pathinfo.Info) error
	// AddText adds a derivation's file.
	AddText(ctx context.Context, t store.Text) (storepath.Path, error)
}

// Traces record what outputs were built to whose paths do not follow from their derivations.
type Traces interface {
	// Realisation returns what is recorded of an output, nil if nothing is.
	Realisation(ctx context.Context, id realisation.ID) (*realisation.Realisation, error)
	// AddRealisations records; an output that is recorded with another path keeps it.
	AddRealisations(ctx context.Context, rs []realisation.Realisation) error
}

// realDir is where the store directory lies on this machine.
func (b *build) realDir() string { return filepath.Dir(b.real(b.drv)) }

// isValid asks for one path.
func (b *build) isValid(p storepath.Path) (bool, error) {
	valid, err := b.r.Store.ValidPaths(b.ctx, []storepath.Path{p})
	return len(valid) == 1, err
}

// readDerivation reads a valid derivation.
func (b *build) readDerivation(drv storepath.Path) (*derivation.Derivation, error) {
	text, err := os.ReadFile(b.real(drv))
	if err != nil {
		return nil, err
	}
	return derivation.ParseATerm(b.dir, drv.DerivationName(), string(text))
}

// writeDerivation makes the file of the derivation valid.
func (b *build) writeDerivation() error {
	text := b.d.AppendATerm(nil, b.dir)
	_, err := b.r.Store.AddText(b.ctx, store.Text{
		Name: b.d.Name + storepath.DrvExtension, Contents: text, References: b.d.References(), Path: b.drv, Derivation: b.d,
	})
	return err
}
