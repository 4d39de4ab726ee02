package derivation

import (
	"slices"
	"strings"

	"firn/internal/format/storepath"
)

// A DerivedPath is something that can be asked for: a store path, or outputs of a
// derivation. Its text is a full path, or "<drv>^<outputs>", where <drv> is a full
// path or again "<drv>^<output>" for a derivation that is itself an output
// (feature dynamic-derivations), and <outputs> is "*" or names with commas.
// The daemon protocol has '!' in place of '^'.
type DerivedPath struct {
	Path    storepath.Path
	Chain   []string // outputs that lead from Path to the derivation meant
	Outputs []string // sorted; of the derivation
	All     bool     // all outputs, Outputs is empty
}

// The separators between derivation and outputs.
const (
	Caret = '^' // of commands
	Bang  = '!' // of the daemon protocol
)

// IsOpaque reports whether no outputs are asked for, only the path.
func (p DerivedPath) IsOpaque() bool { return !p.All && len(p.Outputs) == 0 }

// ParseDerivedPath reads a text with the given separator.
func ParseDerivedPath(dir storepath.Dir, text string, separator byte) (p DerivedPath, err error) {
	parts := strings.Split(text, string(rune(separator)))
	if p.Path, err = dir.Parse(parts[0]); err != nil || len(parts) == 1 {
		return p, err
	}
	last := len(parts) - 1
	p.Chain = parts[1:last:last]
	for _, name := range p.Chain {
		if err := storepath.CheckName(name); err != nil {
			return DerivedPath{}, err
		}
	}
	p.Outputs, p.All, err = ParseOutputNames(parts[last])
	return p, err
}

// Text is the inverse of ParseDerivedPath.
func (p DerivedPath) Text(dir storepath.Dir, separator byte) string {
	b := dir.AppendJoin(nil, p.Path)
	for _, name := range p.Chain {
		b = append(append(b, separator), name...)
	}
	if !p.IsOpaque() {
		b = append(append(b, separator), JoinOutputNames(p.Outputs, p.All)...)
	}
	return string(b)
}

// ParseOutputNames reads "*" or names with commas between them; the names are
// returned sorted, each once.
func ParseOutputNames(text string) (names []string, all bool, err error) {
	if text == "*" {
		return nil, true, nil
	}
	names = strings.Split(text, ",")
	for _, name := range names {
		if err := storepath.CheckName(name); err != nil {
			return nil, false, err
		}
	}
	slices.Sort(names)
	return slices.Compact(names), false, nil
}

// JoinOutputNames is the inverse of ParseOutputNames.
func JoinOutputNames(names []string, all bool) string {
	if all {
		return "*"
	}
	return strings.Join(names, ",")
}
