package cli

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"

	"firn/internal/diag"
	"firn/internal/format/export"
	"firn/internal/format/nar"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/signature"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/fstree"
)

// dump is --dump.
func (s *storeCall) dump(context.Context) error {
	if err := s.oneArgument(); err != nil {
		return err
	}
	from, err := filepath.Abs(s.Args[0])
	if err != nil {
		return err
	}
	return treeError(from, fstree.Dump(s.out, from, nar.DumpOptions{}))
}

// restore is --restore.
func (s *storeCall) restore(context.Context) error {
	if err := s.oneArgument(); err != nil {
		return err
	}
	to, err := filepath.Abs(s.Args[0])
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return diag.New(diag.InvalidArgument, "path '%s' already exists", to)
	}
	return fstree.Restore(nar.NewReader(s.Process.In), to, fstree.RestoreOptions{})
}

// export is --export.
func (s *storeCall) export(ctx context.Context) error {
	paths, err := s.paths()
	if err != nil {
		return err
	}
	infos, err := sortedInfos(ctx, s.store, paths)
	if err != nil {
		return err
	}
	w := export.NewWriter(s.out, s.store.Dir())
	for _, info := range infos {
		o := export.Object{Path: info.Path, References: info.References, Deriver: info.Deriver}
		if err := w.Object(o, func(to io.Writer) error { return s.writeIntact(ctx, info, to) }); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeIntact writes an archive and fails if it is not the registered one.
func (s *storeCall) writeIntact(ctx context.Context, info *pathinfo.Info, w io.Writer) error {
	h := nixhash.NewWriter(nixhash.SHA256)
	if err := s.store.WriteNAR(ctx, info.Path, io.MultiWriter(w, h)); err != nil {
		return err
	}
	if sum := h.Sum(); sum != info.NARHash {
		return diag.New(diag.HashMismatch, "hash of path '%s' has changed from '%s' to '%s'!",
			s.full(info.Path), info.NARHash.Text(nixhash.Nix32, true), sum.Text(nixhash.Nix32, true))
	}
	return nil
}

// importPaths is --import.
func (s *storeCall) importPaths(ctx context.Context) error {
	if err := s.noArguments(); err != nil {
		return err
	}
	r := export.NewReader(bufio.NewReader(s.Process.In), s.store.Dir())
	for {
		p, err := s.importPath(ctx, r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		s.line(s.full(p))
	}
}

// importPath adds the next object. What the stream says of it comes after its
// archive, so that is kept meanwhile, in a file without a name, of which nothing stays if we are killed.
func (s *storeCall) importPath(ctx context.Context, r *export.Reader) (storepath.Path, error) {
	f, err := os.CreateTemp("", "nix-import-")
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return "", err
	}
	h := nixhash.NewWriter(nixhash.SHA256)
	o, err := r.Next(io.MultiWriter(f, h))
	if err != nil {
		return "", err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return "", err
	}
	info := &pathinfo.Info{Path: o.Path, References: o.References, Deriver: o.Deriver, NARHash: h.Sum(), NARSize: uint64(size)}
	return o.Path, s.store.AddNAR(ctx, info, bufio.NewReader(f), store.AddOptions{Unsigned: true})
}

// generateKey is --generate-binary-cache-key.
func (s *storeCall) generateKey(context.Context) error {
	if len(s.Args) != 3 {
		return diag.Misuse(diag.Usage, "three arguments expected")
	}
	var seed [ed25519.SeedSize]byte
	rand.Read(seed[:])
	key := signature.NewSecretKey(s.Args[0], seed)
	return errors.Join(
		os.WriteFile(s.Args[2], []byte(key.Public().String()), 0o666),
		os.WriteFile(s.Args[1], []byte(key.Reveal()), 0o600),
	)
}
