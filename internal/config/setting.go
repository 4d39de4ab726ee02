package config

import (
	"sort"
)

// A Setting is the declaration of one setting.
type Setting struct {
	Name    string
	Aliases []string
	Doc     string // Markdown; a reference is a name in backquotes

	// Default is the default as nix.conf would write it; From gives it
	// where it depends on the machine.
	Default string
	From    func(*Host) string

	Feature Feature // ignored with a warning while this is off
	OS      string  // exists only on this system; "" on all
	Own     bool    // not a setting of Nix

	// Hidden keeps the default out of the manual.
	Hidden bool

	// Replaced names the setting that a deprecated switch sets; see follow.
	Replaced string

	field field
}

// A Theme is a group of settings.
type Theme struct {
	Name     string
	Title    string
	Settings []Setting
}

var themes = [...]*Theme{
	&generalTheme, &evalTheme, &fetchTheme, &flakeTheme, &transferTheme, &substituteTheme,
	&storeTheme, &gcTheme, &buildTheme, &sandboxTheme, &daemonTheme, &shellTheme,
}

// Themes returns all settings by theme.
func Themes() []*Theme { return themes[:] }

// All returns all settings in the order of their names.
func All() []*Setting {
	var list []*Setting
	for _, theme := range themes {
		for i := range theme.Settings {
			list = append(list, &theme.Settings[i])
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// Lookup finds a setting by its name or one of its aliases.
func Lookup(name string) *Setting {
	for _, theme := range themes {
		for i := range theme.Settings {
			if s := &theme.Settings[i]; s.Name == name || s.hasAlias(name) {
				return s
			}
		}
	}
	return nil
}

func (s *Setting) hasAlias(name string) bool {
	for _, a := range s.Aliases {
		if a == name {
			return true
		}
	}
	return false
}

// Kind names the setting's type for people: "boolean", "list of strings", ….
func (s *Setting) Kind() string { return s.field.kind() }

// Appendable tells whether "extra-" can stand before the name.
func (s *Setting) Appendable() bool { return s.field.appendable() }

// Switch tells whether the flag of the setting takes no value: --name and
// --no-name.
func (s *Setting) Switch() bool {
	_, isBool := s.field.(boolField)
	_, isMode := s.field.(sandboxModeField)
	return isBool || isMode
}

// DocumentsDefault tells whether the default belongs in the manual.
func (s *Setting) DocumentsDefault() bool { return !s.Hidden }

func (s *Setting) on(h *Host) bool { return s.OS == "" || s.OS == h.OS }

func (s *Setting) defaultText(h *Host) string {
	if s.From != nil {
		return s.From(h)
	}
	return s.Default
}

// follow carries a deprecated boolean over to the lint that replaced it.
func (s *Setting) follow(c *Config) {
	if s.Replaced == "" {
		return
	}
	level := "ignore"
	if s.field.text(&c.Values) == "true" {
		level = "warn"
	}
	c.warn("'" + hl(s.Name) + "' is deprecated, use '" + hl(s.Replaced) + " = " + hl(level) + "' instead")
	c.SetDefault(s.Replaced, level)
}
