package config

import "strings"

// Daemon are the settings of whom a daemon serves.
type Daemon struct {
	AllowedUsers []string
	TrustedUsers []string
}

var daemonTheme = Theme{Name: "daemon", Title: "The daemon", Settings: []Setting{
	{
		Name:  "allowed-users",
		field: listField(func(v *Values) *[]string { return &v.Daemon.AllowedUsers }), Default: "*",
		Doc: "Users who may connect to the daemon. `@name` stands for the members of a group, `*` for everybody. Trusted users always may.",
	},
	{
		Name:  "trusted-users",
		field: listField(func(v *Values) *[]string { return &v.Daemon.TrustedUsers }), Default: "root",
		Doc: "Users who may, through the daemon, change any setting, name any binary cache and add paths without signatures. `@name` stands for the members of a group. Who is in this list can become root.",
	},
}}

// Shell are the settings of development shells.
type Shell struct {
	BashPrompt              string
	BashPromptPrefix        string
	BashPromptSuffix        string
	AlwaysLooksForShellNix  bool
	ArgumentsRelativeScript bool
}

var shellTheme = Theme{Name: "shell", Title: "Shells", Settings: []Setting{
	{
		Name:  "bash-prompt",
		field: stringField(func(v *Values) *string { return &v.Shell.BashPrompt }),
		Doc:   "The prompt of shells that `nix develop` starts.",
	},
	{
		Name:  "bash-prompt-prefix",
		field: stringField(func(v *Values) *string { return &v.Shell.BashPromptPrefix }),
		Doc:   "Text before the prompt of shells that `nix develop` starts.",
	},
	{
		Name:  "bash-prompt-suffix",
		field: stringField(func(v *Values) *string { return &v.Shell.BashPromptSuffix }),
		Doc:   "Text after the prompt of shells that `nix develop` starts.",
	},
	{
		Name:  "nix-shell-always-looks-for-shell-nix",
		field: boolField(func(v *Values) *bool { return &v.Shell.AlwaysLooksForShellNix }), Default: "true",
		Doc: "Let `nix-shell DIRECTORY` look for `shell.nix` in that directory, as it does in the working directory. Switched off, it behaves as before version 2.24. Nix means to remove this setting.",
	},
	{
		Name:  "nix-shell-shebang-arguments-relative-to-script",
		field: boolField(func(v *Values) *bool { return &v.Shell.ArgumentsRelativeScript }), Default: "true",
		Doc: "Let relative paths in the first lines of a `nix-shell` script start from the script's directory. Switched off, they start from the working directory, as before version 2.24. Nix means to remove this setting.",
	},
}}

func join(list []string) string { return strings.Join(list, " ") }

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
