package config

import "strings"

// A Flag is a flag of the command line that stands for a setting. Nix gives
// every setting flags: "--name" and "--no-name" to booleans, "--name value" to
// the others, "--extra-name value" to what can be appended to.
type Flag struct {
	Setting *Setting
	Name    string // without dashes
	// Arity is the number of values that follow: 0 or 1.
	Arity int

	value string // what a flag of arity 0 sets
	extra bool
}

// FindFlag returns the flag of that name, without dashes, on a system.
//
// Nix: an alias of a setting, as a flag, means the flag of the setting that was
// declared last: --build-fallback is --no-fallback, --binary-caches is
// --extra-substituters. Seen with 2.34.8; TestFlags pins it.
func FindFlag(name, os string) (Flag, bool) {
	for _, theme := range themes {
		for i := range theme.Settings {
			s := &theme.Settings[i]
			if s.OS != "" && s.OS != os {
				continue
			}
			if f, ok := s.flag(name); ok {
				return f, true
			}
		}
	}
	return Flag{}, false
}

func (s *Setting) flag(name string) (Flag, bool) {
	last := s.hasAlias(name)
	if !last && !strings.HasSuffix(name, s.Name) {
		return Flag{}, false
	}
	flags := s.Flags()
	for _, f := range flags {
		if f.Name == name {
			return f, true
		}
	}
	if !last {
		return Flag{}, false
	}
	f := flags[len(flags)-1]
	f.Name = name
	return f, true
}

// Flags returns the flags of a setting in the order of their declaration.
func (s *Setting) Flags() []Flag {
	switch s.field.(type) {
	case boolField:
		return []Flag{
			{Setting: s, Name: s.Name, value: "true"},
			{Setting: s, Name: "no-" + s.Name, value: "false"},
		}
	case sandboxModeField:
		return []Flag{
			{Setting: s, Name: s.Name, value: "true"},
			{Setting: s, Name: "no-" + s.Name, value: "false"},
			{Setting: s, Name: "relaxed-" + s.Name, value: "relaxed"},
		}
	}
	flags := []Flag{{Setting: s, Name: s.Name, Arity: 1}}
	if s.Appendable() {
		flags = append(flags, Flag{Setting: s, Name: "extra-" + s.Name, Arity: 1, extra: true})
	}
	return flags
}

// Doc tells in a sentence what the flag does.
func (f Flag) Doc() string {
	switch {
	case f.extra:
		return "Append to the `" + f.Setting.Name + "` setting."
	case f.value == "":
		return "Set the `" + f.Setting.Name + "` setting."
	case f.value == "true":
		return "Enable the `" + f.Setting.Name + "` setting."
	case f.value == "false":
		return "Disable the `" + f.Setting.Name + "` setting."
	}
	return "Set the `" + f.Setting.Name + "` setting to `" + f.value + "`."
}

// SetFlag applies a flag. A setting that an experimental feature gates is set
// by a switch even while the feature is off, and by a value only if it is on;
// either way the caller requires the feature ([Setting.Feature]) when all flags
// are known.
func (c *Config) SetFlag(f Flag, value string) error {
	s := f.Setting
	c.overridden[s] = true
	if f.Arity == 1 {
		return c.set(s, value, f.extra)
	}
	if err := s.field.set(&c.Values, s.Name, f.value, false, c.warn); err != nil {
		return err
	}
	s.follow(c)
	return nil
}
