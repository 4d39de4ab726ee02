package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"firn/internal/fetch/download"
	"firn/internal/fetch/input"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// savedFile is a downloaded file in the store.
type savedFile struct {
	path    storepath.Path
	narHash nixhash.Hash
	fs      fs.FS
	root    string
}

// fetchFile downloads a single file.
func (f *Fetcher) fetchFile(ctx context.Context, in input.Input) (found, error) {
	file, err := f.saveFile(ctx, in.Str("url"), in.Name())
	if err != nil {
		return found{}, err
	}
	locked, err := in.With("narHash", input.String(file.narHash.SRI()))
	if err != nil {
		return found{}, err
	}
	// What is returned is the same file again, as a tree: its path comes from the hash of its NAR.
	fingerprint := "file:" + file.narHash.SRI()
	f.rememberHash(fingerprint, file.narHash)
	return found{fs: file.fs, root: file.root, in: locked, fingerprint: fingerprint}, nil
}

// saveFile downloads a file into the store, or asks whether the one that is there is still current.
func (f *Fetcher) saveFile(ctx context.Context, url, name string) (savedFile, error) {
	key := input.Attrs{"url": input.String(url), "name": input.String(name), "store": input.String(string(f.Store.Dir()))}
	row, known := f.cache.find("file", key)
	var old savedFile
	if known {
		old, known = f.savedBefore(ctx, row)
	}
	if known && f.fresh(row.at) {
		return old, nil
	}
	request := download.Request{URL: url}
	if known {
		request.ETag, _ = row.value.Str("etag")
	}
	temp, err := os.MkdirTemp("", "firn-download-")
	if err != nil {
		return savedFile{}, err
	}
	defer os.RemoveAll(temp)
	got, info, err := f.saveNew(ctx, request, name, temp)
	if _, failed := errors.AsType[*download.Error](err); failed && known {
		f.warn("%v; using cached version", err)
		return old, nil
	}
	if err != nil {
		return savedFile{}, err
	}
	if info.NotModified {
		got = old
	}
	value := input.Attrs{"etag": input.String(info.ETag), "url": input.String(info.URL()), "storePath": input.String(string(got.path))}
	if info.ImmutableURL != "" {
		value["immutableUrl"] = input.String(info.ImmutableURL)
	}
	for _, u := range info.URLs {
		f.cache.put("file", key.With("url", input.String(u)), value, f.now())
	}
	return got, nil
}

// savedBefore returns what a row of the cache tells, if it is still in the store.
func (f *Fetcher) savedBefore(ctx context.Context, row cached) (savedFile, bool) {
	base, err := row.value.Str("storePath")
	if err != nil {
		return savedFile{}, false
	}
	p, err := storepath.ParseBase(base)
	if err != nil {
		return savedFile{}, false
	}
	tree, root, narHash, err := f.Store.Open(ctx, p)
	return savedFile{p, narHash, tree, root}, err == nil
}

// saveNew downloads into a temporary directory and from there into the store.
func (f *Fetcher) saveNew(ctx context.Context, r download.Request, name, temp string) (savedFile, download.Info, error) {
	file, err := os.Create(filepath.Join(temp, "file"))
	if err != nil {
		return savedFile{}, download.Info{}, err
	}
	defer file.Close()
	info, err := f.Download.Save(ctx, r, file)
	if err != nil || info.NotModified {
		return savedFile{}, info, err
	}
	p, narHash, err := f.Store.AddTree(ctx, name, newDiskFS(temp), "file", storepath.Flat)
	if err != nil {
		return savedFile{}, info, err
	}
	tree, root, _, err := f.Store.Open(ctx, p)
	if err != nil {
		return savedFile{}, info, fmt.Errorf("open downloaded file '%s': %w", f.Store.Dir().Join(p), err)
	}
	return savedFile{p, narHash, tree, root}, info, nil
}

// flatHash returns the hash of the contents of a file.
func (s savedFile) flatHash(algo nixhash.Algorithm) (nixhash.Hash, error) {
	file, err := s.fs.Open(s.root)
	if err != nil {
		return nixhash.Hash{}, err
	}
	defer file.Close()
	w := nixhash.NewWriter(algo)
	if _, err := copyBuffered(w, file); err != nil {
		return nixhash.Hash{}, err
	}
	return w.Sum(), nil
}
