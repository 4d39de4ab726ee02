// Package store says what a store of objects is: small interfaces that the
// stores in the packages below implement, the errors they share, and what can
// be done with any of them.
//
// A store holds objects, trees of files, under store paths. An object counts
// once its path is valid: then it is whole, its metadata is canonical, and
// everything it refers to is valid too. What is not valid may be there in part
// and is nobody's business.
//
// Implementations may be used by several goroutines at once. Reading an object
// while it is collected is prevented by roots ([Roots]), not by locks.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"firn/internal/format/derivation"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
)

// Reader is what every store, and every binary cache, answers.
type Reader interface {
	// Dir returns the store directory that the paths are in.
	Dir() storepath.Dir
	// IsValid tells whether a path is valid.
	IsValid(ctx context.Context, p storepath.Path) (bool, error)
	// PathInfo returns what is known of a valid path, which must not be changed,
	// or an error that is [ErrNotValid].
	PathInfo(ctx context.Context, p storepath.Path) (*pathinfo.Info, error)
	// WriteNAR writes the archive of a valid path to w.
	WriteNAR(ctx context.Context, p storepath.Path, w io.Writer) error
}

// Querier is what a store with a database answers beyond that. Lists are sorted.
type Querier interface {
	Reader
	// AllPaths returns every valid path.
	AllPaths(ctx context.Context) ([]storepath.Path, error)
	// Referrers returns the valid paths that refer to p, p itself among them if
	// it does.
	Referrers(ctx context.Context, p storepath.Path) ([]storepath.Path, error)
	// ValidDerivers returns the valid derivations that have p as an output.
	ValidDerivers(ctx context.Context, p storepath.Path) ([]storepath.Path, error)
	// DerivationOutputs returns the outputs of a valid derivation whose paths are
	// known before it is built.
	DerivationOutputs(ctx context.Context, drv storepath.Path) ([]Output, error)
	// FromHashPart returns the valid path with that hash part, or "".
	FromHashPart(ctx context.Context, hashPart string) (storepath.Path, error)
}

// Output is a named output of a derivation.
type Output struct {
	Name string
	Path storepath.Path
}

// Opener gives the files of objects.
type Opener interface {
	// Open returns the tree at a valid path. "." is the object itself, which may
	// be a file or a link. The tree can be used as an [fs.ReadLinkFS].
	Open(ctx context.Context, p storepath.Path) (fs.FS, error)
}

// Writer is a store that objects can be added to. Adding what is valid already
// does nothing. Whatever was added stays, as a temporary root, until the store
// is closed.
type Writer interface {
	// AddText adds a file with references: a derivation, or what
	// builtins.toFile makes.
	AddText(ctx context.Context, t Text) (storepath.Path, error)
	// AddSource adds an object under its content address.
	AddSource(ctx context.Context, s Source) (*pathinfo.Info, error)
	// AddNAR adds the object whose archive r gives, under the path that info
	// names. Archive, hash, size and content address have to agree, and so have
	// signatures if the store asks for them; else nothing is valid after. r gives
	// the archive and nothing else.
	AddNAR(ctx context.Context, info *pathinfo.Info, r io.Reader, o AddOptions) error
	// Batch returns a way to add many objects.
	Batch() Batch
}

// Batch adds objects at its own pace. Several goroutines may use it, and a
// source may add to it while it is being read.
type Batch interface {
	// Add takes a text to be added; the caller does not change it any more. It
	// may report the failure of an earlier object.
	Add(ctx context.Context, t Text) error
	// AddSource reads a source that is to be added and returns what is known of
	// it. It may report the failure of an earlier object.
	AddSource(ctx context.Context, s Source) (*pathinfo.Info, error)
	// Flush returns when everything that was taken before is valid, or why it is
	// not.
	Flush(ctx context.Context) error
}

// NARBatch is a Batch that takes archives as well. A path may be given as soon as
// what it refers to has been.
type NARBatch interface {
	Batch
	// AddNAR takes an archive that is in memory, which the caller does not change
	// any more; see [Writer]. An archive that is not what info says is refused
	// at once.
	AddNAR(ctx context.Context, info *pathinfo.Info, archive []byte, o AddOptions) error
}

// Text is a file with references, addressed by its contents.
type Text struct {
	Name       string
	Contents   []byte
	References []storepath.Path
	// Path may be set by who has computed it already.
	Path storepath.Path
	// Derivation may be set by who has it: what Contents mean if Name ends in
	// ".drv".
	Derivation *derivation.Derivation
}

// AddOptions say how an archive is added.
type AddOptions struct {
	// Repair replaces the files of a path that is valid.
	Repair bool
	// Unsigned takes the path without a signature that is trusted: the caller
	// has judged it.
	Unsigned bool
}

// Roots is a store whose objects are collected unless something keeps them.
type Roots interface {
	// AddTempRoots keeps paths, valid or not yet, until the store is closed.
	AddTempRoots(ctx context.Context, paths ...storepath.Path) error
	// AddIndirectRoot keeps what the link at an absolute path outside the store
	// points to, as long as it does.
	AddIndirectRoot(ctx context.Context, link string) error
	// AddPermRoot makes a link to p at an absolute path outside the store, and
	// keeps what it points to. It returns the link's cleaned path.
	AddPermRoot(ctx context.Context, p storepath.Path, link string) (string, error)
}

// ErrNotValid is the error of asking something about a path that is not valid.
var ErrNotValid = errors.New("path is not valid")

// NotValidError is an [ErrNotValid] that names the path.
type NotValidError struct {
	Dir  storepath.Dir
	Path storepath.Path
}

func (e *NotValidError) Error() string {
	return fmt.Sprintf("path '%s' is not valid", e.Dir.Join(e.Path))
}

// Is makes the error an [ErrNotValid].
func (e *NotValidError) Is(target error) bool { return target == ErrNotValid }
