package config

// Build are the settings of planning and carrying out builds.
type Build struct {
	MaxJobs          uint32
	Cores            uint32 // 0 for all
	KeepGoing        bool
	KeepFailed       bool
	LogLines         uint64
	KeepLog          bool
	CompressLog      bool
	MaxLogSize       uint64 // bytes, 0 for no limit
	Timeout          int64  // seconds, 0 for none
	MaxSilentTime    int64  // seconds, 0 for none
	PollInterval     uint32 // seconds
	Builders         string
	UseSubstitutes   bool // on remote builders
	Hook             []string
	HookKillTimeout  uint32 // milliseconds
	PreHook          string
	PostHook         string
	RunDiffHook      bool
	DiffHook         string // "" for none
	HashedMirrors    []string
	ImpureEnv        map[string]string
	ExternalBuilders []ExternalBuilder
}

var buildTheme = Theme{Name: "build", Title: "Building", Settings: []Setting{
	{
		Name: "max-jobs", Aliases: []string{"build-max-jobs"},
		field: jobsField(func(v *Values) *uint32 { return &v.Build.MaxJobs }), Default: "1",
		Doc: "How many derivations are built here at once. `auto` takes the number of processors; 0 builds only on the machines in `builders`, except what prefers to be built locally. How many processors one build uses is for `cores` to say. The flag `-j` sets it as well.",
	},
	{
		Name: "cores", Aliases: []string{"build-cores"},
		field: uint32Field(func(v *Values) *uint32 { return &v.Build.Cores }), Default: "0",
		Doc: "How many processors one build should use. Builders find the number in `NIX_BUILD_CORES`; what they make of it is up to them. 0 stands for all processors.",
	},
	{
		Name:  "keep-going",
		field: boolField(func(v *Values) *bool { return &v.Build.KeepGoing }), Default: "false",
		Doc: "After a failed build, go on with everything that does not depend on it.",
	},
	{
		Name:  "keep-failed",
		field: boolField(func(v *Values) *bool { return &v.Build.KeepFailed }), Default: "false",
		Doc: "Do not delete the temporary directory of a build that failed.",
	},
	{
		Name:  "log-lines",
		field: uint64Field(func(v *Values) *uint64 { return &v.Build.LogLines }), Default: "25",
		Doc: "How many of the last lines of its log are shown when a build fails.",
	},
	{
		Name: "keep-build-log", Aliases: []string{"build-keep-log"},
		field: boolField(func(v *Values) *bool { return &v.Build.KeepLog }), Default: "true",
		Doc: "Keep what builders print, for `nix log`.",
	},
	{
		Name: "compress-build-log", Aliases: []string{"build-compress-log"},
		field: boolField(func(v *Values) *bool { return &v.Build.CompressLog }), Default: "true",
		Doc: "Compress the logs that are kept, with bzip2.",
	},
	{
		Name: "max-build-log-size", Aliases: []string{"build-max-log-size"},
		field: uint64Field(func(v *Values) *uint64 { return &v.Build.MaxLogSize }), Default: "0",
		Doc: "How many bytes a builder may print before it is killed. 0 sets no limit.",
	},
	{
		Name: "timeout", Aliases: []string{"build-timeout"},
		field: int64Field(func(v *Values) *int64 { return &v.Build.Timeout }), Default: "0",
		Doc: "After how many seconds a build is killed. 0 lets it run.",
	},
	{
		Name: "max-silent-time", Aliases: []string{"build-max-silent-time"},
		field: int64Field(func(v *Values) *int64 { return &v.Build.MaxSilentTime }), Default: "0",
		Doc: "After how many seconds without any output a build is killed. 0 lets it be silent.",
	},
	{
		Name:  "build-poll-interval",
		field: uint32Field(func(v *Values) *uint32 { return &v.Build.PollInterval }), Default: "5",
		Doc: "How many seconds to wait before looking again at a lock that another process holds.",
	},
	{
		Name: "builders", Hidden: true,
		field: stringField(func(v *Values) *string { return &v.Build.Builders }), From: func(h *Host) string { return "@" + h.ConfDir + "/machines" },
		Doc: `Other machines that build, separated by semicolons or line ends; ` + "`@file`" + ` reads them from a file. A machine is described by up to eight fields, separated by blanks, where ` + "`-`" + ` leaves a field at its default:

1. the address of its store, such as ` + "`ssh-ng://user@host`" + `
2. the system types it builds for, separated by commas
3. the file with the key for logging in
4. how many builds it takes at once
5. how fast it is, compared with the others
6. the features that it offers (see ` + "`system-features`" + `)
7. the features that a derivation must ask for to be built there
8. its public host key, in base 64

For example:

    builders = ssh-ng://build.example.org aarch64-linux,armv7l-linux - 8 2 big-parallel`,
	},
	{
		Name:  "builders-use-substitutes",
		field: boolField(func(v *Values) *bool { return &v.Build.UseSubstitutes }), Default: "false",
		Doc: "Let the machines in `builders` fetch what they need from binary caches instead of waiting for this machine to send it.",
	},
	{
		Name:  "build-hook",
		field: listField(func(v *Values) *[]string { return &v.Build.Hook }), Default: "nix __build-remote",
		Doc: "The program, with arguments, that is asked to build on other machines. It talks over its standard streams. There is no reason to change it.",
	},
	{
		Name:  "build-hook-kill-timeout",
		field: uint32Field(func(v *Values) *uint32 { return &v.Build.HookKillTimeout }), Default: "500",
		Doc: "How many milliseconds an interrupted `build-hook` has to end by itself before it is killed.",
	},
	{
		Name:  "pre-build-hook",
		field: stringField(func(v *Values) *string { return &v.Build.PreHook }),
		Doc: `A program that is run before each build with the path of the derivation and, if there is a sandbox, its directory. It can change the build by what it prints:

    extra-sandbox-paths
    /dev/special

that is, a command, its values one a line in the form of ` + "`sandbox-paths`" + `, and an empty line.`,
	},
	{
		Name:  "post-build-hook",
		field: stringField(func(v *Values) *string { return &v.Build.PostHook }),
		Doc:   "A program that is run after each successful build, with the derivation in `DRV_PATH` and its outputs, separated by blanks, in `OUT_PATHS`. If it fails, no further builds are begun. It is not run for what came from a binary cache. Under a daemon it runs as root, and only trusted users may set it.",
	},
	{
		Name:  "run-diff-hook",
		field: boolField(func(v *Values) *bool { return &v.Build.RunDiffHook }), Default: "false",
		Doc: "Run `diff-hook` when a build that was repeated gave another result. With a daemon it counts only in the daemon's own configuration.",
	},
	{
		Name:  "diff-hook",
		field: noPathField(func(v *Values) *string { return &v.Build.DiffHook }),
		Doc:   "A program that shows in what two results of one derivation differ. It gets the earlier result, the new one, the derivation and, if failed builds are kept, the build directory. What it prints goes to the daemon's log. With a daemon it counts only in the daemon's own configuration.",
	},
	{
		Name:  "hashed-mirrors",
		field: listField(func(v *Values) *[]string { return &v.Build.HashedMirrors }),
		Doc:   "Servers that have files under the name of their hash. `builtin:fetchurl` asks them for `MIRROR/sha256/HASH`, with the hash in hexadecimal, before it asks the file's own address.",
	},
	{
		Name:  "impure-env",
		field: mapField(func(v *Values) *map[string]string { return &v.Build.ImpureEnv }), Feature: ConfigurableImpureEnv,
		Doc: "Environment variables, as `name=value`, for fixed-output derivations that list them in `impureEnvVars`: proxies, or tokens for private sources. With a daemon only trusted users may set it.",
	},
	{
		Name:  "external-builders",
		field: buildersField(func(v *Values) *[]ExternalBuilder { return &v.Build.ExternalBuilders }), Default: "[]",
		Doc: `Programs that build derivations for other systems than this one, as JSON:

    [{"systems": ["aarch64-linux"], "program": "/opt/build", "args": ["--quick"]}]

The program is called with these arguments and the name of a JSON file that describes the build. Needs the experimental feature ` + "`external-builders`" + `.`,
	},
}}
