package config

// General are the settings that everything looks at.
type General struct {
	ExperimentalFeatures FeatureSet
	ShowTrace            bool
	JSONLogPath          string // "" for none
	System               string // the machine that builds run on
	ExtraPlatforms       []string
	SystemFeatures       []string
	Store                string // address of the store to work with
	UseXDGDirectories    bool
	PluginFiles          []string
	PrintMissing         bool
	UpgradeURL           string

	// Processors is the number of processors; it is no setting.
	Processors uint32
}

var generalTheme = Theme{Name: "general", Title: "General", Settings: []Setting{
	{
		Name:  "experimental-features",
		field: featuresField(func(v *Values) *FeatureSet { return &v.General.ExperimentalFeatures }),
		Doc: `Parts of Nix that may still change and are switched on by name. Usually one appends:

    extra-experimental-features = nix-command flakes

An unknown name gives a warning. ` + "`firn help experimental-features`" + ` lists the names.`,
	},
	{
		Name:  "show-trace",
		field: boolField(func(v *Values) *bool { return &v.General.ShowTrace }), Default: "false",
		Doc: "Show all the frames that led to an evaluation error instead of the first few.",
	},
	{
		Name:  "json-log-path",
		field: noPathField(func(v *Values) *string { return &v.General.JSONLogPath }),
		Doc:   "A file, or a socket that someone listens on, to which all log records are written as well, as JSON objects, one a line: those of `--log-format internal-json` without the prefix `@nix`. Several processes should not write to one file.",
	},
	{
		Name:  "system",
		field: stringField(func(v *Values) *string { return &v.General.System }), From: func(h *Host) string { return h.System },
		Doc: "What kind of machine this is, as processor and operating system: `x86_64-linux`, `aarch64-linux`, `aarch64-darwin`. Derivations are built here if their `system` is this one or one of `extra-platforms`. It also is `builtins.currentSystem`, unless `eval-system` says otherwise. There is seldom a reason to change it.",
	},
	{
		Name: "extra-platforms", Hidden: true,
		field: setField(func(v *Values) *[]string { return &v.General.ExtraPlatforms }), From: func(h *Host) string { return join(h.ExtraPlatforms) },
		Doc: "Further system types whose programs run on this machine and whose derivations may be built here: 32-bit programs on a 64-bit machine, or any that the kernel hands to an emulator. Builds often look at the real processor, so check what comes out.",
	},
	{
		Name: "system-features", Hidden: true,
		field: setField(func(v *Values) *[]string { return &v.General.SystemFeatures }), From: func(h *Host) string { return join(h.SystemFeatures) },
		Doc: "What this machine offers to builds beyond its system type. A derivation that lists features in `requiredSystemFeatures` is only built where all of them are offered. By default these are `nixos-test`, `benchmark` and `big-parallel`, on Linux `uid-range`, and `kvm` where `/dev/kvm` can be opened. Names are free to choose.",
	},
	{
		Name:  "store",
		field: storeField(func(v *Values) *string { return &v.General.Store }), Default: "auto",
		Doc: "The address of the store to work with. `auto` takes the local store if it can be written and the daemon otherwise; `daemon` and `local` ask for one of them; a path is a store below that directory; other stores are `ssh-ng://host`, `https://cache` and so on. The environment variable `NIX_REMOTE` changes the default.",
	},
	{
		Name:  "use-xdg-base-directories",
		field: boolField(func(v *Values) *bool { return &v.General.UseXDGDirectories }), Default: "false",
		Doc: "Keep the user's profile, default expression and list of channels below `$XDG_STATE_HOME/nix` (`~/.local/state/nix`) and not as `.nix-profile`, `.nix-defexpr` and `.nix-channels` in the home directory. Files that are there already are not moved.",
	},
	{
		Name:  "plugin-files",
		field: pluginsField(func(v *Values) *[]string { return &v.General.PluginFiles }),
		Doc:   "Shared libraries that Nix loads into itself. firn accepts the setting and loads nothing: such libraries are written against the C++ program.",
	},
	{
		Name:  "print-missing",
		field: boolField(func(v *Values) *bool { return &v.General.PrintMissing }), Default: "true",
		Doc: "Before work begins, list what will be built and what will be downloaded.",
	},
	{
		Name:    "upgrade-nix-store-path-url",
		field:   stringField(func(v *Values) *string { return &v.General.UpgradeURL }),
		Default: "https://github.com/NixOS/nixpkgs/raw/master/nixos/modules/installer/tools/nix-fallback-paths.nix",
		Doc:     "Where `nix upgrade-nix` finds the store paths of the newest release, as a Nix expression.",
	},
}}
