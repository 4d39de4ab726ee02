// Package options reads what a derivation asks of those who build it: checks of its outputs, files to
// be written for its builder, features of the machine, how it may be scheduled.
//
// They are attributes of the derivation under well-known names. A derivation with structured attributes
// has them in its JSON object, where lists are lists; any other has them in its environment, where a list
// is words between blanks and a true boolean is "1". See docs/spec/derivation-options.md.
package options

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"firn/internal/format/derivation"
)

// Options are what one derivation asks.
type Options struct {
	Checks    Checks            // of every output; the zero value without structured attributes only
	PerOutput map[string]Checks // of single outputs; with structured attributes only

	// UnsafeDiscardReferences names outputs that are not scanned for references.
	UnsafeDiscardReferences map[string]bool
	// PassAsFile names variables that are handed over in files, sorted.
	PassAsFile []string
	// ExportReferencesGraph gives files or attributes that tell the closures of paths.
	ExportReferencesGraph []Graph

	NoChroot               bool
	SandboxProfile         string
	AllowLocalNetworking   bool
	ImpureHostDeps         []string
	ImpureEnvVars          []string // sorted
	RequiredSystemFeatures []string // sorted; see Features for all
	PreferLocalBuild       bool
	AllowSubstitutes       bool

	// Structured are the members of the derivation's JSON object, nil when it has none.
	Structured map[string]json.RawMessage
	// Warnings are to be shown once for the derivation.
	Warnings []string
}

// A Graph is an entry of exportReferencesGraph.
type Graph struct {
	Name  string   // of the file or attribute
	Paths []string // texts: store paths, paths inside them, or placeholders before resolution; sorted
}

// Checks are conditions that an output must meet. References are texts: a full store path, or the
// name of an output.
type Checks struct {
	MaxSize, MaxClosureSize *uint64 // bytes of NAR
	// Nil and empty allow-lists differ: nil allows all.
	AllowedReferences, AllowedRequisites       []string
	DisallowedReferences, DisallowedRequisites []string
	// IgnoreSelfRefs leaves the output itself out of its requisites.
	IgnoreSelfRefs bool
}

// For returns the checks of an output.
func (o *Options) For(output string) Checks {
	if o.Structured == nil {
		return o.Checks
	}
	return o.PerOutput[output]
}

// Features returns all features that a machine needs to build d, sorted.
func (o *Options) Features(d *derivation.Derivation) []string {
	list := slices.Clone(o.RequiredSystemFeatures)
	if t, err := d.Type(); err == nil && !t.HasKnownOutputPaths() {
		if at, found := slices.BinarySearch(list, "ca-derivations"); !found {
			list = slices.Insert(list, at, "ca-derivations")
		}
	}
	return list
}

// Needs tells whether a feature is required.
func (o *Options) Needs(feature string) bool {
	_, found := slices.BinarySearch(o.RequiredSystemFeatures, feature)
	return found
}

// overruled are attributes that have no effect beside structured attributes, and what replaces them.
var overruled = []string{"allowedReferences", "allowedRequisites", "disallowedRequisites", "disallowedReferences", "maxSize", "maxClosureSize"}

// Read reads the options of d. Errors do not name it.
func Read(d *derivation.Derivation) (*Options, error) {
	var src source = env{d}
	o := &Options{AllowSubstitutes: true}
	if text, ok := d.EnvValue(derivation.StructuredAttrs); ok {
		s, err := parseStructured(text)
		if err != nil {
			return nil, err
		}
		src, o.Structured = s, s
	}
	if o.Structured != nil {
		o.warn(d)
		if err := o.readStructured(); err != nil {
			return nil, err
		}
	} else if err := o.readEnv(d); err != nil {
		return nil, err
	}
	r := reader{source: src}
	o.SandboxProfile = r.text("__sandboxProfile")
	o.NoChroot = r.bool("__noChroot", false)
	o.ImpureHostDeps = r.set("__impureHostDeps")
	o.ImpureEnvVars = r.set("impureEnvVars")
	o.AllowLocalNetworking = r.bool("__darwinAllowLocalNetworking", false)
	o.RequiredSystemFeatures = r.set("requiredSystemFeatures")
	o.PreferLocalBuild = r.bool("preferLocalBuild", false)
	o.AllowSubstitutes = r.bool("allowSubstitutes", true)
	return o, r.err
}

func (o *Options) warn(d *derivation.Derivation) {
	for _, name := range overruled {
		if _, ok := o.Structured[name]; ok {
			o.Warnings = append(o.Warnings, "'structuredAttrs' disables the effect of the top-level attribute '"+name+"'; use 'outputChecks' instead")
		}
	}
	if _, ok := d.EnvValue("passAsFile"); ok {
		o.Warnings = append(o.Warnings, "'structuredAttrs' disables the effect of the top-level attribute 'passAsFile'; because all JSON is always passed via file")
	}
}

// readEnv reads what is spelled differently without structured attributes.
func (o *Options) readEnv(d *derivation.Derivation) error {
	words := func(name string) []string {
		v, ok := d.EnvValue(name)
		if !ok {
			return nil
		}
		return set(strings.Fields(v))
	}
	o.Checks = Checks{
		IgnoreSelfRefs:       true,
		AllowedReferences:    words("allowedReferences"),
		AllowedRequisites:    words("allowedRequisites"),
		DisallowedReferences: words("disallowedReferences"),
		DisallowedRequisites: words("disallowedRequisites"),
	}
	o.PassAsFile = words("passAsFile")
	text, _ := d.EnvValue("exportReferencesGraph")
	list := strings.Fields(text)
	if len(list)%2 != 0 {
		return fmt.Errorf("odd number of tokens in 'exportReferencesGraph': '%s'", text)
	}
	graphs := map[string][]string{}
	for i := 0; i < len(list); i += 2 {
		if !fileName(list[i]) {
			return fmt.Errorf("invalid file name '%s' in 'exportReferencesGraph'", list[i])
		}
		graphs[list[i]] = []string{list[i+1]}
	}
	o.setGraphs(graphs)
	return nil
}

func (o *Options) setGraphs(m map[string][]string) {
	for name, paths := range m {
		o.ExportReferencesGraph = append(o.ExportReferencesGraph, Graph{name, paths})
	}
	slices.SortFunc(o.ExportReferencesGraph, func(a, b Graph) int { return strings.Compare(a.Name, b.Name) })
}

// fileName matches [A-Za-z_][A-Za-z0-9_.-]*.
func fileName(s string) bool {
	for i, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '.' || c == '-')) {
			return false
		}
	}
	return s != ""
}

// set sorts and makes unique; it keeps an empty list apart from none.
func set(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
