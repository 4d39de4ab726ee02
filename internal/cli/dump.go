package cli

import (
	"strconv"
	"strings"

	"firn/internal/config"
)

// A dump writes something for programs that make documentation. Nix knows these
// as single words after its name.
type dump struct {
	word string
	run  func(c *Call) error
}

var dumps = [...]dump{
	{"__dump-cli", dumpCLI},
	{"__dump-language", dumpLanguage},
	{"__dump-xp-features", dumpFeatures},
}

func findDump(word string) func(c *Call) error {
	for _, d := range dumps {
		if d.word == word {
			return d.run
		}
	}
	return nil
}

// dumpCLI writes all commands and flags as JSON.
func dumpCLI(c *Call) error {
	return c.printJSON(map[string]any{
		"args":     commandJSON(c.Root, true),
		"fetchers": map[string]any{},
		"stores":   map[string]any{},
	})
}

// The keys are those that Nix has.
type flagRecord struct {
	Arity       *int     `json:"arity,omitempty"`
	Category    string   `json:"category"`
	Description string   `json:"description,omitempty"`
	Feature     *string  `json:"experimental-feature"`
	HiddenGroup bool     `json:"hiddenCategory"`
	Labels      []string `json:"labels,omitempty"`
	ShortName   string   `json:"shortName,omitempty"`
}

type argRecord struct {
	Arity    *int   `json:"arity,omitempty"`
	Label    string `json:"label"`
	Optional bool   `json:"optional"`
}

type categoryRecord struct {
	Description string  `json:"description"`
	Feature     *string `json:"experimental-feature"`
	ID          int     `json:"id"`
}

type commandRecord struct {
	Args        []argRecord               `json:"args"`
	Category    *categoryRecord           `json:"category,omitempty"`
	Commands    map[string]*commandRecord `json:"commands,omitempty"`
	Description string                    `json:"description"`
	Doc         string                    `json:"doc,omitempty"`
	Flags       map[string]flagRecord     `json:"flags"`
}

func commandJSON(command *Command, root bool) *commandRecord {
	r := &commandRecord{
		Args: []argRecord{}, Description: command.Summary, Doc: command.Doc, Flags: map[string]flagRecord{},
	}
	for _, group := range command.Flags {
		for _, f := range group {
			if f.Long != "" {
				r.Flags[f.Long] = flagJSON(f)
			}
		}
	}
	if root {
		settingFlags(r.Flags)
	} else {
		r.Category = &categoryRecord{Description: command.Category.Title(), Feature: featureName(command.Feature), ID: int(command.Category)}
	}
	one := 1
	if len(command.Sub) > 0 {
		r.Args = append(r.Args, argRecord{Arity: &one, Label: "subcommand", Optional: true})
		r.Commands = map[string]*commandRecord{}
		for _, sub := range command.Sub {
			if sub.Category != HiddenCommand {
				r.Commands[sub.Name] = commandJSON(sub, false)
			}
		}
	}
	for _, a := range command.Args {
		record := argRecord{Label: a.Label, Optional: a.Optional}
		if !a.Many {
			record.Arity = &one
		}
		r.Args = append(r.Args, record)
	}
	return r
}

func flagJSON(f *Flag) flagRecord {
	r := flagRecord{Category: f.Group, Description: strings.TrimSpace(f.Doc), Feature: featureName(f.Feature), Labels: f.Labels}
	if n := len(f.Labels); !f.Rest {
		r.Arity = &n
	}
	if f.Short != 0 {
		r.ShortName = string(f.Short)
	}
	return r
}

// settingFlags adds the flags of settings.
func settingFlags(flags map[string]flagRecord) {
	for _, s := range config.All() {
		if s.OS != "" && s.OS != hostOS {
			continue
		}
		for _, f := range s.Flags() {
			if _, ok := flags[f.Name]; ok {
				continue
			}
			arity := f.Arity
			r := flagRecord{Arity: &arity, Category: "Options to override configuration settings", Description: f.Doc(), Feature: featureName(s.Feature), HiddenGroup: true}
			if arity == 1 {
				r.Labels = []string{"value"}
			}
			flags[f.Name] = r
		}
	}
}

func featureName(f config.Feature) *string {
	if f == config.NoFeature {
		return nil
	}
	name := f.String()
	return &name
}

// dumpFeatures writes the documentation of the experimental features as JSON.
func dumpFeatures(c *Call) error {
	all := map[string]string{}
	for _, f := range config.Features() {
		all[f.String()] = f.Doc() + "\n\nNix follows it at " + trackingURL(f) + "."
	}
	return c.printJSON(all)
}

func trackingURL(f config.Feature) string {
	return "https://github.com/NixOS/nix/milestone/" + strconv.Itoa(f.Milestone())
}
