package git

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Status is what a work tree holds. Names are relative, with slashes, in byte order. Submodules are left out.
type Status struct {
	Head    ID       // zero before the first commit
	Files   []string // tracked and present
	Dirty   []string // those of Files that differ from Head or the index
	Deleted []string // in Head or the index, but not in the index or the work tree

	// Stamp is set where filters may make the files on disk differ from what is stored, so that a commit does not tell
	// what they hold. It changes when any of them is written.
	Stamp string
}

// IsDirty reports whether the work tree differs from its commit.
func (s *Status) IsDirty() bool { return len(s.Dirty)+len(s.Deleted) > 0 }

// Status compares the work tree with the index and the index with HEAD. A file counts as changed if Git would store
// other contents for it; the git program is asked only where filters may decide that.
func (r *Repo) Status() (*Status, error) {
	if r.Work == "" {
		return nil, fmt.Errorf("Git repository '%s' has no work tree", r.Dir)
	}
	head, _, err := r.HeadCommit()
	if err != nil {
		return nil, fmt.Errorf("resolve HEAD of '%s': %w", r.Dir, err)
	}
	s := &Status{Head: head}
	x, err := r.readIndex()
	if _, ok := errors.AsType[Unsupported](err); ok {
		return s, r.askStatus(s)
	}
	if err != nil {
		return nil, err
	}
	c := &comparison{repo: r, index: x, state: make([]fileState, len(x.entries))}
	if c.mayFilter() {
		c.stats = make([]statData, len(x.entries))
	}
	if err := c.withHead(s.Head); err != nil {
		return nil, err
	}
	if err := c.withWorkTree(); err != nil {
		return nil, err
	}
	c.fill(s)
	return s, nil
}

// fileState is what is known of one entry of the index.
type fileState uint8

const (
	unchanged fileState = iota
	changed
	missing
	perhaps // the contents differ, filters aside
	ignored // a submodule, or not checked out
)

// comparison is the work of Status.
type comparison struct {
	repo    *Repo
	index   *index
	state   []fileState // by entry
	stats   []statData  // by entry, of the files on disk; nil if contents are surely stored as they are
	deleted []string    // in HEAD, but not in the index
	at      int         // entries before this one are compared with HEAD
}

// withHead marks the entries that are not in the commit as they are in the index.
func (c *comparison) withHead(head ID) error {
	if !head.IsZero() {
		tree, err := c.repo.CommitTree(head)
		if err != nil {
			return err
		}
		if cache := c.index.cache; cache != nil && cache.count == len(c.index.entries) && cache.id == tree {
			return nil
		}
		if err := c.withTree("", tree, c.index.cache); err != nil {
			return err
		}
	}
	c.skipTo("")
	return nil
}

// skipTo marks the entries before name as added; "" stands for the end.
func (c *comparison) skipTo(name string) {
	for ; c.at < len(c.index.entries) && (name == "" || c.index.entries[c.at].name < name); c.at++ {
		c.state[c.at] = changed
	}
}

// withTree walks a tree in the order of the index.
func (c *comparison) withTree(prefix string, id ID, cache *cacheTree) error {
	data, err := c.repo.ReadKind(id, Tree)
	if err != nil {
		return err
	}
	entries, err := parseTree(data, c.repo.hash)
	if err != nil {
		return fmt.Errorf("tree %s: %w", id, err)
	}
	for _, e := range entries {
		name := prefix + e.name
		if e.mode == ModeTree {
			name += "/"
			c.skipTo(name)
			sub := cache.child(e.name)
			if sub != nil && sub.count >= 0 && sub.id == e.id && c.at+sub.count <= len(c.index.entries) {
				c.at += sub.count
			} else if err := c.withTree(name, e.id, sub); err != nil {
				return err
			}
			continue
		}
		c.skipTo(name)
		c.withFile(name, e)
	}
	return nil
}

// withFile compares one file of the tree.
func (c *comparison) withFile(name string, e treeEntry) {
	if c.at == len(c.index.entries) || c.index.entries[c.at].name != name {
		if e.mode != ModeSubmodule {
			c.deleted = append(c.deleted, name)
		}
		return
	}
	for ; c.at < len(c.index.entries) && c.index.entries[c.at].name == name; c.at++ {
		if x := &c.index.entries[c.at]; x.stage != 0 || x.id != e.id || x.mode != e.mode || x.intent {
			c.state[c.at] = changed
		}
	}
}

// withWorkTree looks at every tracked file on disk.
func (c *comparison) withWorkTree() error {
	const chunk = 512
	n := len(c.index.entries)
	workers := min(runtime.GOMAXPROCS(0), 8, (n+chunk-1)/chunk)
	errs := make([]error, workers)
	var next int
	var mu sync.Mutex
	take := func() (from, to int) {
		mu.Lock()
		defer mu.Unlock()
		from, to = next, min(next+chunk, n)
		next = to
		return from, to
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			v := visitor{comparison: c, files: newFileHasher(c.repo)}
			for {
				from, to := take()
				if from == to || errs[w] != nil {
					return
				}
				errs[w] = v.visit(from, to)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return c.settle()
}

// visitor looks at files on disk, remembering what it knows of their directories.
type visitor struct {
	*comparison
	files *fileHasher
	good  string // the last directory that is one and is not reached through a link, with a slash; "" is the root
	bad   string // the last one that is not
}

func (v *visitor) visit(from, to int) error {
	for i := from; i < to; i++ {
		e := &v.index.entries[i]
		if e.mode == ModeSubmodule || e.mode == ModeTree {
			v.state[i] = ignored
			continue
		}
		state, st, err := v.look(e)
		if v.stats != nil {
			v.stats[i] = st
		}
		if err != nil {
			return err
		}
		if v.state[i] == changed && state == perhaps {
			continue // it differs from HEAD whatever it turns out to be
		}
		v.state[i] = max(v.state[i], state)
	}
	return nil
}

// look compares one file with its entry.
func (v *visitor) look(e *indexEntry) (fileState, statData, error) {
	if ok, err := v.inDirectory(e.name); err != nil || !ok {
		return v.absent(e), statData{}, err
	}
	path := filepath.Join(v.repo.Work, e.name)
	st, err := lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && st.dir {
		return v.absent(e), statData{}, nil
	}
	if err != nil {
		return 0, st.data, err
	}
	switch {
	case e.assumeValid || e.skipWorktree:
		return unchanged, st.data, nil
	case e.stage != 0 || e.intent:
		return changed, st.data, nil
	case st.mode != e.mode && !(v.repo.config.Get("core.filemode") == "false" && st.mode|0o111 == e.mode|0o111):
		return changed, st.data, nil
	case sameStat(e.stat, st.data) && e.stat.before(v.index.written):
		return unchanged, st.data, nil
	}
	id, err := v.files.hash(path, st.mode)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return v.absent(e), st.data, nil
	case err != nil || id == e.id:
		return unchanged, st.data, err
	}
	return perhaps, st.data, nil
}

func (v *visitor) absent(e *indexEntry) fileState {
	if e.skipWorktree {
		return ignored
	}
	return missing
}

// inDirectory reports whether the directories on the way to name are directories. Names come in order, so most of the
// way is that of the name before.
func (v *visitor) inDirectory(name string) (bool, error) {
	dir := name[:strings.LastIndexByte(name, '/')+1]
	if v.bad != "" && strings.HasPrefix(dir, v.bad) {
		return false, nil
	}
	at := sharedDir(dir, v.good)
	for at < len(dir) {
		at += strings.IndexByte(dir[at:], '/') + 1
		st, err := lstat(filepath.Join(v.repo.Work, dir[:at]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if err != nil || !st.dir {
			v.bad = dir[:at]
			return false, nil
		}
		v.good = dir[:at]
	}
	v.good = dir
	return true, nil
}

// sharedDir returns how many bytes of two directories, each with a slash at its end, are the same directory.
func sharedDir(a, b string) int {
	shared := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '/' {
			shared = i + 1
		}
	}
	return shared
}

// settle decides about files whose contents differ but that a filter may map to what is stored.
func (c *comparison) settle() error {
	var names []string
	for i, s := range c.state {
		if s == perhaps {
			names = append(names, c.index.entries[i].name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	ids := make([]ID, len(names))
	if c.stats != nil {
		var err error
		if ids, err = c.repo.hashFiltered(names); err != nil {
			return err
		}
	}
	for i, s := range c.state {
		if s == perhaps {
			c.state[i] = changed
			if ids[0] == c.index.entries[i].id {
				c.state[i] = unchanged
			}
			ids = ids[1:]
		}
	}
	return nil
}

// fill lists the outcome. A conflict has several entries of one name.
func (c *comparison) fill(s *Status) {
	s.Files = make([]string, 0, len(c.state))
	s.Deleted = c.deleted
	last := ""
	for i, state := range c.state {
		name := c.index.entries[i].name
		if name == last {
			continue
		}
		last = name
		switch state {
		case unchanged:
			s.Files = append(s.Files, name)
		case changed:
			s.Files, s.Dirty = append(s.Files, name), append(s.Dirty, name)
		case missing:
			s.Deleted = append(s.Deleted, name)
		}
	}
	slices.Sort(s.Deleted)
	if c.stats != nil {
		h := sha256.New()
		for i, st := range c.stats {
			fmt.Fprintf(h, "%s\x00%d\x00%v\n", c.index.entries[i].name, c.state[i], st)
		}
		s.Stamp = hex.EncodeToString(h.Sum(nil))
	}
}
