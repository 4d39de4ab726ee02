package cli

import (
	"context"
	_ "embed"
	"io"

	"firn/internal/config"
	"firn/internal/diag"
)

//go:embed completion/firn.bash
var bashCompletion string

//go:embed completion/firn.zsh
var zshCompletion string

//go:embed completion/firn.fish
var fishCompletion string

var completionCommand = Command{
	Name:     "completion",
	Category: OwnCommands,
	Feature:  config.NixCommand,
	Summary:  "print the script by which a shell completes command lines",
	Examples: []Example{
		{"Complete in this bash", "source <(firn completion bash)"},
		{"Complete in every zsh", "firn completion zsh > ~/.zsh/functions/_firn"},
		{"Complete in every fish", "firn completion fish > ~/.config/fish/completions/firn.fish"},
	},
	Doc:  "Prints a script for *shell*, which is `bash`, `zsh` or `fish`. The script asks firn itself for what may follow, so it need not be renewed when firn is.",
	Args: []Arg{{Label: "shell", Complete: completeWords("bash", "fish", "zsh")}},
	Run: func(_ context.Context, c *Call) error {
		script := ""
		switch c.Args[0] {
		case "bash":
			script = bashCompletion
		case "zsh":
			script = zshCompletion
		case "fish":
			script = fishCompletion
		default:
			return diag.Misuse(diag.Usage, "there is no completion for '%s', only for bash, fish and zsh", c.Args[0])
		}
		_, err := io.WriteString(c.Out, script)
		return err
	},
}
