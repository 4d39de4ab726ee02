package fetch

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/fetch/unpack"
	"firn/internal/format/nixhash"
)

// treeCache keeps unpacked tarballs in a bare repository, as trees without commits, all in packs.
type treeCache struct{ *git.Repo }

// trees opens the cache, and makes it if it does not exist.
func (f *Fetcher) treeCache() (treeCache, error) {
	dir := filepath.Join(f.CacheDir, "tarball-cache-v2")
	if err := git.Init(dir); err != nil {
		return treeCache{}, err
	}
	repo, err := f.repo(dir)
	return treeCache{repo}, err
}

// lookup returns the tree whose name a row of the fetcher cache has, if it is there.
func (c treeCache) lookup(row input.Attrs) (git.ID, bool) {
	text, err := row.Str("treeHash")
	if err != nil {
		return git.ID{}, false
	}
	id, err := git.ParseID(text)
	return id, err == nil && c.Has(id)
}

// unpack reads an archive into the cache. If it has one directory around everything, that is the tree.
func (c treeCache) unpack(ctx context.Context, src io.Reader, streamed bool) (tree git.ID, lastModified int64, err error) {
	var spool spool
	defer spool.close()
	r, err := unpack.NewReader(src, unpack.Options{Spool: spool.fill, Streamed: streamed})
	if err != nil {
		return git.ID{}, 0, err
	}
	defer r.Close()
	err = c.Pack(ctx, func(p *git.Packer) error {
		root, latest, err := unpack.Collect(r, p.Blob)
		if err == nil {
			err = p.Wait()
		}
		if err != nil {
			return err
		}
		lastModified = latest
		tree, err = packTree(p, root.Single())
		return err
	})
	return tree, lastModified, err
}

// packTree writes a directory and those below it.
func packTree(p *git.Packer, n *unpack.Node[*git.PackedBlob]) (git.ID, error) {
	items := make([]git.TreeItem, 0, len(n.Children))
	for _, name := range slices.Sorted(maps.Keys(n.Children)) {
		c := n.Children[name]
		item := git.TreeItem{Name: name, Mode: git.ModeFile}
		var err error
		switch {
		case c.Kind == unpack.Directory:
			item.Mode = git.ModeTree
			item.ID, err = packTree(p, c)
		case c.Kind == unpack.Symlink:
			item.Mode = git.ModeSymlink
			item.ID, err = p.Link(c.Target)
		default:
			if c.Executable {
				item.Mode = git.ModeExecutable
			}
			item.ID = c.Contents.ID()
		}
		if err != nil {
			return git.ID{}, err
		}
		items = append(items, item)
	}
	return p.Tree(items)
}

// spool is a temporary file for an archive that cannot be read in order.
type spool struct{ file *os.File }

func (s *spool) fill(src io.Reader) (io.ReaderAt, int64, error) {
	file, err := os.CreateTemp("", "firn-zip-")
	if err != nil {
		return nil, 0, err
	}
	s.file = file
	os.Remove(file.Name()) // it lives until it is closed
	n, err := copyBuffered(file, src)
	return file, n, err
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// narHash returns the NAR hash of a tree in the cache; it is computed once.
func (f *Fetcher) narHash(ctx context.Context, tree *git.TreeFS, id git.ID) (nixhash.Hash, error) {
	key := input.Attrs{"treeHash": input.String(id.String())}
	if row, ok := f.cache.find("treeHashToNarHash", key); ok {
		if text, err := row.value.Str("narHash"); err == nil {
			if h, err := nixhash.ParseSRI(text); err == nil {
				return h, nil
			}
		}
	}
	h, err := hashTree(ctx, tree, ".")
	if err != nil {
		return h, fmt.Errorf("hash unpacked tarball: %w", err)
	}
	f.cache.put("treeHashToNarHash", key, input.Attrs{"narHash": input.String(h.SRI())}, f.now())
	return h, nil
}

var copyBuffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// copyBuffered is io.Copy with a buffer that is used again.
func copyBuffered(dst io.Writer, src io.Reader) (int64, error) {
	buf := copyBuffers.Get().(*[64 << 10]byte)
	defer copyBuffers.Put(buf)
	return io.CopyBuffer(struct{ io.Writer }{dst}, struct{ io.Reader }{src}, buf[:])
}
