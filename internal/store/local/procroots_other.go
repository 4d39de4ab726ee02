//go:build !linux

package local

// processRoots finds store paths that running processes use, where the system
// tells. Elsewhere only links and temporary roots keep a path.
func (s *Store) processRoots(FoundRoots) {}
