// Package nar reads and writes Nix archives, the canonical serialisation of a
// file system object: a regular file with one executable bit, a symbolic link, or
// a directory of named objects. Owners, times and other modes are not part of it,
// so equal objects have equal archives.
//
// An archive is a sequence of byte strings (package wire): the magic, then a node.
//
//	archive   = "nix-archive-1" node
//	node      = "(" "type" "regular" [ "executable" "" ] "contents" bytes ")"
//	          | "(" "type" "symlink" "target" bytes ")"
//	          | "(" "type" "directory" { entry } ")"
//	entry     = "entry" "(" "name" bytes "node" node ")"
//
// The names in a directory are not empty, not "." or "..", have no slash and no
// NUL, and ascend strictly in byte order. This package writes nothing else and
// reads nothing else: padding must be zero, names at most 255 bytes, link targets
// 1 to 4095 bytes without NUL, and nodes nest at most MaxDepth deep.
//
// Reader and Writer work on a stream of headers in that order, as package
// archive/tar does, with constant memory. Dump writes a tree of files, Index
// makes the listing of an archive.
//
// See docs/spec/nar.md.
package nar

import (
	"fmt"
	"strings"
)

// Magic is the first string of every archive.
const Magic = "nix-archive-1"

// Limits of what is read and written.
const (
	MaxDepth  = 64   // nodes on the way from the root to a leaf, both counted
	MaxName   = 255  // bytes in the name of an entry
	MaxTarget = 4095 // bytes in the target of a symbolic link
	maxTag    = 32   // more than the longest keyword, so that messages can show it
)

// A Type is the kind of a file system object.
type Type uint8

const (
	Unknown   Type = iota // a device, socket, FIFO: nothing an archive can hold
	Regular               // a file
	Directory             // a set of named objects
	Symlink               // a symbolic link
)

// String returns the type as archives, listings and builtins spell it.
func (t Type) String() string {
	switch t {
	case Regular:
		return "regular"
	case Directory:
		return "directory"
	case Symlink:
		return "symlink"
	}
	return "unknown"
}

// A Header describes one node. Nodes come in the order of the archive: a
// directory before its entries, entries by name.
type Header struct {
	Depth      int    // 0 for the root; an entry's is one more than its directory's
	Name       string // within the directory; empty for the root
	Type       Type
	Executable bool   // of a regular file
	Size       uint64 // of a regular file, in bytes
	Offset     int64  // of a regular file's contents within the archive; set by Reader, ignored by Writer
	Target     string // of a symbolic link
}

// An Error tells which node of an archive is bad, where, and why. Its text begins
// "bad archive: ".
type Error struct {
	Path   string // from the root, "/a/b"; "/" is the root
	Offset int64  // in the archive, of the string that is wrong or of the value after it
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("bad archive: %v (at '%s', byte %d)", e.Err, e.Path, e.Offset)
}

func (e *Error) Unwrap() error { return e.Err }

// checkName reports why name cannot follow previous, "" for none, in a directory.
func checkName(name, previous string) error {
	switch {
	case name == "" || name == "." || name == ".." || len(name) > MaxName || strings.ContainsAny(name, "/\x00"):
		return fmt.Errorf("NAR contains invalid file name '%s'", name)
	case name <= previous:
		return fmt.Errorf("NAR directory is not sorted")
	}
	return nil
}

func checkTarget(target string) error {
	if target == "" || len(target) > MaxTarget || strings.IndexByte(target, 0) >= 0 {
		return fmt.Errorf("NAR contains invalid symlink target")
	}
	return nil
}
