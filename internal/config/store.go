package config

// Store are the settings of the local store.
type Store struct {
	AllowSymlinkedStore bool
	AutoOptimise        bool
	FsyncMetadata       bool
	FsyncPaths          bool
	SyncBeforeRegister  bool
	SQLiteWAL           bool
	NARBufferSize       uint64 // bytes
	PreallocateContents bool
	UseCaseHack         bool
	IgnoredACLs         []string
	WarnLargePath       uint64 // bytes, 0 for never
	KeepEnvDerivations  bool
}

var storeTheme = Theme{Name: "store", Title: "The local store", Settings: []Setting{
	{
		Name:  "allow-symlinked-store",
		field: boolField(func(v *Values) *bool { return &v.Store.AllowSymlinkedStore }), Default: "false",
		Doc: "Accept a store directory that is reached through a symbolic link. Builders that resolve links would then find, and record, another path than the one that other machines have. `NIX_IGNORE_SYMLINK_STORE=1` in the environment does the same.",
	},
	{
		Name:  "auto-optimise-store",
		field: boolField(func(v *Values) *bool { return &v.Store.AutoOptimise }), Default: "false",
		Doc: "Replace files of equal contents in the store by hard links to one copy, as paths are added. `nix store optimise` does it for what is there.",
	},
	{
		Name:  "fsync-metadata",
		field: boolField(func(v *Values) *bool { return &v.Store.FsyncMetadata }), Default: "true",
		Doc: "Wait until changes of the store's database are on disk before they count. Without this a power cut can lose, or damage, what the store knows.",
	},
	{
		Name:  "fsync-store-paths",
		field: boolField(func(v *Values) *bool { return &v.Store.FsyncPaths }), Default: "false",
		Doc: "Wait until the files of a path are on disk before the path is registered as valid.",
	},
	{
		Name:  "sync-before-registering",
		field: boolField(func(v *Values) *bool { return &v.Store.SyncBeforeRegister }), Default: "false",
		Doc: "Flush all file systems before a path is registered as valid. `fsync-store-paths` does less and is faster.",
	},
	{
		Name:  "use-sqlite-wal",
		field: boolField(func(v *Values) *bool { return &v.Store.SQLiteWAL }), From: func(h *Host) string { return boolText(!h.WSL1) },
		Doc: "Keep the store's database with a write-ahead log, which lets it be read while it is written. Some file systems cannot do that.",
	},
	{
		Name:  "nar-buffer-size",
		field: uint64Field(func(v *Values) *uint64 { return &v.Store.NARBufferSize }), Default: "33554432",
		Doc: "How many bytes of an archive may be held in memory before it goes to disk. firn streams archives and holds less.",
	},
	{
		Name:  "preallocate-contents",
		field: boolField(func(v *Values) *bool { return &v.Store.PreallocateContents }), Default: "false",
		Doc: "Reserve the space of a file, where its size is known, before writing it.",
	},
	{
		Name:  "use-case-hack",
		field: boolField(func(v *Values) *bool { return &v.Store.UseCaseHack }), From: func(h *Host) string { return boolText(h.OS == "darwin") },
		Doc: "Give files whose names differ only in case different names on disk, for file systems that take them for the same.",
	},
	{
		Name:  "ignored-acls",
		field: setField(func(v *Values) *[]string { return &v.Store.IgnoredACLs }), Default: "security.csm security.selinux system.nfs4_acl",
		Doc: "Extended attributes that may stay on files in the store. All others are removed; these cannot be, even by root.",
	},
	{
		Name:  "warn-large-path-threshold",
		field: uint64Field(func(v *Values) *uint64 { return &v.Store.WarnLargePath }), Default: "0",
		Doc: "Warn when something of more bytes than this, counted as an archive, is copied to the store. 0 never warns.",
	},
	{
		Name: "keep-env-derivations", Aliases: []string{"env-keep-derivations"},
		field: boolField(func(v *Values) *bool { return &v.Store.KeepEnvDerivations }), Default: "false",
		Doc: "Let `nix-env` record derivations in the profile, which keeps them from the garbage collector as long as that generation exists. Their build inputs stay as well if `keep-outputs` is on.",
	},
}}

// GC are the settings of the garbage collector.
type GC struct {
	KeepOutputs          bool
	KeepDerivations      bool
	ReservedSpace        int64  // bytes
	MinFree              uint64 // bytes, 0 for never
	MaxFree              uint64 // bytes
	MinFreeCheckInterval uint64 // seconds
}

var gcTheme = Theme{Name: "gc", Title: "Garbage collection", Settings: []Setting{
	{
		Name: "keep-outputs", Aliases: []string{"gc-keep-outputs"},
		field: boolField(func(v *Values) *bool { return &v.GC.KeepOutputs }), Default: "false",
		Doc: "Keep the outputs of derivations that are kept, so that compilers and sources needed only for building stay. Does not stop the deletion of a path that is named.",
	},
	{
		Name: "keep-derivations", Aliases: []string{"gc-keep-derivations"},
		field: boolField(func(v *Values) *bool { return &v.GC.KeepDerivations }), Default: "true",
		Doc: "Keep the derivations of outputs that are kept, so that one can still ask how something was built. Does not stop the deletion of a path that is named.",
	},
	{
		Name:  "gc-reserved-space",
		field: int64Field(func(v *Values) *int64 { return &v.GC.ReservedSpace }), Default: "8388608",
		Doc: "How many bytes to set aside so that the garbage collector can work on a full disk.",
	},
	{
		Name:  "min-free",
		field: uint64Field(func(v *Values) *uint64 { return &v.GC.MinFree }), Default: "0",
		Doc: "Collect garbage during a build when fewer bytes than this are free, until `max-free` are. 0 never does.",
	},
	{
		Name:  "max-free",
		field: uint64Field(func(v *Values) *uint64 { return &v.GC.MaxFree }), Default: "9223372036854775807",
		Doc: "Where a collection that `min-free` began stops: as soon as this many bytes are free. By default it deletes all garbage.",
	},
	{
		Name:  "min-free-check-interval",
		field: uint64Field(func(v *Values) *uint64 { return &v.GC.MinFreeCheckInterval }), Default: "5",
		Doc: "How many seconds pass between two looks at the free space.",
	},
}}
