package cli

import (
	"context"
	"encoding/json"

	"firn/internal/config"
)

var versionCommand = Command{
	Name:     "version",
	Category: Utility,
	Feature:  config.NixCommand,
	Summary:  "show the version",
	Doc:      "Shows the version of Nix that this program stands in for and, called as `firn`, its own. With `-v` also where things are. With `--json`, an object with `version`, which is that of Nix, `firn` and `libraries`, which is empty because everything is in one program.",
	Flags:    [][]*Flag{jsonFlags},
	Run: func(_ context.Context, c *Call) error {
		if !c.Has(&jsonFlag) {
			return c.showVersion()
		}
		v := map[string]any{"version": config.NixVersion, "firn": config.Version, "libraries": map[string]string{}}
		data, err := json.Marshal(v)
		if c.Pretty() {
			data, err = json.MarshalIndent(v, "", "  ")
		}
		if err != nil {
			return err
		}
		return printLine(c.Out, string(data))
	},
}
