package config

// Sandbox are the settings of the environment that builders run in.
type Sandbox struct {
	Mode                    SandboxMode
	Paths                   map[string]SandboxPath // by the place inside
	Fallback                bool
	BuildDir                string // inside
	HostBuildDir            string // outside, "" for the store's own
	ShmSize                 string
	BuildUsersGroup         string // "" for the user itself
	AutoAllocateUIDs        bool
	StartID                 uint32
	IDCount                 uint32
	UseCgroups              bool
	DropSupplementaryGroups bool
	FilterSyscalls          bool
	AllowNewPrivileges      bool
	Linux26                 bool
	ImpureHostDeps          []string
	LogViolations           bool
}

var sandboxTheme = Theme{Name: "sandbox", Title: "The build environment", Settings: []Setting{
	{
		Name: "sandbox", Aliases: []string{"build-use-chroot", "build-use-sandbox"},
		field: sandboxModeField(func(v *Values) *SandboxMode { return &v.Sandbox.Mode }), Default: "true",
		Doc: "Isolate builds, so that they see nothing but what they depend on, a private build directory, and the paths in `sandbox-paths`, and on Linux have processes, network, host name and IPC to themselves. Only fixed-output derivations reach the network. With `relaxed` these, and derivations that say `__noChroot = true`, are not isolated; with `false` none are.",
	},
	{
		Name: "sandbox-paths", Aliases: []string{"build-chroot-dirs", "build-sandbox-paths"},
		field: mountsField(func(v *Values) *map[string]SandboxPath { return &v.Sandbox.Paths }),
		Doc:   "Files and directories of this machine that builds see. `inside=outside` shows a path under another name; a question mark at the end (`/dev/kvm?`) allows it to be missing. If the path is in the store, everything it refers to is shown as well.",
	},
	{
		Name:  "sandbox-fallback",
		field: boolField(func(v *Values) *bool { return &v.Sandbox.Fallback }), Default: "true",
		Doc: "Build without isolation where the kernel refuses it, rather than failing.",
	},
	{
		Name: "sandbox-build-dir", OS: "linux",
		field: pathField(func(v *Values) *string { return &v.Sandbox.BuildDir }), Default: "/build",
		Doc: "The name of the build directory inside of the sandbox.",
	},
	{
		Name:  "build-dir",
		field: noPathField(func(v *Values) *string { return &v.Sandbox.HostBuildDir }),
		Doc:   "Where the temporary directories of builds are, for stores whose own address does not say. By default they are below the store's state directory.",
	},
	{
		Name: "sandbox-dev-shm-size", OS: "linux",
		field: stringField(func(v *Values) *string { return &v.Sandbox.ShmSize }), Default: "50%",
		Doc: "How large `/dev/shm` may grow inside of the sandbox, as a size or a share of the machine's memory.",
	},
	{
		Name: "build-users-group", Hidden: true,
		field: stringField(func(v *Values) *string { return &v.Sandbox.BuildUsersGroup }),
		Doc:   "A group of accounts that exist for building alone. Each build runs under one of them, and no two builds under the same, so there should be as many as builds at once. If empty, builds run as the user who runs Nix or the daemon, which is no protection against builders: never do that where others may use the daemon. By default `nixbld` for root, and empty otherwise.",
	},
	{
		Name:  "auto-allocate-uids",
		field: boolField(func(v *Values) *bool { return &v.Sandbox.AutoAllocateUIDs }), Default: "false", Feature: AutoAllocateUIDs,
		Doc: "Take user ids for builds from the range that `start-id` and `id-count` describe, instead of from `build-users-group`.",
	},
	{
		Name:  "start-id",
		field: uint32Field(func(v *Values) *uint32 { return &v.Sandbox.StartID }), Default: "872415232",
		Doc: "The first user and group id for `auto-allocate-uids`.",
	},
	{
		Name:  "id-count",
		field: uint32Field(func(v *Values) *uint32 { return &v.Sandbox.IDCount }), Default: "8388608",
		Doc: "How many user and group ids there are for `auto-allocate-uids`.",
	},
	{
		Name: "use-cgroups", OS: "linux",
		field: boolField(func(v *Values) *bool { return &v.Sandbox.UseCgroups }), Default: "false",
		Doc: "Run each build in a control group of its own. Derivations that ask for the system feature `uid-range` always get one.",
	},
	{
		Name:  "require-drop-supplementary-groups",
		field: boolField(func(v *Values) *bool { return &v.Sandbox.DropSupplementaryGroups }), From: func(h *Host) string { return boolText(h.Root) },
		Doc: "Fail when the groups of the calling user cannot be dropped in the sandbox. Without the right to do so, which root normally has, builds keep access to what these groups may read; that is the price of switching this off.",
	},
	{
		Name: "filter-syscalls", OS: "linux",
		field: boolField(func(v *Values) *bool { return &v.Sandbox.FilterSyscalls }), Default: "true",
		Doc: "Refuse system calls that builders have no use for and that would leave something behind, such as making setuid files or setting access lists.",
	},
	{
		Name: "allow-new-privileges", OS: "linux",
		field: boolField(func(v *Values) *bool { return &v.Sandbox.AllowNewPrivileges }), Default: "false",
		Doc: "Let builders run setuid programs, and programs with capabilities, with the rights these bring. Hardly ever wanted.",
	},
	{
		Name: "impersonate-linux-26", Aliases: []string{"build-impersonate-linux-26"},
		field: boolField(func(v *Values) *bool { return &v.Sandbox.Linux26 }), Default: "false",
		Doc: "Tell builders that the kernel is Linux 2.6.",
	},
	{
		Name:  "allowed-impure-host-deps",
		field: setField(func(v *Values) *[]string { return &v.Sandbox.ImpureHostDeps }),
		Doc:   "Which paths of this machine, with all below them, derivations may ask for by `__impureHostDeps`. Used on macOS.",
	},
	{
		Name: "darwin-log-sandbox-violations", OS: "darwin",
		field: boolField(func(v *Values) *bool { return &v.Sandbox.LogViolations }), Default: "false",
		Doc: "Write to the system's log what the sandbox of macOS refused.",
	},
}}
