package input

import (
	"fmt"
	"strings"

	"firn/internal/format/nixhash"
)

// IsLocked reports whether in names one tree for ever. trustForges counts the tarball that a forge makes of a commit
// as locked by the commit alone.
func (in Input) IsLocked(trustForges bool) bool {
	if in.scheme == nil {
		return false
	}
	switch in.scheme.name {
	case "file", "tarball", "path":
		return !in.NARHash().IsZero()
	case "git":
		return !in.Rev().IsZero() && strings.Trim(in.Rev().Base16(), "0") != ""
	case "hg":
		return !in.Rev().IsZero()
	case "github", "gitlab", "sourcehut":
		return !in.Rev().IsZero() && (trustForges || !in.NARHash().IsZero())
	}
	return false
}

// Fingerprint names the tree of in for caches of what is computed from it: equal fingerprints, equal trees. It is ""
// if the attributes do not determine the tree; a fetcher may then know more.
func (in Input) Fingerprint() string {
	if in.scheme == nil {
		return ""
	}
	name, rev := in.scheme.name, ""
	if !in.Rev().IsZero() {
		rev = in.Rev().Base16()
	}
	switch {
	case name == "tarball" && !in.NARHash().IsZero():
		return "tarball:" + in.NARHash().SRI()
	case rev == "":
		return ""
	case name == "git":
		return "git:" + rev + in.GitVariant()
	case name == "tarball" || name == "hg" || name == "github" || name == "gitlab" || name == "sourcehut":
		return name + ":" + rev
	}
	return ""
}

// GitVariant is the part of a "git" input's fingerprint that says how the commit becomes a tree.
func (in Input) GitVariant() string {
	s := ""
	for _, v := range []struct{ attr, mark string }{{"submodules", ";s"}, {"exportIgnore", ";e"}, {"lfs", ";l"}} {
		if in.Flag(v.attr) {
			s += v.mark
		}
	}
	return s
}

// Mismatch is the error about a tree that is not the one that was asked for.
type Mismatch struct{ text string }

func (e Mismatch) Error() string { return e.text }

// NewMismatch makes a Mismatch.
func NewMismatch(format string, args ...any) Mismatch { return Mismatch{fmt.Sprintf(format, args...)} }

// ExitStatus is that of a command which ends with e.
func (Mismatch) ExitStatus() int { return 102 }

// CheckLocks compares what fetching gave with what was asked for and returns the locked input: result, or, if specified
// comes from a lock file, specified itself.
func CheckLocks(specified, result Input) (Input, error) {
	if specified.IsFinal() {
		want, got := normalHash(specified), normalHash(result)
		for _, name := range want.Names() {
			if v, ok := got[name]; ok && v != want[name] {
				return Input{}, fmt.Errorf("mismatch in field '%s' of input '%s', got '%s'", name, want.JSON(), got.JSON())
			}
		}
		return finish(specified.scheme, want)
	}
	if want, got := specified.NARHash(), result.NARHash(); !want.IsZero() && got != want {
		if got.IsZero() {
			return Input{}, NewMismatch("NAR hash mismatch in input '%s', expected '%s' but got none", specified, want.SRI())
		}
		return Input{}, NARHashMismatch(specified, want, got)
	}
	if want := specified.Rev(); !want.IsZero() && result.Rev() != want {
		return Input{}, fmt.Errorf("'rev' attribute mismatch in input '%s', expected %s", result, want.Base16())
	}
	return result, nil
}

// NARHashMismatch is the error about a tree with another hash than asked for.
func NARHashMismatch(in Input, want, got nixhash.Hash) error {
	return NewMismatch("NAR hash mismatch in input '%s', expected '%s' but got '%s'", in, want.SRI(), got.SRI())
}

// normalHash returns the attributes with "narHash" in its full form: old lock files lack the padding.
func normalHash(in Input) Attrs {
	attrs := in.Attrs()
	if h := in.NARHash(); !h.IsZero() {
		attrs["narHash"] = String(h.SRI())
	}
	return attrs
}
