package wiring

import (
	"context"
	"io"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/build/realise"
	"firn/internal/config"
	"firn/internal/fetch/download"
	"firn/internal/store/local"
)

// newRealiser connects what builds one derivation on this machine.
func newRealiser(v *config.Values, m *Machine, st *local.Store) *realise.Realiser {
	return &realise.Realiser{
		Store: st, Config: realiseConfig(v, m, st), Activity: m.Recorder,
		Fetch: func(ctx context.Context, url string, _ *activity.Activity) (io.ReadCloser, error) {
			client, err := NewClient(v, m)
			if err != nil {
				return nil, err
			}
			body, err := client.Open(ctx, download.Request{URL: url})
			if err != nil {
				return nil, err
			}
			return body, nil
		},
	}
}

// realiseConfig gathers the settings of building.
func realiseConfig(v *config.Values, m *Machine, st *local.Store) realise.Config {
	b, s := &v.Build, &v.Sandbox
	c := realise.Config{
		System: v.General.System, ExtraPlatforms: v.General.ExtraPlatforms, SystemFeatures: v.General.SystemFeatures,
		Cores: int(b.Cores), StateDir: st.StateDir(), LogDir: LogDir(m, st),
		BuildDir: s.HostBuildDir, KeepLog: b.KeepLog, CompressLog: b.CompressLog, LogLines: int(b.LogLines),
		MaxLogSize: int64(b.MaxLogSize), Timeout: time.Duration(b.Timeout) * time.Second,
		MaxSilent: time.Duration(b.MaxSilentTime) * time.Second, KeepFailed: b.KeepFailed,
		LogCommand: m.Program + " log", ImpersonateLinux26: s.Linux26,
		Sandbox: sandboxMode(s.Mode), SandboxFallback: s.Fallback, SandboxPaths: sandboxPaths(s.Paths),
		SelfIsShell: true, SandboxBuildDir: s.BuildDir, SandboxShmSize: s.ShmSize,
		FilterSyscalls: s.FilterSyscalls, AllowNewPrivileges: s.AllowNewPrivileges, AllowedImpurePaths: s.ImpureHostDeps,
		RequireDropGroups: s.DropSupplementaryGroups, AutoAllocateUIDs: s.AutoAllocateUIDs,
		FirstUID: int(s.StartID), UIDCount: int(s.IDCount), UseCgroups: s.UseCgroups, ImpureEnv: b.ImpureEnv,
		PreBuildHook: b.PreHook, PostBuildHook: b.PostHook,
		IgnoredACLs: v.Store.IgnoredACLs, CAFile: v.Transfer.SSLCertFile, HashedMirrors: b.HashedMirrors,
	}
	if b.PostHook != "" && m.Settings != nil {
		c.NixConfig = m.Settings()
	}
	if !m.ownRoot(st) && groupExists(s.BuildUsersGroup) {
		// A store of one's own has no users set aside for building, and neither
		// has a machine on which nothing was installed.
		c.BuildUsersGroup = s.BuildUsersGroup
	}
	if m.Advise {
		c.EnterCommand = m.Program + " develop --failed"
	}
	if m.LogsShown {
		c.LogLines = 0 // errors need not repeat them
	}
	if c.BuildDir == "" {
		c.BuildDir = filepath.Join(st.StateDir(), "builds")
	}
	if b.RunDiffHook {
		c.DiffHook = b.DiffHook
	}
	return c
}

// LogDir is where the logs of builds in a store are.
func LogDir(m *Machine, st *local.Store) string {
	if dir, ok := m.dir("NIX_LOG_DIR"); ok {
		return dir
	}
	return filepath.Join(filepath.Dir(st.StateDir()), "log/nix")
}

// ownRoot reports whether the store's objects lie elsewhere than their paths
// say.
func (m *Machine) ownRoot(st *local.Store) bool {
	return strings.TrimSuffix(st.RealPath(""), "/") != string(st.Dir())
}

func sandboxMode(m config.SandboxMode) realise.SandboxMode {
	switch m {
	case config.SandboxRelaxed:
		return realise.Relaxed
	case config.SandboxOff:
		return realise.Open
	}
	return realise.Sandboxed
}

func sandboxPaths(paths map[string]config.SandboxPath) []realise.SandboxPath {
	out := make([]realise.SandboxPath, 0, len(paths))
	for target, p := range paths {
		out = append(out, realise.SandboxPath{Target: target, Source: p.Source, Optional: p.Optional})
	}
	slices.SortFunc(out, func(a, b realise.SandboxPath) int { return strings.Compare(a.Target, b.Target) })
	return out
}

func groupExists(name string) bool {
	_, err := user.LookupGroup(name)
	return err == nil
}
