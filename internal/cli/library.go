package cli

import (
	"path/filepath"
	"strings"
)

// libraryFiles tells which files of a program are not the user's own: those in
// the store, those below an entry of the search path, and those inside of firn.
// What is below the working directory always is the user's own.
func (c *Call) libraryFiles(store, cwd string, searchPath []string) func(path string) bool {
	roots := []string{store}
	for _, entry := range searchPath {
		if _, path, ok := strings.Cut(entry, "="); ok {
			entry = path
		}
		if strings.Contains(entry, "://") || strings.HasPrefix(entry, "channel:") || strings.HasPrefix(entry, "flake:") {
			continue
		}
		if !filepath.IsAbs(entry) {
			entry = filepath.Join(cwd, entry)
		}
		roots = append(roots, filepath.Clean(entry))
		if real, err := filepath.EvalSymlinks(entry); err == nil {
			roots = append(roots, real)
		}
	}
	return func(path string) bool {
		if strings.HasPrefix(path, "«") {
			return true
		}
		if below(path, cwd) && !below(cwd, store) {
			return false
		}
		for _, root := range roots {
			if below(path, root) {
				return true
			}
		}
		return false
	}
}

// below tells whether path is dir or inside of it.
func below(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
