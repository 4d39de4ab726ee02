package realise

import (
	"time"

	"firn/internal/format/signature"
)

// A SandboxMode says which builds are isolated.
type SandboxMode int

const (
	Sandboxed SandboxMode = iota // all
	Relaxed                      // not those that are fixed-output, impure or ask to be let out
	Open                         // none
)

// A SandboxPath is a file or directory of the machine that builds see.
type SandboxPath struct {
	Target, Source string
	Optional       bool
}

// Config are the choices of a machine and of the person who builds. The zero value of each means what
// it says, not a default.
type Config struct {
	// Keys sign what is built, and what outputs were built to.
	Keys []signature.SecretKey

	System             string   // of this machine, as "x86_64-linux"
	ExtraPlatforms     []string // other systems whose programs run here
	SystemFeatures     []string
	Cores              int // told to builders; 0 is all
	StateDir           string
	LogDir             string
	BuildDir           string
	KeepLog            bool
	CompressLog        bool
	LogLines           int   // shown after a failure; 0 where the log is shown while it comes
	MaxLogSize         int64 // bytes; 0 is no limit
	Timeout            time.Duration
	MaxSilent          time.Duration
	KeepFailed         bool   // keep the build directory of a failed build
	LogCommand         string // shows a log, as "nix log"
	EnterCommand       string // opens a shell in the environment of the build that failed last; empty for no advice
	ImpersonateLinux26 bool

	Sandbox            SandboxMode
	SandboxFallback    bool // without a sandbox where the machine refuses it
	SandboxPaths       []SandboxPath
	SelfIsShell        bool   // this program is a shell when started as "sh" (package build/minishell)
	SandboxBuildDir    string // name of the build directory inside
	SandboxShmSize     string
	FilterSyscalls     bool
	AllowNewPrivileges bool
	AllowedImpurePaths []string // prefixes of what __impureHostDeps may name
	RequireDropGroups  bool
	BuildUsersGroup    string // builds run as its members when the caller is root; empty for none
	AutoAllocateUIDs   bool
	FirstUID, UIDCount int // the range that AutoAllocateUIDs takes from
	UseCgroups         bool
	ImpureEnv          map[string]string

	PreBuildHook  string
	DiffHook      string // empty when it is not to be run
	PostBuildHook string
	NixConfig     string // all settings as text, for the hook

	IgnoredACLs   []string // extended attributes that outputs may keep
	CAFile        string   // certificates for fetching
	HashedMirrors []string
}

// Inside is the build directory as a sandboxed builder sees it.
func (c *Config) inside() string {
	if c.SandboxBuildDir == "" {
		return "/build"
	}
	return c.SandboxBuildDir
}
