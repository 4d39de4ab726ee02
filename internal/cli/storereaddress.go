package cli

import (
	"context"
	"errors"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/store"
)

var storeReaddressCommand = Command{
	Name: "make-content-addressed", Category: Utility, Feature: config.NixCommand,
	Summary: "rewrite paths to content-addressed form",
	Doc:     "Adds the contents of paths, and of all that they refer to, to the store again under paths that follow from the contents. Nobody has to trust whoever built such a path: it can be copied between stores without signatures.",
	Examples: []Example{
		{"Rewrite a result", "nix store make-content-addressed ./result"},
		{"Rewrite what a binary cache has, and print where to", "nix store make-content-addressed --from https://cache.example.org --to /mnt --json /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"},
	},
	Flags: [][]*Flag{{&copyFromFlag, &copyToFlag}, jsonFlags, pathFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runStoreReaddress,
}

func runStoreReaddress(ctx context.Context, c *Call) error {
	fromName, _ := c.Value(&copyFromFlag)
	toName, _ := c.Value(&copyToFlag)
	return c.withStores(fromName, toName, func(from, to store.Store) error {
		paths, err := c.storePaths(ctx, from)
		if err != nil {
			return err
		}
		closure, err := store.Closure(ctx, from, paths...)
		if err != nil {
			return err
		}
		adder, ok := to.(store.Destination)
		if !ok {
			return diag.New(diag.InvalidSetting, "nothing can be added to the store '%s'", toName)
		}
		became, err := store.MakeContentAddressed(ctx, from, adder, closure, store.CopyOptions{Recorder: c.Events})
		if err != nil {
			return err
		}
		rewrites := make(map[string]string, len(paths))
		for _, p := range paths {
			old, now := from.Dir().Join(p), from.Dir().Join(became[p])
			rewrites[old] = now
			if !c.Has(&jsonFlag) {
				c.Log.Say(activity.Error, diag.Msgf("rewrote '%s' to '%s'", old, now))
			}
		}
		if !c.Has(&jsonFlag) {
			return nil
		}
		return c.printJSON(map[string]any{"rewrites": rewrites})
	})
}

// withStores runs f on two stores, which may be one. "" is the store that the
// configuration names.
func (c *Call) withStores(fromName, toName string, f func(from, to store.Store) error) (err error) {
	from, err := c.openAny(fromName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if toName == fromName {
		return f(from, from)
	}
	to, err := c.openAny(toName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return f(from, to)
}
