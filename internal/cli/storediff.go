package cli

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"firn/internal/config"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/lang/version"
	"firn/internal/store"
	"firn/internal/ui"
)

var storeDiffCommand = Command{
	Name: "diff-closures", Category: Utility, Feature: config.NixCommand,
	Summary: "show which packages changed between two closures",
	Doc: `Shows which packages, by name and version, came and went between two closures, and how much larger or smaller they got if that is at least 8 KiB. ∅ stands for no version at all, ε for packages without one.

With ` + "`--json`" + ` it prints an object: ` + "`version`" + ` (1) and ` + "`packages`" + `, a list of ` + "`name`" + `, ` + "`removed`" + ` and ` + "`added`" + ` versions and ` + "`sizeDelta`" + ` in bytes.`,
	Examples: []Example{{"See what an update of a system changed", "nix store diff-closures /nix/var/nix/profiles/system-655-link /nix/var/nix/profiles/system-658-link"}},
	Flags:    [][]*Flag{{&pathDerivationFlag}, jsonFlags, installableFlags, evalFlags},
	Args:     []Arg{{Label: "before"}, {Label: "after"}},
	Run:      runStoreDiff,
}

func runStoreDiff(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		var closures [2]map[string]packageVersions
		for i, arg := range c.Args {
			p, err := c.onePath(ctx, st, arg, true)
			if err != nil {
				return err
			}
			infos, err := store.Closure(ctx, st, p)
			if err != nil {
				return err
			}
			closures[i] = groupByPackage(infos)
		}
		changes := diffPackages(closures[0], closures[1])
		if c.Has(&jsonFlag) {
			return c.printJSON(map[string]any{"version": 1, "packages": changes})
		}
		for _, change := range changes {
			if err := printLine(c.Out, change.text()); err != nil {
				return err
			}
		}
		return nil
	})
}

// packageVersions are the sizes in bytes of the archives of a package's versions.
type packageVersions map[string]uint64

func (v packageVersions) size() (sum uint64) {
	for _, n := range v {
		sum += n
	}
	return sum
}

// outputSuffix is what an output adds to a name. Nix: the same is thought of any
// last word, "unstable" too (2.34).
var outputSuffix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.*)-([a-z]+|lib32|lib64)$`) })

func groupByPackage(infos []*pathinfo.Info) map[string]packageVersions {
	groups := map[string]packageVersions{}
	for _, info := range infos {
		name, number := version.SplitName(packageName(info.Path))
		if groups[name] == nil {
			groups[name] = packageVersions{}
		}
		groups[name][number] += info.NARSize
	}
	return groups
}

// packageName is the name of a path without that of the output.
func packageName(p storepath.Path) string {
	if m := outputSuffix().FindStringSubmatch(p.Name()); m != nil {
		return m[1]
	}
	return p.Name()
}

// A packageChange is what differs in the versions of one package.
type packageChange struct {
	Name      string   `json:"name"`
	Removed   []string `json:"removed"`
	Added     []string `json:"added"`
	SizeDelta int64    `json:"sizeDelta"`
}

// notableDelta is the least change of size, in bytes, that is worth telling.
const notableDelta = 8 << 10

func (c *packageChange) resized() bool {
	return c.SizeDelta >= notableDelta || c.SizeDelta <= -notableDelta
}

// diffPackages lists what changed, by name.
func diffPackages(before, after map[string]packageVersions) []packageChange {
	names := maps.Clone(before)
	maps.Copy(names, after)
	changes := []packageChange{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		old, now := before[name], after[name]
		c := packageChange{name, missingVersions(old, now), missingVersions(now, old), int64(now.size()) - int64(old.size())}
		if c.resized() || len(c.Removed)+len(c.Added) > 0 {
			changes = append(changes, c)
		}
	}
	return changes
}

// missingVersions are those that others do not have, sorted.
func missingVersions(versions, others packageVersions) []string {
	list := []string{}
	for v := range versions {
		if _, ok := others[v]; !ok {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Compare(versionText(a), versionText(b)) })
	return list
}

func (c *packageChange) text() string {
	var items []string
	if len(c.Removed)+len(c.Added) > 0 {
		items = append(items, versionsText(c.Removed)+" → "+versionsText(c.Added))
	}
	switch {
	case c.resized() && c.SizeDelta > 0:
		items = append(items, "\x1b[31;1m"+ui.Size(uint64(c.SizeDelta))+whyNormal)
	case c.resized():
		items = append(items, "\x1b[32;1m-"+ui.Size(uint64(-c.SizeDelta))+whyNormal)
	}
	return c.Name + ": " + strings.Join(items, ", ")
}

func versionsText(versions []string) string {
	if len(versions) == 0 {
		return "∅"
	}
	texts := make([]string, len(versions))
	for i, v := range versions {
		texts[i] = versionText(v)
	}
	return strings.Join(texts, ", ")
}

func versionText(v string) string {
	if v == "" {
		return "ε"
	}
	return v
}
