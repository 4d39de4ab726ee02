package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"firn/internal/activity"
	"firn/internal/fetch/download"
	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/fetch/uri"
)

// fetchTarball downloads and unpacks an archive.
func (f *Fetcher) fetchTarball(ctx context.Context, in input.Input) (found, error) {
	cache, err := f.treeCache()
	if err != nil {
		return found{}, err
	}
	info, id, err := f.unpackedTarball(ctx, cache, in.Str("url"))
	if err != nil {
		return found{}, err
	}
	if url, _ := info.Str("immutableUrl"); url != "" {
		fixed, err := input.FromURL(f.Options, url, true)
		if err != nil {
			return found{}, err
		}
		if fixed.Type() != "tarball" {
			return found{}, errors.New("tarball 'Link' headers that redirect to non-tarball URLs are not supported")
		}
		in = fixed
	}
	attrs := in.Attrs()
	if n, _, _ := info.Int("lastModified"); n != 0 {
		if _, ok := attrs["lastModified"]; !ok {
			attrs["lastModified"] = input.Int(n)
		}
	}
	tree, err := cache.Tree(id)
	if err != nil {
		return found{}, err
	}
	h, err := f.narHash(ctx, tree, id)
	if err != nil {
		return found{}, err
	}
	attrs["narHash"] = input.String(h.SRI())
	locked, err := input.FromAttrs(f.Options, attrs)
	if err != nil {
		return found{}, err
	}
	f.rememberHash(locked.Fingerprint(), h)
	return found{fs: tree, in: locked}, nil
}

// unpackedTarball returns the tree of an archive and the row of the fetcher cache about it.
func (f *Fetcher) unpackedTarball(ctx context.Context, cache treeCache, url string) (input.Attrs, git.ID, error) {
	u, err := uri.Parse(url)
	if err != nil {
		return nil, git.ID{}, err
	}
	if u.Scheme == "file" {
		if err := checkLocalTarball(u); err != nil {
			return nil, git.ID{}, err
		}
	}
	key := input.Attrs{"url": input.String(url)}
	row, known := f.cache.find("tarball", key)
	var id git.ID
	if known {
		id, known = cache.lookup(row.value)
	}
	if known && f.fresh(row.at) {
		return row.value, id, nil
	}
	request := download.Request{URL: u.String()}
	if known {
		request.ETag, _ = row.value.Str("etag")
	}
	value, newID, urls, err := f.unpackNew(ctx, cache, request, u)
	if e, failed := errors.AsType[*download.Error](err); failed && known && e.Reason == download.Transient {
		f.warn("%v; using cached version", err)
		return row.value, id, nil
	}
	if err != nil {
		return nil, git.ID{}, err
	}
	if value == nil { // still current
		value, newID = row.value, id
	}
	for _, at := range urls {
		f.cache.put("tarball", key.With("url", input.String(at)), value, f.now())
	}
	return value, newID, nil
}

// unpackNew downloads and unpacks; the row is nil if the server says that the known one is current.
func (f *Fetcher) unpackNew(ctx context.Context, cache treeCache, r download.Request, u uri.URI) (input.Attrs, git.ID, []string, error) {
	body, err := f.Download.Open(ctx, r)
	if err != nil {
		return nil, git.ID{}, nil, err
	}
	defer body.Close()
	if body.NotModified {
		return nil, git.ID{}, body.URLs, nil
	}
	act := f.Recorder.Start(activity.Unknown, activity.Info, fmt.Sprintf("unpacking '%s' into the Git cache", u))
	defer act.Stop()
	streamed := !strings.HasSuffix(strings.ToLower(u.Path[len(u.Path)-1]), ".zip")
	id, modified, err := cache.unpack(ctx, body, streamed)
	if err != nil {
		return nil, git.ID{}, nil, err
	}
	value := input.Attrs{"etag": input.String(body.ETag), "treeHash": input.String(id.String()), "lastModified": input.Int(uint64(modified))}
	if body.ImmutableURL != "" {
		value["immutableUrl"] = input.String(body.ImmutableURL)
	}
	return value, id, body.URLs, nil
}

// checkLocalTarball explains what is wrong with a local path that is not a tarball.
func checkLocalTarball(u uri.URI) error {
	name, err := uri.ToPath(u.Path)
	if err != nil {
		return err
	}
	if !path.IsAbs(name) {
		return fmt.Errorf("tarball '%s' must use an absolute path. The 'file' scheme does not support relative paths.", u)
	}
	st, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("tarball \"%s\" does not exist.", name)
	case err != nil || !st.IsDir():
		return err
	}
	if _, err := os.Stat(filepath.Join(name, ".git")); err == nil {
		return fmt.Errorf("tarball \"%s\" is a git repository, not a tarball. Please use `git+file` as the scheme.", name)
	}
	return fmt.Errorf("tarball \"%s\" is a directory, not a file.", name)
}
