package oracle

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"firn/internal/compress"
)

// CorporaDir is where the corpora are unpacked. The expected store paths hold for this place alone: nixpkgs 14.04
// writes the path of its own bootstrap files into derivations.
const CorporaDir = "/var/tmp/firn-corpora"

// Corpora unpacks every archive of the shared folder below CorporaDir, unless that was done before, and returns CorporaDir.
func Corpora() (string, error) {
	shared, err := Shared()
	if err != nil {
		return "", err
	}
	archives, err := filepath.Glob(filepath.Join(shared, "corpora", "*.tar.zst"))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Join(CorporaDir, "systems"), 0o777); err != nil {
		return "", err
	}
	for _, archive := range archives {
		if err := unpackOnce(archive); err != nil {
			return "", fmt.Errorf("unpack %s: %w", archive, err)
		}
	}
	systems, err := filepath.Glob(filepath.Join(shared, "corpora", "systems", "*.nix"))
	if err != nil {
		return "", err
	}
	for _, file := range systems {
		if err := copyMissing(file, filepath.Join(CorporaDir, "systems", filepath.Base(file))); err != nil {
			return "", err
		}
	}
	return CorporaDir, nil
}

// Expected returns the content of a file that the reference made (corpora/expected/NAME), decompressed.
func Expected(name string) ([]byte, error) {
	shared, err := Shared()
	if err != nil {
		return nil, err
	}
	file, err := os.Open(filepath.Join(shared, "corpora", "expected", name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrAbsent)
	}
	defer file.Close()
	if !strings.HasSuffix(name, ".zst") {
		return io.ReadAll(file)
	}
	plain, err := compress.NewReader(compress.Zstd, file)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	return io.ReadAll(plain)
}

// unpackOnce leaves the stamp that the corpora's own script leaves, so that each sees the other's work.
func unpackOnce(archive string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	name := strings.TrimSuffix(filepath.Base(archive), ".tar.zst")
	stamp := filepath.Join(CorporaDir, fmt.Sprintf(".%s.%x", name, sum.Sum(nil)[:8]))
	if _, err := os.Stat(stamp); err == nil {
		return nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	plain, err := compress.NewReader(compress.Zstd, file)
	if err != nil {
		return err
	}
	defer plain.Close()
	if err := unpack(tar.NewReader(plain), CorporaDir); err != nil {
		return err
	}
	return os.WriteFile(stamp, nil, 0o666)
}

func unpack(archive *tar.Reader, dir string) error {
	for {
		h, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !filepath.IsLocal(h.Name) {
			return fmt.Errorf("%q leads out of the archive", h.Name)
		}
		if err := unpackEntry(archive, h, filepath.Join(dir, h.Name)); err != nil {
			return err
		}
	}
}

func unpackEntry(content io.Reader, h *tar.Header, path string) error {
	switch h.Typeflag {
	case tar.TypeDir:
		return os.MkdirAll(path, 0o777)
	case tar.TypeSymlink:
		err := os.Symlink(h.Linkname, path)
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	case tar.TypeReg:
		file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, h.FileInfo().Mode().Perm())
		if err != nil {
			return err
		}
		if _, err := io.Copy(file, content); err != nil {
			file.Close()
			return err
		}
		return file.Close()
	}
	return nil
}

func copyMissing(from, to string) error {
	want, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if have, err := os.ReadFile(to); err == nil && string(have) == string(want) {
		return nil
	}
	return os.WriteFile(to, want, 0o666)
}
