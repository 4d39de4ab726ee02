package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"firn/internal/activity"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

var logCommand = Command{
	Name: "log", Category: Infrequent, Feature: config.NixCommand,
	Summary: "show the logs of builds",
	Doc:     "Prints what builders printed. Logs are looked for in the store, and then in the binary caches in `substituters`.",
	Examples: []Example{
		{"Show the log of a result's build", "nix log ./result"},
		{"Show the log of an attribute's build", "nix log --file ./default.nix hello"},
	},
	Flags: [][]*Flag{installableFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runLog,
}

func runLog(ctx context.Context, c *Call) error {
	return c.withStore(func(st store.Store) (err error) {
		wanted, err := c.logPaths(ctx, st)
		if err != nil {
			return err
		}
		sources := []logSource{{st, c.Config.General.Store}}
		defer func() {
			for _, s := range sources[1:] {
				err = errors.Join(err, s.store.Close())
			}
		}()
		if c.Config.Substitute.Use {
			for _, address := range c.Config.Substitute.Substituters {
				s, err := c.openAny(address)
				if err != nil {
					return err
				}
				sources = append(sources, logSource{s, address})
			}
		}
		for _, w := range wanted {
			if err := c.printLog(ctx, w, sources); err != nil {
				return err
			}
		}
		return nil
	})
}

// A logSource is a store with its address.
type logSource struct {
	store store.Store
	name  string
}

// printLog prints the first log that is found.
func (c *Call) printLog(ctx context.Context, w namedPath, sources []logSource) error {
	for _, s := range sources {
		logs := c.logsOf(s.store)
		if logs == nil {
			continue
		}
		log, err := openLogIn(ctx, logs, w.path, sources[0].store, s.store)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil && s.store != sources[0].store {
			c.Log.Warn(err.Error()) // a cache that can't be reached
			continue
		}
		if err != nil {
			return err
		}
		c.Log.Say(activity.Info, fmt.Sprintf("got build log for '%s' from '%s'", w.name, s.name))
		_, err = io.Copy(c.Out, log)
		return errors.Join(err, log.Close())
	}
	return diag.New(diag.FileNotFound, "build log of '%s' is not available", w.name)
}

// openLogIn opens the log of a path in logs; the first of stores that knows what
// made the path tells so.
func openLogIn(ctx context.Context, logs store.Logs, p storepath.Path, stores ...store.Store) (io.ReadCloser, error) {
	for _, st := range stores {
		drv, err := logDerivation(ctx, st, p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return logs.BuildLog(ctx, drv)
	}
	return nil, fs.ErrNotExist
}

// A namedPath is a path with what people called it.
type namedPath struct {
	path storepath.Path
	name string
}

// logPaths returns the derivations that the arguments mean, or paths that were
// made by one.
func (c *Call) logPaths(ctx context.Context, st store.Store) (list []namedPath, err error) {
	if c.Has(&fileFlag) || c.Has(&newExprFlag) {
		e, err := c.newEvaluation(ctx, false)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, e.Close()) }()
		found, err := e.installables(c.Args)
		for _, w := range found {
			list = append(list, namedPath{w.target.Path, st.Dir().Join(w.target.Path)})
		}
		return list, err
	}
	if len(c.Args) == 0 {
		return nil, diag.Misuse(diag.Usage, "name a path, or give an expression with '--file' or '--expr'")
	}
	for _, arg := range c.Args {
		name, _, _ := strings.Cut(arg, "^")
		p, err := followLinksToPath(st.Dir(), name)
		if err != nil {
			return nil, err
		}
		list = append(list, namedPath{p, st.Dir().Join(p)})
	}
	return list, nil
}

var (
	copyLogFromFlag = Flag{Long: "from", Labels: []string{"store-uri"}, Doc: "Copy from the store *store-uri* instead of the one that the configuration names."}
	copyLogToFlag   = Flag{Long: "to", Labels: []string{"store-uri"}, Doc: "Copy to the store *store-uri* instead of the one that the configuration names."}
)

var storeCopyLogCommand = Command{
	Name: "copy-log", Category: Utility, Feature: config.NixCommand,
	Summary:  "copy the logs of builds between stores",
	Doc:      "Copies the logs of derivations' builds, or of what made other paths, from one store to another.",
	Examples: []Example{{"Copy a log to a binary cache", "nix store copy-log --to file:///tmp/cache ./result"}},
	Flags:    [][]*Flag{{&copyLogFromFlag, &copyLogToFlag}, installableFlags, evalFlags},
	Args:     []Arg{{Label: "installables", Many: true}},
	Run:      runCopyLog,
}

func runCopyLog(ctx context.Context, c *Call) (err error) {
	from, _ := c.Value(&copyLogFromFlag)
	to, _ := c.Value(&copyLogToFlag)
	if from == "" && to == "" {
		return diag.Misuse(diag.Usage, "you must pass '--from' and/or '--to'")
	}
	source, err := c.openAny(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	dest, err := c.openAny(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dest.Close()) }()
	out, in := c.logsOf(dest), c.logsOf(source)
	if in == nil || out == nil {
		return diag.New(diag.InvalidSetting, "one of the stores '%s' and '%s' keeps no logs", from, to)
	}
	wanted, err := c.logPaths(ctx, source)
	if err != nil {
		return err
	}
	for _, w := range wanted {
		drv, err := logDerivation(ctx, source, w.path)
		if err == nil {
			err = copyLog(ctx, drv, in, out)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return diag.New(diag.FileNotFound, "build log for '%s' is not available", w.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyLog(ctx context.Context, drv storepath.Path, from, to store.Logs) error {
	log, err := from.BuildLog(ctx, drv)
	if err != nil {
		return err
	}
	return errors.Join(to.AddBuildLog(ctx, drv, log), log.Close())
}
