package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Head returns what HEAD is: the reference that it stands for, or "" and the commit if it is detached.
func (r *Repo) Head() (ref string, id ID, err error) {
	text, err := os.ReadFile(filepath.Join(r.Dir, "HEAD"))
	if err != nil {
		return "", ID{}, err
	}
	ref, id, err = parseRef(text)
	if err != nil {
		err = fmt.Errorf("read '%s': %w", filepath.Join(r.Dir, "HEAD"), err)
	}
	return ref, id, err
}

// parseRef reads the contents of a reference: "ref: <name>" or an object name.
func parseRef(text []byte) (ref string, id ID, err error) {
	s := strings.TrimRight(string(text), "\r\n \t")
	if name, ok := strings.CutPrefix(s, "ref:"); ok {
		return strings.TrimLeft(name, " \t"), ID{}, nil
	}
	id, err = ParseID(s)
	return "", id, err
}

// HeadCommit returns the commit that HEAD is at; ok is false if there is none yet.
func (r *Repo) HeadCommit() (id ID, ok bool, err error) {
	id, err = r.Ref("HEAD")
	if errors.Is(err, fs.ErrNotExist) {
		return ID{}, false, nil
	}
	return id, err == nil, err
}

// Ref returns what a full reference name, "HEAD" or "refs/…", stands for. An unknown one is fs.ErrNotExist.
func (r *Repo) Ref(name string) (ID, error) {
	for range 10 {
		next, id, err := r.readRef(name)
		if err != nil || next == "" {
			return id, err
		}
		name = next
	}
	return ID{}, fmt.Errorf("reference '%s' is nested too deep", name)
}

// readRef reads one step: a loose reference, or a packed one.
func (r *Repo) readRef(name string) (next string, id ID, err error) {
	if !validRef(name) {
		return "", ID{}, fmt.Errorf("reference '%s': %w", name, fs.ErrNotExist)
	}
	dirs := []string{r.Common}
	if r.Dir != r.Common && !strings.HasPrefix(name, "refs/") || strings.HasPrefix(name, "refs/bisect/") || strings.HasPrefix(name, "refs/worktree/") {
		dirs = []string{r.Dir}
	}
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil {
			if next, id, err = parseRef(text); err != nil {
				err = fmt.Errorf("reference '%s': %w", name, err)
			}
			return next, id, err
		}
	}
	id, err = r.packedRef(name)
	return "", id, err
}

// validRef keeps what is no reference name from being read as a path.
func validRef(name string) bool {
	return name != "" && !strings.HasPrefix(name, "/") && !strings.Contains("/"+name+"/", "/../") && !strings.Contains(name, "\x00")
}

// packedRef looks name up in "packed-refs": lines "<id> <name>", comments, and "^<id>" for what a tag points at.
func (r *Repo) packedRef(name string) (ID, error) {
	text, err := os.ReadFile(filepath.Join(r.Common, "packed-refs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return ID{}, err
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if id, rest, ok := strings.Cut(line, " "); ok && rest == name && id[0] != '#' {
			return ParseID(id)
		}
	}
	return ID{}, fmt.Errorf("reference '%s': %w", name, fs.ErrNotExist)
}

// Resolve returns the commit that a branch, tag, full reference or object name stands for, looked up in Git's order;
// tags are peeled.
func (r *Repo) Resolve(ref string) (ID, error) {
	for _, prefix := range []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"} {
		if prefix == "" && !strings.HasPrefix(ref, "refs/") && strings.Trim(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
			continue // not HEAD or its like: a file beside HEAD is not a reference
		}
		id, err := r.Ref(prefix + ref)
		if err == nil {
			return r.Peel(id)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return ID{}, err
		}
	}
	if id, err := ParseID(ref); err == nil {
		return r.Peel(id)
	}
	return ID{}, fmt.Errorf("reference '%s': %w", ref, fs.ErrNotExist)
}

// Peel follows tags from id to a commit.
func (r *Repo) Peel(id ID) (ID, error) {
	for range 100 {
		kind, data, err := r.Read(id)
		if err != nil {
			return ID{}, err
		}
		switch kind {
		case Commit:
			return id, nil
		case Tag:
			if id, err = headerID(data, "object "); err != nil {
				return ID{}, err
			}
		default:
			return ID{}, fmt.Errorf("object %s is a %s, not a commit", id, kind)
		}
	}
	return ID{}, fmt.Errorf("object %s is a chain of tags", id)
}
