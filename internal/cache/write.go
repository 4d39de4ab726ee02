package cache

import (
	"bytes"
	"context"
	"io"
	"io/fs"

	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/narfs"
)

// AddText implements [store.Writer]. Unlike a local store, a cache does not look
// into derivations.
func (c *Cache) AddText(ctx context.Context, t store.Text) (storepath.Path, error) {
	info, err := t.Info(c.o.Dir)
	if err != nil {
		return "", err
	}
	var archive bytes.Buffer
	if err := store.FileNAR(&archive, bytes.NewReader(t.Contents), uint64(len(t.Contents))); err != nil {
		return "", err
	}
	return info.Path, c.AddNAR(ctx, info, &archive, store.AddOptions{})
}

// AddSource implements [store.Writer].
func (c *Cache) AddSource(ctx context.Context, src store.Source) (*pathinfo.Info, error) {
	if err := src.Check(); err != nil {
		return nil, err
	}
	var contents spool
	defer contents.close()
	hash := nixhash.NewWriter(src.Algorithm())
	if err := src.Write(io.MultiWriter(hash, &contents)); err != nil {
		return nil, err
	}
	write := func(w io.Writer) error {
		r, err := contents.reader()
		if err != nil {
			return err
		}
		if src.Method == storepath.Flat {
			return store.FileNAR(w, r, uint64(contents.size))
		}
		_, err = io.Copy(w, r)
		return err
	}
	narHash := nixhash.NewWriter(nixhash.SHA256)
	if err := write(narHash); err != nil {
		return nil, err
	}
	info, err := src.Info(c.o.Dir, hash.Sum(), narHash.Sum(), narHash.Size())
	if err != nil {
		return nil, err
	}
	archive, w := io.Pipe()
	sent := make(chan struct{})
	go func() {
		w.CloseWithError(write(w))
		close(sent)
	}()
	err = c.AddNAR(ctx, info, archive, store.AddOptions{})
	archive.Close()
	<-sent // the spool is read no more
	return info, err
}

// Batch implements [store.Writer]: a cache takes one object at a time.
func (c *Cache) Batch() store.Batch { return batch{c} }

type batch struct{ c *Cache }

func (b batch) Add(ctx context.Context, t store.Text) error {
	_, err := b.c.AddText(ctx, t)
	return err
}

func (b batch) AddSource(ctx context.Context, src store.Source) (*pathinfo.Info, error) {
	return b.c.AddSource(ctx, src)
}

func (b batch) Flush(context.Context) error { return nil }

// Open implements [store.Opener]. The whole tree is in memory.
func (c *Cache) Open(ctx context.Context, p storepath.Path) (fs.FS, error) {
	archive, w := io.Pipe()
	go func() { w.CloseWithError(c.WriteNAR(ctx, p, w)) }()
	defer archive.Close()
	return narfs.Read(nar.NewReader(archive))
}
