package cli

import (
	"context"

	"firn/internal/build/plan"
	"firn/internal/config"
	"firn/internal/store/local"
	"firn/internal/wiring"
)

var storeRepairCommand = Command{
	Name: "repair", Category: Utility, Feature: config.NixCommand,
	Summary:  "fetch or build damaged paths again",
	Doc:      "Replaces the contents of paths by what a binary cache has or, where none has them, by building them again.",
	Examples: []Example{{"Repair a path that 'nix store verify' found damaged", "nix store repair /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"}},
	Flags:    [][]*Flag{pathFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runStoreRepair,
}

func runStoreRepair(ctx context.Context, c *Call) error {
	return c.withLocalStore(func(st *local.Store) error {
		paths, err := c.storePaths(ctx, st)
		if err != nil {
			return err
		}
		scheduler, err := wiring.NewScheduler(&c.Config.Values, c.machine(), st, nil)
		if err != nil {
			return err
		}
		for _, p := range paths {
			if _, err := scheduler.Realise(ctx, []plan.Target{{Path: p, Mode: plan.Repair}}); err != nil {
				return c.buildError(err, st.Dir())
			}
		}
		return nil
	})
}
