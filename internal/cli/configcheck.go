package cli

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
)

var configCheckCommand = Command{
	Name:     "check",
	Category: Installation,
	Feature:  config.NoFeature,
	Summary:  "check for usual problems and print PASS or FAIL for each check",
	Examples: []Example{{"Check this machine", "nix config check"}},
	Doc:      "Checks that there is one Nix in `PATH`, that the profiles whose programs are in `PATH` are known to the garbage collector, and that the store can be talked to, and says whether the store trusts you.",
	Flags:    [][]*Flag{{&storeFlag}},
	Exits:    []ExitCode{{2, "a check failed"}},
	Run:      runConfigCheck,
}

// storeFlag chooses the store. It is the flag of the setting of that name, with
// a heading of its own.
var storeFlag = Flag{Long: "store", Labels: []string{"store-url"}, Doc: "The URL of the Nix store to use.",
	Apply: func(c *Call, values []string) error { return c.Config.Set("store", values[0]) }}

// A check returns what is wrong, "" for nothing.
type check struct {
	passed string
	run    func(c *Call) string
}

var localChecks = [...]check{
	{"PATH contains only one nix version.", checkOneNix},
	{"All profiles are gcroots.", checkProfiles},
	// There is no protocol between a client and a store that it opens itself.
	{"Client protocol matches store protocol.", func(*Call) string { return "" }},
}

func runConfigCheck(_ context.Context, c *Call) error {
	uri := c.Config.General.Store
	if !isLocalStore(uri) {
		return diag.New(diag.NotYet, "checking the store '%s' is not possible yet: only local stores can be checked", uri)
	}
	c.Log.Say(activity.Notice, "Running checks against store uri: local")
	failed := false
	for _, k := range localChecks {
		if text := k.run(c); text != "" {
			failed = true
			c.Log.Say(activity.Notice, "\x1b[31;1m[FAIL] \x1b[0m"+text)
			continue
		}
		c.Log.Say(activity.Notice, "\x1b[32;1m[PASS] \x1b[0m"+k.passed)
	}
	c.Log.Say(activity.Notice, "\x1b[34;1m[INFO] \x1b[0mYou are trusted by store uri: local")
	if failed {
		return Exit(2)
	}
	return nil
}

func isLocalStore(uri string) bool {
	return uri == "auto" || uri == "local" || strings.HasPrefix(uri, "local://") || strings.HasPrefix(uri, "local?")
}

// checkOneNix looks for nix-env, which every installation has.
func checkOneNix(c *Call) string {
	dirs := map[string]bool{}
	for _, dir := range searchPath(c) {
		file := filepath.Join(dir, "nix-env")
		if real, err := filepath.EvalSymlinks(file); err == nil {
			dirs[filepath.Dir(real)] = true
		}
	}
	switch len(dirs) {
	case 0:
		return "No nix-env found in PATH."
	case 1:
		return ""
	}
	return "Multiple versions of nix found in PATH:\n" + lines(dirs)
}

// checkProfiles finds profiles outside of the folder where the garbage
// collector looks for them.
func checkProfiles(c *Call) string {
	found := map[string]bool{}
	for _, dir := range searchPath(c) {
		profile := filepath.Dir(dir)
		env, err := filepath.EvalSymlinks(profile)
		if err != nil || !strings.HasPrefix(env, "/nix/store/") || !strings.HasSuffix(env, "user-environment") {
			continue
		}
		for !passesProfiles(profile) && isLink(profile) {
			target, err := os.Readlink(profile)
			if err != nil {
				break
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(profile), target)
			}
			profile = target
		}
		if !passesProfiles(profile) {
			found[dir] = true
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "Found profiles outside of /nix/var/nix/profiles.\n" +
		"The generation this profile points to might not have a gcroot and could be\n" +
		"garbage collected, resulting in broken symlinks.\n\n" + lines(found) + "\n"
}

func passesProfiles(path string) bool {
	return slices.Contains(strings.Split(path, "/"), "profiles")
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func searchPath(c *Call) []string {
	list, _ := c.Env("PATH")
	return filepath.SplitList(list)
}

func lines(set map[string]bool) string {
	var b strings.Builder
	for _, dir := range slices.Sorted(maps.Keys(set)) {
		b.WriteString("  \"" + dir + "\"\n")
	}
	return b.String()
}
