package cli

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/cpu"

	"firn/internal/config"
	"firn/internal/diag"
)

const (
	hostOS            = runtime.GOOS
	nixCommandFeature = config.NixCommand
)

// host gathers what the defaults of settings depend on.
func host(p *Process, warn func(string)) *config.Host {
	system := systemName()
	h := &config.Host{
		OS:             hostOS,
		System:         system,
		ExtraPlatforms: extraPlatforms(system),
		SystemFeatures: systemFeatures(),
		Processors:     runtime.NumCPU(),
		Root:           os.Getuid() == 0,
		Home:           home(p, warn),
		CertFile:       firstReadable("/etc/ssl/certs/ca-certificates.crt", "/nix/var/nix/profiles/default/etc/ssl/certs/ca-bundle.crt"),
		ConfDir:        config.ConfDir(p.Env),
	}
	if self, err := os.Executable(); err == nil {
		h.BuildHook = self
	}
	return h
}

// systemName is Nix's name of the machine this program was compiled for.
func systemName() string {
	arch := runtime.GOARCH
	switch arch {
	case "amd64":
		arch = "x86_64"
	case "386":
		arch = "i686"
	case "arm64":
		arch = "aarch64"
	case "arm":
		arch = "armv7l"
	case "ppc64le":
		arch = "powerpc64le"
	case "ppc64":
		arch = "powerpc64"
	case "loong64":
		arch = "loongarch64"
	case "mipsle":
		arch = "mipsel"
	case "mips64le":
		arch = "mips64el"
	}
	return arch + "-" + hostOS
}

// extraPlatforms lists other systems whose programs this machine runs.
func extraPlatforms(system string) []string {
	if hostOS != "linux" {
		return nil
	}
	var list []string
	if system == "x86_64-linux" {
		list = append(list, "i686-linux")
	}
	for i := 1; i <= x86Level(); i++ {
		list = append(list, "x86_64-v"+strconv.Itoa(i)+"-linux")
	}
	return list
}

// x86Level returns which of the levels x86-64-v1 to v4 the processor reaches;
// 0 on others. Some instructions of a level are not asked for because every
// processor with the others has them.
func x86Level() int {
	if runtime.GOARCH != "amd64" {
		return 0
	}
	x := &cpu.X86
	switch {
	case !(x.HasSSE3 && x.HasSSSE3 && x.HasSSE41 && x.HasSSE42 && x.HasPOPCNT && x.HasCX16):
		return 1
	case !(x.HasAVX && x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasFMA && x.HasOSXSAVE):
		return 2
	case !(x.HasAVX512F && x.HasAVX512BW && x.HasAVX512CD && x.HasAVX512DQ && x.HasAVX512VL):
		return 3
	}
	return 4
}

// systemFeatures lists what this machine offers to builds.
func systemFeatures() []string {
	list := []string{"nixos-test", "benchmark", "big-parallel"}
	if hostOS == "linux" {
		list = append(list, "uid-range")
		if syscall.Access("/dev/kvm", 4|2) == nil {
			list = append(list, "kvm")
		}
	}
	return list
}

func firstReadable(files ...string) string {
	for _, name := range files {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return ""
}

// home returns the user's home directory: $HOME if it is theirs or does not
// exist, otherwise what the account says.
func home(p *Process, warn func(string)) string {
	dir, ok := p.Env("HOME")
	if ok {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && ownedByUser(info):
			return dir
		case err != nil:
			warn(diag.Msgf("couldn't stat $HOME ('%s') for reason other than not existing, falling back to the one defined in the 'passwd' file: %s", dir, diag.Plain(err.Error())))
		}
	}
	u, err := user.LookupId(strconv.Itoa(os.Geteuid()))
	if err != nil || u.HomeDir == "" {
		return dir
	}
	if ok && u.HomeDir != dir {
		warn(diag.Msgf("$HOME ('%s') is not owned by you, falling back to the one defined in the 'passwd' file ('%s')", dir, u.HomeDir))
	}
	return strings.TrimRight(u.HomeDir, "/")
}

func ownedByUser(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(stat.Uid) == os.Geteuid()
}
