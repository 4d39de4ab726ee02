package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"firn/internal/activity"
	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/fetch/uri"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// mercurialURL turns a path into a URL.
func mercurialURL(url string) string {
	if strings.Contains(url, "://") {
		return url
	}
	return "file://" + url
}

// hg runs Mercurial so that its output does not depend on the user's settings.
func hg(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "hg", args...)
	cmd.Env = append(os.Environ(), "HGPLAIN=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("the program 'hg' is needed for this but not on PATH: %w", err)
	}
	if err != nil {
		err = fmt.Errorf("hg %s failed: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return string(out), err
}

// fetchMercurial takes a commit, or the tracked files of a changed work tree.
func (f *Fetcher) fetchMercurial(ctx context.Context, in input.Input) (found, error) {
	if h := in.Rev(); !h.IsZero() && h.Algo() != nixhash.SHA1 {
		return found{}, fmt.Errorf("Hash '%s' is not supported by Mercurial. Only sha1 is supported.", h.Text(nixhash.Base16, true))
	}
	u, err := uri.Parse(in.Str("url"))
	if err != nil {
		return found{}, err
	}
	where := u.String()
	if u.Scheme == "file" {
		if where, err = uri.ToPath(u.Path); err != nil {
			return found{}, err
		}
		if got, dirty, err := f.mercurialWorkTree(ctx, in, where); dirty || err != nil {
			return got, err
		}
	}
	c := mercurialClone{f: f, in: in, url: where}
	c.dir = filepath.Join(f.CacheDir, "hg", nixhash.Sum(nixhash.SHA256, []byte(where)).Nix32())
	return c.fetch(ctx)
}

// mercurialWorkTree takes a local work tree if it differs from its commit and no other is asked for.
func (f *Fetcher) mercurialWorkTree(ctx context.Context, in input.Input, path string) (got found, dirty bool, err error) {
	_, hasRef := in.Ref()
	if _, err := os.Stat(filepath.Join(path, ".hg")); hasRef || !in.Rev().IsZero() || err != nil {
		return found{}, false, nil
	}
	changes, err := hg(ctx, "status", "-R", path, "--modified", "--added", "--removed")
	if err != nil || changes == "" {
		return found{}, false, err
	}
	if f.RefuseDirty {
		return found{}, true, fmt.Errorf("Mercurial tree \"%s\" is unclean", path)
	}
	if !f.QuietDirty {
		f.warn("Mercurial tree \"%s\" is unclean", path)
	}
	branch, err := hg(ctx, "branch", "-R", path)
	if err != nil {
		return found{}, true, err
	}
	files, err := hg(ctx, "status", "-R", path, "--clean", "--modified", "--added", "--no-status", "--print0")
	if err != nil {
		return found{}, true, err
	}
	names := strings.FieldsFunc(files, func(r rune) bool { return r == 0 })
	slices.Sort(names)
	got.fs = git.NewWorkdir(path, names)
	got.in, err = in.With("ref", input.String(strings.TrimSpace(branch)))
	return got, true, err
}

// mercurialClone is a repository in the cache.
type mercurialClone struct {
	f        *Fetcher
	in       input.Input
	url, dir string
}

// fetch brings the clone up to date and archives the wanted commit, as far as that is not remembered.
func (c *mercurialClone) fetch(ctx context.Context) (found, error) {
	ref, ok := c.in.Ref()
	if !ok {
		ref = "default"
	}
	wanted := ""
	if h := c.in.Rev(); !h.IsZero() {
		wanted = h.Base16()
	}
	refKey := input.Attrs{"url": input.String(c.url), "ref": input.String(ref)}
	if row, ok := c.f.cache.find("hgRefToRev", refKey); ok && wanted == "" && c.f.fresh(row.at) {
		wanted, _ = row.value.Str("rev")
	}
	if wanted != "" {
		if got, ok := c.remembered(ctx, wanted, ref); ok {
			return got, nil
		}
	}
	if err := c.update(ctx, wanted); err != nil {
		return found{}, err
	}
	what := ref
	if wanted != "" {
		what = wanted
	}
	line, err := hg(ctx, "log", "-R", c.dir, "-r", what, "--template", "{node} {rev} {branch}")
	if err != nil {
		return found{}, err
	}
	words := strings.Fields(line)
	if len(words) != 3 {
		return found{}, fmt.Errorf("hg log printed '%s' about '%s'", line, what)
	}
	count, err := strconv.ParseUint(words[1], 10, 64)
	if err != nil {
		return found{}, err
	}
	if got, ok := c.remembered(ctx, words[0], words[2]); ok {
		return got, nil
	}
	got, err := c.archive(ctx, words[0], words[2], count)
	if err == nil && c.in.Rev().IsZero() {
		c.f.cache.put("hgRefToRev", refKey, input.Attrs{"rev": input.String(words[0])}, c.f.now())
	}
	return got, err
}

func (c *mercurialClone) key(rev string) input.Attrs {
	return input.Attrs{"store": input.String(string(c.f.Store.Dir())), "name": input.String(c.in.Name()), "rev": input.String(rev)}
}

// remembered returns a commit that is in the store already.
func (c *mercurialClone) remembered(ctx context.Context, rev, ref string) (found, bool) {
	row, ok := c.f.cache.find("hgRev", c.key(rev))
	if !ok {
		return found{}, false
	}
	base, err := row.value.Str("storePath")
	if err != nil {
		return found{}, false
	}
	path, err := storepath.ParseBase(base)
	if err != nil {
		return found{}, false
	}
	tree, root, narHash, err := c.f.Store.Open(ctx, path)
	if err != nil {
		return found{}, false
	}
	count, _, _ := row.value.Int("revCount")
	in, err := c.locked(rev, ref, count)
	return found{fs: tree, root: root, in: in, placed: &Tree{Path: path, NARHash: narHash, stored: true}}, err == nil
}

func (c *mercurialClone) locked(rev, ref string, count uint64) (input.Input, error) {
	attrs := c.in.Attrs()
	attrs["rev"], attrs["ref"], attrs["revCount"] = input.String(rev), input.String(ref), input.Int(count)
	return input.FromAttrs(c.f.Options, attrs)
}

// update pulls, unless the wanted commit is there.
func (c *mercurialClone) update(ctx context.Context, wanted string) error {
	_, statErr := os.Stat(c.dir)
	exists := statErr == nil
	if wanted != "" && exists {
		if out, err := hg(ctx, "log", "-R", c.dir, "-r", wanted, "--template", "1"); err == nil && out == "1" {
			return nil
		}
	}
	act := c.f.Recorder.Start(activity.Unknown, activity.Talkative, fmt.Sprintf("fetching Mercurial repository '%s'", c.url))
	defer act.Stop()
	if !exists {
		if err := os.MkdirAll(filepath.Dir(c.dir), 0o777); err != nil {
			return err
		}
		_, err := hg(ctx, "clone", "--noupdate", "--", c.url, c.dir)
		return err
	}
	_, err := hg(ctx, "pull", "-R", c.dir, "--", c.url)
	if err == nil {
		return nil
	}
	if _, statErr := os.Stat(filepath.Join(c.dir, ".hg", "store", "journal")); errors.Is(statErr, fs.ErrNotExist) {
		return err
	}
	// A pull that was killed left its transaction behind.
	if _, err := hg(ctx, "recover", "-R", c.dir); err != nil {
		return err
	}
	_, err = hg(ctx, "pull", "-R", c.dir, "--", c.url)
	return err
}

// archive puts a commit into the store.
func (c *mercurialClone) archive(ctx context.Context, rev, ref string, count uint64) (found, error) {
	temp, err := os.MkdirTemp("", "firn-hg-")
	if err != nil {
		return found{}, err
	}
	defer os.RemoveAll(temp)
	if _, err := hg(ctx, "archive", "-R", c.dir, "-r", rev, temp); err != nil {
		return found{}, err
	}
	if err := os.Remove(filepath.Join(temp, ".hg_archival.txt")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return found{}, err
	}
	path, narHash, err := c.f.Store.AddTree(ctx, c.in.Name(), newDiskFS(temp), ".", storepath.NAR)
	if err != nil {
		return found{}, err
	}
	tree, root, _, err := c.f.Store.Open(ctx, path)
	if err != nil {
		return found{}, err
	}
	c.f.cache.put("hgRev", c.key(rev), input.Attrs{"revCount": input.Int(count), "storePath": input.String(string(path))}, c.f.now())
	in, err := c.locked(rev, ref, count)
	return found{fs: tree, root: root, in: in, placed: &Tree{Path: path, NARHash: narHash, stored: true}}, err
}
