package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"firn/internal/build/buildlog"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/wiring"
)

// readLogs is --read-log.
func (s *storeCall) readLogs(ctx context.Context) error {
	paths, err := s.paths()
	if err != nil {
		return err
	}
	for _, p := range paths {
		log, err := s.openLog(ctx, s.store, p)
		if errors.Is(err, fs.ErrNotExist) {
			return diag.New(diag.FileNotFound, "build log of derivation '%s' is not available", s.full(p))
		}
		if err != nil {
			return err
		}
		_, err = io.Copy(s.out, log)
		log.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// openLog opens the log of the build of a derivation, or of what made another
// path. The error is fs.ErrNotExist if there is none.
func (c *Call) openLog(ctx context.Context, st *local.Store, p storepath.Path) (io.ReadCloser, error) {
	if !p.IsDerivation() {
		info, err := st.PathInfo(ctx, p)
		switch {
		case errors.Is(err, store.ErrNotValid):
			return nil, fs.ErrNotExist
		case err != nil:
			return nil, err
		case info.Deriver == "":
			return nil, fs.ErrNotExist
		}
		p = info.Deriver
	}
	return buildlog.Open(wiring.LogDir(c.machine(), st), string(p))
}
