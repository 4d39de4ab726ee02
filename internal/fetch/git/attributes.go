package git

import (
	"path"
	"strings"
)

// attrFile is a parsed gitattributes file.
type attrFile struct {
	dir   string // patterns are relative to this directory, "" for the root
	rules []attrRule
}

// attrRule is one line.
type attrRule struct {
	pattern  string
	fullPath bool // match the path below dir, not the last part of the name
	dirOnly  bool
	attrs    []attrSetting
}

// attrSetting is one attribute of a line.
type attrSetting struct {
	name  string
	state attrState
	value string // with attrValue
}

type attrState uint8

const (
	attrUnspecified attrState = iota // "!name"
	attrSet                          // "name"
	attrUnset                        // "-name"
	attrValue                        // "name=value"
)

// parseAttributes reads a gitattributes file; lines that make no sense are skipped, as Git does. Macros, which only
// stand at the top, are collected in macros.
func parseAttributes(text []byte, dir string, macros map[string][]attrSetting) *attrFile {
	f := &attrFile{dir: dir}
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		line = strings.Trim(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		pattern, rest, ok := attrPattern(line)
		if !ok {
			continue
		}
		settings := attrSettings(rest, macros)
		if name, ok := strings.CutPrefix(pattern, "[attr]"); ok {
			if dir == "" && macros != nil {
				macros[name] = settings
			}
			continue
		}
		if pattern == "" || pattern[0] == '!' {
			continue
		}
		f.rules = append(f.rules, makeRule(pattern, settings))
	}
	return f
}

// mentions reports whether any rule is about attr.
func (f *attrFile) mentions(attr string) bool {
	for _, r := range f.rules {
		for _, s := range r.attrs {
			if s.name == attr {
				return true
			}
		}
	}
	return false
}

func makeRule(pattern string, settings []attrSetting) attrRule {
	r := attrRule{attrs: settings}
	if p, ok := strings.CutSuffix(pattern, "/"); ok && p != "" {
		r.dirOnly, pattern = true, p
	}
	r.fullPath = strings.Contains(pattern, "/")
	r.pattern = strings.TrimPrefix(pattern, "/")
	return r
}

// attrPattern cuts the pattern off a line; it may stand in quotes with escapes as in C.
func attrPattern(line string) (pattern, rest string, ok bool) {
	if line[0] != '"' {
		i := strings.IndexAny(line, " \t")
		if i < 0 {
			return line, "", true
		}
		return line[:i], line[i:], true
	}
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return b.String(), line[i+1:], true
		case c != '\\':
			b.WriteByte(c)
		case i+1 >= len(line):
			return "", "", false
		default:
			i++
			n := strings.IndexByte(`abfnrtv"\`, line[i])
			switch {
			case n >= 0:
				b.WriteByte("\a\b\f\n\r\t\v\"\\"[n])
			case i+2 < len(line) && '0' <= line[i] && line[i] <= '3':
				b.WriteByte((line[i]-'0')<<6 | (line[i+1]-'0')<<3 | line[i+2] - '0')
				i += 2
			default:
				return "", "", false
			}
		}
	}
	return "", "", false
}

// attrSettings reads the attributes of a line and adds what macros among them stand for.
func attrSettings(text string, macros map[string][]attrSetting) []attrSetting {
	var list []attrSetting
	for word := range strings.FieldsSeq(text) {
		s := attrSetting{name: word, state: attrSet}
		switch {
		case word[0] == '-':
			s.name, s.state = word[1:], attrUnset
		case word[0] == '!':
			s.name, s.state = word[1:], attrUnspecified
		case strings.Contains(word, "="):
			s.name, s.value, _ = strings.Cut(word, "=")
			s.state = attrValue
		}
		list = append(list, s)
		if s.state == attrSet {
			list = append(list, macros[s.name]...)
		}
	}
	return list
}

// lookup finds the last word of the file on an attribute of the path.
func (f *attrFile) lookup(name, attr string, isDir bool) (attrSetting, bool) {
	rel := name
	if f.dir != "" {
		var ok bool
		if rel, ok = strings.CutPrefix(name, f.dir+"/"); !ok {
			return attrSetting{}, false
		}
	}
	for i := len(f.rules) - 1; i >= 0; i-- {
		r := &f.rules[i]
		var setting attrSetting
		for _, s := range r.attrs {
			if s.name == attr {
				setting = s
			}
		}
		if setting.name != "" && r.matches(rel, isDir) {
			return setting, true
		}
	}
	return attrSetting{}, false
}

func (r *attrRule) matches(rel string, isDir bool) bool {
	if r.dirOnly && !isDir {
		return false
	}
	if r.fullPath {
		return wildmatch(r.pattern, rel)
	}
	return wildmatch(r.pattern, path.Base(rel))
}
