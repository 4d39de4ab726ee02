package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Room is one package line of the block.
type Room struct {
	Path    string // import path below the module: "cmd/firn", "internal/store/db"
	Purpose string
	Pure    bool     // marked with *
	Any     bool     // may import everything ("ANY")
	Uses    []string // what stands behind the arrow, made absolute; a folder stands for all rooms below it
	Line    int      // in ARCHITECTURE.md, from 1
}

// Block is what the fenced firn-tree of ARCHITECTURE.md says.
type Block struct {
	Rooms   map[string]*Room
	Folders map[string]bool // folders that carry no package of their own ("internal/format")
}

// ParseBlock reads the first fence of kind firn-tree in text.
//
// A line is `NAME/ [*] purpose <- uses`; its indentation, two blanks a level, says under which folder it stands.
// A line of a name alone is a folder without a package. Names behind the arrow are below internal/; `.x` is x in the
// same top room.
func ParseBlock(text string) (*Block, error) {
	b := &Block{Rooms: map[string]*Room{}, Folders: map[string]bool{}}
	var parents []string
	inside := false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(line, "```firn-tree"):
			inside = true
			continue
		case inside && strings.HasPrefix(line, "```"):
			return b, b.checkUses()
		case !inside || strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
			continue
		}
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		if depth > len(parents) {
			return nil, fmt.Errorf("line %d: indented deeper than what stands above it", i+1)
		}
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		full := path.Join(append(slices.Clone(parents[:depth]), name)...)
		parents = append(parents[:depth], name)
		if err := b.add(full, strings.TrimSpace(rest), i+1); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return nil, fmt.Errorf("no fence of kind firn-tree that is also closed")
}

func (b *Block) add(full, rest string, line int) error {
	if b.Folders[full] || b.Rooms[full] != nil {
		return fmt.Errorf("%s stands there twice", full)
	}
	if rest == "" {
		b.Folders[full] = true
		return nil
	}
	purpose, uses, ok := strings.Cut(rest, "<-")
	if !ok {
		return fmt.Errorf("%s: no arrow", full)
	}
	r := &Room{Path: full, Line: line}
	r.Purpose, r.Pure = strings.CutPrefix(strings.TrimSpace(purpose), "* ")
	r.Purpose = strings.TrimSpace(r.Purpose)
	if r.Purpose == "" {
		return fmt.Errorf("%s: no purpose", full)
	}
	top := strings.Split(strings.TrimPrefix(full, "internal/"), "/")[0]
	for _, u := range strings.Fields(uses) {
		if u == "ANY" {
			r.Any = true
			continue
		}
		if sibling, ok := strings.CutPrefix(u, "."); ok {
			u = top + "/" + sibling
		}
		r.Uses = append(r.Uses, "internal/"+u)
	}
	b.Rooms[full] = r
	return nil
}

// checkUses sees to it that every name behind an arrow is a line or a folder of the block.
func (b *Block) checkUses() error {
	for _, r := range b.Rooms {
		for _, u := range r.Uses {
			if b.Rooms[u] == nil && !b.Folders[u] {
				return fmt.Errorf("line %d: %s uses %s, which has no line", r.Line, r.Path, strings.TrimPrefix(u, "internal/"))
			}
		}
	}
	return nil
}

// Allows says whether the line of r permits to import the package at pkg (below the module).
func (b *Block) Allows(r *Room, pkg string) bool {
	if r.Any {
		return true
	}
	for _, u := range r.Uses {
		if u == pkg || b.Folders[u] && strings.HasPrefix(pkg, u+"/") {
			return true
		}
	}
	return false
}
