package world

import (
	"strings"
	"sync"

	"firn/internal/diag"
)

// Access lets an evaluation see some paths only: those below an allowed one,
// and the directories that lead there. The zero value allows nothing.
type Access struct {
	// Pure words refusals for pure evaluation instead of restricted.
	Pure bool

	mu sync.RWMutex
	// allowed maps paths to true if all below is allowed, to false if they only
	// lead to such a path.
	allowed map[string]bool
}

// Allow lets everything below an absolute canonical path be seen.
func (a *Access) Allow(path string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.allowed == nil {
		a.allowed = make(map[string]bool)
	}
	a.allowed[path] = true
	for path != "/" && path != "" {
		path = path[:strings.LastIndexByte(path, '/')]
		if path == "" {
			path = "/"
		}
		if a.allowed[path] {
			return
		}
		a.allowed[path] = false
	}
}

// Check returns the refusal for a path that is not allowed.
func (a *Access) Check(path string) error {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if _, ok := a.allowed[path]; ok {
		return nil
	}
	for p := path; ; {
		if a.allowed[p] {
			return nil
		}
		i := strings.LastIndexByte(p, '/')
		if i <= 0 {
			break
		}
		p = p[:i]
	}
	if a.allowed["/"] {
		return nil
	}
	if a.Pure {
		return diag.New(diag.ForbiddenPure, "access to absolute path '%s' is forbidden in pure evaluation mode (use '--impure' to override)", path)
	}
	return diag.New(diag.ForbiddenRestricted, "access to absolute path '%s' is forbidden in restricted mode", path)
}
