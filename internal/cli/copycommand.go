package cli

import (
	"context"
	"errors"
	"path/filepath"

	"firn/internal/build/plan"
	"firn/internal/config"
	"firn/internal/diag"
	"firn/internal/format/pathinfo"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
	"firn/internal/profile"
	"firn/internal/store"
	"firn/internal/wiring"
)

var (
	copyFromFlag         = Flag{Long: "from", Labels: []string{"store-uri"}, Doc: "Copy from the store *store-uri* instead of the one that the configuration names."}
	copyToFlag           = Flag{Long: "to", Labels: []string{"store-uri"}, Doc: "Copy to the store *store-uri* instead of the one that the configuration names."}
	copyNoRecursiveFlag  = Flag{Long: "no-recursive", Doc: "Copy only what the arguments name, not what that refers to."}
	copyRecursiveFlag    = Flag{Long: "recursive", Short: 'r', Doc: "Copy what the arguments refer to as well, which is what happens anyway."}
	copyNoCheckSigsFlag  = Flag{Long: "no-check-sigs", Doc: "Accept paths without a signature by a trusted key."}
	copySubstituteFlag   = Flag{Long: "substitute-on-destination", Short: 's', Doc: "Do not copy what one of the binary caches in `substituters` has: the destination can get it there."}
	copyDerivationFlag   = Flag{Long: "derivation", Doc: "Copy the derivations rather than what they make."}
	copyAllFlag          = Flag{Long: "all", Doc: "Copy everything in the store."}
	copyStdinFlag        = Flag{Long: "stdin", Doc: "Read further arguments from standard input, one a line."}
	copyOutLinkFlag      = Flag{Long: "out-link", Short: 'o', Labels: []string{"path"}, Doc: "Make links to what was copied, beginning with *path*, which keep it from being collected."}
	copyProfileFlag      = Flag{Long: "profile", Labels: []string{"path"}, Complete: completeFile, Doc: "Make what was copied, a single path, the current generation of the profile *path*."}
	copyInstallableFlags = append([]*Flag{&copyDerivationFlag, &copyAllFlag, &copyStdinFlag}, installableFlags...)
)

var copyCommand = Command{
	Name: "copy", Category: MainCommands, Feature: config.NixCommand,
	Summary: "copy paths between stores",
	Doc:     "Copies paths, and everything that they refer to, from one store to another: a local store, a directory like `/mnt`, or a binary cache like `file:///mnt/cache`, `https://cache.example.org` or `s3://bucket`. What the destination has is not copied. A local store takes only what is signed by a key in `trusted-public-keys`, unless `--no-check-sigs` is given.",
	Examples: []Example{
		{"Copy the result of a build to a binary cache in a directory", "nix copy --to file:///tmp/cache ./result"},
		{"Copy it with another compression, and signed", "nix copy --to 'file:///tmp/cache?compression=zstd&secret-key=/etc/nix/key' ./result"},
		{"Copy a path from a binary cache", "nix copy --from https://cache.example.org /nix/store/0q5vdhjcx7sp9gpgn5cpdkshaqzfi7n2-hello"},
		{"Install into a store below another directory", "nix copy --to /mnt --no-check-sigs --file ./default.nix hello"},
	},
	Flags: [][]*Flag{{&copyFromFlag, &copyToFlag, &copyNoCheckSigsFlag, &copySubstituteFlag, &copyNoRecursiveFlag, &copyRecursiveFlag, &copyOutLinkFlag, &copyProfileFlag}, copyInstallableFlags, evalFlags},
	Args:  []Arg{{Label: "installables", Many: true}},
	Run:   runCopy,
}

// copying is a call of the command with both of its stores.
type copying struct {
	*Call
	from, to         store.Store
	fromName, toName string
}

func runCopy(ctx context.Context, c *Call) (err error) {
	cp := copying{Call: c}
	cp.fromName, _ = c.Value(&copyFromFlag)
	cp.toName, _ = c.Value(&copyToFlag)
	if cp.fromName == "" && cp.toName == "" {
		return diag.Misuse(diag.Usage, "you must pass '--from' and/or '--to'")
	}
	if cp.from, err = c.openAny(cp.fromName); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cp.from.Close()) }()
	if cp.to, err = c.openAny(cp.toName); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cp.to.Close()) }()
	paths, outputs, err := cp.wanted(ctx)
	if err != nil {
		return err
	}
	if err := cp.copyPaths(ctx, paths); err != nil {
		return err
	}
	if err := cp.copyTraces(ctx, outputs); err != nil {
		return err
	}
	if err := cp.link(ctx, paths); err != nil {
		return err
	}
	return cp.setProfile(ctx, paths)
}

func (cp *copying) copyPaths(ctx context.Context, paths []storepath.Path) error {
	to, ok := cp.to.(store.Destination)
	if !ok {
		return diag.New(diag.InvalidSetting, "nothing can be added to the store '%s'", cp.toName)
	}
	infos, err := cp.infos(ctx, paths)
	if err != nil {
		return err
	}
	o := store.CopyOptions{
		Unsigned: cp.Has(&copyNoCheckSigsFlag), Recorder: cp.Events,
		FromName: cp.fromName, ToName: cp.toName,
	}
	addresses := cp.Config.Substitute.Upstreams
	if cp.Has(&copySubstituteFlag) {
		addresses = append(addresses[:len(addresses):len(addresses)], cp.Config.Substitute.Substituters...)
	}
	for _, address := range addresses {
		s, err := wiring.Open(address, &cp.Config.Values, cp.machine())
		if err != nil {
			return err
		}
		defer s.Close()
		o.Upstreams = append(o.Upstreams, s)
	}
	return store.Copy(ctx, cp.from, to, infos, o)
}

func (cp *copying) infos(ctx context.Context, paths []storepath.Path) ([]*pathinfo.Info, error) {
	if !cp.Has(&copyNoRecursiveFlag) {
		return store.Closure(ctx, cp.from, paths...)
	}
	return sortedInfos(ctx, cp.from, paths)
}

// wanted returns the paths that the arguments mean, and the outputs of
// derivations among them.
func (cp *copying) wanted(ctx context.Context) ([]storepath.Path, []plan.Output, error) {
	if cp.Has(&copyAllFlag) {
		paths, err := allPaths(ctx, cp.from, cp.fromName)
		return paths, nil, err
	}
	if cp.Has(&copyStdinFlag) {
		if err := cp.moreArguments(); err != nil {
			return nil, nil, err
		}
		if len(cp.Args) == 0 {
			return nil, nil, nil
		}
	}
	if paths, ok := cp.namedPaths(cp.from.Dir(), cp.Args); ok {
		return paths, nil, nil
	}
	return cp.evaluated(ctx)
}

// evaluated evaluates the arguments and, unless what they make is already in
// another store, builds them.
func (cp *copying) evaluated(ctx context.Context) (paths []storepath.Path, outputs []plan.Output, err error) {
	e, err := cp.newEvaluation(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	list, err := e.installables(cp.Args)
	if err != nil {
		return nil, nil, err
	}
	if cp.Has(&copyDerivationFlag) {
		for _, w := range list {
			paths = append(paths, w.target.Path)
		}
		return paths, nil, nil
	}
	if cp.fromName != "" {
		outputs, err = e.tracedIn(ctx, cp.from, list)
	} else {
		outputs, err = e.builtOutputs(ctx, list)
	}
	for _, o := range outputs {
		paths = append(paths, o.Path)
	}
	return paths, outputs, err
}

// builtOutputs builds, and then finds what was recorded.
func (e *evaluation) builtOutputs(ctx context.Context, list []wanted) ([]plan.Output, error) {
	if _, err := e.build(ctx, list); err != nil {
		return nil, err
	}
	return e.tracedIn(ctx, e.target, list)
}

// copyTraces copies what is recorded of outputs, so that others know them
// without building.
func (cp *copying) copyTraces(ctx context.Context, outputs []plan.Output) error {
	from, ok1 := cp.from.(store.Traces)
	to, ok2 := cp.to.(store.Traces)
	if !ok1 || !ok2 || !cp.Config.General.ExperimentalFeatures.Has(config.CADerivations) {
		return nil
	}
	var list []realisation.Realisation
	for _, o := range outputs {
		if o.Drv == "" {
			continue
		}
		r, err := from.Realisation(ctx, realisation.ID{Drv: o.Drv, Output: o.Name})
		if err != nil {
			return err
		}
		if r != nil {
			list = append(list, *r)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return to.AddRealisations(ctx, list)
}

// roots returns the destination as one that keeps what links point to.
func (cp *copying) roots() (store.Roots, error) {
	roots, ok := cp.to.(store.Roots)
	if !ok {
		return nil, diag.New(diag.InvalidSetting, "the store '%s' keeps no links", cp.toName)
	}
	return roots, nil
}

// setProfile makes the path that was copied the current generation of a profile.
func (cp *copying) setProfile(ctx context.Context, paths []storepath.Path) error {
	name, ok := cp.Value(&copyProfileFlag)
	if !ok {
		return nil
	}
	if len(paths) != 1 {
		return diag.New(diag.Usage, "'--profile' requires that the arguments produce a single store path, but there are %d", len(paths))
	}
	roots, err := cp.roots()
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	return profile.Set(ctx, abs, cp.to.Dir().Join(paths[0]), func(ctx context.Context, link string) error {
		_, err := roots.AddPermRoot(ctx, paths[0], link)
		return err
	})
}

// link makes the links that --out-link asks for.
func (cp *copying) link(ctx context.Context, paths []storepath.Path) error {
	name, ok := cp.Value(&copyOutLinkFlag)
	if !ok {
		return nil
	}
	roots, err := cp.roots()
	if err != nil {
		return err
	}
	for i, p := range paths {
		link := name
		if i > 0 {
			link += "-" + itoa(i)
		}
		abs, err := filepath.Abs(link)
		if err != nil {
			return err
		}
		if _, err := roots.AddPermRoot(ctx, p, abs); err != nil {
			return err
		}
	}
	return nil
}
