package main

import (
	"os"
	"strconv"
)

// builds are small builds in the sandbox, durable, two at a time.
var builds = []work{
	{name: "builds", what: "200 builds that need nothing of each other", program: "nix-build", writes: true,
		args: func(b *bench) []string { return b.build("all", 200) }, cores: single, time: []float64{0.12}, memory: []float64{0}},
	{name: "build-chain", what: "100 builds, each of which needs the one before", program: "nix-build", writes: true,
		args: func(b *bench) []string { return b.build("chain", 100) }, cores: single, time: []float64{0.12}, memory: []float64{0}},
	{name: "build-nothing", what: "nothing to do for 1,000 derivations", program: "nix-build", before: (*bench).buildLayers,
		args: func(b *bench) []string { return b.build("layers", 1000) }, cores: single},
}

// build asks for an attribute of builds.nix.
func (b *bench) build(attr string, count int) []string {
	return append([]string{b.file("builds.nix"), "-A", attr, "--arg", "count", strconv.Itoa(count), "--no-out-link", "-j2",
		"--option", "sandbox", "true", "--option", "build-users-group", ""}, staticShell()...)
}

// staticShell is the shell that Nix, too, can show in a sandbox with nothing else.
func staticShell() []string {
	for _, path := range []string{"/usr/bin/busybox", "/bin/busybox"} {
		if _, err := os.Stat(path); err == nil {
			return []string{"--option", "sandbox-paths", "/bin/sh=" + path}
		}
	}
	return nil
}

func (b *bench) buildLayers(bin, store string) error {
	return b.do(bin, "nix-build", append(b.build("layers", 1000), "--store", store)...)
}
