package cli

import (
	"context"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/nixhash"
	"firn/internal/store"
)

var (
	prefetchNameFlag       = Flag{Long: "name", Labels: []string{"name"}, Doc: "The name of the store path, by default the last part of the URL."}
	prefetchExpectedFlag   = Flag{Long: "expected-hash", Labels: []string{"hash"}, Doc: "The hash that the file must have. If the store has a path of that name and hash, nothing is downloaded."}
	prefetchAlgoFlag       = Flag{Long: "hash-type", Labels: []string{"hash-algo"}, Complete: completeHashAlgo, Apply: checkHashAlgo, Doc: "The algorithm of the hash, by default `sha256`."}
	prefetchExecutableFlag = Flag{Long: "executable", Doc: "Make the file executable. The hash is then that of its archive."}
	prefetchUnpackFlag     = Flag{Long: "unpack", Doc: "Unpack the archive that the file is, a tarball or a zip file, and add what is in it."}
)

var storePrefetchCommand = Command{
	Name: "prefetch-file", Category: Utility, Feature: config.NixCommand,
	Summary: "download a file into the store",
	Doc:     "Downloads a file from a URL into the store and prints its path and hash.",
	Examples: []Example{
		{"Find the hash of a release", "nix store prefetch-file https://example.org/hello-2.12.tar.gz"},
		{"Find the hash of what is in it", "nix store prefetch-file --unpack --json https://example.org/hello-2.12.tar.gz"},
	},
	Flags: [][]*Flag{{&prefetchExecutableFlag, &prefetchExpectedFlag, &prefetchAlgoFlag, &prefetchNameFlag, &prefetchUnpackFlag}, jsonFlags},
	Args:  []Arg{{Label: "url"}},
	Run:   runStorePrefetch,
}

func runStorePrefetch(ctx context.Context, c *Call) error {
	p := prefetch{
		url: c.Args[0], algo: c.algorithm(nixhash.SHA256, &prefetchAlgoFlag),
		unpack: c.Has(&prefetchUnpackFlag), executable: c.Has(&prefetchExecutableFlag),
	}
	p.name, _ = c.Value(&prefetchNameFlag)
	if text, ok := c.Value(&prefetchExpectedFlag); ok {
		var err error
		if p.expected, err = expectedHash(text, p.algo); err != nil {
			return err
		}
	}
	return c.withStore(func(st store.Store) error {
		got, err := c.prefetch(ctx, st, p)
		if err != nil {
			return err
		}
		path := st.Dir().Join(got.path)
		if !c.Has(&jsonFlag) {
			c.Log.Say(activity.Error, diag.Msgf("Downloaded '%s' to '%s' (hash '%s').", p.url, path, got.hash.SRI()))
			return nil
		}
		return c.printJSON(map[string]string{"hash": got.hash.SRI(), "storePath": path})
	})
}
