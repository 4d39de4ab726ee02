package config

// Fetch are the settings of fetching sources.
type Fetch struct {
	AccessTokens       map[string]string // by host
	AllowDirty         bool
	AllowDirtyLocks    bool
	WarnDirty          bool
	TrustForgeTarballs bool
	FlakeRegistry      string // path or address, "" for none
	TarballTTL         uint32 // seconds
}

var fetchTheme = Theme{Name: "fetch", Title: "Fetching sources", Settings: []Setting{
	{
		Name:  "access-tokens",
		field: mapField(func(v *Values) *map[string]string { return &v.Fetch.AccessTokens }),
		Doc: `Tokens for forges that ask for one, as ` + "`host=token`" + `:

    access-tokens = github.com=ghp_0123 git.example.org=PAT:4567

The host may be followed by the beginning of a path, ` + "`github.com/organisation=…`" + `; the longest match counts. For GitHub the token is a personal access token. For GitLab it is ` + "`OAuth2:token`" + ` or ` + "`PAT:token`" + `. Tokens are secrets: the file should be readable by its owner alone.`,
	},
	{
		Name:  "allow-dirty",
		field: boolField(func(v *Values) *bool { return &v.Fetch.AllowDirty }), Default: "true",
		Doc: "Whether a Git or Mercurial tree with uncommitted changes may be used.",
	},
	{
		Name:  "warn-dirty",
		field: boolField(func(v *Values) *bool { return &v.Fetch.WarnDirty }), Default: "true",
		Doc: "Warn when a Git or Mercurial tree with uncommitted changes is used.",
	},
	{
		Name:  "allow-dirty-locks",
		field: boolField(func(v *Values) *bool { return &v.Fetch.AllowDirtyLocks }), Default: "false", Feature: Flakes,
		Doc: "Let lock files refer to trees with uncommitted changes, by the hash of their contents. Nobody else can obtain such a tree, so this is for trying things out.",
	},
	{
		Name:  "trust-tarballs-from-git-forges",
		field: boolField(func(v *Values) *bool { return &v.Fetch.TrustForgeTarballs }), Default: "true",
		Doc: "Take an archive that a forge such as GitHub serves for a Git revision for what that revision holds, so that the revision alone locks it. Otherwise it is locked only by a `narHash` as well.",
	},
	{
		Name:  "flake-registry",
		field: stringField(func(v *Values) *string { return &v.Fetch.FlakeRegistry }), Default: "https://channels.nixos.org/flake-registry.json", Feature: Flakes,
		Doc: "Where the global registry is that gives names such as `nixpkgs` to flakes: a path or an address. If empty there is no global registry.",
	},
	{
		Name:  "tarball-ttl",
		field: uint32Field(func(v *Values) *uint32 { return &v.Fetch.TarballTTL }), Default: "3600",
		Doc: "For how many seconds something downloaded without a hash counts as fresh. After that the server is asked whether it changed. 0 asks every time.",
	},
}}

// Flake are the settings of flakes.
type Flake struct {
	UseRegistries         bool
	AcceptConfig          bool
	CommitLockFileSummary string
}

var flakeTheme = Theme{Name: "flake", Title: "Flakes", Settings: []Setting{
	{
		Name:  "use-registries",
		field: boolField(func(v *Values) *bool { return &v.Flake.UseRegistries }), Default: "true", Feature: Flakes,
		Doc: "Whether names of flakes are looked up in registries.",
	},
	{
		Name:  "accept-flake-config",
		field: boolField(func(v *Values) *bool { return &v.Flake.AcceptConfig }), Default: "false", Feature: Flakes,
		Doc: "Apply the settings that a flake brings in `nixConfig` without asking. Some of them let the flake's author do whatever you can.",
	},
	{
		Name: "commit-lock-file-summary", Aliases: []string{"commit-lockfile-summary"},
		field: stringField(func(v *Values) *string { return &v.Flake.CommitLockFileSummary }), Feature: Flakes,
		Doc: "The first line of the message when a changed lock file is committed. If empty, one that fits the action.",
	},
}}
