package cli

import (
	"context"
	"io"
	"path"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/nar"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
	"firn/internal/wiring"
)

var storeDumpCommand = Command{
	Name: "dump-path", Category: Utility, Feature: config.NixCommand,
	Summary:  "write the archive of a store path to standard output",
	Doc:      "Writes the NAR of a store path, from any kind of store.",
	Examples: []Example{{"Get an archive out of a binary cache", "nix store dump-path --store https://cache.example.org /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello > hello.nar"}},
	Flags:    [][]*Flag{pathFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runStoreDump,
}

func runStoreDump(ctx context.Context, c *Call) error {
	if err := c.refuseTerminal(); err != nil {
		return err
	}
	return c.withStore(func(st store.Store) error {
		paths, err := c.storePaths(ctx, st)
		if err != nil {
			return err
		}
		for _, p := range paths {
			if err := st.WriteNAR(ctx, p, c.Out); err != nil {
				return err
			}
		}
		return nil
	})
}

var storeListCommand = Command{
	Name: "ls", Category: Utility, Feature: config.NixCommand,
	Summary:  "list what is at a path in the store",
	Doc:      "Lists a directory in the store, or the file or link at a path there.",
	Examples: []Example{{"List everything in a package", "nix store ls --long --recursive /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"}},
	Flags:    [][]*Flag{listFlags, jsonFlags},
	Args:     []Arg{{Label: "path"}},
	Run:      runStoreList,
}

func runStoreList(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		p, rest, err := parsePlace(st, c.Args[0])
		if err != nil {
			return err
		}
		archive := archiveOf(ctx, st, p)
		defer archive.Close()
		root, err := nar.Index(archive)
		if err != nil {
			return err
		}
		root.ForgetOffsets()
		return c.list(root.Lookup(path.Clean("/"+rest)), c.Args[0])
	})
}

// archiveOf returns the archive of a path as a stream. Who closes it before its
// end stops it.
func archiveOf(ctx context.Context, st store.Reader, p storepath.Path) io.ReadCloser {
	in, out := io.Pipe()
	go func() { out.CloseWithError(st.WriteNAR(ctx, p, out)) }()
	return in
}

// parsePlace splits the path of something in the store into the store path and
// what is below it.
func parsePlace(st store.Store, arg string) (p storepath.Path, rest string, err error) {
	place, err := followLinks(st.Dir(), arg)
	if err != nil {
		return "", "", err
	}
	return st.Dir().ParseInside(place)
}

var storeCatCommand = Command{
	Name: "cat", Category: Utility, Feature: config.NixCommand,
	Summary:  "print a file in the store",
	Doc:      "Writes the contents of a file in the store, of any kind, to standard output.",
	Examples: []Example{{"Print a file out of a binary cache", "nix store cat --store https://cache.example.org /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello/share/doc"}},
	Args:     []Arg{{Label: "path"}},
	Run:      runStoreCat,
}

func runStoreCat(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		p, rest, err := parsePlace(st, c.Args[0])
		if err != nil {
			return err
		}
		archive := archiveOf(ctx, st, p)
		defer archive.Close()
		found, err := catFile(archive, path.Clean("/"+rest), c.Out)
		if err == nil && !found {
			return diag.New(diag.FileNotFound, "path '%s' is not a regular file", c.Args[0])
		}
		return err
	})
}

var storeHashPartCommand = Command{
	Name: "path-from-hash-part", Category: Utility, Feature: config.NixCommand,
	Summary:  "print the store path that begins with a hash part",
	Doc:      "Prints the path that has the given 32 letters between the store's directory and the name.",
	Examples: []Example{{"Find a path", "nix store path-from-hash-part 0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2"}},
	Args:     []Arg{{Label: "hash-part"}},
	Run:      runStoreHashPart,
}

func runStoreHashPart(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		finder, ok := st.(interface {
			FromHashPart(context.Context, string) (storepath.Path, error)
		})
		if !ok {
			return diag.New(diag.InvalidSetting, "the store '%s' cannot find paths by their hash part", c.Config.General.Store)
		}
		p, err := finder.FromHashPart(ctx, c.Args[0])
		if err != nil {
			return err
		}
		if p == "" {
			return diag.New(diag.NotInStore, "there is no store path corresponding to '%s'", c.Args[0])
		}
		return printLine(c.Out, st.Dir().Join(p))
	})
}

var storeInfoCommand = Command{
	Name: "info", Category: Utility, Feature: config.NixCommand,
	Summary:  "test whether a store can be used",
	Doc:      "Opens a store and says which one it is.",
	Examples: []Example{{"Test a binary cache", "nix store info --store https://cache.example.org"}},
	Flags:    [][]*Flag{jsonFlags},
	Run:      runStoreInfo,
}

func runStoreInfo(_ context.Context, c *Call) error {
	return c.withStore(func(st store.Store) error {
		url := c.Config.General.Store
		if named, ok := st.(interface{ URL() string }); ok {
			url = named.URL()
		} else if url == "auto" || url == "" {
			url = "local"
		}
		_, trusted := st.(*local.Store)
		if c.Has(&jsonFlag) {
			answer := map[string]any{"url": url}
			if trusted {
				answer["version"], answer["trusted"] = wiring.CompatibleVersion, true
			}
			return c.printJSON(answer)
		}
		c.Log.Say(activity.Error, "Store URL: "+url)
		if trusted {
			c.Log.Say(activity.Error, "Version: "+wiring.CompatibleVersion)
			c.Log.Say(activity.Error, "Trusted: 1")
		}
		return nil
	})
}
