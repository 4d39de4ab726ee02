package derivation

import (
	"cmp"
	"slices"
	"strings"

	"firn/internal/format/storepath"
)

// A Built names an output of a derivation that may itself be an output:
// Outputs[0] is an output of the derivation at Drv, Outputs[1] one of the
// derivation that Outputs[0] is, and so on. Outputs is not empty.
type Built struct {
	Drv     storepath.Path
	Outputs []string
}

// String returns "<base name>^<output>^<output>…".
func (b Built) String() string { return string(b.Drv) + "^" + strings.Join(b.Outputs, "^") }

// Placeholder returns the text that stands for the output's path in derivations
// that were made before the path was known.
func (b Built) Placeholder() storepath.DownstreamPlaceholder {
	p := storepath.UnknownCAOutput(b.Drv, b.Outputs[0])
	for _, output := range b.Outputs[1:] {
		p = storepath.UnknownDerivation(p, output)
	}
	return p
}

// Built returns every output of a derivation that d needs, in the order of the
// text.
func (d *Derivation) Built() []Built {
	var list []Built
	for i := range d.InputDrvs {
		list = d.InputDrvs[i].InputNode.appendBuilt(list, d.InputDrvs[i].Path, nil)
	}
	return list
}

func (n *InputNode) appendBuilt(list []Built, drv storepath.Path, chain []string) []Built {
	for _, output := range n.Outputs {
		list = append(list, Built{drv, append(slices.Clip(chain), output)})
	}
	for i := range n.Dynamic {
		list = n.Dynamic[i].InputNode.appendBuilt(list, drv, append(slices.Clip(chain), n.Dynamic[i].Output))
	}
	return list
}

// NeedsResolving reports whether d has to be resolved before it is built: it has
// input derivations, and its outputs are deferred or addressed by contents, or
// one of the inputs is dynamic. A fixed output need not, but resolving it avoids
// builds; that is up to fixed.
func (d *Derivation) NeedsResolving(fixed bool) (bool, error) {
	if d.IsBasic() {
		return false, nil
	}
	t, err := d.Type()
	if err != nil {
		return false, err
	}
	switch t.Kind {
	case InputAddressed:
		return d.HasDynamicInputs(), nil
	case Fixed:
		return fixed || d.HasDynamicInputs(), nil
	}
	return true, nil
}

// Resolve returns d with every input derivation replaced by the paths of its
// outputs, as lookup knows them, and their placeholders in builder, arguments
// and environment replaced likewise. ok is false if lookup does not know one.
// Hasher.Fill then gives the outputs their paths; it needs no Read for that.
func (d *Derivation) Resolve(dir storepath.Dir, lookup func(Built) (storepath.Path, bool)) (resolved *Derivation, ok bool) {
	r := d.Clone()
	r.InputDrvs = nil
	var rewrites []string
	for _, b := range d.Built() {
		path, ok := lookup(b)
		if !ok {
			return nil, false
		}
		r.InputSrcs = append(r.InputSrcs, path)
		rewrites = append(rewrites, b.Placeholder().String(), dir.Join(path))
	}
	slices.Sort(r.InputSrcs)
	r.InputSrcs = slices.Compact(r.InputSrcs)
	if len(rewrites) > 0 {
		r.rewrite(strings.NewReplacer(rewrites...))
	}
	return r, true
}

// rewrite replaces texts in builder, arguments and environment, which d owns.
// Variables whose names become equal keep the value of the first.
func (d *Derivation) rewrite(with *strings.Replacer) {
	d.Builder = with.Replace(d.Builder)
	for i, arg := range d.Args {
		d.Args[i] = with.Replace(arg)
	}
	for i, v := range d.Env {
		d.Env[i] = EnvVar{with.Replace(v.Name), with.Replace(v.Value)}
	}
	slices.SortStableFunc(d.Env, func(a, b EnvVar) int { return cmp.Compare(a.Name, b.Name) })
	d.Env = slices.CompactFunc(d.Env, func(a, b EnvVar) bool { return a.Name == b.Name })
}
