package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// attrTable answers questions about one attribute of the files in a tree.
type attrTable struct {
	attr   string
	read   func(name string) ([]byte, error) // reads a ".gitattributes"; fs.ErrNotExist if there is none
	info   *attrFile                         // of the repository itself: it wins
	macros map[string][]attrSetting

	mu     sync.Mutex
	chains map[string][]*attrFile // by directory: its own file and those above it, the nearest first
}

func (r *Repo) newAttrTable(attr string, read func(string) ([]byte, error)) (*attrTable, error) {
	t := &attrTable{attr: attr, read: read, macros: map[string][]attrSetting{}, chains: map[string][]*attrFile{}}
	text, err := os.ReadFile(filepath.Join(r.Common, "info", "attributes"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if _, err := t.chain("."); err != nil { // its macros hold everywhere
		return nil, err
	}
	t.info = parseAttributes(text, "", t.macros)
	return t, nil
}

// chain returns the files that may say something about what is in dir.
func (t *attrTable) chain(dir string) ([]*attrFile, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.chainLocked(dir)
}

func (t *attrTable) chainLocked(dir string) ([]*attrFile, error) {
	if chain, ok := t.chains[dir]; ok {
		return chain, nil
	}
	var chain []*attrFile
	relative := ""
	if dir != "." {
		above, err := t.chainLocked(path.Dir(dir))
		if err != nil {
			return nil, err
		}
		chain, relative = above, dir
	}
	text, err := t.read(path.Join(dir, ".gitattributes"))
	if err == nil {
		if f := parseAttributes(text, relative, t.macros); f.mentions(t.attr) {
			chain = append([]*attrFile{f}, chain...)
		}
	} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNotRegular) {
		return nil, fmt.Errorf("read '%s/.gitattributes': %w", dir, err)
	}
	t.chains[dir] = chain
	return chain, nil
}

// lookup returns what the nearest file that says anything about name says.
func (t *attrTable) lookup(name string, isDir bool) (attrSetting, error) {
	if s, ok := t.info.lookup(name, t.attr, isDir); ok {
		return s, nil
	}
	chain, err := t.chain(path.Dir(name))
	if err != nil {
		return attrSetting{}, err
	}
	for _, f := range chain {
		if s, ok := f.lookup(name, t.attr, isDir); ok {
			return s, nil
		}
	}
	return attrSetting{}, nil
}
