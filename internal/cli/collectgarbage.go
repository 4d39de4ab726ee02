package cli

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/profile"
	"firn/internal/store/local"
)

var (
	collectOldFlag   = Flag{Long: "delete-old", Short: 'd', Doc: "First delete all generations of profiles but the current ones."}
	collectOlderFlag = Flag{Long: "delete-older-than", Labels: []string{"period"}, Terse: true,
		Doc: "First delete the generations of profiles that were given up more than a number of days ago: `30d`."}
	collectMaxFlag    = Flag{Long: "max-freed", Labels: []string{"bytes"}, Terse: true, Doc: "Stop when *bytes* are freed. The suffixes K, M, G and T are understood."}
	collectDryRunFlag = Flag{Long: "dry-run", Doc: "Only tell what would be deleted."}
)

var collectGarbageCommand = Command{
	Name: "nix-collect-garbage", Classic: true, Category: ClassicGroup,
	Summary: "delete what nothing needs any more",
	Doc:     "Deletes every path that no root keeps, if asked for after old generations of profiles, which are roots.",
	Examples: []Example{
		{"Delete what nothing needs", "nix-collect-garbage"},
		{"Delete what was given up a month ago as well", "nix-collect-garbage --delete-older-than 30d"},
	},
	Flags: [][]*Flag{{&collectOldFlag, &collectOlderFlag, &collectMaxFlag, &collectDryRunFlag}, commonFlags, classicFlags},
	Run:   runCollectGarbage,
}

func runCollectGarbage(ctx context.Context, c *Call) error {
	o := c.collectOptions()
	o.DryRun = c.Has(&collectDryRunFlag)
	if text, ok := c.Value(&collectMaxFlag); ok {
		n, valid := config.ParseSize(text)
		if !valid {
			return diag.Misuse(diag.Usage, "'%s' is not an integer", text)
		}
		o.MaxFreed = n
	}
	if err := c.deleteGenerations(); err != nil {
		return err
	}
	return c.withLocalStore(func(st *local.Store) error { return c.collectAndTell(ctx, st, o) })
}

// deleteGenerations deletes the generations that flags ask for.
func (c *Call) deleteGenerations() error {
	var choose func([]profile.Generation, uint64) []profile.Generation
	if period, ok := c.Value(&collectOlderFlag); ok {
		before, err := parseDays(period)
		if err != nil {
			return err
		}
		choose = func(list []profile.Generation, current uint64) []profile.Generation {
			return profile.OlderThan(list, current, before)
		}
	} else if c.Has(&collectOldFlag) {
		choose = profile.Old
	} else {
		return nil
	}
	for _, dir := range c.profileDirs() {
		profiles, err := profile.Find(dir)
		if err != nil {
			return err
		}
		for _, p := range profiles {
			c.Log.Say(activity.Info, diag.Msgf("removing old generations of profile %s", diag.Plain(p)))
			list, current, err := profile.Generations(p)
			if err != nil {
				return err
			}
			old := choose(list, current)
			for _, g := range old {
				what := "removing"
				if c.Has(&collectDryRunFlag) {
					what = "would remove"
				}
				c.Log.Say(activity.Info, diag.Msgf("%s profile version %d", diag.Plain(what), g.Number))
			}
			if c.Has(&collectDryRunFlag) {
				continue
			}
			if err := profile.Delete(old); err != nil {
				return err
			}
		}
	}
	return nil
}

// profileDirs are where profiles are: those of the machine and of the user.
func (c *Call) profileDirs() []string {
	m := c.machine()
	state, ok := c.Env("XDG_STATE_HOME")
	if !ok || state == "" {
		state = filepath.Join(m.Home, ".local/state")
	}
	return []string{filepath.Join(state, "nix/profiles"), filepath.Join(m.StateDir(), "profiles")}
}

// parseDays reads a number of days and returns the time so long ago.
func parseDays(period string) (time.Time, error) {
	days, ok := strings.CutSuffix(period, "d")
	n, err := strconv.ParseUint(days, 10, 16)
	if !ok || err != nil {
		return time.Time{}, diag.Misuse(diag.Usage, "invalid number of days specifier '%s', expected something like '14d'", period)
	}
	return time.Now().AddDate(0, 0, -int(n)), nil
}
