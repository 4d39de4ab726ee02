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
	drv, err := logDerivation(ctx, st, p)
	if err != nil {
		return nil, err
	}
	return localLogs{st, c}.BuildLog(ctx, drv)
}

// logDerivation returns whose build's log is that of a path: a derivation, or
// what made the path. The error is fs.ErrNotExist if that is not known.
func logDerivation(ctx context.Context, st store.Reader, p storepath.Path) (storepath.Path, error) {
	if p.IsDerivation() {
		return p, nil
	}
	info, err := st.PathInfo(ctx, p)
	switch {
	case errors.Is(err, store.ErrNotValid):
		return "", fs.ErrNotExist
	case err != nil:
		return "", err
	case info.Deriver == "":
		return "", fs.ErrNotExist
	}
	return info.Deriver, nil
}

// logsOf returns where a store keeps logs, nil if it does not.
func (c *Call) logsOf(st store.Store) store.Logs {
	if l, ok := st.(*local.Store); ok {
		return localLogs{l, c}
	}
	logs, _ := st.(store.Logs)
	return logs
}

// localLogs are the logs of a local store, which lie beside it.
type localLogs struct {
	*local.Store
	call *Call
}

func (l localLogs) dir() string { return wiring.LogDir(l.call.machine(), l.Store) }

// BuildLog implements [store.Logs].
func (l localLogs) BuildLog(_ context.Context, drv storepath.Path) (io.ReadCloser, error) {
	return buildlog.Open(l.dir(), string(drv))
}

// AddBuildLog implements [store.Logs].
func (l localLogs) AddBuildLog(_ context.Context, drv storepath.Path, log io.Reader) error {
	f, err := buildlog.Create(l.dir(), string(drv), l.call.Config.Build.CompressLog)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, log)
	return errors.Join(err, f.Close())
}
