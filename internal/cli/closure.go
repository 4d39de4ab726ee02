package cli

import (
	"context"
	"slices"

	"firn/internal/format/pathinfo"
	"firn/internal/format/storepath"
	"firn/internal/store"
	"firn/internal/store/local"
)

// closureOptions say which way a closure goes.
type closureOptions struct {
	referrers bool // what refers to paths rather than what they refer to
	outputs   bool // derivations lead to their valid outputs (with referrers: outputs to derivations)
	derivers  bool // outputs lead to the derivation that made them (with referrers: the other way round)
}

// closure returns paths and everything that they lead to, sorted.
func closure(ctx context.Context, st *local.Store, paths []storepath.Path, o closureOptions) ([]storepath.Path, error) {
	switch o {
	case closureOptions{}:
		infos, err := store.Closure(ctx, st, paths...)
		list := make([]storepath.Path, len(infos))
		for i, info := range infos {
			list[i] = info.Path
		}
		return list, err
	case closureOptions{referrers: true}:
		return st.ReferrerClosure(ctx, paths)
	}
	seen := make(map[storepath.Path]bool)
	todo := slices.Clone(paths)
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[p] {
			continue
		}
		seen[p] = true
		next, err := neighbours(ctx, st, p, o)
		if err != nil {
			return nil, err
		}
		todo = append(todo, next...)
	}
	list := make([]storepath.Path, 0, len(seen))
	for p := range seen {
		list = append(list, p)
	}
	slices.Sort(list)
	return list, nil
}

// neighbours returns what a path leads to in one step.
func neighbours(ctx context.Context, st *local.Store, p storepath.Path, o closureOptions) (list []storepath.Path, err error) {
	toOutputs, toDerivers := o.outputs, o.derivers
	var info *pathinfo.Info
	if o.referrers {
		toOutputs, toDerivers = o.derivers, o.outputs
		list, err = st.Referrers(ctx, p)
	} else if info, err = st.PathInfo(ctx, p); err == nil {
		list = slices.Clone(info.References)
	}
	if err != nil {
		return nil, err
	}
	var more []storepath.Path
	switch {
	case toOutputs && p.IsDerivation():
		outputs, err := st.DerivationOutputs(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, out := range outputs {
			more = append(more, out.Path)
		}
	case toDerivers && o.referrers:
		more, err = st.ValidDerivers(ctx, p)
	case toDerivers && info.Deriver != "":
		more = []storepath.Path{info.Deriver}
	}
	if err != nil {
		return nil, err
	}
	if more, err = st.ValidPaths(ctx, more); err != nil {
		return nil, err
	}
	return append(list, more...), nil
}

// sortedInfos returns what is known of paths, each once and after what it refers
// to, otherwise by path.
func sortedInfos(ctx context.Context, r store.Reader, paths []storepath.Path) ([]*pathinfo.Info, error) {
	paths = slices.Clone(paths)
	slices.Sort(paths)
	infos, err := infosFrom(ctx, r, slices.Compact(paths))
	if err != nil {
		return nil, err
	}
	return store.ReferencesFirst(infos), nil
}

// infosFrom asks for all at once where that can be done.
func infosFrom(ctx context.Context, r store.Reader, paths []storepath.Path) ([]*pathinfo.Info, error) {
	if l, ok := r.(*local.Store); ok {
		return l.Infos(ctx, paths)
	}
	infos := make([]*pathinfo.Info, len(paths))
	for i, p := range paths {
		var err error
		if infos[i], err = r.PathInfo(ctx, p); err != nil {
			return nil, err
		}
	}
	return infos, nil
}
