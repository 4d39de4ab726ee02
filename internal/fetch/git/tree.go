package git

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Mode is the mode of a tree entry.
type Mode uint32

// The modes that Git makes.
const (
	ModeTree       Mode = 0o40000
	ModeFile       Mode = 0o100644
	ModeExecutable Mode = 0o100755
	ModeSymlink    Mode = 0o120000
	ModeSubmodule  Mode = 0o160000
)

// fileMode maps m to what io/fs says. A submodule looks like an empty directory.
func (m Mode) fileMode() fs.FileMode {
	switch m {
	case ModeTree, ModeSubmodule:
		return fs.ModeDir | 0o755
	case ModeSymlink:
		return fs.ModeSymlink | 0o777
	case ModeExecutable:
		return 0o755
	}
	return 0o644
}

// treeEntry is one row of a tree.
type treeEntry struct {
	name string
	mode Mode
	id   ID
}

// parseTree reads a tree: "<octal mode> <name>\x00<id>" for each entry.
func parseTree(data []byte, hash int) ([]treeEntry, error) {
	var entries []treeEntry
	for len(data) > 0 {
		space := bytes.IndexByte(data, ' ')
		zero := bytes.IndexByte(data, 0)
		if space < 1 || space > 7 || zero < space+2 || len(data) < zero+1+hash {
			return nil, fmt.Errorf("malformed tree")
		}
		mode, err := parseMode(data[:space])
		if err != nil {
			return nil, err
		}
		name := string(data[space+1 : zero])
		if name == "." || name == ".." || strings.Contains(name, "/") {
			return nil, fmt.Errorf("tree has an entry called '%s'", name)
		}
		entries = append(entries, treeEntry{name, mode, MakeID(data[zero+1 : zero+1+hash])})
		data = data[zero+1+hash:]
	}
	return entries, nil
}

// parseMode reads an octal mode and normalises it: of the permissions only the owner's execute bit counts.
func parseMode(text []byte) (Mode, error) {
	var m Mode
	for _, c := range text {
		if c < '0' || c > '7' {
			return 0, fmt.Errorf("malformed mode '%s'", text)
		}
		m = m<<3 | Mode(c-'0')
	}
	return normalMode(m)
}

func normalMode(m Mode) (Mode, error) {
	switch m &^ 0o7777 {
	case ModeTree, ModeSymlink, ModeSubmodule:
		return m &^ 0o7777, nil
	case ModeFile &^ 0o777:
		if m&0o100 != 0 {
			return ModeExecutable, nil
		}
		return ModeFile, nil
	}
	return 0, fmt.Errorf("unsupported Git file type %o", m)
}

// readTree reads a tree with its entries in byte order of their names. Git orders directories as if their names ended
// with a slash.
func (o *Objects) readTree(id ID) ([]treeEntry, error) {
	data, err := o.ReadKind(id, Tree)
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(data, o.hash)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", id, err)
	}
	slices.SortFunc(entries, func(a, b treeEntry) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(entries); i++ {
		if entries[i].name == entries[i-1].name {
			return nil, fmt.Errorf("tree %s has two entries called '%s'", id, entries[i].name)
		}
	}
	return entries, nil
}
