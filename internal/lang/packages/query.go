package packages

import (
	"slices"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/format/storepath"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

func (p *Package) queryName(w *eval.Worker) string {
	a := p.Attrs.Get(symbol.Name)
	if a == nil {
		w.Fail(diag.New(diag.MissingAttribute, "derivation name missing"))
	}
	return w.ForceStringNoCtx(a.Val, 0, eval.Ctx("while evaluating the 'name' attribute of a derivation"))
}

// System returns the platform, or "unknown".
func (p *Package) System(w *eval.Worker) string {
	a := p.Attrs.Get(symbol.System)
	if a == nil {
		return "unknown"
	}
	return w.ForceStringNoCtx(a.Val, a.Pos, eval.Ctx("while evaluating the 'system' attribute of a derivation"))
}

// storePath coerces an attribute to a store path.
func storePath(w *eval.Worker, a *value.Attr, want eval.Tracer) storepath.Path {
	s, _ := w.CoerceCell(a.Val, a.Pos, want, eval.Coercion{})
	p, err := w.StoreDir.Parse(s)
	if err != nil {
		w.FailFrom(diag.New(diag.NotInStore, "path '%s' is not in the Nix store", s), want, a.Pos)
	}
	return p
}

// DrvPath returns the path of the derivation, or "" if the set has none.
func (p *Package) DrvPath(w *eval.Worker) storepath.Path {
	const want = eval.Ctx("while evaluating the 'drvPath' attribute of a derivation")
	a := p.Attrs.Get(symbol.DrvPath)
	if a == nil {
		return ""
	}
	drv := storePath(w, a, want)
	if !drv.IsDerivation() {
		w.FailFrom(diag.New(diag.InvalidDerivation, "store path '%s' is not a valid derivation path", drv), want, a.Pos)
	}
	return drv
}

// OutPath returns the path of the output that the set stands for.
func (p *Package) OutPath(w *eval.Worker) storepath.Path {
	a := p.Attrs.Get(symbol.OutPath)
	if a == nil {
		w.Fail(diag.New(diag.MissingAttribute, "derivation does not have attribute 'outPath'"))
	}
	return storePath(w, a, eval.Ctx("while evaluating the output path of a derivation"))
}

// OutputName returns the name of that output, or "".
func (p *Package) OutputName(w *eval.Worker) string {
	a := p.Attrs.Get(symbol.OutputName)
	if a == nil {
		return ""
	}
	return w.ForceStringNoCtx(a.Val, 0, eval.Ctx("while evaluating the output name of a derivation"))
}

// Outputs returns the outputs sorted by name.
func (p *Package) Outputs(w *eval.Worker, withPaths bool) []Output {
	list := p.Attrs.Get(symbol.Outputs)
	if list == nil {
		o := Output{Name: "out"}
		if withPaths {
			o.Path = p.OutPath(w)
		}
		return []Output{o}
	}
	var out []Output
	for _, c := range w.ForceList(list.Val, list.Pos, eval.Ctx("while evaluating the 'outputs' attribute of a derivation")) {
		o := Output{Name: w.ForceStringNoCtx(c, list.Pos, eval.Ctx("while evaluating the name of an output of a derivation"))}
		if withPaths {
			var ok bool
			if o.Path, ok = p.outputPath(w, o.Name, list); !ok {
				continue
			}
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b Output) bool { return a.Name == b.Name })
}

func (p *Package) outputPath(w *eval.Worker, name string, list *value.Attr) (storepath.Path, bool) {
	a := p.Attrs.Get(symbol.Intern(name))
	if a == nil {
		return "", false
	}
	set := w.ForceAttrs(a.Val, list.Pos, eval.Ctx("while evaluating an output of a derivation"))
	out := set.Get(symbol.OutPath)
	if out == nil {
		return "", false
	}
	return storePath(w, out, eval.Ctx("while evaluating an output path of a derivation")), true
}

// Meta returns the set meta, or nil.
func (p *Package) Meta(w *eval.Worker) *value.Attrs {
	a := p.Attrs.Get(symbol.Meta)
	if a == nil {
		return nil
	}
	return w.ForceAttrs(a.Val, a.Pos, eval.Ctx("while evaluating the 'meta' attribute of a derivation"))
}

// MetaValue returns an attribute of meta. It is nil if there is none or if it
// holds something else than plain data.
func (p *Package) MetaValue(w *eval.Worker, name string) *value.Value {
	meta := p.Meta(w)
	if meta == nil {
		return nil
	}
	a := meta.Get(symbol.Intern(name))
	if a == nil || !plain(w, a.Val) {
		return nil
	}
	return a.Val
}

// plain reports whether a value is made of numbers, Booleans and strings.
func plain(w *eval.Worker, c *value.Value) bool {
	w.Enter(0)
	defer w.Leave()
	v := w.Force(c, 0)
	switch v.Kind() {
	case value.KindInt, value.KindBool, value.KindString, value.KindFloat:
		return true
	case value.KindList:
		for _, x := range v.List() {
			if !plain(w, x) {
				return false
			}
		}
		return true
	case value.KindAttrs:
		if v.Attrs().Get(symbol.OutPath) != nil {
			return false
		}
		for _, a := range v.Attrs().List() {
			if !plain(w, a.Val) {
				return false
			}
		}
		return true
	}
	return false
}

// MetaString returns a string of meta, or "".
func (p *Package) MetaString(w *eval.Worker, name string) string {
	c := p.MetaValue(w, name)
	if c == nil || c.Load().Kind() != value.KindString {
		return ""
	}
	return c.Load().Str()
}

// MetaInt returns a number of meta, also if it is written as a string.
func (p *Package) MetaInt(w *eval.Worker, name string, otherwise int64) int64 {
	c := p.MetaValue(w, name)
	if c == nil {
		return otherwise
	}
	switch v := c.Load(); v.Kind() {
	case value.KindInt:
		return v.Int()
	case value.KindString:
		if n, err := strconv.ParseInt(v.Str(), 10, 64); err == nil {
			return n
		}
	}
	return otherwise
}

// MetaBool returns a Boolean of meta, also if it is written as a string.
func (p *Package) MetaBool(w *eval.Worker, name string, otherwise bool) bool {
	c := p.MetaValue(w, name)
	if c == nil {
		return otherwise
	}
	switch v := c.Load(); {
	case v.Kind() == value.KindBool:
		return v.Bool()
	case v.Kind() == value.KindString && v.Str() == "true":
		return true
	case v.Kind() == value.KindString && v.Str() == "false":
		return false
	}
	return otherwise
}
