package cli

import (
	"context"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/store/local"
)

var (
	gcDryRunFlag = Flag{Long: "dry-run", Doc: "Only tell how much would be deleted."}
	gcMaxFlag    = Flag{Long: "max", Labels: []string{"n"}, Doc: "Stop after freeing *n* bytes. The suffixes K, M, G and T are understood."}
)

var storeGCCommand = Command{
	Name: "gc", Category: Utility, Feature: config.NixCommand,
	Summary: "delete what nothing needs any more",
	Doc:     "Deletes every path that no root keeps. Roots are links to results, profiles, and what running programs use.",
	Examples: []Example{
		{"Delete what nothing needs", "nix store gc"},
		{"Free a gigabyte", "nix store gc --max 1G"},
	},
	Flags: [][]*Flag{{&gcDryRunFlag, &gcMaxFlag}},
	Run:   runStoreGC,
}

func runStoreGC(ctx context.Context, c *Call) error {
	o := c.collectOptions()
	o.DryRun = c.Has(&gcDryRunFlag)
	if text, ok := c.Value(&gcMaxFlag); ok {
		n, valid := config.ParseSize(text)
		if !valid {
			return diag.Misuse(diag.Usage, "'%s' is not an integer", text)
		}
		o.MaxFreed = n
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
	Summary:  "delete paths from the store",
	Doc:      "Deletes the paths that the arguments name, unless a root or another path keeps them.",
	Examples: []Example{{"Delete a path", "nix store delete /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"}},
	Flags:    [][]*Flag{{&deleteIgnoreFlag}, pathFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runStoreDelete,
}

var deleteIgnoreFlag = Flag{Long: "ignore-liveness", Doc: "Also delete what a root keeps."}

func runStoreDelete(ctx context.Context, c *Call) error {
	return c.withLocalStore(func(st *local.Store) error {
		paths, err := c.storePaths(ctx, st)
		if err != nil {
			return err
		}
		o := c.collectOptions()
		o.Paths, o.MustDelete, o.IgnoreRoots = paths, true, c.Has(&deleteIgnoreFlag)
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
