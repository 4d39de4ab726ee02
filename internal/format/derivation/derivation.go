// Package derivation holds derivations: the recipe of a build, its texts, and
// the store paths that follow from it.
//
// A derivation is a store object, a text file whose name ends in ".drv", in the
// ATerm syntax (aterm.go, write.go); people see it as JSON (json.go). It names
// its outputs, the outputs of other derivations it needs, the sources it needs,
// and a process: system, builder, arguments, environment.
//
// An output's path is known from the start if it follows from the derivation
// itself (input-addressed) or from a hash of the contents that it promises
// (fixed). The former needs the hash modulo of the derivation (modulo.go): a hash
// of its text in which every input derivation is replaced by its own hash modulo,
// so that how a fixed output is fetched does not matter. Outputs that are
// addressed by contents not yet known (floating), outputs that change with every
// build (impure), and outputs of derivations that depend on such (deferred), have
// no path before they are built; Resolve makes a derivation of the last kind
// concrete.
//
// All lists of a Derivation but the arguments are sorted by byte order and
// without duplicates; every function here keeps that and relies on it. Experimental
// features are the caller's business, see Features.
//
// See docs/spec/derivation.md.
package derivation

import (
	"slices"
	"strings"

	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
)

// A Derivation is one recipe. Values that are shared must not be changed.
type Derivation struct {
	Name      string // of the store path, without ".drv"
	Outputs   []Output
	InputDrvs []InputDrv
	InputSrcs []storepath.Path
	System    string // the platform, "x86_64-linux" or "builtin"
	Builder   string // a program, or "builtin:<name>"
	Args      []string
	Env       []EnvVar
}

// An EnvVar is a variable of the builder's environment.
type EnvVar struct {
	Name, Value string
}

// StructuredAttrs is the name of the variable that holds, as a JSON object, the
// attributes of a derivation with structured attributes. It is not part of the
// builder's environment; the JSON form has a member of its own for it.
const StructuredAttrs = "__json"

// An InputDrv is a derivation of which outputs are needed.
type InputDrv struct {
	Path storepath.Path
	InputNode
}

// An InputNode says which outputs of one derivation are needed. An output that
// is itself a derivation may have its outputs needed in turn.
type InputNode struct {
	Outputs []string
	Dynamic []DynamicInput // behind the feature dynamic-derivations
}

// A DynamicInput says what is needed of the derivation that the named output is.
type DynamicInput struct {
	Output string
	InputNode
}

// Output returns the named output.
func (d *Derivation) Output(name string) (*Output, bool) {
	i, ok := slices.BinarySearchFunc(d.Outputs, name, func(o Output, n string) int { return strings.Compare(o.Name, n) })
	if !ok {
		return nil, false
	}
	return &d.Outputs[i], true
}

// EnvValue returns the value of a variable.
func (d *Derivation) EnvValue(name string) (string, bool) {
	i, ok := findEnv(d.Env, name)
	if !ok {
		return "", false
	}
	return d.Env[i].Value, true
}

// SetEnv sets a variable, which may be new.
func (d *Derivation) SetEnv(name, value string) {
	i, ok := findEnv(d.Env, name)
	if ok {
		d.Env[i].Value = value
		return
	}
	d.Env = slices.Insert(d.Env, i, EnvVar{name, value})
}

func findEnv(env []EnvVar, name string) (int, bool) {
	return slices.BinarySearchFunc(env, name, func(v EnvVar, n string) int { return strings.Compare(v.Name, n) })
}

// BuiltinBuilder returns what follows "builtin:" in the builder, if it is one of
// the builders inside Nix, such as "fetchurl".
func (d *Derivation) BuiltinBuilder() (string, bool) { return strings.CutPrefix(d.Builder, "builtin:") }

// IsBasic reports whether no output of a derivation is needed, so that the
// derivation can be built from its sources alone.
func (d *Derivation) IsBasic() bool { return len(d.InputDrvs) == 0 }

// HasDynamicInputs reports whether an output of an output is needed. Only then
// the text is of the versioned form.
func (d *Derivation) HasDynamicInputs() bool {
	return slices.ContainsFunc(d.InputDrvs, func(in InputDrv) bool { return len(in.Dynamic) > 0 })
}

// References returns what the derivation's file refers to, sorted: sources and
// input derivations, not outputs.
func (d *Derivation) References() []storepath.Path {
	refs := make([]storepath.Path, 0, len(d.InputSrcs)+len(d.InputDrvs))
	srcs, drvs := d.InputSrcs, d.InputDrvs
	for len(srcs) > 0 || len(drvs) > 0 {
		switch {
		case len(drvs) == 0 || len(srcs) > 0 && srcs[0] < drvs[0].Path:
			refs, srcs = append(refs, srcs[0]), srcs[1:]
		case len(srcs) > 0 && srcs[0] == drvs[0].Path:
			srcs = srcs[1:]
		default:
			refs, drvs = append(refs, drvs[0].Path), drvs[1:]
		}
	}
	return refs
}

// Path returns the store path of the derivation whose text in dir is aterm.
func (d *Derivation) Path(dir storepath.Dir, aterm []byte) (storepath.Path, error) {
	return dir.MakeText(d.Name+storepath.DrvExtension, nixhash.Sum(nixhash.SHA256, aterm), d.References())
}

// Clone returns a copy that shares no list with d.
func (d *Derivation) Clone() *Derivation {
	c := *d
	c.Outputs = slices.Clone(d.Outputs)
	c.InputDrvs = slices.Clone(d.InputDrvs)
	c.InputSrcs = slices.Clone(d.InputSrcs)
	c.Args = slices.Clone(d.Args)
	c.Env = slices.Clone(d.Env)
	return &c
}

// Features returns the experimental features that upstream wants enabled for a
// derivation like this one, sorted.
func (d *Derivation) Features() []string {
	var list []string
	add := func(name string) {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for i := range d.Outputs {
		o := &d.Outputs[i]
		switch o.Kind {
		case Floating:
			add("ca-derivations")
		case Impure:
			add("impure-derivations")
		}
		if o.Kind == Fixed || o.Kind == Floating || o.Kind == Impure {
			switch m, a := o.Address(); {
			case m == storepath.Text:
				add("dynamic-derivations")
			case m == storepath.Git:
				add("git-hashing")
			case a == nixhash.BLAKE3:
				add("blake3-hashes")
			}
		}
	}
	if d.HasDynamicInputs() {
		add("dynamic-derivations")
	}
	slices.Sort(list)
	return list
}
