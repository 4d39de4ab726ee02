package config

import (
	"math/bits"
	"sort"
	"strings"

	"firn/internal/diag"
)

// A Feature is an experimental feature of Nix. The zero value is no feature.
type Feature uint8

const (
	NoFeature Feature = iota
	CADerivations
	ImpureDerivations
	Flakes
	FetchTree
	NixCommand
	GitHashing
	RecursiveNix
	FetchClosure
	AutoAllocateUIDs
	Cgroups
	DaemonTrustOverride
	DynamicDerivations
	ParseTOMLTimestamps
	ReadOnlyLocalStore
	LocalOverlayStore
	ConfigurableImpureEnv
	MountedSSHStore
	VerifiedFetches
	PipeOperators
	ExternalBuilders
	BLAKE3Hashes

	featureCount
)

// features holds names and what they switch on, by Feature. Milestone is the
// number under which Nix's own tracker follows the feature.
var features = [featureCount]struct {
	name      string
	milestone int
	doc       string
}{
	CADerivations: {"ca-derivations", 35, "Derivations whose outputs are named after their contents (`__contentAddressed = true`), so that a change which does not alter an output does not rebuild what depends on it."},

	ImpureDerivations: {"impure-derivations", 42, "Derivations that may give another result each time (`__impure = true`). They are built anew on every use, may reach the network, and only other impure or fixed-output derivations may depend on them."},

	Flakes: {"flakes", 27, "Flakes: projects with declared inputs, a lock file and outputs, and the commands that work on them. Switches on `fetch-tree` as well."},

	FetchTree: {"fetch-tree", 31, "The builtin `fetchTree`, one function for all kinds of sources."},

	NixCommand: {"nix-command", 28, "The commands of the program `nix` (`nix build`, `nix eval`, …)."},

	GitHashing: {"git-hashing", 41, "Store objects that are hashed as Git hashes blobs and trees."},

	RecursiveNix: {"recursive-nix", 47, "Builders that call Nix themselves, for derivations that ask for the system feature of that name."},

	FetchClosure: {"fetch-closure", 40, "The builtin `fetchClosure`, which copies a closure from a binary cache during evaluation."},

	AutoAllocateUIDs: {"auto-allocate-uids", 34, "Picking user ids for builds from a range instead of using accounts of a group; see the setting of that name."},

	Cgroups: {"cgroups", 36, "Running builds in control groups; see the setting `use-cgroups`."},

	DaemonTrustOverride: {"daemon-trust-override", 38, "Telling `nix-daemon` on its command line whether to trust its clients."},

	DynamicDerivations: {"dynamic-derivations", 39, "Derivations made by other derivations: outputs that are `.drv` files, and dependencies on outputs of these."},

	ParseTOMLTimestamps: {"parse-toml-timestamps", 45, "Dates and times in the argument of `builtins.fromTOML`."},

	ReadOnlyLocalStore: {"read-only-local-store", 46, "The parameter `read-only` in addresses of local stores."},

	LocalOverlayStore: {"local-overlay-store", 50, "Local stores layered over another store by an overlay file system."},

	ConfigurableImpureEnv: {"configurable-impure-env", 37, "The setting `impure-env`."},

	MountedSSHStore: {"mounted-ssh-store", 43, "Stores on another machine whose directory is mounted here (`mounted-ssh-ng://`)."},

	VerifiedFetches: {"verified-fetches", 48, "Checking the signatures of Git commits in `builtins.fetchGit`."},

	PipeOperators: {"pipe-operators", 55, "The operators `|>` and `<|`, which write function calls as a pipeline."},

	ExternalBuilders: {"external-builders", 62, "Handing builds for other systems to a program; see the setting of that name."},

	BLAKE3Hashes: {"blake3-hashes", 60, "The hash algorithm `blake3`."},
}

// String returns the name under which the feature is switched on.
func (f Feature) String() string { return features[f].name }

// Doc tells what the feature switches on.
func (f Feature) Doc() string { return features[f].doc }

// Features returns all features in the order of Nix's own list.
func Features() []Feature {
	list := make([]Feature, 0, featureCount-1)
	for f := NoFeature + 1; f < featureCount; f++ {
		list = append(list, f)
	}
	return list
}

// ParseFeature finds a feature by its name.
func ParseFeature(name string) (Feature, bool) {
	for f := NoFeature + 1; f < featureCount; f++ {
		if features[f].name == name {
			return f, true
		}
	}
	return NoFeature, false
}

// A FeatureSet is a set of features.
type FeatureSet uint32

// Has tells whether f is in the set; NoFeature is in every set.
func (s FeatureSet) Has(f Feature) bool { return f == NoFeature || s&(1<<f) != 0 }

// With returns the set with f added, and with what f brings along.
func (s FeatureSet) With(f Feature) FeatureSet {
	if f == Flakes {
		s |= 1 << FetchTree
	}
	return s | 1<<f
}

// Names returns the names in the set in byte order.
func (s FeatureSet) Names() []string {
	list := make([]string, 0, bits.OnesCount32(uint32(s)))
	for f := NoFeature + 1; f < featureCount; f++ {
		if s.Has(f) {
			list = append(list, features[f].name)
		}
	}
	sort.Strings(list)
	return list
}

func (s FeatureSet) String() string { return strings.Join(s.Names(), " ") }

// Require returns nil if f is in the set and otherwise the error that asks to
// enable it. A reason, if there is one, says what needs the feature.
func (s FeatureSet) Require(f Feature, reason string) error {
	if s.Has(f) {
		return nil
	}
	if reason != "" {
		reason = " (" + reason + ")"
	}
	return diag.New(diag.ExperimentalFeature,
		"experimental Nix feature '%s' is disabled%s; add '--extra-experimental-features %s' to enable it",
		f, diag.Plain(reason), f)
}

// Milestone returns the number under which Nix's tracker follows the feature.
func (f Feature) Milestone() int { return features[f].milestone }
