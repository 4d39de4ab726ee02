package eval

import (
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/storepath"
	"firn/internal/lang/value"
)

// nothing stands for the capabilities that a World lacks: nothing is there, and
// whoever asks for more gets an error.
type nothing struct{}

// withNothing returns a copy of the world in which no capability is nil.
func (world *World) withNothing() *World {
	var w World
	if world != nil {
		w = *world
	}
	if w.Files == nil {
		w.Files = nothing{}
	}
	if w.Store == nil {
		w.Store = nothing{}
	}
	if w.Fetch == nil {
		w.Fetch = nothing{}
	}
	return &w
}

func noFiles(path string) error {
	return diag.New(diag.FileUnreadable, "this evaluation has no files, and needs '%s'", path)
}

func noStore() error {
	return diag.New(diag.NotInStore, "this evaluation has no store, and needs one")
}

func noFetcher(url string) error {
	return diag.New(diag.FetchFailed, "this evaluation cannot fetch '%s'", url)
}

func (nothing) ReadFile(path string) (string, error)       { return "", noFiles(path) }
func (nothing) Lstat(path string) (FileType, error)        { return "", noFiles(path) }
func (nothing) ReadDir(path string) ([]DirEntry, error)    { return nil, noFiles(path) }
func (nothing) ReadLink(path string) (string, error)       { return "", noFiles(path) }
func (nothing) IsValid(storepath.Path) bool                { return false }
func (nothing) EnsureValid(storepath.Path) error           { return noStore() }
func (nothing) RealPath(p storepath.Path) string           { return string(p) }
func (nothing) AddSource(s Source) (storepath.Path, error) { return "", noFiles(s.Path) }

func (nothing) AddText(string, []byte, []storepath.Path) (storepath.Path, error) {
	return "", noStore()
}
func (nothing) References(storepath.Path) ([]storepath.Path, error) { return nil, noStore() }
func (nothing) Closure(storepath.Path) ([]storepath.Path, error)    { return nil, noStore() }

func (nothing) AddDerivation(*derivation.Derivation) (storepath.Path, error) { return "", noStore() }

func (nothing) ReadDerivation(storepath.Path) (*derivation.Derivation, error) { return nil, noStore() }

func (nothing) Realise([]value.Elem) (map[string]string, error) { return nil, noStore() }

func (nothing) FetchFile(c FileCall) (storepath.Path, error)    { return "", noFetcher(c.URL) }
func (nothing) FetchTarball(c FileCall) (storepath.Path, error) { return "", noFetcher(c.URL) }
func (nothing) FetchTree(c TreeCall) ([]FetchAttr, error)       { return nil, noFetcher(c.URL) }
func (nothing) FetchMercurial(url, _, _ string) ([]FetchAttr, error) {
	return nil, noFetcher(url)
}
func (nothing) FetchClosure(c ClosureCall) (storepath.Path, error) {
	return "", noFetcher(c.FromStore)
}
func (nothing) ParseRef(url string) ([]FetchAttr, error) { return nil, noFetcher(url) }
func (nothing) FormatRef([]FetchAttr) (string, error)    { return "", noFetcher("") }
