package config

import (
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"strings"
)

// Fields of several values. They can be appended to with "extra-".
type (
	listField     func(*Values) *[]string          // in the order given
	setField      func(*Values) *[]string          // sorted, each once
	mapField      func(*Values) *map[string]string // key=value; what has no "=" is dropped
	featuresField func(*Values) *FeatureSet
	storesField   func(*Values) *[]string // store addresses in the order given
	storeSetField func(*Values) *[]string // store addresses, sorted, each once
	mountsField   func(*Values) *map[string]SandboxPath
	pluginsField  func(*Values) *[]string // a list that cannot be appended to
)

func (listField) appendable() bool     { return true }
func (setField) appendable() bool      { return true }
func (mapField) appendable() bool      { return true }
func (featuresField) appendable() bool { return true }
func (storesField) appendable() bool   { return true }
func (storeSetField) appendable() bool { return true }
func (mountsField) appendable() bool   { return true }
func (pluginsField) appendable() bool  { return false }

func (listField) kind() string     { return "list of strings" }
func (setField) kind() string      { return "set of strings" }
func (mapField) kind() string      { return "`key=value` pairs" }
func (featuresField) kind() string { return "set of experimental features" }
func (storesField) kind() string   { return "list of store addresses" }
func (storeSetField) kind() string { return "set of store addresses" }
func (mountsField) kind() string   { return "list of paths" }
func (pluginsField) kind() string  { return "list of paths" }

func (f listField) text(v *Values) string     { return strings.Join(*f(v), " ") }
func (f setField) text(v *Values) string      { return strings.Join(*f(v), " ") }
func (f featuresField) text(v *Values) string { return f(v).String() }
func (f storesField) text(v *Values) string   { return strings.Join(*f(v), " ") }
func (f storeSetField) text(v *Values) string { return strings.Join(*f(v), " ") }
func (f pluginsField) text(v *Values) string  { return strings.Join(*f(v), " ") }

// Nix: a blank before every pair, also the first (seen with 2.34.8).
func (f mapField) text(v *Values) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(*f(v))) {
		b.WriteString(" " + k + "=" + (*f(v))[k])
	}
	return b.String()
}

func (f mountsField) text(v *Values) string {
	var list []string
	for _, inside := range slices.Sorted(maps.Keys(*f(v))) {
		m := (*f(v))[inside]
		s := inside
		if m.Source != inside {
			s += "=" + m.Source
		}
		if m.Optional {
			s += "?"
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func (f listField) json(v *Values) any     { return notNull(*f(v)) }
func (f setField) json(v *Values) any      { return notNull(*f(v)) }
func (f featuresField) json(v *Values) any { return f(v).Names() }
func (f storesField) json(v *Values) any   { return notNull(*f(v)) }
func (f storeSetField) json(v *Values) any { return notNull(*f(v)) }
func (f pluginsField) json(v *Values) any  { return notNull(*f(v)) }

func (f mapField) json(v *Values) any {
	if *f(v) == nil {
		return map[string]string{}
	}
	return *f(v)
}

func (f mountsField) json(v *Values) any {
	if *f(v) == nil {
		return map[string]SandboxPath{}
	}
	return *f(v)
}

func notNull(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (f listField) set(v *Values, _, text string, extra bool, _ func(string)) error {
	*f(v) = appended(*f(v), words(text), extra)
	return nil
}

func (f pluginsField) set(v *Values, _, text string, _ bool, _ func(string)) error {
	*f(v) = words(text)
	return nil
}

func (f setField) set(v *Values, _, text string, extra bool, _ func(string)) error {
	*f(v) = sortedSet(appended(*f(v), words(text), extra))
	return nil
}

// Appending keeps the values that are there: the first pair of a key counts.
func (f mapField) set(v *Values, _, text string, extra bool, _ func(string)) error {
	m := map[string]string{}
	if extra {
		maps.Copy(m, *f(v))
	}
	for _, w := range words(text) {
		key, value, ok := strings.Cut(w, "=")
		if _, there := m[key]; ok && !there {
			m[key] = value
		}
	}
	*f(v) = m
	return nil
}

func (f featuresField) set(v *Values, _, text string, extra bool, warn func(string)) error {
	var s FeatureSet
	if extra {
		s = *f(v)
	}
	for _, name := range sortedSet(words(text)) {
		switch feature, ok := ParseFeature(name); {
		case ok:
			s = s.With(feature)
		case name == "no-url-literals":
			warn("experimental feature '" + hl(name) + "' has been stabilized and renamed; use 'lint-url-literals = fatal' setting instead")
		default:
			warn("unknown experimental feature '" + hl(name) + "'")
		}
	}
	*f(v) = s
	return nil
}

func (f storesField) set(v *Values, _, text string, extra bool, _ func(string)) error {
	list, err := storeURIs(text)
	if err != nil {
		return err
	}
	*f(v) = appended(*f(v), list, extra)
	return nil
}

func (f storeSetField) set(v *Values, _, text string, extra bool, _ func(string)) error {
	list, err := storeURIs(text)
	if err != nil {
		return err
	}
	*f(v) = sortedSet(appended(*f(v), list, extra))
	return nil
}

// A SandboxPath is what is mounted at a place inside of the sandbox.
type SandboxPath struct {
	Optional bool   `json:"optional"` // not an error if Source does not exist
	Source   string `json:"source"`   // outside of the sandbox
}

func (f mountsField) set(v *Values, _, text string, extra bool, _ func(string)) error {
	m := map[string]SandboxPath{}
	if extra {
		maps.Copy(m, *f(v))
	}
	for _, w := range sortedSet(words(text)) {
		w, optional := strings.CutSuffix(w, "?")
		inside, source, ok := strings.Cut(w, "=")
		if !ok {
			source = inside
		}
		if _, there := m[inside]; !there {
			m[inside] = SandboxPath{Source: source, Optional: optional}
		}
	}
	*f(v) = m
	return nil
}

// An ExternalBuilder builds derivations for other systems; it is called with
// Args and the name of a file that describes the build.
type ExternalBuilder struct {
	Args    []string `json:"args"`
	Program string   `json:"program"`
	Systems []string `json:"systems"`
}

// buildersField is a list of external builders, written as JSON.
type buildersField func(*Values) *[]ExternalBuilder

func (buildersField) appendable() bool { return false }
func (buildersField) kind() string     { return "JSON" }
func (f buildersField) json(v *Values) any {
	if *f(v) == nil {
		return []ExternalBuilder{}
	}
	return *f(v)
}
func (f buildersField) text(v *Values) string {
	data, _ := json.Marshal(f.json(v))
	return string(data)
}
func (f buildersField) set(v *Values, name, text string, _ bool, _ func(string)) error {
	var list []ExternalBuilder
	d := json.NewDecoder(strings.NewReader(text))
	err := d.Decode(&list)
	if err != nil {
		return invalid("parsing setting '%s': %s", name, err)
	}
	for i := range list {
		if list[i].Program == "" || list[i].Systems == nil || list[i].Args == nil {
			return invalid("parsing setting '%s': %s", name, "each builder needs 'systems', 'program' and 'args'")
		}
	}
	*f(v) = list
	return nil
}

// words splits at blanks, tabs and line ends.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

// appended returns a list of its own: lists in Values are shared.
func appended(old, more []string, extra bool) []string {
	if !extra {
		return more
	}
	return append(slices.Clip(slices.Clone(old)), more...)
}

func sortedSet(list []string) []string {
	sort.Strings(list)
	return slices.Compact(list)
}
