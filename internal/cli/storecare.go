package cli

import (
	"context"
	"time"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/store/local"
)

var (
	gcDryRunFlag = Flag{Long: "dry-run", Doc: "Only tell how much would be deleted."}
	gcMaxFlag    = Flag{Long: "max", Labels: []string{"n"}, Doc: "Stop after freeing *n* bytes, what was unused for longest first. The suffixes K, M, G and T are understood. Cannot be combined with `--dry-run`."}
	gcDownFlag   = Flag{Long: "down-to", Labels: []string{"n"}, Own: true, Doc: "Stop as soon as the archives of all paths that are left have no more than *n* bytes, what was unused for longest first. The suffixes K, M, G and T are understood."}
	gcUnusedFlag = Flag{Long: "unused-for", Labels: []string{"period"}, Own: true, Doc: "Spare what was used in the last *period*, such as `30d` or `12h`, and everything that it refers to. A path was used when it was made, when one of its files was read, as far as the file system keeps that, and when what refers to it was."}
)

var storeGCCommand = Command{
	Name: "gc", Category: Utility, Feature: config.NixCommand,
	Summary: "delete what nothing needs any more",
	Doc:     "Deletes every path that no root keeps. Roots are links to results, profiles, and what running programs use.",
	Examples: []Example{
		{"Delete what nothing needs", "nix store gc"},
		{"Free a gigabyte", "nix store gc --max 1G"},
		{"Keep what may be of use again, in 100 gigabytes", "nix store gc --down-to 100G"},
		{"Delete what nothing needs and nobody used for a month", "nix store gc --unused-for 30d"},
	},
	Flags: [][]*Flag{{&gcDryRunFlag, &gcMaxFlag, &gcDownFlag, &gcUnusedFlag}},
	Run:   runStoreGC,
}

func runStoreGC(ctx context.Context, c *Call) error {
	o := c.collectOptions()
	o.DryRun = c.Has(&gcDryRunFlag)
	if o.DryRun && c.Has(&gcMaxFlag) {
		return diag.Misuse(diag.Usage, "options --max and --dry-run cannot be combined")
	}
	for flag, bytes := range map[*Flag]*uint64{&gcMaxFlag: &o.MaxFreed, &gcDownFlag: &o.Remain} {
		if text, ok := c.Value(flag); ok {
			n, valid := config.ParseSize(text)
			if !valid {
				return diag.Misuse(diag.Usage, "'%s' is not an integer", text)
			}
			*bytes = n
		}
	}
	if text, ok := c.Value(&gcUnusedFlag); ok {
		period, err := parsePeriod(text)
		if err != nil {
			return err
		}
		o.UnusedSince = time.Now().Add(-period)
	}
	return c.withLocalStore(func(st *local.Store) error { return c.collectAndTell(ctx, st, o) })
}

// collectAndTell collects and says how much that freed, even if it failed.
func (c *Call) collectAndTell(ctx context.Context, st *local.Store, o local.CollectOptions) error {
	got, err := st.Collect(ctx, o)
	if printErr := printLine(c.Out, freedText(got, o.DryRun)); err == nil {
		err = printErr
	}
	return err
}

var storeDeleteCommand = Command{
	Name: "delete", Category: Utility, Feature: config.NixCommand,
	Summary: "delete paths from the store",
	Doc:     "Deletes the paths that the arguments name, unless a root or another path keeps them.",
	Examples: []Example{
		{"Delete a path", "nix store delete /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"},
		{"Delete what a package refers to and nothing else needs", "nix store delete --recursive --skip-alive nixpkgs#hello"},
	},
	Flags: [][]*Flag{{&deleteIgnoreFlag, &deleteSkipFlag, &deleteReferrersFlag}, pathFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runStoreDelete,
}

var (
	deleteIgnoreFlag    = Flag{Long: "ignore-liveness", Doc: "Also delete what a root keeps."}
	deleteSkipFlag      = Flag{Long: "skip-alive", Aliases: []string{"skip-live"}, Doc: "Leave out what is alive instead of failing, which is of use with `--recursive`."}
	deleteReferrersFlag = Flag{Long: "also-referrers", Doc: "Delete what refers to the paths as well, if nothing keeps it."}
)

func runStoreDelete(ctx context.Context, c *Call) error {
	return c.withLocalStore(func(st *local.Store) error {
		paths, err := c.storePaths(ctx, st)
		if err != nil {
			return err
		}
		o := c.collectOptions()
		o.Paths, o.IgnoreRoots = paths, c.Has(&deleteIgnoreFlag)
		o.MustDelete, o.Referrers = !c.Has(&deleteSkipFlag), c.Has(&deleteReferrersFlag)
		return c.collectAndTell(ctx, st, o)
	})
}

var storeOptimiseCommand = Command{
	Name: "optimise", Category: Utility, Feature: config.NixCommand,
	Summary:  "have equal files share their space",
	Doc:      "Replaces files of the store that are equal by hard links to one of them.",
	Examples: []Example{{"Save space", "nix store optimise"}},
	Run: func(ctx context.Context, c *Call) error {
		return c.withLocalStore(func(st *local.Store) error { return c.optimise(ctx, st) })
	},
}
