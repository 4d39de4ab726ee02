package fetch

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"firn/internal/atomicfile"
	"firn/internal/fetch/git"
	"firn/internal/fetch/input"
	"firn/internal/fetch/uri"
)

// SourcePath returns the directory on disk that an input is taken from as it is, where it can be changed; ok is false if
// there is none.
func (f *Fetcher) SourcePath(in input.Input) (path string, ok bool) {
	_, hasRef := in.Ref()
	switch in.Type() {
	case "path":
		path = in.Str("path")
		return path, filepath.IsAbs(path)
	case "git":
		where, err := f.locate(in)
		return where.path, err == nil && where.path != ""
	case "hg":
		u, err := uri.Parse(in.Str("url"))
		if err != nil || u.Scheme != "file" || hasRef || !in.Rev().IsZero() {
			return "", false
		}
		path, err := uri.ToPath(u.Path)
		return path, err == nil
	}
	return "", false
}

// PutFile writes a file into the directory that an input comes from, and makes it part of the input: in a repository it
// is added, unless it is ignored. With a message it is also committed.
func (f *Fetcher) PutFile(ctx context.Context, in input.Input, name string, contents []byte, message string) error {
	if !fs.ValidPath(name) {
		return fmt.Errorf("cannot write '%s' to input '%s': not a relative path", name, in)
	}
	dir, ok := f.SourcePath(in)
	switch {
	case !in.Known():
		return fmt.Errorf("unsupported input '%s' does not support modifying file '%s'", in.Attrs().JSON(), name)
	case !ok && in.Type() == "git":
		return fmt.Errorf("cannot commit '%s' to Git repository '%s' because it's not a working tree", name, in)
	case !ok && in.Type() == "hg":
		return fmt.Errorf("cannot commit '%s' to Mercurial repository '%s' because it's not a working tree", name, in)
	case !ok:
		return fmt.Errorf("input '%s' does not support modifying file '%s'", in, name)
	}
	if err := atomicfile.Write(filepath.Join(dir, filepath.FromSlash(name)), contents, 0o644); err != nil {
		return err
	}
	f.Forget()
	switch in.Type() {
	case "git":
		return git.Program{}.Track(ctx, dir, name, message)
	case "hg":
		return f.trackMercurial(ctx, filepath.Join(dir, name), message)
	}
	return nil
}

func (f *Fetcher) trackMercurial(ctx context.Context, path, message string) error {
	if _, err := hg(ctx, "add", path); err != nil || message == "" {
		return err
	}
	_, err := hg(ctx, "commit", path, "-m", message)
	return err
}

// Clone makes a copy of an input in a directory that does not exist yet: a clone where there is history, otherwise the
// files.
func (f *Fetcher) Clone(ctx context.Context, in input.Input, dir string) error {
	if !in.Known() {
		return fmt.Errorf("cannot clone unsupported input '%s'", in.Attrs().JSON())
	}
	if url := forgeCloneURL(in); url != "" {
		clone, err := input.FromURL(f.Options, url, true)
		if err != nil {
			return err
		}
		ref, _ := in.Ref()
		rev := ""
		if !in.Rev().IsZero() {
			rev = in.Rev().Base16()
		}
		if clone, err = clone.Override(ref, rev); err != nil {
			return err
		}
		in = clone
	}
	if in.Type() == "git" {
		where, err := f.locate(in)
		if err != nil {
			return err
		}
		if !in.Rev().IsZero() {
			return fmt.Errorf("cloning a specific revision is not implemented")
		}
		ref, _ := in.Ref()
		return git.Program{}.Clone(ctx, where.String(), ref, dir)
	}
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("cannot clone into existing path \"%s\"", dir)
	}
	t, err := f.Fetch(ctx, in)
	if err != nil {
		return err
	}
	return writeTree(t.FS, t.Root, dir)
}

// forgeCloneURL is where the repository of a forge's input can be cloned from, "" for other inputs.
func forgeCloneURL(in input.Input) string {
	g, ok := forges[in.Type()]
	if !ok {
		return ""
	}
	host := g.host
	if h, ok := in.Attr("host"); ok {
		host, _ = h.Str()
	}
	url := fmt.Sprintf("git+https://%s/%s/%s", host, in.Str("owner"), in.Str("repo"))
	if in.Type() != "sourcehut" {
		url += ".git"
	}
	return url
}

// writeTree writes a file or directory of tree to disk.
func writeTree(tree fs.FS, name, to string) error {
	info, err := fs.Lstat(tree, name)
	if err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := fs.ReadLink(tree, name)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case info.IsDir():
		list, err := fs.ReadDir(tree, name)
		if err == nil {
			err = os.Mkdir(to, 0o777)
		}
		for _, d := range list {
			if err == nil {
				err = writeTree(tree, joinName(name, d.Name()), filepath.Join(to, d.Name()))
			}
		}
		return err
	}
	return writeFile(tree, name, to, 0o666|info.Mode()&0o111)
}

func joinName(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}

func writeFile(tree fs.FS, name, to string, perm fs.FileMode) error {
	src, err := tree.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	if _, err := copyBuffered(dst, src); err != nil {
		dst.Close()
		return err
	}
	return dst.Close()
}
