package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"firn/internal/atomicfile"
	"firn/internal/compress"
	"firn/internal/format/nar"
	"firn/internal/format/narinfo"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// WriteNAR implements [store.Reader]. What w got is whole and right only if
// there is no error.
func (c *Cache) WriteNAR(ctx context.Context, p storepath.Path, w io.Writer) error {
	info, err := c.Narinfo(ctx, p)
	if err != nil {
		return err
	}
	if c.o.LocalNARs == "" {
		return c.writeNAR(ctx, info, w)
	}
	return c.writeCached(ctx, info, w)
}

func (c *Cache) writeNAR(ctx context.Context, info *narinfo.Info, w io.Writer) error {
	fail := func(err error) error {
		return fmt.Errorf("read archive of '%s' from binary cache '%s': %w", c.o.Dir.Join(info.Path), c.URL(), err)
	}
	damaged := func(err error) error {
		return fail(fmt.Errorf("%w\n  the cache is damaged: %s", err, remedy(info.Path)))
	}
	body, now, err := c.openArchive(ctx, info)
	if err != nil {
		return fail(err)
	}
	defer body.Close()
	if now.NARHash != info.NARHash {
		return fail(errors.New("the cache has other contents for it now; ask again"))
	}
	info = now
	method, err := compress.Parse(info.Compression)
	if err != nil {
		return fail(err)
	}
	r, err := compress.NewReader(method, body)
	if err != nil {
		return fail(err)
	}
	defer r.Close()
	h := nixhash.NewWriter(info.NARHash.Algo())
	// One byte more than announced is enough to see that it is too long.
	n, err := io.Copy(io.MultiWriter(h, w), io.LimitReader(r, int64(info.NARSize)+1))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged(err)
	}
	if err != nil {
		return fail(err)
	}
	if n > int64(info.NARSize) {
		return damaged(fmt.Errorf("it is longer than the %d bytes that its narinfo says", info.NARSize))
	}
	if err := store.CheckNAR(c.o.Dir, &info.Info, h.Sum(), h.Size()); err != nil {
		return damaged(err)
	}
	return nil
}

// remedy tells what to do about a path that a cache has in a form that can't be used.
func remedy(p storepath.Path) string {
	return fmt.Sprintf("remove '%s' there and copy the path to the cache again", p.HashPart()+narinfoSuffix)
}

// openArchive opens the archive that a narinfo names. The narinfo may be one that was remembered while the cache has got
// another, or none: the one that counts is returned.
func (c *Cache) openArchive(ctx context.Context, info *narinfo.Info) (io.ReadCloser, *narinfo.Info, error) {
	body, err := c.blobs.Get(ctx, info.URL)
	if !errors.Is(err, fs.ErrNotExist) {
		return body, info, err
	}
	hashPart := info.Path.HashPart()
	fresh, lookErr := c.fetchNarinfo(ctx, hashPart)
	if lookErr != nil {
		return nil, nil, errors.Join(err, lookErr)
	}
	c.forget(hashPart)
	if m := c.o.Memory; m != nil {
		m.Remember(ctx, c.URL(), hashPart, fresh)
	}
	switch {
	case fresh == nil || fresh.Path != info.Path:
		return nil, nil, fmt.Errorf("the cache does not have it any more: %w", err)
	case fresh.URL == info.URL:
		return nil, nil, fmt.Errorf("%w, though its narinfo names it; %s", err, remedy(info.Path))
	}
	c.keep(hashPart, fresh)
	body, err = c.blobs.Get(ctx, fresh.URL)
	return body, fresh, err
}

// writeCached takes an archive from the directory of archives that were read
// before, or keeps it there.
func (c *Cache) writeCached(ctx context.Context, info *narinfo.Info, w io.Writer) error {
	path := filepath.Join(c.o.LocalNARs, info.Path.HashPart()+".nar")
	if f, err := os.Open(path); err == nil {
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	}
	if err := os.MkdirAll(c.o.LocalNARs, 0o777); err != nil {
		return err
	}
	f, err := atomicfile.CreateUnsynced(path, 0o644)
	if err != nil {
		return err
	}
	defer f.Discard()
	// The listing beside it lets single files be found.
	if err := c.writeNAR(ctx, info, io.MultiWriter(f, w)); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	list, err := nar.Index(f)
	if err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	return atomicfile.WriteUnsynced(filepath.Join(c.o.LocalNARs, info.Path.HashPart()+".ls"), list.LSFile(), 0o644)
}
