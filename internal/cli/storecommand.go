package cli

import (
	"context"
	"errors"
	"strings"

	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
)

var storeCommand = Command{
	Name: "store", Category: Infrequent, Feature: config.NixCommand,
	Summary: "manipulate a store",
	Doc:     "Commands that look at a store, add to it and take care of it. They work on the store that `--store` names.",
	Sub: []*Command{
		&storeAddCommand, &storeAddFileCommand, &storeAddPathCommand, &storeTraceCommand, &storeCatCommand, &storeCopyLogCommand, &storeCopySigsCommand, &storeDeleteCommand,
		&storeDiffCommand, &storeDumpCommand, &storeGCCommand, &storeInfoCommand, &storeListCommand, &storeReaddressCommand, &storeOptimiseCommand, &storeHashPartCommand,
		&storePrefetchCommand, &storeRepairCommand, &storeRootsCommand, &storeServeCommand, &storeSignCommand, &storeVerifyCommand,
	},
	Renamed: []Renamed{{"optimize", []string{"optimise"}, false}, {"ping", []string{"info"}, true}},
}

// pathFlags say what the arguments of commands that work on store paths mean.
var (
	pathDerivationFlag = Flag{Long: "derivation", Doc: "Take the derivations rather than what they make."}
	pathRecursiveFlag  = Flag{Long: "recursive", Short: 'r', Doc: "Take everything that the paths refer to as well."}
	pathAllFlag        = Flag{Long: "all", Doc: "Take every path in the store."}
	pathStdinFlag      = Flag{Long: "stdin", Doc: "Read further arguments from standard input, one a line."}
	pathFlags          = append([]*Flag{&pathAllFlag, &pathDerivationFlag, &pathRecursiveFlag, &pathStdinFlag}, installableFlags...)
)

// withStore runs f on the store that the configuration names.
func (c *Call) withStore(f func(store.Store) error) (err error) {
	st, err := c.openAny("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return f(st)
}

// withLocalStore runs f on the local store that the configuration names.
func (c *Call) withLocalStore(f func(*local.Store) error) error {
	return c.withStore(func(st store.Store) error {
		l, ok := st.(*local.Store)
		if !ok {
			return diag.New(diag.InvalidSetting, "'nix %s' works on local stores only, and '%s' is none", c.commandLine(), c.Config.General.Store)
		}
		return f(l)
	})
}

// commandLine is the command as one types it after the program's name.
func (c *Call) commandLine() string {
	line := ""
	for _, command := range c.Path[1:] {
		if line != "" {
			line += " "
		}
		line += command.Name
	}
	return line
}

// storePaths returns the paths that the arguments mean, with what they refer to
// if --recursive asks for it; references come before what refers to them.
// Nothing is built.
func (c *Call) storePaths(ctx context.Context, st store.Store) ([]storepath.Path, error) {
	paths, err := c.argumentPaths(ctx, st)
	if err != nil {
		return nil, err
	}
	infos, err := c.infosOf(ctx, st, sortedPaths(paths))
	if err != nil {
		return nil, err
	}
	paths = paths[:0]
	for _, i := range store.ReferencesFirst(infos) {
		paths = append(paths, i.Path)
	}
	return paths, nil
}

// infosOf returns what is known of paths, sorted. Of a path that is not valid
// nothing is known; only a closure needs it to be.
func (c *Call) infosOf(ctx context.Context, st store.Store, paths []storepath.Path) ([]*pathinfo.Info, error) {
	if c.Has(&pathRecursiveFlag) || c.Has(&pathAllFlag) {
		return store.Closure(ctx, st, paths...)
	}
	infos := make([]*pathinfo.Info, len(paths))
	for n, p := range paths {
		info, err := st.PathInfo(ctx, p)
		if errors.Is(err, store.ErrNotValid) {
			info, err = &pathinfo.Info{Path: p}, nil
		}
		if err != nil {
			return nil, err
		}
		infos[n] = info
	}
	return infos, nil
}

func (c *Call) argumentPaths(ctx context.Context, st store.Store) ([]storepath.Path, error) {
	if c.Has(&pathAllFlag) {
		if len(c.Args) > 0 {
			return nil, diag.Misuse(diag.Usage, "'--all' does not expect arguments")
		}
		return allPaths(ctx, st, c.Config.General.Store)
	}
	if c.Has(&pathStdinFlag) {
		if err := c.moreArguments(); err != nil || len(c.Args) == 0 {
			return nil, err
		}
	}
	if paths, ok := c.namedPaths(st.Dir(), c.Args); ok {
		return paths, nil
	}
	return c.evaluatedPaths(ctx, st)
}

// moreArguments takes further arguments from standard input.
func (c *Call) moreArguments() error {
	text, err := c.readStdin()
	c.Args = append(c.Args, strings.Fields(text)...)
	return err
}

// allPaths returns everything in a store.
func allPaths(ctx context.Context, st store.Store, name string) ([]storepath.Path, error) {
	all, ok := st.(interface {
		AllPaths(context.Context) ([]storepath.Path, error)
	})
	if !ok {
		return nil, diag.New(diag.InvalidSetting, "the store '%s' cannot tell what it has", name)
	}
	return all.AllPaths(ctx)
}

// namedPaths returns arguments as store paths, if all of them are.
func (c *Call) namedPaths(dir storepath.Dir, args []string) ([]storepath.Path, bool) {
	if c.Has(&fileFlag) || c.Has(&newExprFlag) || len(args) == 0 {
		return nil, false
	}
	var paths []storepath.Path
	for _, arg := range args {
		if strings.Contains(arg, "^") {
			return nil, false
		}
		p, err := followLinksToPath(dir, arg)
		if err != nil {
			return nil, false
		}
		paths = append(paths, p)
	}
	return paths, true
}

// evaluatedPaths evaluates the arguments to derivations, and returns those or
// where their outputs are or will be.
func (c *Call) evaluatedPaths(ctx context.Context, st store.Store) (paths []storepath.Path, err error) {
	e, err := c.newEvaluation(ctx, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	list, err := e.installables(c.Args)
	if err != nil {
		return nil, err
	}
	if c.Has(&pathDerivationFlag) {
		for _, w := range list {
			paths = append(paths, w.target.Path)
		}
		return paths, nil
	}
	outputs, err := e.outputsIn(ctx, st, list)
	for _, o := range outputs {
		paths = append(paths, o.Path)
	}
	return paths, err
}
