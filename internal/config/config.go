// Package config knows every setting of Nix, and the handful that only firn
// has: name, type, default, aliases, the experimental feature that gates it and
// its documentation are declared once, in tables by theme (eval.go, build.go,
// store.go, …), beside the struct that holds the values.
//
// It also knows the grammar of nix.conf and the order in which files, variables
// and flags override each other. It reads nothing itself: files, environment
// and facts about the machine are handed in ([Sources], [Host]).
//
// Consumers read the fields of [Values] and look nothing up by name. Names only
// matter while configuration is applied and when it is shown.
//
// The format is described in docs/spec/nix-conf.md.
package config

import (
	"sort"
	"strings"

	"firn/internal/diag"
)

// Values are all settings, by theme. A Values is copied freely; slices and maps
// in it are never changed after they were set.
type Values struct {
	General    General
	Eval       Eval
	Fetch      Fetch
	Flake      Flake
	Transfer   Transfer
	Substitute Substitute
	Store      Store
	GC         GC
	Build      Build
	Sandbox    Sandbox
	Daemon     Daemon
	Shell      Shell
}

// Config is a set of values under construction: it knows which settings were
// overridden and which names nobody knows. It is not safe for concurrent use.
type Config struct {
	Values

	// Warn is told what is odd but no error, as text without prefix; nil
	// discards it.
	Warn func(msg string)

	host       *Host
	overridden map[*Setting]bool
	unknown    map[string]string
}

// New returns the built-in defaults for a machine, with the environment
// variables applied that stand for single settings (NIX_REMOTE and such).
func New(h *Host, env Env) *Config {
	c := defaults(h)
	c.applyEnv(env)
	return c
}

func defaults(h *Host) *Config {
	c := &Config{host: h, overridden: map[*Setting]bool{}, unknown: map[string]string{}}
	c.General.Processors = uint32(max(h.Processors, 1))
	for _, theme := range themes {
		for i := range theme.Settings {
			s := &theme.Settings[i]
			if text := s.defaultText(h); text != "" {
				// Defaults are checked by a test, so that the error is dropped here.
				_ = s.field.set(&c.Values, s.Name, text, false, c.warn)
			}
		}
	}
	return c
}

// Set gives a setting a value, under any of its names, as a line of nix.conf
// does: "extra-" before the name of a list appends to it, a setting of a
// disabled experimental feature is ignored with a warning, and an unknown name
// is remembered for [Config.WarnUnknown]. The error is a *diag.Error about the
// value.
func (c *Config) Set(name, value string) error {
	s, extra := c.lookup(name)
	if s == nil {
		if _, ok := c.unknown[name]; !ok {
			c.unknown[name] = value
		}
		return nil
	}
	return c.set(s, value, extra)
}

func (c *Config) set(s *Setting, value string, extra bool) error {
	if !c.Enabled(s.Feature) {
		c.warn("Ignoring setting '" + hl(s.Name) + "' because experimental feature '" + hl(s.Feature.String()) + "' is not enabled")
		c.overridden[s] = true
		return nil
	}
	if err := s.field.set(&c.Values, s.Name, value, extra, c.warn); err != nil {
		return err
	}
	c.overridden[s] = true
	s.follow(c)
	return nil
}

// lookup finds the setting that a name in nix.conf means, and whether the name
// asks to append to it.
func (c *Config) lookup(name string) (s *Setting, extra bool) {
	if s = Lookup(name); s != nil && s.on(c.host) {
		return s, false
	}
	if base, ok := strings.CutPrefix(name, "extra-"); ok {
		if s = Lookup(base); s != nil && s.on(c.host) && s.Appendable() {
			return s, true
		}
	}
	return nil, false
}

// Overridden tells whether something other than the system-wide configuration
// file set the setting.
func (c *Config) Overridden(name string) bool {
	s := Lookup(name)
	return s != nil && c.overridden[s]
}

// Overrides returns the settings that were overridden, in the order of names,
// with their values as nix.conf would have them: what a client sends to a
// daemon.
func (c *Config) Overrides() []Assignment {
	var list []Assignment
	for s := range c.overridden {
		if c.Enabled(s.Feature) {
			list = append(list, Assignment{Name: s.Name, Value: s.field.text(&c.Values)})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// SetDefault gives a setting another default: the value counts only while
// nothing has overridden the setting.
func (c *Config) SetDefault(name, value string) {
	if s := Lookup(name); s != nil && !c.overridden[s] {
		_ = s.field.set(&c.Values, s.Name, value, false, c.warn)
	}
}

// Text returns a setting's value as nix.conf would have it. Like Nix it knows
// settings by their main name only, and not those of disabled features.
func (c *Config) Text(name string) (string, bool) {
	s := Lookup(name)
	if s == nil || s.Name != name || !s.on(c.host) || !c.Enabled(s.Feature) {
		return "", false
	}
	return s.field.text(&c.Values), true
}

// WarnUnknown warns of every name that Set did not know, and forgets them.
func (c *Config) WarnUnknown() {
	names := make([]string, 0, len(c.unknown))
	for name := range c.unknown {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		c.warn("unknown setting '" + hl(name) + "'")
	}
	clear(c.unknown)
}

// Enabled tells whether an experimental feature is on. No feature is always on.
func (c *Config) Enabled(f Feature) bool { return c.General.ExperimentalFeatures.Has(f) }

// Require returns the error that Nix gives when a feature is off.
func (c *Config) Require(f Feature) error { return c.General.ExperimentalFeatures.Require(f, "") }

func (c *Config) warn(msg string) {
	if c.Warn != nil {
		c.Warn(msg)
	}
}

// hl highlights a word of a message as package diag does.
func hl(s string) string { return diag.Msgf("%s", s) }

func invalid(format string, args ...any) error {
	return diag.Misuse(diag.InvalidSetting, format, args...)
}
