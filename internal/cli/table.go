package cli

// nixCommand is the program nix with all of its commands; called by its own
// name, firn is the same.
var nixCommand = Command{
	Name:    "nix",
	Summary: "a tool for reproducible and declarative configuration management",
	Doc: `Most commands work on *installables*: a path in the store, a derivation, an attribute of a flake (` + "`nixpkgs#hello`" + `), or with ` + "`--file`" + ` and ` + "`--expr`" + ` an attribute of an expression.

The commands are experimental in Nix: called as ` + "`nix`" + ` they need the experimental feature ` + "`nix-command`" + `, called as ` + "`firn`" + ` they don't.`,
	Examples: []Example{
		{"Show the configuration", "nix config show"},
		{"Explain an error", "firn explain infinite-recursion"},
		{"Get help about a command, a setting or a builtin function", "nix help config show"},
	},
	Flags: [][]*Flag{nixFlags, commonFlags},
	Sub: []*Command{
		&dumpManualCommand,
		&buildCommand,
		&completionCommand,
		&configCommand,
		&copyCommand,
		&derivationCommand,
		&developCommand,
		&envCommand,
		&evalCommand,
		&explainCommand,
		&fmtCommand,
		&hashCommand,
		&helpCommand,
		&keyCommand,
		&logCommand,
		&narCommand,
		&pathInfoCommand,
		&printDevEnvCommand,
		&replCommand,
		&runCommand,
		&serveCommand,
		&storeCommand,
		&versionCommand,
		&whyDependsCommand,
		&whyRebuildCommand,
	},
	Renamed: []Renamed{
		{"add-to-store", []string{"store", "add-path"}, true},
		{"cat-nar", []string{"nar", "cat"}, true},
		{"cat-store", []string{"store", "cat"}, true},
		{"copy-sigs", []string{"store", "copy-sigs"}, true},
		{"dev-shell", []string{"develop"}, true},
		{"diff-closures", []string{"store", "diff-closures"}, true},
		{"doctor", []string{"config", "check"}, true},
		{"dump-path", []string{"store", "dump-path"}, true},
		{"hash-file", []string{"hash", "file"}, true},
		{"hash-path", []string{"hash", "path"}, true},
		{"ls-nar", []string{"nar", "ls"}, true},
		{"ls-store", []string{"store", "ls"}, true},
		{"make-content-addressable", []string{"store", "make-content-addressed"}, true},
		{"optimise-store", []string{"store", "optimise"}, true},
		{"ping-store", []string{"store", "info"}, true},
		{"realisation", []string{"store", "build-trace"}, true},
		{"shell", []string{"env", "shell"}, false},
		{"show-config", []string{"config", "show"}, true},
		{"show-derivation", []string{"derivation", "show"}, true},
		{"sign-paths", []string{"store", "sign"}, true},
		{"to-base16", []string{"hash", "to-base16"}, true},
		{"to-base32", []string{"hash", "to-base32"}, true},
		{"to-base64", []string{"hash", "to-base64"}, true},
		{"verify", []string{"store", "verify"}, true},
	},
}

// classicCommands are the programs with a name of their own. Each has
// commonFlags and classicFlags among its flags.
var classicCommands = []*Command{
	&collectGarbageCommand,
	&instantiateCommand,
	&nixBuildCommand,
	&nixEnvCommand,
	&nixHashCommand,
	&nixPrefetchURLCommand,
	&nixShellCommand,
	&nixStoreCommand,
}

// classicProgram finds a program by its name.
func classicProgram(name string) *Command {
	for _, c := range classicCommands {
		if c.Name == name {
			return c
		}
	}
	return nil
}
