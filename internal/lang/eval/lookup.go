package eval

import (
	"strings"
	"sync"

	"firn/internal/diag"
	"firn/internal/format/nixhash"
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
		p, err := w.World.Fetch.FetchTarball(ResolvePseudoURL(path), "source", nixhash.Hash{})
		if err == nil {
			return w.StoreDir.Join(p)
		}
		w.warnf("Nix search path entry '%s' cannot be downloaded, ignoring", path)
	}
	if ref, ok := strings.CutPrefix(path, "flake:"); ok {
		f, err := w.World.Fetch.FetchTreeURL(ref, false)
		w.Check(err)
		return w.StoreDir.Join(f.Path)
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

func (w *Worker) warnf(format string, args ...any) {
	if w.World.Warn != nil {
		w.World.Warn(&diag.Error{Msg: diag.Msgf(format, args...)})
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
