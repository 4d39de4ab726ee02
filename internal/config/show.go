package config

import (
	"bytes"
	"encoding/json"
	"strings"
)

// KeyValue returns all settings, but those of disabled features, as a text that
// nix.conf could be.
func (c *Config) KeyValue() string {
	var b strings.Builder
	for _, s := range All() {
		if s.on(c.host) && c.Enabled(s.Feature) {
			b.WriteString(s.Name + " = " + s.field.text(&c.Values) + "\n")
		}
	}
	return b.String()
}

// shown is a setting as `nix config show --json` has it.
type shown struct {
	Aliases             []string `json:"aliases"`
	DefaultValue        any      `json:"defaultValue"`
	Description         string   `json:"description"`
	DocumentDefault     bool     `json:"documentDefault"`
	ExperimentalFeature *string  `json:"experimentalFeature"`
	Value               any      `json:"value"`
}

// JSON returns all settings with types, defaults and documentation as one JSON
// object, with two blanks of indentation if pretty.
func (c *Config) JSON(pretty bool) ([]byte, error) {
	builtin := defaults(c.host)
	all := map[string]shown{}
	for _, s := range All() {
		if !s.on(c.host) {
			continue
		}
		e := shown{
			Aliases:         notNull(s.Aliases),
			DefaultValue:    s.field.json(&builtin.Values),
			Description:     s.Doc,
			DocumentDefault: s.DocumentsDefault(),
			Value:           s.field.json(&c.Values),
		}
		if s.Feature != NoFeature {
			name := s.Feature.String()
			e.ExperimentalFeature = &name
		}
		all[s.Name] = e
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if pretty {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(all); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
