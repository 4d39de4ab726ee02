// Package cache is a binary cache: a store of compressed archives, with a
// narinfo for each, over files that package blob moves.
//
//	nix-cache-info             what store directory the paths are in, and hints
//	<hash part>.narinfo        what is known of a path, and where its archive is
//	nar/<file hash>.nar.xz     the archive
//	<hash part>.ls             its listing
//	debuginfo/<build id>.debug which archive has debug symbols
//	log/<derivation>           the log of a build
//	build-trace-v2/…           what outputs were built to
//
// A narinfo is written after its archive and after the narinfos of what the path
// refers to: who sees it can get all of the closure.
//
// See docs/spec/binary-cache.md.
package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"firn/internal/cache/blob"
	"firn/internal/format/narinfo"
	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/par"
	"firn/internal/store"
)

// Memory remembers over runs what a cache has said.
type Memory interface {
	// Narinfo returns what the cache at url said of a hash part. known is false
	// if it is not known any more; a nil info with known means that there is
	// none.
	Narinfo(ctx context.Context, url, hashPart string) (info *narinfo.Info, known bool)
	// Remember keeps an answer, nil for none.
	Remember(ctx context.Context, url, hashPart string, info *narinfo.Info)
	// About and RememberAbout do the same for what the cache says of itself,
	// which comes first.
	About(ctx context.Context, url string) (a About, known bool)
	RememberAbout(ctx context.Context, url string, a About)
	io.Closer
}

// Cache is a binary cache. It is a [store.Store], and implements
// [store.Writer], [store.Opener], [store.Signable], [store.Traces] and [store.Logs].
type Cache struct {
	blobs  blob.Store
	o      Options
	flight par.Flight[string, *narinfo.Info]

	mu    sync.Mutex
	about *About
	infos map[string]*narinfo.Info // by hash part
}

// New returns the binary cache over blobs. Nothing is read before it is used.
func New(blobs blob.Store, o Options) *Cache {
	return &Cache{blobs: blobs, o: o, infos: make(map[string]*narinfo.Info)}
}

// Dir implements [store.Reader].
func (c *Cache) Dir() storepath.Dir { return c.o.Dir }

// URL is the address as people are shown it.
func (c *Cache) URL() string { return c.blobs.URL() }

// Trusted tells that what the cache has needs no signature.
func (c *Cache) Trusted() bool { return c.o.Trusted }

// Close implements [store.Store].
func (c *Cache) Close() error {
	if c.o.Memory == nil {
		return nil
	}
	return c.o.Memory.Close()
}

// IsValid implements [store.Reader].
func (c *Cache) IsValid(ctx context.Context, p storepath.Path) (bool, error) {
	info, err := c.lookup(ctx, p.HashPart())
	return info != nil && info.Path == p, err
}

// PathInfo implements [store.Reader].
func (c *Cache) PathInfo(ctx context.Context, p storepath.Path) (*pathinfo.Info, error) {
	info, err := c.Narinfo(ctx, p)
	if err != nil {
		return nil, err
	}
	return &info.Info, nil
}

// Narinfo is PathInfo with where the archive is.
func (c *Cache) Narinfo(ctx context.Context, p storepath.Path) (*narinfo.Info, error) {
	info, err := c.lookup(ctx, p.HashPart())
	if err != nil {
		return nil, err
	}
	if info == nil || info.Path != p {
		return nil, &store.NotValidError{Dir: c.o.Dir, Path: p}
	}
	return info, nil
}

// DownloadSize returns the size in bytes of a path's archive as it is stored; 0
// if it is not known.
func (c *Cache) DownloadSize(ctx context.Context, p storepath.Path) uint64 {
	info, err := c.Narinfo(ctx, p)
	if err != nil {
		return 0 // whoever fetches it will learn why
	}
	return info.FileSize
}

// FromHashPart returns the path with a hash part, or "".
func (c *Cache) FromHashPart(ctx context.Context, hashPart string) (storepath.Path, error) {
	info, err := c.lookup(ctx, hashPart)
	if info == nil {
		return "", err
	}
	return info.Path, err
}

// AllPaths returns the paths of a cache whose files can be listed, sorted.
func (c *Cache) AllPaths(ctx context.Context) ([]storepath.Path, error) {
	list, ok := c.blobs.(blob.Lister)
	if !ok {
		return nil, fmt.Errorf("operation 'queryAllValidPaths' is not supported by store '%s'", c.URL())
	}
	keys, err := list.Keys(ctx, narinfoSuffix)
	if err != nil {
		return nil, err
	}
	const atOnce = 16
	paths, err := par.Map(ctx, atOnce, keys, func(ctx context.Context, key string) (storepath.Path, error) {
		return c.FromHashPart(ctx, strings.TrimSuffix(key, narinfoSuffix))
	})
	paths = slices.DeleteFunc(paths, func(p storepath.Path) bool { return p == "" })
	slices.Sort(paths)
	return paths, err
}

const (
	narinfoSuffix = ".narinfo"
	maxNarinfo    = 16 << 20 // bytes; the references of one path
	maxRemembered = 200_000  // answers in memory
)

// lookup returns the narinfo with a hash part, nil if there is none.
func (c *Cache) lookup(ctx context.Context, hashPart string) (*narinfo.Info, error) {
	c.mu.Lock()
	info := c.infos[hashPart]
	c.mu.Unlock()
	if info != nil {
		return info, nil
	}
	return c.flight.Do(ctx, hashPart, func(ctx context.Context) (*narinfo.Info, error) {
		return c.ask(ctx, hashPart)
	})
}

// ask looks a narinfo up on disk and in the cache itself.
func (c *Cache) ask(ctx context.Context, hashPart string) (*narinfo.Info, error) {
	a, err := c.About(ctx)
	if err != nil {
		return nil, err
	}
	if a.missing && c.o.MustExist {
		return nil, fmt.Errorf("'%s' does not appear to be a binary cache", c.URL())
	}
	if m := c.o.Memory; m != nil {
		if info, known := m.Narinfo(ctx, c.URL(), hashPart); known {
			c.keep(hashPart, info)
			return info, nil
		}
	}
	info, err := c.fetchNarinfo(ctx, hashPart)
	if err != nil {
		return nil, err
	}
	if m := c.o.Memory; m != nil {
		m.Remember(ctx, c.URL(), hashPart, info)
	}
	c.keep(hashPart, info)
	return info, nil
}

func (c *Cache) fetchNarinfo(ctx context.Context, hashPart string) (*narinfo.Info, error) {
	key := hashPart + narinfoSuffix
	text, err := blob.ReadAll(ctx, c.blobs, key, maxNarinfo)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	info, err := narinfo.Parse(c.o.Dir, string(text), key)
	if err != nil {
		return nil, fmt.Errorf("binary cache '%s': %w; remove '%s' there and copy the path to the cache again", c.URL(), err, key)
	}
	return info, nil
}

func (c *Cache) keep(hashPart string, info *narinfo.Info) {
	if info == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.infos) >= maxRemembered {
		clear(c.infos)
	}
	c.infos[hashPart] = info
}

func (c *Cache) forget(hashPart string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.infos, hashPart)
}

// AddSignatures implements [store.Signable].
func (c *Cache) AddSignatures(ctx context.Context, p storepath.Path, sigs []signature.Signature) error {
	old, err := c.Narinfo(ctx, p)
	if err != nil {
		return err
	}
	info := *old
	info.Signatures = slices.Clone(info.Signatures)
	for _, s := range sigs {
		info.Signatures = signature.Insert(info.Signatures, s)
	}
	return c.putNarinfo(ctx, &info)
}

// putNarinfo publishes a path.
func (c *Cache) putNarinfo(ctx context.Context, info *narinfo.Info) error {
	hashPart := info.Path.HashPart()
	if err := c.putEncoded(ctx, hashPart+narinfoSuffix, "text/x-nix-narinfo", c.o.NarinfoEncoding, strings.NewReader(info.Text(c.o.Dir))); err != nil {
		return err
	}
	c.keep(hashPart, info)
	if m := c.o.Memory; m != nil {
		m.Remember(ctx, c.URL(), hashPart, info)
	}
	return nil
}
