package realise

import (
	"context"

	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
)

// Store is the local store as building needs it. Its methods may be called concurrently.
type Store interface {
	// Dir is the store directory that paths begin with; RealDir is where it lies on this machine.
	Dir() storepath.Dir
	RealDir() string

	// Valid returns those of the paths that are valid.
	Valid(ctx context.Context, paths []storepath.Path) (map[storepath.Path]bool, error)
	// Info returns what is known of a valid path.
	Info(ctx context.Context, path storepath.Path) (*pathinfo.Info, error)
	// Closure returns the infos of valid paths and of everything they refer to.
	Closure(ctx context.Context, roots []storepath.Path) ([]*pathinfo.Info, error)
	// Derivation reads a valid derivation.
	Derivation(ctx context.Context, drv storepath.Path) (*derivation.Derivation, error)
	// Realisation returns the recorded path of an output, or "".
	Realisation(ctx context.Context, id realisation.ID) (storepath.Path, error)

	// TempRoot keeps paths from being collected as long as this process lives.
	TempRoot(ctx context.Context, paths ...storepath.Path) error
	// Register makes paths valid whose objects are in place with canonical metadata, all or none. It
	// signs them with the store's own keys and links equal files if the store is to do that.
	Register(ctx context.Context, infos []*pathinfo.Info) error
	// Record records what outputs were built to.
	Record(ctx context.Context, rs []realisation.Realisation) error
	// WriteDerivation makes a derivation's file valid.
	WriteDerivation(ctx context.Context, d *derivation.Derivation) (storepath.Path, error)
}
