package config

// Substitute are the settings of binary caches and whom to believe.
type Substitute struct {
	Use                 bool
	Substituters        []string
	TrustedSubstituters []string
	TrustedPublicKeys   []string
	SecretKeyFiles      []string
	RequireSigs         bool
	Always              bool // ignore allowSubstitutes of derivations
	Fallback            bool
	MaxJobs             uint32
	NegativeTTL         uint32 // seconds
	PositiveTTL         uint32 // seconds
	MetaTTL             uint32 // seconds
	Upstreams           []string
}

var substituteTheme = Theme{Name: "substitute", Title: "Binary caches", Settings: []Setting{
	{
		Name: "substitute", Aliases: []string{"build-use-substitutes"},
		field: boolField(func(v *Values) *bool { return &v.Substitute.Use }), Default: "true",
		Doc: "Whether outputs are fetched from binary caches instead of being built.",
	},
	{
		Name: "substituters", Aliases: []string{"binary-caches"},
		field: storesField(func(v *Values) *[]string { return &v.Substitute.Substituters }), Default: "https://cache.nixos.org/",
		Doc: "Stores that are asked for what would otherwise have to be built. Each states a priority of its own; the lowest number is asked first. When a daemon does the work, only users in `trusted-users` may add stores that are not in `trusted-substituters`. What comes from them must be signed; see `trusted-public-keys`.",
	},
	{
		Name: "trusted-substituters", Aliases: []string{"trusted-binary-caches"},
		field: storeSetField(func(v *Values) *[]string { return &v.Substitute.TrustedSubstituters }),
		Doc:   "Stores that are not asked by themselves, but that users who are not in `trusted-users` may name in `substituters`.",
	},
	{
		Name: "trusted-public-keys", Aliases: []string{"binary-cache-public-keys"},
		field: listField(func(v *Values) *[]string { return &v.Substitute.TrustedPublicKeys }), Default: "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=",
		Doc: "Public keys whose signatures count. A path from another store is accepted if one of these keys signed it, if its name follows from its contents, if that store's address has `trusted=true`, or if `require-sigs` is off.",
	},
	{
		Name:  "secret-key-files",
		field: listField(func(v *Values) *[]string { return &v.Substitute.SecretKeyFiles }),
		Doc:   "Files with secret keys. What is built here is signed with each of them. `nix key generate-secret` makes a key; its public half goes into `trusted-public-keys` elsewhere.",
	},
	{
		Name:  "require-sigs",
		field: boolField(func(v *Values) *bool { return &v.Substitute.RequireSigs }), Default: "true",
		Doc: "Accept paths from other stores only with a signature of a trusted key: one in `trusted-public-keys`, or the public half of one in `secret-key-files`. Paths that are named after their contents need none. Without this, whoever runs a cache can put anything into your store.",
	},
	{
		Name:  "always-allow-substitutes",
		field: boolField(func(v *Values) *bool { return &v.Substitute.Always }), Default: "false",
		Doc: "Ask binary caches also for derivations that say `allowSubstitutes = false`.",
	},
	{
		Name: "fallback", Aliases: []string{"build-fallback"},
		field: boolField(func(v *Values) *bool { return &v.Substitute.Fallback }), Default: "false",
		Doc: "Build from source what a binary cache promised and then failed to deliver.",
	},
	{
		Name: "max-substitution-jobs", Aliases: []string{"substitution-max-jobs"},
		field: uint32Field(func(v *Values) *uint32 { return &v.Substitute.MaxJobs }), Default: "16",
		Doc: "How many paths are fetched from binary caches at once. 0 counts as 1.",
	},
	{
		Name:  "narinfo-cache-negative-ttl",
		field: uint32Field(func(v *Values) *uint32 { return &v.Substitute.NegativeTTL }), Default: "3600",
		Doc: "For how many seconds it is remembered that a binary cache does not have a path. 0 asks every time.",
	},
	{
		Name:  "narinfo-cache-positive-ttl",
		field: uint32Field(func(v *Values) *uint32 { return &v.Substitute.PositiveTTL }), Default: "2592000",
		Doc: "For how many seconds it is remembered that a binary cache has a path, and what it said about it. Make it short for caches that delete often.",
	},
	{
		Name:  "narinfo-cache-meta-ttl",
		field: uint32Field(func(v *Values) *uint32 { return &v.Substitute.MetaTTL }), Default: "604800",
		Doc: "For how many seconds it is remembered what a binary cache says about itself, such as its priority.",
	},
	{
		Name: "upstream-caches", Own: true,
		field: storesField(func(v *Values) *[]string { return &v.Substitute.Upstreams }),
		Doc:   "Binary caches that everybody has who uses yours. `nix copy` does not copy what one of them has.",
	},
}}
