package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/diag"
	"firn/internal/fetch/download"
	"firn/internal/fetch/extract"
	"firn/internal/fetch/unpack"
	"firn/internal/fetch/uri"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/wiring"
)

// A prefetch is a file to download into a store.
type prefetch struct {
	url        string
	name       string // of the store path; "" takes the URL's last part
	algo       nixhash.Algorithm
	expected   *nixhash.Hash // nil if any will do
	unpack     bool          // add what is in the archive
	executable bool
}

// A prefetched is what became of it.
type prefetched struct {
	path storepath.Path
	hash nixhash.Hash
}

// prefetch downloads, unless the hash that is expected says that the store has
// the outcome.
func (c *Call) prefetch(ctx context.Context, st store.Store, p prefetch) (got prefetched, err error) {
	if err := p.findName(); err != nil {
		return got, err
	}
	method := storepath.Flat
	if p.unpack || p.executable {
		method = storepath.NAR
	}
	if p.expected != nil {
		p.algo = p.expected.Algo()
		got.hash = *p.expected
		if got.path, err = st.Dir().MakeFixed(p.name, storepath.ContentAddress{Method: method, Hash: got.hash}, storepath.References{}); err != nil {
			return got, err
		}
		if known, err := st.IsValid(ctx, got.path); err != nil || known {
			return got, err
		}
	}
	tmp, err := os.MkdirTemp("", "firn-prefetch-")
	if err != nil {
		return got, err
	}
	defer os.RemoveAll(tmp)
	file, err := c.downloadTo(ctx, &p, tmp)
	if err != nil {
		return got, err
	}
	return c.addPrefetched(ctx, st, &p, file, method)
}

// findName chooses the name of the store path.
func (p *prefetch) findName() error {
	given := p.name != ""
	if !given {
		u, err := uri.Parse(p.url)
		if err != nil {
			return err
		}
		segments := u.Segments()
		if len(segments) == 0 {
			return diag.New(diag.InvalidArgument, "cannot figure out file name for '%s'", p.url)
		}
		p.name = segments[len(segments)-1]
	}
	err := storepath.CheckName(p.name)
	if err != nil && !given {
		return fmt.Errorf("file name '%s' was extracted from URL '%s': %w; choose another one with '--name'", p.name, p.url, err)
	}
	return err
}

// downloadTo downloads into a directory and returns the file, or what was in the
// archive.
func (c *Call) downloadTo(ctx context.Context, p *prefetch, dir string) (string, error) {
	client, err := wiring.NewClient(&c.Config.Values, c.machine())
	if err != nil {
		return "", err
	}
	mode := os.FileMode(0o600)
	if p.executable {
		mode = 0o700
	}
	name := filepath.Join(dir, "file")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := client.Save(ctx, download.Request{URL: p.url}, f); err != nil || !p.unpack {
		return name, err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return "", err
	}
	return unpackInto(f, dir, p.url)
}

// unpackInto unpacks an archive below dir and returns its only entry, or the
// directory of all.
func unpackInto(archive *os.File, dir, url string) (string, error) {
	r, err := unpack.NewReader(archive, unpack.Options{})
	if err != nil {
		return "", fmt.Errorf("unpack '%s': %w", url, err)
	}
	defer r.Close()
	files, tree := filepath.Join(dir, "files"), filepath.Join(dir, "tree")
	if err := os.Mkdir(files, 0o700); err != nil {
		return "", err
	}
	root, err := extract.Spread(r, files)
	if err != nil {
		return "", fmt.Errorf("unpack '%s': %w", url, err)
	}
	switch len(root.Children) {
	case 0:
		return "", diag.New(diag.InvalidArgument, "archive '%s' is empty", url)
	case 1:
		for _, only := range root.Children {
			root = only
		}
	}
	return tree, extract.LayOut(root, tree)
}

// addPrefetched adds a file or tree, whose hash has to be as expected.
func (c *Call) addPrefetched(ctx context.Context, st store.Store, p *prefetch, file string, method storepath.Method) (got prefetched, err error) {
	mode := "flat"
	if method == storepath.NAR {
		mode = "nar"
	}
	if p.expected != nil {
		if got.hash, err = hashOf(mode, file, p.algo); err != nil {
			return got, err
		}
		if got.hash != *p.expected {
			return got, diag.New(diag.HashMismatch, "hash mismatch for '%s': specified %s, got %s", p.url, p.expected.SRI(), got.hash.SRI())
		}
	}
	adder, ok := st.(store.Writer)
	if !ok {
		return got, diag.New(diag.InvalidSetting, "nothing can be added to the store '%s'", c.Config.General.Store)
	}
	info, err := adder.AddSource(ctx, treeSource(file, p.name, method, p.algo))
	if err != nil {
		return got, err
	}
	return prefetched{info.Path, info.CA.Hash}, nil
}

// expectedHash reads the hash that a file should have.
func expectedHash(text string, algo nixhash.Algorithm) (*nixhash.Hash, error) {
	h, err := nixhash.ParseAny(text, algo)
	if err != nil {
		return nil, err
	}
	return &h, nil
}

// isMirror tells whether a URL names a group of mirrors rather than a server.
func isMirror(url string) (group, rest string, ok bool) {
	url, ok = strings.CutPrefix(url, "mirror://")
	if !ok {
		return "", "", false
	}
	group, rest, _ = strings.Cut(url, "/")
	return group, rest, true
}
