package diag

// commandCodes come from command lines and configuration.
var commandCodes = []Explanation{
	{
		Code:    Usage,
		Title:   "the command line is wrong",
		Text:    "A flag is unknown, or an argument is missing or one too many.",
		Mend:    "`--help` after the command lists its flags and arguments.",
		Command: "nix config show --no-such-flag",
	},
	{
		Code:    UnknownCommand,
		Title:   "no such command",
		Text:    "The first word after `nix` (or the second, in groups such as `nix store`) names a command, and there is none of that name.",
		Mend:    "`nix help` lists the commands; near names are suggested.",
		Command: "nix biuld",
	},
	{
		Code:    ConfigSyntax,
		Title:   "a line of the configuration cannot be read",
		Text:    "A line of `nix.conf` is `name = value`, `include file` or `!include file`, with blanks around the `=`. The same holds for the environment variable `NIX_CONFIG`.",
		Mend:    "Correct the line that the message shows.",
		Command: "NIX_CONFIG='cores=1' nix config show",
	},
	{
		Code:    InvalidSetting,
		Title:   "the setting does not take this value",
		Text:    "Settings have types: booleans are `true` or `false`, numbers may end in K, M, G or T, some take one of a few words.",
		Mend:    "`firn help SETTING` tells what a setting takes.",
		Command: "nix config show --option cores many",
	},
	{
		Code:    ExperimentalFeature,
		Title:   "an experimental feature is needed and not enabled",
		Text:    "Parts of Nix that may still change are switched on one by one.",
		Mend:    "Add `--extra-experimental-features NAME` to the command, or put `extra-experimental-features = NAME` in `nix.conf`.",
		Example: "1 |> (x: x + 1)",
	},
	{
		Code:  NotYet,
		Title: "firn cannot do this yet",
		Text:  "Nix has this command, flag or builtin, and firn does not.",
		Mend:  "Use the installed Nix for it; both can share one store.",
	},
	{
		Code:  Interrupted,
		Title: "interrupted",
		Text:  "The command was asked to stop, by Ctrl-C or by a signal. What was already registered in the store stays there.",
		Mend:  "Run it again: it goes on where it was.",
	},
	{
		Code:  InternalError,
		Title: "firn found itself in a state that should not exist",
		Text:  "A check inside of firn failed. The input may be unusual, but this should have been an error of its own.",
		Mend:  "Please report it with the expression or command that led to it.",
	},
}
