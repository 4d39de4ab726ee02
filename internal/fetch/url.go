package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"firn/internal/fetch/input"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// URL is builtins.fetchurl: it downloads a file and returns its store path.
func (f *Fetcher) URL(ctx context.Context, c FileCall, rules Rules) (storepath.Path, error) {
	const who = "fetchurl"
	if err := rules.check(c.URL); err != nil {
		return "", err
	}
	name := c.Name
	if name == "" {
		name = baseName(c.URL)
	}
	if err := c.checkName(name, who); err != nil {
		return "", err
	}
	want, err := f.expect(c, who, rules)
	if err != nil {
		return "", err
	}
	if want.Algo() == nixhash.SHA256 {
		p, err := f.Store.Dir().MakeFixed(name, storepath.ContentAddress{Method: storepath.Flat, Hash: want}, storepath.References{})
		if err != nil {
			return "", err
		}
		if f.available(ctx, p) {
			return p, nil
		}
	}
	file, err := f.saveFile(ctx, c.URL, name)
	if err != nil || want.IsZero() {
		return file.path, err
	}
	got, err := file.flatHash(want.Algo())
	if err != nil {
		return "", err
	}
	if got != want {
		return "", input.NewMismatch("hash mismatch in file downloaded from '%s':\n  specified: %s\n  got:       %s",
			c.URL, want.Text(nixhash.Nix32, true), got.Text(nixhash.Nix32, true))
	}
	return file.path, nil
}

// available reports whether p is in the store or can be got from where the store gets objects.
func (f *Fetcher) available(ctx context.Context, p storepath.Path) bool {
	if err := f.Store.Ensure(ctx, p); err != nil {
		return false // it will be downloaded
	}
	_, _, _, err := f.Store.Open(ctx, p)
	return !errors.Is(err, fs.ErrNotExist)
}

// Tarball is builtins.fetchTarball: it downloads and unpacks an archive.
func (f *Fetcher) Tarball(ctx context.Context, c FileCall, rules Rules) (*Tree, error) {
	const who = "fetchTarball"
	c.URL = ResolvePseudoURL(c.URL)
	if err := rules.check(c.URL); err != nil {
		return nil, err
	}
	name := "source"
	if c.HasName {
		name = c.Name
	}
	if name == "" {
		name = baseName(c.URL)
	}
	if err := c.checkName(name, who); err != nil {
		return nil, err
	}
	want, err := f.expect(c, who, rules)
	if err != nil {
		return nil, err
	}
	attrs := input.Attrs{"type": input.String("tarball"), "url": input.String(c.URL), "name": input.String(name)}
	if !want.IsZero() {
		attrs["narHash"] = input.String(want.SRI())
	}
	in, err := input.FromAttrs(f.Options, attrs)
	if err != nil {
		return nil, err
	}
	if !want.IsZero() {
		if t, err := f.fromStore(ctx, in); t != nil || err != nil {
			return t, err
		}
	}
	return f.Fetch(ctx, in)
}

// ResolvePseudoURL replaces "channel:<name>" by the URL of that channel.
func ResolvePseudoURL(url string) string {
	if name, ok := strings.CutPrefix(url, "channel:"); ok {
		return fmt.Sprintf("https://channels.nixos.org/%s/nixexprs.tar.xz", name)
	}
	return url
}

// baseName is what follows the last slash, one at the end aside.
func baseName(url string) string {
	url = strings.TrimSuffix(url, "/")
	return url[strings.LastIndexByte(url, '/')+1:]
}
