package cli

import (
	"context"
	"fmt"
	"slices"

	"firn/internal/build/plan"
	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/realisation"
	"firn/internal/format/storepath"
	"firn/internal/store"
)

// outputFinder finds what outputs of derivations became, without building: from
// the derivation, or from what a store has recorded of it once the outputs of
// others are put in place.
type outputFinder struct {
	dir    storepath.Dir
	read   func(storepath.Path) (*derivation.Derivation, error)
	traces store.Traces // nil for a store that records nothing
	known  map[storepath.Path]*resolvedDerivation
	found  []plan.Output // that are recorded and were asked for, by ourselves too
}

// resolvedDerivation is a derivation whose inputs are paths.
type resolvedDerivation struct {
	path storepath.Path
	*derivation.Derivation
}

// output returns an output with the derivation that it is recorded under; its
// path is empty if it is not known.
func (f *outputFinder) output(ctx context.Context, drv storepath.Path, name string) (plan.Output, error) {
	r, err := f.resolve(ctx, drv)
	if err != nil || r == nil {
		return plan.Output{Name: name}, err
	}
	o, ok := r.Output(name)
	if !ok {
		return plan.Output{}, diag.New(diag.InvalidArgument, "derivation '%s' does not have an output named '%s'", f.dir.Join(drv), name)
	}
	out := plan.Output{Name: name, Path: o.Path, Drv: r.path}
	if out.Path != "" || f.traces == nil {
		return out, nil
	}
	legacy := realisation.LegacyID{DrvHash: r.TraceHash(f.dir), Output: name}
	recorded, err := store.FindRealisation(ctx, f.traces, realisation.ID{Drv: r.path, Output: name}, legacy)
	if recorded != nil {
		out.Path = recorded.OutPath
		f.found = append(f.found, out)
	}
	return out, err
}

// resolve puts the outputs of other derivations in place; nil if they are not
// known.
func (f *outputFinder) resolve(ctx context.Context, drv storepath.Path) (*resolvedDerivation, error) {
	if r, ok := f.known[drv]; ok {
		return r, nil
	}
	d, err := f.read(drv)
	if err != nil {
		return nil, err
	}
	r := &resolvedDerivation{drv, d}
	t, err := d.Type()
	if err != nil {
		return nil, err
	}
	if !t.HasKnownOutputPaths() && !d.IsBasic() {
		if r, err = f.putInPlace(ctx, d); err != nil {
			return nil, err
		}
	}
	f.known[drv] = r
	return r, nil
}

func (f *outputFinder) putInPlace(ctx context.Context, d *derivation.Derivation) (*resolvedDerivation, error) {
	var failure error
	resolved, ok := d.Resolve(f.dir, func(b derivation.Built) (storepath.Path, bool) {
		at := b.Drv
		for _, name := range b.Outputs {
			o, err := f.output(ctx, at, name)
			if failure == nil {
				failure = err
			}
			if at = o.Path; err != nil || at == "" {
				return "", false
			}
		}
		return at, true
	})
	if !ok || failure != nil {
		return nil, failure
	}
	h := derivation.Hasher{Dir: f.dir}
	if err := h.Fill(resolved); err != nil {
		return nil, fmt.Errorf("resolve derivation '%s': %w", d.Name, err)
	}
	path, err := resolved.Path(f.dir, resolved.AppendATerm(nil, f.dir))
	return &resolvedDerivation{path, resolved}, err
}

// finder returns an outputFinder for what a store has recorded.
func (e *evaluation) finder(s store.Store) *outputFinder {
	traces, _ := s.(store.Traces)
	return &outputFinder{dir: e.StoreDir, read: e.World.Store.ReadDerivation, traces: traces, known: make(map[storepath.Path]*resolvedDerivation)}
}

// outputsIn returns the outputs that are wanted, which have to be known without
// building.
func (e *evaluation) outputsIn(ctx context.Context, s store.Store, list []wanted) ([]plan.Output, error) {
	outputs, err := e.finder(s).recorded(ctx, list)
	if err != nil {
		return nil, err
	}
	return outputs, e.checkKnown(outputs)
}

// tracedIn is outputsIn with the outputs of other derivations that had to be
// looked up to know which ones are meant.
func (e *evaluation) tracedIn(ctx context.Context, s store.Store, list []wanted) ([]plan.Output, error) {
	f := e.finder(s)
	outputs, err := f.recorded(ctx, list)
	if err != nil {
		return nil, err
	}
	for _, o := range f.found {
		if !slices.Contains(outputs, o) {
			outputs = append(outputs, o)
		}
	}
	return outputs, e.checkKnown(outputs)
}

func (e *evaluation) checkKnown(outputs []plan.Output) error {
	for _, o := range outputs {
		if o.Path == "" {
			return diag.New(diag.InvalidStorePath, "derivation '%s' does not have a known path for its output '%s'", e.StoreDir.Join(o.Drv), o.Name)
		}
	}
	return nil
}

// recorded returns the outputs that are wanted; those that are not known without
// building have no path, and the derivation that was asked for.
func (f *outputFinder) recorded(ctx context.Context, list []wanted) ([]plan.Output, error) {
	var outputs []plan.Output
	for _, w := range list {
		if w.target.IsPath() {
			outputs = append(outputs, plan.Output{Path: w.target.Path})
			continue
		}
		names, err := f.names(&w.target)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			o, err := f.output(ctx, w.target.Path, name)
			if err != nil {
				return nil, err
			}
			if o.Path == "" {
				o.Drv = w.target.Path
			}
			outputs = append(outputs, o)
		}
	}
	return outputs, nil
}

// names are the outputs that a target means.
func (f *outputFinder) names(t *plan.Target) ([]string, error) {
	if !t.All {
		return t.Outputs, nil
	}
	d, err := f.read(t.Path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, o := range d.Outputs {
		names = append(names, o.Name)
	}
	return names, nil
}
