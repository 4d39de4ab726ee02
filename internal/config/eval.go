package config

// Eval are the settings of evaluation.
type Eval struct {
	NixPath                   []string // entries of the search path: "name=path" or "path"
	System                    string   // builtins.currentSystem, "" for General.System
	Pure                      bool
	Restrict                  bool
	AllowedURIs               []string
	ImportFromDerivation      bool
	TraceImportFromDerivation bool
	NativeCode                bool
	MaxCallDepth              uint32
	Cache                     bool
	TraceVerbose              bool
	TraceCalls                bool
	AbortOnWarn               bool
	DebuggerOnTrace           bool
	DebuggerOnWarn            bool
	IgnoreTry                 bool
	Profiler                  Profiler
	ProfileFile               string
	ProfilerFrequency         uint32 // per second, 0 for every call
	LintURLs                  Diagnose
	LintAbsolutePaths         Diagnose
	LintShortPaths            Diagnose
	WarnShortPaths            bool
	LayerThreshold            uint32

	Cores       uint32 // workers for evaluations with many roots, 0 for all processors
	MemoryLimit uint64 // bytes, 0 for none
	HugePages   HugePages
}

var evalTheme = Theme{Name: "eval", Title: "Evaluation", Settings: []Setting{
	{
		Name:  "nix-path",
		field: listField(func(v *Values) *[]string { return &v.Eval.NixPath }), Hidden: true,
		Doc: `Where paths in angle brackets are looked up, in this order; also the value of ` + "`builtins.nixPath`" + `. An entry is a directory, or ` + "`name=directory`" + ` for paths that begin with that name; instead of a directory it may be the address of an archive or a flake reference.

The environment variable ` + "`NIX_PATH`" + ` takes precedence over configuration files, ` + "`--nix-path`" + ` over both, and ` + "`-I`" + ` puts an entry in front. If nothing is said, the user's and root's channels are used, except in pure and in restricted evaluation.`,
	},
	{
		Name:  "eval-system",
		field: stringField(func(v *Values) *string { return &v.Eval.System }),
		Doc:   "If not empty, the value of `builtins.currentSystem`. It does not change what can be built here; so one evaluates for another machine.",
	},
	{
		Name:  "pure-eval",
		field: boolField(func(v *Values) *bool { return &v.Eval.Pure }), Default: "false",
		Doc: "Let results depend on declared inputs only. The current time and system, the search path and environment variables are hidden, files can be read only from the store and from the flake being evaluated, and every fetched source needs a hash or a revision. The commands of `nix` switch this on; `--impure` switches it off.",
	},
	{
		Name:  "restrict-eval",
		field: boolField(func(v *Values) *bool { return &v.Eval.Restrict }), Default: "false",
		Doc: "Allow evaluation to read files only below the entries of the search path, and to fetch only what `allowed-uris` lists. For evaluating what others wrote.",
	},
	{
		Name:  "allowed-uris",
		field: listField(func(v *Values) *[]string { return &v.Eval.AllowedURIs }),
		Doc:   "Addresses that may be fetched in restricted evaluation. An entry allows itself and everything below it (`https://example.org/sources` allows `https://example.org/sources/a.tar.gz`); an entry that is a scheme and a colon, such as `github:`, allows that scheme.",
	},
	{
		Name:  "allow-import-from-derivation",
		field: boolField(func(v *Values) *bool { return &v.Eval.ImportFromDerivation }), Default: "true",
		Doc: "Whether evaluation may read files out of derivations, for which it has to build them first. If not, trying it is an error even where the output already exists, so that evaluation never depends on the state of the store.",
	},
	{
		Name:  "trace-import-from-derivation",
		field: boolField(func(v *Values) *bool { return &v.Eval.TraceImportFromDerivation }), Default: "false",
		Doc: "Warn whenever evaluation has to build something (see `allow-import-from-derivation`).",
	},
	{
		Name:  "allow-unsafe-native-code-during-evaluation",
		field: boolField(func(v *Values) *bool { return &v.Eval.NativeCode }), Default: "false",
		Doc: "Add the builtins `exec`, which runs a program during evaluation and parses what it prints, and `importNative`, which loads a shared library. They can do anything that the user can. firn has `exec` only.",
	},
	{
		Name:  "max-call-depth",
		field: uint32Field(func(v *Values) *uint32 { return &v.Eval.MaxCallDepth }), Default: "10000",
		Doc: "How deeply function calls may be nested before evaluation ends in an error.",
	},
	{
		Name:  "eval-cache",
		field: boolField(func(v *Values) *bool { return &v.Eval.Cache }), Default: "true",
		Doc: "Remember evaluated attributes of locked flakes, so that commands that ask for them again need not evaluate.",
	},
	{
		Name:  "trace-verbose",
		field: boolField(func(v *Values) *bool { return &v.Eval.TraceVerbose }), Default: "false",
		Doc: "Let `builtins.traceVerbose` print its first argument. Otherwise it does nothing.",
	},
	{
		Name:  "trace-function-calls",
		field: boolField(func(v *Values) *bool { return &v.Eval.TraceCalls }), Default: "false",
		Doc: "Print a line whenever a function is entered and left, with its position and the time in nanoseconds. Slow; `eval-profiler` is the better tool for most purposes.",
	},
	{
		Name:  "abort-on-warn",
		field: boolField(func(v *Values) *bool { return &v.Eval.AbortOnWarn }), Default: "false",
		Doc: "Make `builtins.warn` fail after it has printed its warning, so that the frames of the error show who warns. `NIX_ABORT_ON_WARN=1` in the environment does the same.",
	},
	{
		Name:  "debugger-on-trace",
		field: boolField(func(v *Values) *bool { return &v.Eval.DebuggerOnTrace }), Default: "false",
		Doc: "With `--debugger`, stop in the debugger wherever `builtins.trace`, `builtins.warn`, or an active `builtins.traceVerbose` prints something.",
	},
	{
		Name:  "debugger-on-warn",
		field: boolField(func(v *Values) *bool { return &v.Eval.DebuggerOnWarn }), Default: "false",
		Doc: "With `--debugger`, stop in the debugger wherever `builtins.warn` is called. `debugger-on-trace` covers warnings that are printed by `builtins.trace` as well.",
	},
	{
		Name:  "ignore-try",
		field: boolField(func(v *Values) *bool { return &v.Eval.IgnoreTry }), Default: "false",
		Doc: "With `--debugger`, do not stop at errors that `builtins.tryEval` catches.",
	},
	{
		Name:  "eval-profiler",
		field: profilerField(func(v *Values) *Profiler { return &v.Eval.Profiler }), Default: "disabled",
		Doc: "Find out where evaluation spends its time. `flamegraph` samples the stack of calls and writes one line for each stack with the number of samples, the format that flame graph tools read. See `eval-profile-file` and `eval-profiler-frequency`.",
	},
	{
		Name:  "eval-profile-file",
		field: fileField(func(v *Values) *string { return &v.Eval.ProfileFile }), Default: "nix.profile",
		Doc: "The file that `eval-profiler` writes to.",
	},
	{
		Name:  "eval-profiler-frequency",
		field: uint32Field(func(v *Values) *uint32 { return &v.Eval.ProfilerFrequency }), Default: "99",
		Doc: "How many samples `eval-profiler` takes in a second. 0 takes one after every function call.",
	},
	{
		Name:  "lint-url-literals",
		field: diagnoseField(func(v *Values) *Diagnose { return &v.Eval.LintURLs }), Default: "ignore",
		Doc: "What to do about URLs that are written without quotes: `ignore` them, `warn`, or reject them with `fatal`. They mean the same as strings, cannot hold every URL, and confuse tools and readers.",
	},
	{
		Name:  "lint-absolute-path-literals",
		field: diagnoseField(func(v *Values) *Diagnose { return &v.Eval.LintAbsolutePaths }), Default: "ignore",
		Doc: "What to do about paths that begin with `/` or `~/`: `ignore` them, `warn`, or reject them with `fatal`. They tie an expression to one machine.",
	},
	{
		Name:  "lint-short-path-literals",
		field: diagnoseField(func(v *Values) *Diagnose { return &v.Eval.LintShortPaths }), Default: "ignore",
		Doc: "What to do about relative paths that begin with neither `./` nor `../`, such as `dir/file`: `ignore` them, `warn`, or reject them with `fatal`. They are easily taken for a division.",
	},
	{
		Name:  "warn-short-path-literals",
		field: boolField(func(v *Values) *bool { return &v.Eval.WarnShortPaths }), Default: "false", Replaced: "lint-short-path-literals",
		Doc: "An older way to write `lint-short-path-literals = warn`.",
	},
	{
		Name:  "eval-attrset-update-layer-rhs-threshold",
		field: uint32Field(func(v *Values) *uint32 { return &v.Eval.LayerThreshold }), Default: "16",
		Doc: "Up to which size the right side of `//` is kept as a layer over the left side rather than copied into a new set. Nix has it for tuning. firn accepts it and chooses by itself.",
	},
	{
		Name: "eval-cores", Own: true,
		field: uint32Field(func(v *Values) *uint32 { return &v.Eval.Cores }), Default: "0",
		Doc: "How many processors evaluate when a command has many independent things to evaluate. 0 uses all of them. The output does not depend on it.",
	},
	{
		Name: "eval-memory-limit", Own: true,
		field: uint64Field(func(v *Values) *uint64 { return &v.Eval.MemoryLimit }), Default: "0",
		Doc: "How many bytes evaluation may use before it ends in an error (`4G` is 4 GiB). 0 sets no limit of its own.",
	},
	{
		Name: "huge-pages", Own: true,
		field: hugePagesField(func(v *Values) *HugePages { return &v.Eval.HugePages }), Default: "auto",
		Doc: "Whether to ask the system for large memory pages, which make big evaluations faster and cost memory: `auto` asks for them in commands that evaluate.",
	},
}}
