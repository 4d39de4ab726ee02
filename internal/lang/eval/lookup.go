package eval

import (
	"strings"
	"sync"

	"firn/internal/diag"
	"firn/internal/format/storepath"
)

// FindFile looks a name up in a search path, as <name> does.
func (w *Worker) FindFile(entries []SearchEntry, name string, pos diag.Pos) string {
	for _, e := range entries {
		suffix, ok := e.match(name)
		if !ok {
			continue
		}
		root, ok := w.searchRoot(e.Path)
		if !ok {
			continue
		}
		path := w.ResolveLinks(CanonPath(root+"/"+suffix), true)
		t, err := w.World.Files.Lstat(path)
		w.Check(err)
		if t != "" {
			return path
		}
	}
	if rest, ok := strings.CutPrefix(name, "nix/"); ok {
		return InternalPrefix + rest
	}
	format := "file '%s' was not found in the Nix search path (add it using $NIX_PATH or -I)"
	if w.Pure {
		format = "cannot look up '<%s>' in pure evaluation mode (use '--impure' to override)"
	}
	w.Fail(diag.New(diag.NotInSearchPath, format, name).At(pos))
	return ""
}

// match returns what of the name is left for the entry's directory.
func (e *SearchEntry) match(name string) (suffix string, ok bool) {
	if e.Prefix == "" {
		return name, true
	}
	rest, ok := strings.CutPrefix(name, e.Prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// searchRoot returns the directory of an entry of the search path. Entries that
// are not there are skipped.
func (w *Worker) searchRoot(path string) (string, bool) {
	cache := w.Memo(rootsKey{}, func() any { return new(sync.Map) }).(*sync.Map)
	if r, ok := cache.Load(path); ok {
		return r.(string), r.(string) != ""
	}
	root := w.findRoot(path)
	cache.Store(path, root)
	return root, root != ""
}

type rootsKey struct{}

func (w *Worker) findRoot(path string) string {
	if IsPseudoURL(path) {
		p, err := w.fetcher().FetchTarball(FileCall{URL: ResolvePseudoURL(path), Name: "source"})
		if err == nil {
			return w.StoreDir.Join(p)
		}
		w.warnf("Nix search path entry '%s' cannot be downloaded, ignoring", path)
	}
	if ref, ok := strings.CutPrefix(path, "flake:"); ok {
		attrs, err := w.fetcher().FetchTree(TreeCall{URL: ref})
		w.Check(err)
		return w.StoreDir.Join(attrs[0].Value.(storepath.Path))
	}
	full := path
	if !strings.HasPrefix(full, "/") {
		full = w.World.Cwd + "/" + full
	}
	full = CanonPath(full)
	t, err := w.World.Files.Lstat(w.ResolveLinks(full, true))
	w.Check(err)
	if t == "" {
		w.warnf("Nix search path entry '%s' does not exist, ignoring", path)
		return ""
	}
	return full
}

// fetcher returns the fetcher, which there must be.
func (w *Worker) fetcher() Fetcher {
	if w.World.Fetch == nil {
		w.Fail(diag.New(diag.FetchFailed, "this evaluation can't fetch anything"))
	}
	return w.World.Fetch
}

// Fetcher returns the evaluation's fetcher or fails.
func (w *Worker) Fetcher() Fetcher { return w.fetcher() }

func (w *Worker) warnf(format string, args ...any) {
	if w.World.Warn != nil {
		w.World.Warn(diag.New(diag.NotInSearchPath, format, args...))
	}
}

// IsPseudoURL reports whether a search path entry or command argument is to be
// downloaded: a channel: or a URL of a few schemes.
func IsPseudoURL(s string) bool {
	if strings.HasPrefix(s, "channel:") {
		return true
	}
	scheme, _, ok := strings.Cut(s, "://")
	if !ok {
		return false
	}
	switch scheme {
	case "http", "https", "file", "channel", "git", "s3", "ssh":
		return true
	}
	return false
}

// ResolvePseudoURL turns channel:NAME into the URL of the channel's tarball.
func ResolvePseudoURL(s string) string {
	if name, ok := strings.CutPrefix(s, "channel:"); ok {
		return "https://channels.nixos.org/" + name + "/nixexprs.tar.xz"
	}
	return s
}
