package builtin

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"firn/internal/diag"
	"firn/internal/format/derivation"
	"firn/internal/format/nixhash"
	"firn/internal/format/storepath"
	"firn/internal/lang/convert"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

//go:embed derivation.nix
var derivationNix string

//go:embed imported.nix
var importedNix string

//go:embed fetchurl.nix
var fetchurlNix string

// Files returns the Nix files that the builtins bring along, for
// [eval.Options].
func Files() map[string]string {
	return map[string]string{
		derivationFile:                       derivationNix,
		importedFile:                         importedNix,
		eval.InternalPrefix + "fetchurl.nix": fetchurlNix,
	}
}

const (
	derivationFile = eval.InternalPrefix + "derivation-internal.nix"
	importedFile   = eval.InternalPrefix + "imported-drv-to-derivation.nix"
)

func derivations() []eval.Builtin {
	return []eval.Builtin{
		{
			Name: "derivation", Global: true,
			Const: func(w *worker) value.Value { return w.EvalFile(derivationFile) }, Late: true,
			Doc: "A function that describes a build by a set of attributes: `name`, `system`, `builder`, and perhaps `args`, `outputs` and whatever the builder should find in its environment. The result is a set whose `drvPath` and `outPath` exist without anything being built.",
		},
		{Name: "derivationStrict", Global: true, Args: []string{"attrs"}, Fn: derivationStrict, Doc: "Writes the derivation that *attrs* describe and returns its path and those of its outputs. Programs call `derivation`, which does so when needed."},
	}
}

func derivationStrict(w *worker, args []*cell, _ diag.Pos) value.Value {
	set := w.ForceAttrs(args[0], 0, ctx("while evaluating the argument passed to builtins.derivationStrict"))
	nameAttr := w.NeedAttr(set, symbol.Name, ctx("in the attrset passed as argument to builtins.derivationStrict"))
	w.Push(ctx("while evaluating the derivation attribute 'name'"), nameAttr.Pos)
	name := w.ForceStringNoCtx(nameAttr.Val, 0, ctx("while evaluating the `name` attribute passed to builtins.derivationStrict"))
	w.Pop()
	b := builders.Get().(*drvBuilder)
	b.reset(w, set, name)
	w.PushDerivation(name, nameAttr.Pos)
	v := b.build()
	w.Pop()
	builders.Put(b)
	return v
}

// builders keeps the memory of derivations that were written. One that failed
// is not put back.
var builders = sync.Pool{New: func() any { return new(drvBuilder) }}

func (b *drvBuilder) reset(w *worker, set *value.Attrs, name string) {
	d := &b.drv
	*b = drvBuilder{w: w, set: set, outputs: b.outputs, names: b.names[:0], context: b.context, json: b.json[:0], drv: derivation.Derivation{
		Name: name, Outputs: d.Outputs[:0], InputDrvs: d.InputDrvs[:0], InputSrcs: d.InputSrcs[:0], Args: d.Args[:0], Env: d.Env[:0],
	}}
	b.context.Reset()
}

// A drvBuilder gathers one derivation.
type drvBuilder struct {
	w   *worker
	set *value.Attrs
	drv derivation.Derivation

	context          value.ContextSet
	names            []string // backs the lists of outputs in drv.InputDrvs
	outputs          []string
	structured       bool
	json             []byte // members of the object so far
	ignoreNulls      bool
	contentAddressed bool
	impure           bool
	submits          bool // the builder hands its outputs over by itself
	outputHash       *string
	algo             nixhash.Algorithm // zero if not given
	method           storepath.Method
	hasMethod        bool
}

func (b *drvBuilder) fail(code diag.Code, format string, args ...any) value.Value {
	return b.w.Fail(diag.New(code, format, args...))
}

func (b *drvBuilder) build() value.Value {
	w := b.w
	if err := storepath.CheckName(b.drv.Name); err != nil {
		throw(w, diag.InvalidName, "invalid derivation name: %s. Please pass a different '%s'.",
			diag.Plain(strings.TrimSuffix(err.Error(), ".")), "name")
	}
	b.outputs = append(b.outputs[:0], "out")
	b.flags()
	b.attributes()
	if b.structured {
		b.drv.SetEnv(derivation.StructuredAttrs, string(append(b.json, '}')))
	}
	b.inputs()
	b.check()
	switch {
	case b.outputHash != nil:
		b.fixed()
	case b.contentAddressed || b.impure:
		b.floating()
	default:
		b.inputAddressed()
	}
	return b.write()
}

// flags reads the attributes that change how the others are read.
func (b *drvBuilder) flags() {
	if a := b.set.Get(symbol.StructuredAttrs); a != nil {
		b.structured = b.w.ForceBool(a.Val, 0, ctx("while evaluating the `__structuredAttrs` attribute passed to builtins.derivationStrict"))
		if b.structured {
			b.json = append(b.json, '{')
		}
	}
	if a := b.set.Get(symbol.IgnoreNulls); a != nil {
		b.ignoreNulls = b.w.ForceBool(a.Val, 0, ctx("while evaluating the `__ignoreNulls` attribute passed to builtins.derivationStrict"))
	}
}

func (b *drvBuilder) attributes() {
	list := b.set.ByName()
	b.drv.Env = slices.Grow(b.drv.Env, len(list)+2)
	frame := &eval.DrvAttrFrame{Drv: b.drv.Name}
	for i := range list {
		a := &list[i]
		if a.Name == symbol.IgnoreNulls {
			continue
		}
		b.w.PushDrvAttr(frame, a.Name, a.Pos)
		if !b.ignoreNulls || b.w.Force(a.Val, 0).Kind() != value.KindNull {
			b.attribute(a)
		}
		b.w.Pop()
	}
}

func (b *drvBuilder) attribute(a *value.Attr) {
	w := b.w
	switch a.Name {
	case symbol.ContentAddressed:
		if w.ForceBool(a.Val, 0, eval.NoFrame) {
			b.contentAddressed = true
			w.Require("ca-derivations", "")
		}
	case symbol.Impure:
		if w.ForceBool(a.Val, 0, eval.NoFrame) {
			b.impure = true
			w.Require("impure-derivations", "")
		}
	case symbol.Args:
		for _, c := range w.ForceList(a.Val, 0, eval.NoFrame) {
			s, c := w.CoerceCell(c, 0, ctx("while evaluating an element of the argument list"), eval.Coercion{More: true, Copy: true})
			b.context.Add(c)
			b.drv.Args = append(b.drv.Args, s)
		}
	default:
		if b.structured {
			b.structuredAttribute(a)
		} else {
			b.variable(a)
		}
	}
}

// variable adds an attribute to the environment.
func (b *drvBuilder) variable(a *value.Attr) {
	s, c := b.w.CoerceCell(a.Val, 0, eval.NoFrame, eval.Coercion{More: true, Copy: true})
	b.context.Add(c)
	if a.Name == symbol.Json {
		b.warn(a, diag.Msgf("setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead."))
	}
	b.drv.Env = append(b.drv.Env, derivation.EnvVar{Name: a.Name.String(), Value: s})
	switch a.Name {
	case symbol.Builder:
		b.drv.Builder = s
	case symbol.System:
		b.drv.System = s
	case symbol.OutputHash:
		b.outputHash = &s
	case symbol.OutputHashAlgo:
		b.algo = algorithmNamed(b.w, s)
	case symbol.OutputHashMode:
		b.mode(s)
	case symbol.Outputs:
		b.setOutputs(strings.Fields(s))
	case symbol.RequiredSystemFeatures:
		b.submits = b.submits || slices.Contains(strings.Fields(s), submitFeature)
	}
}

// submitFeature is the system feature of builders that hand over their outputs
// by themselves.
const submitFeature = "builder-rpc-v0"

// structuredAttribute adds an attribute to the JSON object.
func (b *drvBuilder) structuredAttribute(a *value.Attr) {
	if a.Name == symbol.StructuredAttrs {
		return
	}
	w := b.w
	if len(b.json) > 1 {
		b.json = append(b.json, ',')
	}
	b.json = convert.AppendString(w, b.json, a.Name.String())
	b.json = append(b.json, ':')
	b.json = convert.AppendJSON(w, b.json, a.Val, 0, true, &b.context)
	text := func() string { return w.ForceStringNoCtx(a.Val, 0, eval.NoFrame) }
	switch a.Name {
	case symbol.Builder:
		s, c := w.ForceString(a.Val, 0, eval.NoFrame)
		b.context.Add(c)
		b.drv.Builder = s
	case symbol.System:
		b.drv.System = text()
	case symbol.OutputHash:
		s := text()
		b.outputHash = &s
	case symbol.OutputHashAlgo:
		b.algo = algorithmNamed(b.w, text())
	case symbol.OutputHashMode:
		b.mode(text())
	case symbol.Outputs:
		var names []string
		for _, c := range w.ForceList(a.Val, 0, eval.NoFrame) {
			names = append(names, w.ForceStringNoCtx(c, 0, eval.NoFrame))
		}
		b.setOutputs(names)
	case symbol.RequiredSystemFeatures:
		b.structuredFeatures(a)
	case symbol.AllowedReferences, symbol.AllowedRequisites, symbol.DisallowedReferences,
		symbol.DisallowedRequisites, symbol.MaxSize, symbol.MaxClosureSize:
		b.warn(a, diag.Msgf("'structuredAttrs' disables the effect of the derivation attribute '%s'; use 'outputChecks.<output>.%s' instead", eval.Ident(a.Name), eval.Ident(a.Name)))
	}
}

// structuredFeatures looks for submitFeature in a list.
func (b *drvBuilder) structuredFeatures(a *value.Attr) {
	w := b.w
	if !w.Features("dynamic-derivations") {
		return
	}
	for _, c := range w.ForceList(a.Val, 0, eval.NoFrame) {
		s, c := w.ForceString(c, 0, eval.NoFrame)
		b.context.Add(c)
		if s == submitFeature {
			b.submits = true
			return
		}
	}
}

func (b *drvBuilder) warn(a *value.Attr, msg string) {
	if b.w.World.Warn != nil {
		frame := diag.Frame{Msg: diag.Msgf("while evaluating derivation '%s'", b.drv.Name)}
		b.w.World.Warn(&diag.Error{Code: diag.InvalidDerivation, Msg: msg, Pos: a.Pos, Frames: []diag.Frame{frame}})
	}
}

func (b *drvBuilder) mode(s string) {
	if s == "recursive" {
		s = "nar"
	}
	m, err := storepath.ParseMethod(s)
	if err != nil {
		b.fail(diag.InvalidArgument, "invalid value '%s' for 'outputHashMode' attribute", s)
	}
	b.method, b.hasMethod = m, true
	switch m {
	case storepath.Text:
		b.w.Require("dynamic-derivations", "text-hashed derivation '"+b.drv.Name+"', outputHashMode = \"text\"")
	case storepath.Git:
		b.w.Require("git-hashing", "")
	}
}

func (b *drvBuilder) setOutputs(names []string) {
	b.outputs = b.outputs[:0]
	for _, n := range names {
		if slices.Contains(b.outputs, n) {
			b.fail(diag.InvalidDerivation, "duplicate derivation output '%s'", n)
		}
		if n == "drvPath" {
			b.fail(diag.InvalidDerivation, "invalid derivation output name 'drvPath'")
		}
		b.outputs = append(b.outputs, n)
	}
	if len(b.outputs) == 0 {
		b.fail(diag.InvalidDerivation, "derivation cannot have an empty set of outputs")
	}
	slices.Sort(b.outputs)
}

// inputs turns the context of all strings into the derivation's inputs. Context
// elements are sorted, so the inputs come out sorted.
func (b *drvBuilder) inputs() {
	d := &b.drv
	elems := b.context.Context().Elems()
	deep := false
	for i := range elems {
		e := &elems[i]
		switch e.Kind {
		case value.Opaque:
			d.InputSrcs = append(d.InputSrcs, e.Path)
		case value.DrvDeep:
			b.closure(e.Path)
			deep = true
		case value.Built:
			b.addInput(e.Path, e.Outputs)
		}
	}
	if deep {
		slices.Sort(d.InputSrcs)
		d.InputSrcs = slices.Compact(d.InputSrcs)
		b.mergeInputs()
	}
}

// addInput notes that an output of a derivation is needed. With "!" in it, it
// is an output of an output.
func (b *drvBuilder) addInput(p storepath.Path, outputs string) {
	d := &b.drv
	if n := len(d.InputDrvs); n == 0 || d.InputDrvs[n-1].Path != p {
		b.names = append(b.names, outputs)
		i := len(b.names) - 1
		d.InputDrvs = append(d.InputDrvs, derivation.InputDrv{Path: p, InputNode: derivation.InputNode{Outputs: b.names[i:i:len(b.names)]}})
	}
	addOutput(&d.InputDrvs[len(d.InputDrvs)-1].InputNode, outputs)
}

func addOutput(n *derivation.InputNode, outputs string) {
	first, rest, dynamic := strings.Cut(outputs, "!")
	if !dynamic {
		if i, found := slices.BinarySearch(n.Outputs, first); !found {
			n.Outputs = slices.Insert(n.Outputs, i, first)
		}
		return
	}
	i, found := slices.BinarySearchFunc(n.Dynamic, first, func(d derivation.DynamicInput, name string) int {
		return strings.Compare(d.Output, name)
	})
	if !found {
		n.Dynamic = slices.Insert(n.Dynamic, i, derivation.DynamicInput{Output: first})
	}
	addOutput(&n.Dynamic[i].InputNode, rest)
}

// closure makes everything that a derivation needs, built, an input: its
// builder may look at all of it.
func (b *drvBuilder) closure(p storepath.Path) {
	w := b.w
	paths, err := w.World.Store.Closure(p)
	w.Check(err)
	b.drv.InputSrcs = append(b.drv.InputSrcs, paths...)
	for _, q := range paths {
		if !q.IsDerivation() {
			continue
		}
		d := readDerivation(w, q)
		for i := range d.Outputs {
			b.addInput(q, d.Outputs[i].Name)
		}
	}
}

// mergeInputs sorts the input derivations and joins those that are listed twice.
func (b *drvBuilder) mergeInputs() {
	list := b.drv.InputDrvs
	slices.SortStableFunc(list, func(x, y derivation.InputDrv) int { return strings.Compare(string(x.Path), string(y.Path)) })
	out := list[:0]
	for _, in := range list {
		if n := len(out); n > 0 && out[n-1].Path == in.Path {
			for _, o := range in.Outputs {
				addOutput(&out[n-1].InputNode, o)
			}
			out[n-1].Dynamic = append(out[n-1].Dynamic, in.Dynamic...)
			continue
		}
		out = append(out, in)
	}
	b.drv.InputDrvs = out
}

func (b *drvBuilder) check() {
	if b.drv.Builder == "" {
		b.fail(diag.InvalidDerivation, "required attribute 'builder' missing")
	}
	if b.drv.System == "" {
		b.fail(diag.InvalidDerivation, "required attribute 'system' missing")
	}
	single := b.hasMethod && b.method == storepath.Text && len(b.outputs) == 1 && b.outputs[0] == "out"
	if strings.HasSuffix(b.drv.Name, storepath.DrvExtension) && !single {
		b.fail(diag.InvalidName, "derivation names are allowed to end in '%s' only if they produce a single derivation file", storepath.DrvExtension)
	}
	if b.submits {
		b.submits = b.w.Features("dynamic-derivations")
	}
}

func (b *drvBuilder) fixed() {
	w := b.w
	if len(b.outputs) != 1 || b.outputs[0] != "out" {
		b.fail(diag.InvalidDerivation, "multiple outputs are not supported in fixed-output derivations")
	}
	hash := parseHash(w, *b.outputHash, b.algo)
	if !b.hasMethod {
		b.method = storepath.Flat
	}
	o, err := derivation.NewFixed(w.StoreDir, b.drv.Name, "out", storepath.ContentAddress{Method: b.method, Hash: hash})
	w.Check(err)
	b.drv.Outputs = append(b.drv.Outputs, o)
	if !b.submits {
		b.setEnv("out", w.StoreDir.Join(o.Path))
	}
}

func (b *drvBuilder) floating() {
	if b.contentAddressed && b.impure {
		b.fail(diag.InvalidDerivation, "derivation cannot be both content-addressed and impure")
	}
	o := derivation.Output{Kind: derivation.Floating, Method: b.method, Algo: b.algo}
	if !b.hasMethod {
		o.Method = storepath.NAR
	}
	if o.Algo == 0 {
		o.Algo = nixhash.SHA256
	}
	if b.impure {
		o.Kind = derivation.Impure
	}
	for _, name := range b.outputs {
		if !b.submits {
			b.setEnv(name, storepath.HashPlaceholder(name))
		}
		o.Name = name
		b.drv.Outputs = append(b.drv.Outputs, o)
	}
}

func (b *drvBuilder) inputAddressed() {
	for _, name := range b.outputs {
		b.setEnv(name, "")
		b.drv.Outputs = append(b.drv.Outputs, derivation.Output{Name: name})
	}
	b.w.Check(hasher(b.w).Fill(&b.drv))
}

// setEnv sets a variable; with structured attributes as well, as upstream does.
func (b *drvBuilder) setEnv(name, val string) { b.drv.SetEnv(name, val) }

// write puts the derivation into the store and returns the set of its paths.
func (b *drvBuilder) write() value.Value {
	w := b.w
	p, err := w.World.Store.AddDerivation(&b.drv)
	w.Check(err)
	h := hasher(w)
	m, err := h.Modulo(&b.drv)
	w.Check(err)
	h.Memo.Store(p, m)
	list := w.AttrSlots(1 + len(b.drv.Outputs))
	list = append(list, value.Attr{
		Name: symbol.DrvPath,
		Val:  w.Cell(value.StringWith(w.StoreDir.Join(p), value.NewContext(value.Elem{Kind: value.DrvDeep, Path: p}))),
	})
	for i := range b.drv.Outputs {
		o := &b.drv.Outputs[i]
		list = append(list, value.Attr{Name: symbol.Intern(o.Name), Val: w.Cell(outputString(w, p, o))})
	}
	value.SortAttrs(list)
	return value.FromAttrs(w.NewAttrs(list))
}

// outputString is the string for an output: its path, or a placeholder while
// that is not known.
func outputString(w *worker, drv storepath.Path, o *derivation.Output) value.Value {
	c := value.NewContext(value.Elem{Kind: value.Built, Path: drv, Outputs: o.Name})
	if o.Path != "" {
		return value.StringWith(w.StoreDir.Join(o.Path), c)
	}
	return value.StringWith(storepath.UnknownCAOutput(drv, o.Name).String(), c)
}

// storedDerivation returns the value of importing a valid .drv in the store.
func storedDerivation(w *worker, path string) (value.Value, bool) {
	if !strings.HasSuffix(path, storepath.DrvExtension) {
		return value.Value{}, false
	}
	p, err := w.StoreDir.Parse(path)
	if err != nil || !w.World.Store.IsValid(p) {
		return value.Value{}, false
	}
	d := readDerivation(w, p)
	name, _ := d.EnvValue("name")
	list := []value.Attr{
		{Name: symbol.DrvPath, Val: w.Cell(value.StringWith(path, value.NewContext(value.Elem{Kind: value.DrvDeep, Path: p})))},
		{Name: symbol.Name, Val: w.Cell(value.String(name))},
	}
	names := w.List(len(d.Outputs))
	for i := range d.Outputs {
		o := &d.Outputs[i]
		list = append(list, value.Attr{Name: symbol.Intern(o.Name), Val: w.Cell(outputString(w, p, o))})
		names[i] = w.Cell(value.String(o.Name))
	}
	list = append(list, value.Attr{Name: symbol.Outputs, Val: w.Cell(value.List(names))})
	v := w.Call1(w.EvalFile(importedFile), w.Cell(attrs(w, list...)), 0)
	return v, true
}
