package cli

import (
	"context"
	"slices"
	"strconv"

	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// What --query asks.
var (
	queryOutputs    = Flag{Long: "outputs", Doc: "With `--query`, print the outputs of derivations. This is the default."}
	queryRequisites = Flag{Long: "requisites", Short: 'R', Doc: "With `--query`, print the closures of paths: all that they refer to, directly or not."}
	queryReferences = Flag{Long: "references", Doc: "With `--query`, print what paths refer to."}
	queryReferrers  = Flag{Long: "referrers", Aliases: []string{"referers"}, Doc: "With `--query`, print what refers to paths."}
	queryRefClosure = Flag{Long: "referrers-closure", Aliases: []string{"referers-closure"}, Doc: "With `--query`, print all that refers to paths, directly or not."}
	queryDeriver    = Flag{Long: "deriver", Short: 'd', Doc: "With `--query`, print the derivations that paths were built from."}
	queryDerivers   = Flag{Long: "valid-derivers", Doc: "With `--query`, print the valid derivations that have paths as outputs."}
	queryBinding    = Flag{Long: "binding", Short: 'b', Doc: "With `--query`, print the variable of derivations' builds that the first argument names."}
	queryHash       = Flag{Long: "hash", Doc: "With `--query`, print the hashes of paths' archives."}
	querySize       = Flag{Long: "size", Doc: "With `--query`, print the sizes of paths' archives in bytes."}
	queryTree       = Flag{Long: "tree", Doc: "With `--query`, print the closures of paths as trees."}
	queryGraph      = Flag{Long: "graph", Doc: "With `--query`, print the closures of paths as graphs in the language of Graphviz."}
	queryGraphML    = Flag{Long: "graphml", Doc: "With `--query`, print the closures of paths as graphs in GraphML."}
	queryResolve    = Flag{Long: "resolve", Doc: "With `--query`, print the store paths that arguments lead to."}
	queryRoots      = Flag{Long: "roots", Doc: "With `--query`, print the roots that keep paths."}

	queryUseOutput = Flag{Long: "use-output", Short: 'u', Doc: "With `--query`, take the outputs of derivations instead of themselves."}
	queryForce     = Flag{Long: "force-realise", Aliases: []string{"force-realize"}, Short: 'f', Doc: "With `--query`, realise what is asked about first."}
	queryInclude   = Flag{Long: "include-outputs", Doc: "With `--query --requisites`, the closures of derivations have their outputs, too."}
)

var storeQueryFlags = append([]*Flag{&queryUseOutput, &queryForce, &queryInclude}, queryKinds...)

var queryKinds = []*Flag{
	&queryOutputs, &queryRequisites, &queryReferences, &queryReferrers, &queryRefClosure, &queryDeriver, &queryDerivers,
	&queryBinding, &queryHash, &querySize, &queryTree, &queryGraph, &queryGraphML, &queryResolve, &queryRoots,
}

// query is --query.
func (s *storeCall) query(ctx context.Context) error {
	kind, err := s.queryKind()
	if err != nil {
		return err
	}
	var binding string
	if kind == &queryBinding {
		if len(s.Args) == 0 {
			return diag.Misuse(diag.Usage, "expected binding name")
		}
		binding, s.Args = s.Args[0], s.Args[1:]
	}
	given, err := s.paths()
	if err != nil {
		return err
	}
	switch kind {
	case &queryOutputs:
		return s.queryOutputs(ctx, given)
	case &queryDeriver:
		return s.queryDeriver(ctx, given)
	case &queryDerivers:
		return s.queryDerivers(ctx, given)
	case &queryBinding:
		return s.queryBinding(ctx, given, binding)
	case &queryResolve:
		for _, p := range given {
			s.line(s.full(p))
		}
		return nil
	case &queryTree:
		return s.printTrees(ctx, given)
	}
	paths, err := s.outputsInstead(ctx, given, s.Has(&queryUseOutput))
	if err != nil {
		return err
	}
	switch kind {
	case &queryHash, &querySize:
		return s.queryHashes(ctx, paths, kind)
	case &queryGraph:
		return s.printDot(ctx, paths)
	case &queryGraphML:
		return s.printGraphML(ctx, paths)
	case &queryRoots:
		return s.queryRoots(ctx, paths)
	}
	return s.queryRelated(ctx, paths, kind)
}

func (s *storeCall) queryKind() (*Flag, error) {
	kind := &queryOutputs
	given := false
	for _, u := range s.Uses {
		if !slices.Contains(queryKinds, u.Flag) {
			continue
		}
		if given && u.Flag != kind {
			return nil, diag.Misuse(diag.Usage, "query type '%s' conflicts with earlier flag", u.Flag.name())
		}
		kind, given = u.Flag, true
	}
	return kind, nil
}

// outputsInstead realises paths if --force-realise asks for it, and returns the
// outputs of those that are derivations in their place if instead is set.
func (s *storeCall) outputsInstead(ctx context.Context, paths []storepath.Path, instead bool) (list []storepath.Path, err error) {
	for _, p := range paths {
		var built []plan.Output
		if s.Has(&queryForce) {
			results, err := s.realiseAll(ctx, plan.Target{Path: p, All: p.IsDerivation()})
			if err != nil {
				return nil, err
			}
			s.warnRoot()
			built = results[0].Outputs
		}
		if !instead || !p.IsDerivation() {
			list = append(list, p)
			continue
		}
		outputs, err := s.outputs(ctx, p, built)
		if err != nil {
			return nil, err
		}
		slices.Sort(outputs)
		list = append(list, outputs...)
	}
	return list, nil
}

// outputs returns the paths of a derivation's outputs: those it was built to, or
// those that it says it has.
func (s *storeCall) outputs(ctx context.Context, drv storepath.Path, built []plan.Output) (list []storepath.Path, err error) {
	for _, o := range built {
		list = append(list, o.Path)
	}
	if built != nil {
		return list, nil
	}
	d, err := s.derivation(ctx, drv)
	if err != nil {
		return nil, err
	}
	for _, o := range d.Outputs {
		if o.Path == "" {
			return nil, diag.Misuse(diag.InvalidDerivation,
				"Cannot use output path of floating content-addressing derivation until we know what it is (e.g. by building it)")
		}
		list = append(list, o.Path)
	}
	return list, nil
}

func (s *storeCall) queryOutputs(ctx context.Context, given []storepath.Path) error {
	paths, err := s.outputsInstead(ctx, given, true)
	for _, p := range paths {
		s.line(s.full(p))
	}
	return err
}

func (s *storeCall) queryDeriver(ctx context.Context, given []storepath.Path) error {
	for _, p := range given {
		info, err := s.store.PathInfo(ctx, p)
		if err != nil {
			return err
		}
		if info.Deriver == "" {
			s.line("unknown-deriver")
			continue
		}
		s.line(s.full(info.Deriver))
	}
	return nil
}

func (s *storeCall) queryDerivers(ctx context.Context, given []storepath.Path) error {
	var all []storepath.Path
	for _, p := range given {
		list, err := s.store.ValidDerivers(ctx, p)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	return s.printSorted(ctx, all)
}

func (s *storeCall) queryBinding(ctx context.Context, given []storepath.Path, name string) error {
	for _, p := range given {
		drv, d, err := s.deriver(ctx, p)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(d.Env, func(v derivation.EnvVar) bool { return v.Name == name })
		if i < 0 {
			return diag.New(diag.InvalidDerivation, "derivation '%s' has no environment binding named '%s'", s.full(drv), name)
		}
		s.line(d.Env[i].Value)
	}
	return nil
}

// deriver reads the derivation that a path is, or was made by.
func (s *storeCall) deriver(ctx context.Context, p storepath.Path) (storepath.Path, *derivation.Derivation, error) {
	if !p.IsDerivation() {
		info, err := s.store.PathInfo(ctx, p)
		if err != nil {
			return "", nil, err
		}
		if info.Deriver == "" {
			return "", nil, diag.New(diag.InvalidStorePath, "deriver of path '%s' is not known", s.full(p))
		}
		p = info.Deriver
	}
	d, err := s.derivation(ctx, p)
	return p, d, err
}

// derivation reads a derivation that has to be there, in the words of Nix, which would fetch it.
func (s *storeCall) derivation(ctx context.Context, drv storepath.Path) (*derivation.Derivation, error) {
	switch valid, err := s.store.IsValid(ctx, drv); {
	case err != nil:
		return nil, err
	case !valid:
		return nil, diag.New(diag.InvalidStorePath, "path '%s' is required, but there is no substituter that can build it", s.full(drv))
	case !drv.IsDerivation():
		return nil, diag.New(diag.InvalidStorePath, "error parsing derivation '%s': store path '%s' is not a valid derivation path", s.full(drv), string(drv))
	}
	return readDerivation(ctx, s.store, drv)
}

func (s *storeCall) queryHashes(ctx context.Context, paths []storepath.Path, kind *Flag) error {
	for _, p := range paths {
		info, err := s.store.PathInfo(ctx, p)
		if err != nil {
			return err
		}
		if kind == &queryHash {
			s.line(info.NARHash.Text(nixhash.Nix32, true))
		} else {
			s.line(strconv.FormatUint(info.NARSize, 10))
		}
	}
	return nil
}

// queryRelated prints what paths refer to, or what refers to them.
func (s *storeCall) queryRelated(ctx context.Context, paths []storepath.Path, kind *Flag) error {
	var all []storepath.Path
	var err error
	switch kind {
	case &queryRequisites:
		if !s.Has(&queryInclude) {
			infos, err := store.Closure(ctx, s.store, paths...)
			s.printInfos(store.ReferencesFirst(infos))
			return err
		}
		all, err = closure(ctx, s.store, paths, closureOptions{outputs: s.Has(&queryInclude)})
	case &queryRefClosure:
		return s.queryReferrerClosure(ctx, paths)
	case &queryReferences:
		for _, p := range paths {
			info, err := s.store.PathInfo(ctx, p)
			if err != nil {
				return err
			}
			all = append(all, info.References...)
		}
	default:
		for _, p := range paths {
			list, err := s.store.Referrers(ctx, p)
			if err != nil {
				return err
			}
			all = append(all, list...)
		}
	}
	if err != nil {
		return err
	}
	return s.printSorted(ctx, all)
}

// printSorted prints paths, each after what it refers to.
func (s *storeCall) printSorted(ctx context.Context, paths []storepath.Path) error {
	infos, err := sortedInfos(ctx, s.store, paths)
	s.printInfos(infos)
	return err
}

// queryReferrerClosure prints paths and all that refers to them. To what is not valid nothing does.
func (s *storeCall) queryReferrerClosure(ctx context.Context, paths []storepath.Path) error {
	valid, err := s.store.ValidPaths(ctx, paths)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if !slices.Contains(valid, p) {
			s.line(s.full(p))
		}
	}
	all, err := s.store.ReferrerClosure(ctx, valid)
	if err != nil {
		return err
	}
	return s.printSorted(ctx, all)
}

func (s *storeCall) printInfos(infos []*pathinfo.Info) {
	for _, info := range infos {
		s.line(s.full(info.Path))
	}
}

// queryRoots prints the roots that lead to paths.
func (s *storeCall) queryRoots(ctx context.Context, paths []storepath.Path) error {
	gc := &s.Config.GC
	referrers, err := closure(ctx, s.store, paths, closureOptions{referrers: true, outputs: gc.KeepOutputs, derivers: gc.KeepDerivations})
	if err != nil {
		return err
	}
	roots, err := s.store.FindRoots(ctx, false)
	if err != nil {
		return err
	}
	for _, p := range referrers {
		for _, link := range roots[p] {
			s.line(link + " -> " + s.full(p))
		}
	}
	return nil
}
