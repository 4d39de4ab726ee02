package git

import (
	"bytes"
	"fmt"
	"strconv"
)

// headerID reads the object name in the line of a commit or tag that begins with field.
func headerID(data []byte, field string) (ID, error) {
	head, _, _ := bytes.Cut(data, []byte("\n\n"))
	for line := range bytes.SplitSeq(head, []byte("\n")) {
		if text, ok := bytes.CutPrefix(line, []byte(field)); ok {
			return ParseID(string(text))
		}
	}
	return ID{}, fmt.Errorf("object has no line '%s'", field)
}

// CommitTree returns the tree of a commit.
func (r *Repo) CommitTree(commit ID) (ID, error) {
	data, err := r.ReadKind(commit, Commit)
	if err != nil {
		return ID{}, err
	}
	id, err := headerID(data, "tree ")
	if err != nil {
		err = fmt.Errorf("commit %s: %w", commit, err)
	}
	return id, err
}

// CommitTime returns when a commit was made (not authored), in seconds since 1970.
func (r *Repo) CommitTime(commit ID) (int64, error) {
	data, err := r.ReadKind(commit, Commit)
	if err != nil {
		return 0, err
	}
	head, _, _ := bytes.Cut(data, []byte("\n\n"))
	for line := range bytes.SplitSeq(head, []byte("\n")) {
		if text, ok := bytes.CutPrefix(line, []byte("committer ")); ok {
			_, date, _ := bytes.Cut(text[bytes.LastIndexByte(text, '>')+1:], []byte(" "))
			seconds, _, _ := bytes.Cut(date, []byte(" "))
			return strconv.ParseInt(string(seconds), 10, 64)
		}
	}
	return 0, fmt.Errorf("commit %s has no committer", commit)
}

// TreeOf returns the tree that id stands for: itself, that of a commit, or that of what a tag points at.
func (r *Repo) TreeOf(id ID) (ID, error) {
	kind, _, err := r.Stat(id)
	if err != nil || kind == Tree {
		return id, err
	}
	if id, err = r.Peel(id); err != nil {
		return ID{}, err
	}
	return r.CommitTree(id)
}
