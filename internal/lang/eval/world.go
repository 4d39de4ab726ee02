package eval

import (
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/value"
)

// A World is what an evaluation may see and do outside the language. Pure
// evaluation is a World with some of it absent: a capability that is nil fails
// when it is asked for. All capabilities are safe for
// concurrent use, and their errors are *diag.Error where they word a message.
type World struct {
	Files Files
	Store Store
	Fetch Fetcher
	// Env returns an environment variable; nil or "" for none.
	Env func(name string) string
	// Now is builtins.currentTime: seconds since 1970.
	Now func() int64
	// Warn and Trace print to the user; a nil one drops its messages.
	Warn  func(e *diag.Error)
	Trace func(msg string)
	// SearchPath is builtins.nixPath.
	SearchPath []SearchEntry
	// Home is what ~/ stands for.
	Home    string
	HomeErr error
	// Cwd is where relative search path entries start.
	Cwd string
	// Run runs a program for builtins.exec; nil forbids it.
	Run func(argv []string) (string, error)
}

// A SearchEntry is one entry of NIX_PATH: Prefix may be empty, Path may be a
// URL or start with "flake:".
type SearchEntry struct{ Prefix, Path string }

// A FileType is the type of a file as builtins.readFileType spells it.
type FileType string

const (
	Regular   FileType = "regular"
	Directory FileType = "directory"
	Symlink   FileType = "symlink"
	Unknown   FileType = "unknown"
)

// A DirEntry is one file of a directory.
type DirEntry struct {
	Name string
	Type FileType
}

// Files gives access to the files that the evaluation may see. Paths are
// absolute and canonical. Symbolic links in the last component are not
// followed, those before it are.
type Files interface {
	ReadFile(path string) (string, error)
	// Lstat returns the type, and "" without error if there is no such file.
	Lstat(path string) (FileType, error)
	ReadDir(path string) ([]DirEntry, error)
	ReadLink(path string) (string, error)
}

// A Source is a tree or file to be put into the store.
type Source struct {
	Name   string
	Path   string // where it is
	Method storepath.Method
	// Algo is the hash of the content address; the zero value is SHA-256.
	Algo nixhash.Algorithm
	// Filter decides by path and type what goes in; nil takes all. It is called
	// on the goroutine that called AddSource.
	Filter func(path string, t FileType) (bool, error)
	// References are what the object refers to.
	References []storepath.Path
}

// Store is the store as the language sees it.
type Store interface {
	// AddText makes a text object with references. What it returns need not be
	// on disk before Flush.
	AddText(name string, text []byte, refs []storepath.Path) (storepath.Path, error)
	// AddSource copies a source; in read-only evaluation it computes the path.
	AddSource(s Source) (storepath.Path, error)
	// IsValid reports whether a path is valid, without trying to make it so.
	IsValid(p storepath.Path) bool
	// EnsureValid makes sure that a path is valid, substituting if need be.
	EnsureValid(p storepath.Path) error
	// References returns the references of a valid path.
	References(p storepath.Path) ([]storepath.Path, error)
	// Closure returns the closure of a valid path.
	Closure(p storepath.Path) ([]storepath.Path, error)
	// AddDerivation writes a derivation, or computes its path in read-only
	// evaluation. It does not keep d.
	AddDerivation(d *derivation.Derivation) (storepath.Path, error)
	// ReadDerivation reads a .drv object.
	ReadDerivation(p storepath.Path) (*derivation.Derivation, error)
	// Realise builds or substitutes what the elements refer to and returns, for
	// every output whose path was not known before, the placeholder and the path.
	Realise(elems []value.Elem) (map[string]string, error)
	// RealPath is where the files of an object are on this machine.
	RealPath(p storepath.Path) string
}

// A FetchAttr is an attribute that a fetcher is given or returns. Given, the
// value is a string, uint64 or bool; returned, it may also be a storepath.Path
// (a string that refers to it) or a func() (uint64, error), computed when needed.
type FetchAttr struct {
	Name  string
	Value any
}

// A TreeCall is a call of fetchTree or fetchGit, with a set or with a string.
type TreeCall struct {
	Git   bool
	IsSet bool
	Attrs []FetchAttr
	URL   string
}

// A FileCall is a call of fetchurl or fetchTarball.
type FileCall struct {
	URL     string
	Name    string
	HasName bool
	IsSet   bool
	SHA256  string
	HasHash bool
}

// A ClosureCall is a call of fetchClosure.
type ClosureCall struct {
	FromStore string
	FromPath  storepath.Path
	// ToPath is what FromPath is to be rewritten to, if Rewrite is set; "" asks
	// for an error that names the result.
	Rewrite bool
	ToPath  storepath.Path
	// InputAddressed allows paths that must be trusted.
	InputAddressed bool
}

// A Fetcher brings sources in, by the rules of the evaluation.
type Fetcher interface {
	// FetchFile and FetchTarball return the path of what was downloaded.
	FetchFile(c FileCall) (storepath.Path, error)
	FetchTarball(c FileCall) (storepath.Path, error)
	// FetchTree returns the attributes of the tree, outPath first.
	FetchTree(c TreeCall) ([]FetchAttr, error)
	FetchMercurial(url, rev, name string) ([]FetchAttr, error)
	// FetchClosure returns the path whose closure is valid now.
	FetchClosure(c ClosureCall) (storepath.Path, error)
	// ParseRef and FormatRef convert between flake references and attributes.
	ParseRef(url string) ([]FetchAttr, error)
	FormatRef(attrs []FetchAttr) (string, error)
}
