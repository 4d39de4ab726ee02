package cli

import (
	"context"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
)

var configCommand = Command{
	Name:     "config",
	Category: Utility,
	Feature:  config.NixCommand,
	Summary:  "look at the configuration",
	Doc:      "Settings come from `nix.conf`, from environment variables and from flags; `nix help SETTING` documents each.",
	Sub:      []*Command{&configCheckCommand, &configShowCommand},
}

var configShowCommand = Command{
	Name:     "show",
	Category: Utility,
	Feature:  config.NixCommand,
	Summary:  "show the configuration, or the value of one setting",
	Examples: []Example{
		{"Show all settings", "nix config show"},
		{"Show one setting", "nix config show max-jobs"},
		{"Show what a flag makes of it", "nix config show experimental-features --extra-experimental-features flakes"},
	},
	Doc:   "Prints all settings as they are after files, environment and flags have been applied, as lines that `nix.conf` could have. With *name*, prints the value alone. With `--json`, prints an object with value, default, aliases and documentation for each setting. Settings of experimental features that are off are only shown as JSON.",
	Flags: [][]*Flag{jsonFlags},
	Args:  []Arg{{Label: "name", Optional: true, Complete: completeSetting}},
	Run:   runConfigShow,
}

func runConfigShow(_ context.Context, c *Call) error {
	switch {
	case len(c.Args) > 0 && c.Has(&jsonFlag):
		return diag.Misuse(diag.Usage, "'--json' is not supported when specifying a setting name")
	case len(c.Args) > 0:
		text, ok := c.Config.Text(c.Args[0])
		if !ok {
			e := diag.New(diag.InvalidSetting, "could not find setting '%s'", c.Args[0])
			e.Suggestions = diag.Near(c.Args[0], settingNames)
			return e
		}
		return printLine(c.Out, text)
	case c.Has(&jsonFlag):
		data, err := c.Config.JSON(c.Pretty())
		if err != nil {
			return err
		}
		return printLine(c.Out, string(data))
	}
	// Nix: an empty line at the end (2.34.8).
	return printLine(c.Out, c.Config.KeyValue())
}

func settingNames(yield func(string) bool) {
	for _, s := range config.All() {
		if !yield(s.Name) {
			return
		}
	}
}

// featureList lists the experimental features.
func featureList() string {
	var b strings.Builder
	for _, f := range config.Features() {
		b.WriteString("- `" + f.String() + "`: " + f.Doc() + "\n")
	}
	return b.String()
}
