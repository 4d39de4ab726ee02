package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/diag"
	"firn/internal/format/storepath"
)

// maxLinks is how many links are followed into the store.
const maxLinks = 1024

// followLinks returns the place in the store that a command line names: a path
// there, or a link that leads there.
func followLinks(dir storepath.Dir, arg string) (string, error) {
	path, err := filepath.Abs(arg)
	if err != nil {
		return "", err
	}
	for n := 0; !strings.HasPrefix(path, string(dir)+"/"); n++ {
		target, err := os.Readlink(path)
		if err != nil {
			return "", diag.New(diag.NotInStore, `path "%s" is not in the Nix store`, path)
		}
		if n == maxLinks {
			return "", diag.New(diag.InvalidArgument, "too many symbolic links encountered while resolving '%s'", arg)
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = filepath.Clean(target)
	}
	return path, nil
}

// followLinksToPath returns the store path that a command line names, or that it
// names something in.
func followLinksToPath(dir storepath.Dir, arg string) (storepath.Path, error) {
	place, err := followLinks(dir, arg)
	if err != nil {
		return "", err
	}
	p, _, err := dir.ParseInside(place)
	return p, err
}

// path returns the store path that an argument names.
func (s *storeCall) path(arg string) (storepath.Path, error) {
	return followLinksToPath(s.store.Dir(), arg)
}

// paths returns the store paths that all arguments name.
func (s *storeCall) paths() ([]storepath.Path, error) {
	list := make([]storepath.Path, len(s.Args))
	for i, arg := range s.Args {
		p, err := s.path(arg)
		if err != nil {
			return nil, err
		}
		list[i] = p
	}
	return list, nil
}

// full returns a path with the store's directory.
func (s *storeCall) full(p storepath.Path) string { return s.store.Dir().Join(p) }

func (c *Call) readStdin() (string, error) {
	text, err := io.ReadAll(c.Process.In)
	return string(text), err
}
