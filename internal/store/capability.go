package store

import (
	"context"
	"io"

	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
)

// Store is a store of any kind, a binary cache among them. What else it can do
// is found out by asking it for the interfaces of this package.
type Store interface {
	Reader
	io.Closer
}

// NARAdder is a store that takes objects as archives; see [Writer].
type NARAdder interface {
	AddNAR(ctx context.Context, info *pathinfo.Info, r io.Reader, o AddOptions) error
}

// Signable is a store that takes further signatures of valid paths.
type Signable interface {
	AddSignatures(ctx context.Context, p storepath.Path, sigs []signature.Signature) error
}

// Traces is a store that knows what content-addressed outputs were built to.
type Traces interface {
	// Realisation returns what an output was built to, nil if that is not known.
	Realisation(ctx context.Context, id realisation.ID) (*realisation.Realisation, error)
	// AddRealisations remembers what outputs were built to; their paths have to
	// be valid.
	AddRealisations(ctx context.Context, list []realisation.Realisation) error
}

// LegacyTraces is a store that has what Nix 2.4 to 2.34 recorded in it.
type LegacyTraces interface {
	// LegacyRealisation returns what an output was built to, nil if that is not known.
	LegacyRealisation(ctx context.Context, id realisation.LegacyID) (*realisation.Legacy, error)
}

// RealisationFinder is the reading half of [Traces].
type RealisationFinder interface {
	Realisation(ctx context.Context, id realisation.ID) (*realisation.Realisation, error)
}

// FindRealisation returns what an output was built to, in whichever form a store has it, nil if it has none. legacy is
// the output's key in the older form, zero to leave that out; its signatures, which sign another text, are not taken over.
func FindRealisation(ctx context.Context, from RealisationFinder, id realisation.ID, legacy realisation.LegacyID) (*realisation.Realisation, error) {
	r, err := from.Realisation(ctx, id)
	old, ok := from.(LegacyTraces)
	if r != nil || err != nil || !ok || legacy.DrvHash.IsZero() {
		return r, err
	}
	found, err := old.LegacyRealisation(ctx, legacy)
	if found == nil || err != nil {
		return nil, err
	}
	return &realisation.Realisation{ID: id, OutPath: found.OutPath}, nil
}

// Logs is a store that keeps logs of builds.
type Logs interface {
	// BuildLog returns the log of a derivation's build, uncompressed, or an
	// error that is [io/fs.ErrNotExist].
	BuildLog(ctx context.Context, drv storepath.Path) (io.ReadCloser, error)
	// AddBuildLog keeps a log.
	AddBuildLog(ctx context.Context, drv storepath.Path, log io.Reader) error
}
