package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Repo is a repository on disk, with or without a work tree.
type Repo struct {
	*Objects
	Dir    string // what HEAD and the index are in: ".git", or below it for a linked work tree
	Common string // what objects, references and the configuration are in; Dir but for linked work trees
	Work   string // the work tree, "" if bare
	config Config
}

// Open opens the repository whose work tree, or whose own directory if it is bare, is path. It does not look in parent
// directories. A path without a repository gives an error that is fs.ErrNotExist.
func Open(path string) (*Repo, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	r := &Repo{Dir: path}
	if st, err := os.Stat(filepath.Join(path, ".git")); err == nil {
		r.Work = path
		r.Dir = filepath.Join(path, ".git")
		if !st.IsDir() {
			if r.Dir, err = readGitFile(r.Dir); err != nil {
				return nil, err
			}
		}
	}
	r.Common = r.Dir
	if text, err := os.ReadFile(filepath.Join(r.Dir, "commondir")); err == nil {
		r.Common = joinPath(r.Dir, strings.TrimSpace(string(text)))
	}
	for _, must := range []string{filepath.Join(r.Dir, "HEAD"), filepath.Join(r.Common, "objects")} {
		if _, err := os.Stat(must); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				err = fs.ErrNotExist
			}
			return nil, fmt.Errorf("open Git repository '%s': %w", path, err)
		}
	}
	return r, r.readConfig()
}

// readGitFile reads a ".git" that is a file: "gitdir: <path>".
func readGitFile(name string) (string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	dir, ok := strings.CutPrefix(string(text), "gitdir:")
	if !ok {
		return "", fmt.Errorf("'%s' is not a link to a Git directory", name)
	}
	return joinPath(filepath.Dir(name), strings.TrimSpace(dir)), nil
}

// joinPath resolves path, which may be absolute, against dir.
func joinPath(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// readConfig reads the repository's own configuration and opens its objects accordingly.
func (r *Repo) readConfig() error {
	text, err := os.ReadFile(filepath.Join(r.Common, "config"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if r.config, err = ParseConfig(text); err != nil {
		return fmt.Errorf("read '%s': %w", filepath.Join(r.Common, "config"), err)
	}
	hash := 20
	switch format := r.config.Get("extensions.objectformat"); format {
	case "", "sha1":
	case "sha256":
		hash = 32
	default:
		return Unsupported{"object format '" + format + "'"}
	}
	if storage := r.config.Get("extensions.refstorage"); storage != "" && storage != "files" {
		return Unsupported{"reference storage '" + storage + "'"}
	}
	r.Objects = openObjects(filepath.Join(r.Common, "objects"), hash)
	return nil
}

// Config returns the repository's own configuration, without the user's and the system's.
func (r *Repo) Config() Config { return r.config }

// IsShallow reports whether history is cut off.
func (r *Repo) IsShallow() bool {
	st, err := os.Stat(filepath.Join(r.Common, "shallow"))
	return err == nil && st.Size() > 0
}

// Init makes an empty bare repository at path, with HEAD at the branch master. It appears whole or not at all; an
// existing one stays as it is.
func Init(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(parent, ".git-init-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	for _, dir := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(temp, dir), 0o777); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"HEAD":   "ref: refs/heads/master\n",
		"config": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n",
	} {
		if err := os.WriteFile(filepath.Join(temp, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	err = os.Rename(temp, path)
	if _, statErr := os.Stat(filepath.Join(path, "HEAD")); statErr == nil {
		return nil // ours, or that of someone who was faster
	}
	return err
}
