package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Module is a submodule as ".gitmodules" describes it.
type Module struct {
	Path   string
	URL    string // may be relative to that of the repository
	Branch string // "." is the branch of the repository; "" none
	Commit ID     // the commit that the tree has for it; zero for one of a work tree
}

// ParseModules reads a ".gitmodules". Paths outside the repository are left out.
func ParseModules(text []byte) ([]Module, error) {
	config, err := ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("parsing .gitmodules file: %w", err)
	}
	var modules []Module
	at := map[string]int{}
	for _, e := range config {
		rest, ok := strings.CutPrefix(e.Key, "submodule.")
		dot := strings.LastIndexByte(rest, '.')
		if !ok || dot < 0 {
			continue
		}
		name := rest[:dot]
		i, ok := at[name]
		if !ok {
			i = len(modules)
			at[name] = i
			modules = append(modules, Module{})
		}
		switch rest[dot+1:] {
		case "path":
			modules[i].Path = path.Clean(e.Value)
		case "url":
			modules[i].URL = e.Value
		case "branch":
			modules[i].Branch = e.Value
		}
	}
	kept := modules[:0]
	for _, m := range modules {
		if m.Path != "" && m.Path != "." && fs.ValidPath(m.Path) {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// Modules lists the submodules of a tree: what ".gitmodules" names and the tree has a commit for.
func (t *TreeFS) Modules() ([]Module, error) {
	text, err := t.ReadFile(".gitmodules")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	modules, err := ParseModules(text)
	kept := modules[:0]
	for _, m := range modules {
		var ok bool
		if m.Commit, ok = t.Submodule(m.Path); ok {
			kept = append(kept, m)
		}
	}
	return kept, err
}

// WorkModules lists the submodules that the ".gitmodules" of the work tree names.
func (r *Repo) WorkModules() ([]Module, error) {
	text, err := os.ReadFile(filepath.Join(r.Work, ".gitmodules"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ParseModules(text)
}

// ModuleURL returns the URL of a submodule; one that begins with "./" or "../" is relative to the remote "origin" of the
// repository, or to the repository itself if it has none.
func (r *Repo) ModuleURL(url string) string {
	if !strings.HasPrefix(url, "./") && !strings.HasPrefix(url, "../") {
		return url
	}
	base := r.config.Get("remote.origin.url")
	if base == "" {
		base = r.Work
		if base == "" {
			base = r.Dir
		}
	}
	base = strings.TrimRight(base, "/")
	for {
		switch {
		case strings.HasPrefix(url, "./"):
			url = url[2:]
		case strings.HasPrefix(url, "../"):
			url = url[3:]
			i := strings.LastIndexByte(base, '/')
			if i < 0 {
				i = strings.LastIndexByte(base, ':')
				if i < 0 {
					return url
				}
				i++ // "host:repo" is left with "host:"
			}
			base = base[:i]
		default:
			if strings.HasSuffix(base, ":") {
				return base + strings.TrimRight(url, "/")
			}
			return base + "/" + strings.TrimRight(url, "/")
		}
	}
}
