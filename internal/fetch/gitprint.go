package fetch

import (
	"crypto/sha512"
	"encoding/hex"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/format/nar"
	"firn/internal/format/wire"
)

// workFingerprint names the contents of a work tree: as Nix does by its commit and the files that differ from it, and
// where that does not determine what is on disk by more. It is "" if nothing short does.
func workFingerprint(in input.Input, s *git.Status, path string, modules bool) (string, error) {
	rev := "0000000000000000000000000000000000000000"
	if !s.Head.IsZero() {
		rev = s.Head.String()
	}
	print := "git:" + rev + in.GitVariant()
	switch {
	case modules && (in.Flag("submodules") || s.IsDirty()):
		return "", nil // the submodules may have changed too
	case s.IsDirty():
		digest, err := dirtyDigest(s, path)
		if err != nil {
			return "", err
		}
		print += ";d=" + digest
	}
	if s.Stamp != "" {
		print += ";f=" + s.Stamp
	}
	if modules { // a commit shows empty directories in their place, a work tree nothing
		print += ";w"
	}
	return print, nil
}

// dirtyDigest hashes the files that were changed, and the names of those that were deleted.
func dirtyDigest(s *git.Status, path string) (string, error) {
	h := sha512.New()
	var buf []byte
	write := func(words ...string) {
		buf = buf[:0]
		for _, w := range words {
			buf = wire.AppendString(buf, w)
		}
		h.Write(buf)
	}
	for _, name := range canonOrder(s.Dirty) {
		write("modified:", "/"+name)
		if err := dumpFile(h, filepath.Join(path, filepath.FromSlash(name))); err != nil {
			return "", err
		}
	}
	for _, name := range canonOrder(s.Deleted) {
		write("deleted:", "/"+name)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func dumpFile(w io.Writer, path string) error {
	tree, root, err := diskTree(path)
	if err != nil {
		return err
	}
	return nar.Dump(w, tree, root, nar.DumpOptions{})
}

// canonOrder sorts names with a directory right before what is in it: the slash comes before all other bytes.
func canonOrder(names []string) []string {
	names = slices.Clone(names)
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(strings.ReplaceAll(a, "/", "\x00"), strings.ReplaceAll(b, "/", "\x00"))
	})
	return names
}
