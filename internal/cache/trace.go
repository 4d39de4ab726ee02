package cache

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"firn/internal/cache/blob"
	"firn/internal/compress"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
)

const maxRealisation = 1 << 20 // bytes

// Realisation implements [store.Traces].
func (c *Cache) Realisation(ctx context.Context, id realisation.ID) (*realisation.Realisation, error) {
	text, err := blob.ReadAll(ctx, c.blobs, id.CachePath(), maxRealisation)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return realisation.ParseValue(id, text)
}

// LegacyRealisation returns what a cache of Nix 2.4 to 2.34 knows of an output,
// nil if that is nothing.
func (c *Cache) LegacyRealisation(ctx context.Context, id realisation.LegacyID) (*realisation.Legacy, error) {
	text, err := blob.ReadAll(ctx, c.blobs, id.CachePath(), maxRealisation)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l := new(realisation.Legacy)
	return l, l.UnmarshalJSON(text)
}

// AddRealisations implements [store.Traces].
func (c *Cache) AddRealisations(ctx context.Context, list []realisation.Realisation) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	for i := range list {
		if err := c.put(ctx, list[i].ID.CachePath(), "application/json", list[i].ValueJSON()); err != nil {
			return err
		}
	}
	return nil
}

// BuildLog implements [store.Logs].
func (c *Cache) BuildLog(ctx context.Context, drv storepath.Path) (io.ReadCloser, error) {
	body, err := c.blobs.Get(ctx, "log/"+string(drv))
	if err != nil {
		return nil, err
	}
	r, _, err := compress.NewAutoReader(body)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return &logReader{r, body}, nil
}

type logReader struct {
	io.ReadCloser
	body io.Closer
}

func (l *logReader) Close() error { return errors.Join(l.ReadCloser.Close(), l.body.Close()) }

// AddBuildLog implements [store.Logs].
func (c *Cache) AddBuildLog(ctx context.Context, drv storepath.Path, log io.Reader) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	return c.putEncoded(ctx, "log/"+string(drv), "text/plain; charset=utf-8", c.o.LogEncoding, log)
}
