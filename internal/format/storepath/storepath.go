// Package storepath names the objects of a store and computes those names.
//
// A store path is the store directory, a slash and a base name. The base name is
// 32 letters of nix32 (a 160-bit digest), a dash, and a name of 1 to 211 bytes
// out of letters, digits and "+-._?=" (CheckName has the details). The digest is
// made from a text that says what kind of object it is, what it refers to, a
// hash of what it holds or comes from, the store directory, and its name
// (compute.go); that hash with its method is a content address if it speaks of
// the object's own bytes (contentaddress.go). Placeholders stand for paths that
// are not known yet (placeholder.go).
//
// A Path is the base name alone, so it means the same object in every store with
// the same directory. Error texts are those that Nix prints.
//
// See docs/spec/store-path.md.
package storepath

import (
	"fmt"
	"path"
	"strings"

	"firn/internal/format/nixbase32"
)

// A Dir is a store directory: an absolute, clean path without a final slash. It
// is part of what every store path is computed from.
type Dir string

// Default is the directory that everyone shares.
const Default Dir = "/nix/store"

// ParseDir checks and cleans a directory.
func ParseDir(text string) (Dir, error) {
	if !path.IsAbs(text) {
		return "", fmt.Errorf("not an absolute path: \"%s\"", text)
	}
	return Dir(path.Clean(text)), nil
}

// Join returns the full path of p.
func (d Dir) Join(p Path) string { return string(d) + "/" + string(p) }

// AppendJoin appends the full path of p to dst.
func (d Dir) AppendJoin(dst []byte, p Path) []byte {
	dst = append(dst, d...)
	dst = append(dst, '/')
	return append(dst, p...)
}

// Parse returns the store path that full names: a direct child of the directory,
// after "//", "/./" and "/../" are removed. A final slash is allowed.
func (d Dir) Parse(full string) (Path, error) {
	if base, ok := d.child(full); ok && base != "" && base != "." && base != ".." && !strings.Contains(base, "/") {
		return ParseBase(base)
	}
	switch {
	case full == "":
		return "", fmt.Errorf("empty path is not a valid store path")
	case full[0] != '/':
		return "", fmt.Errorf("not an absolute path: \"%s\"", full)
	}
	clean := path.Clean(full)
	base, ok := d.child(clean)
	if !ok || base == "" || strings.Contains(base, "/") {
		return "", fmt.Errorf("path \"%s\" is not in the Nix store", clean)
	}
	return ParseBase(base)
}

// ParseCanonical is Parse for texts that must be spelled as Join spells them.
func (d Dir) ParseCanonical(full string) (Path, error) {
	base, ok := d.child(full)
	if !ok {
		return "", fmt.Errorf("path '%s' is not in the Nix store", full)
	}
	return ParseBase(base)
}

// ParseInside splits a path at or below a store path, such as
// "/nix/store/<base>/bin/sh", into the store path and the cleaned rest
// "/bin/sh"; the rest is empty for the object itself.
func (d Dir) ParseInside(full string) (p Path, rest string, err error) {
	base, ok := d.child(full)
	if !ok || base == "" {
		return "", "", fmt.Errorf("path '%s' is not in the Nix store", full)
	}
	base, below, _ := strings.Cut(base, "/")
	if p, err = d.Parse(string(d) + "/" + base); err != nil {
		return "", "", err
	}
	if rest = path.Clean("/" + below); rest == "/" {
		rest = ""
	}
	return p, rest, nil
}

// child returns what follows "<dir>/" in full.
func (d Dir) child(full string) (string, bool) {
	if len(full) <= len(d) || full[len(d)] != '/' || full[:len(d)] != string(d) {
		return "", false
	}
	return full[len(d)+1:], true
}

// HashLen is the number of letters before the dash of a base name.
const HashLen = 32

// MaxNameLen is the longest name after the dash, in bytes.
const MaxNameLen = 211

// DrvExtension ends the names of derivations.
const DrvExtension = ".drv"

// A Path is a valid base name, "<32 letters>-<name>". Make one with a parsing or
// computing function of this package. The empty Path is no path.
type Path string

// ParseBase checks a base name.
func ParseBase(base string) (Path, error) {
	if len(base) < HashLen+1 {
		return "", fmt.Errorf("'%s' is too short to be a valid store path", base)
	}
	if base[HashLen] != '-' {
		return "", fmt.Errorf("'%s' can't name a store path because the hash part is not followed by a '-'", base)
	}
	for i := range HashLen {
		if !nixbase32.IsLetter(base[i]) {
			return "", fmt.Errorf("store path '%s' contains illegal base-32 character '%s'", base, base[i:i+1])
		}
	}
	if err := CheckName(base[HashLen+1:]); err != nil {
		return "", fmt.Errorf("path '%s' is not a valid store path: %w", base, err)
	}
	return Path(base), nil
}

// HashPart returns the 32 letters.
func (p Path) HashPart() string { return string(p[:HashLen]) }

// Name returns what follows the dash.
func (p Path) Name() string { return string(p[HashLen+1:]) }

// String returns the base name.
func (p Path) String() string { return string(p) }

// IsDerivation reports whether the name ends in ".drv".
func (p Path) IsDerivation() bool { return strings.HasSuffix(string(p), DrvExtension) }

// DerivationName returns the name without ".drv", the name of the derivation
// that the path holds.
func (p Path) DerivationName() string { return strings.TrimSuffix(p.Name(), DrvExtension) }

// UnmarshalText reads a base name, the form of store paths in Nix's JSON.
func (p *Path) UnmarshalText(text []byte) error {
	got, err := ParseBase(string(text))
	if err != nil {
		return err
	}
	*p = got
	return nil
}
