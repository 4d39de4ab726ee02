package convert

import (
	"slices"
	"strconv"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
	"firn/internal/lang/xmltext"
)

// AppendXML appends the XML document for a value. With strict everything in it
// is evaluated, otherwise what is not yet shows as unevaluated. With location
// attributes and functions say where they were written. The contexts of all
// strings are added to set.
func AppendXML(w *eval.Worker, dst []byte, c *value.Value, strict, location bool, set *value.ContextSet) []byte {
	p := xmlPrinter{w: w, strict: strict, location: location, set: set, drvs: make(map[string]bool), Writer: xmltext.NewWriter(dst)}
	p.Open("expr")
	p.value(c, 0)
	p.Close("expr")
	return p.Bytes()
}

type xmlPrinter struct {
	w                *eval.Worker
	strict, location bool
	set              *value.ContextSet
	drvs             map[string]bool
	*xmltext.Writer
}

func (p *xmlPrinter) value(c *value.Value, pos diag.Pos) {
	w := p.w
	w.Enter(pos)
	v := c.Load()
	if p.strict {
		v = w.Force(c, pos)
	}
	switch v.Kind() {
	case value.KindInt:
		p.Empty("int", "value", strconv.FormatInt(v.Int(), 10))
	case value.KindFloat:
		p.Empty("float", "value", eval.FormatGeneral(v.Float()))
	case value.KindBool:
		p.Empty("bool", "value", strconv.FormatBool(v.Bool()))
	case value.KindNull:
		p.Empty("null")
	case value.KindString:
		p.set.Add(v.Context())
		p.Empty("string", "value", v.Str())
	case value.KindPath:
		p.Empty("path", "value", v.Str())
	case value.KindAttrs:
		p.attrs(v.Attrs())
	case value.KindList:
		p.Open("list")
		for _, x := range v.List() {
			p.value(x, pos)
		}
		p.Close("list")
	case value.KindLambda:
		p.lambda(v)
	default:
		p.Empty("unevaluated")
	}
	w.Leave()
}

func (p *xmlPrinter) attrs(set *value.Attrs) {
	if !p.w.IsDerivation(set) {
		p.Open("attrs")
		p.members(set)
		p.Close("attrs")
		return
	}
	var attrs []string
	drv := p.text(set, symbol.DrvPath)
	if drv != "" {
		attrs = append(attrs, "drvPath", drv)
	}
	if out := p.text(set, symbol.OutPath); out != "" {
		attrs = append(attrs, "outPath", out)
	}
	p.Open("derivation", attrs...)
	if drv != "" && !p.drvs[drv] {
		p.drvs[drv] = true
		p.members(set)
	} else {
		p.Empty("repeated")
	}
	p.Close("derivation")
}

// text returns a string attribute, or "".
func (p *xmlPrinter) text(set *value.Attrs, name symbol.Symbol) string {
	a := set.Get(name)
	if a == nil {
		return ""
	}
	v := a.Val.Load()
	if p.strict {
		v = p.w.Force(a.Val, a.Pos)
	}
	if v.Kind() != value.KindString {
		return ""
	}
	return v.Str()
}

func (p *xmlPrinter) members(set *value.Attrs) {
	for _, a := range set.ByName() {
		attrs := []string{"name", a.Name.String()}
		if p.location && a.Pos != 0 {
			attrs = append(attrs, p.place(a.Pos)...)
		}
		p.Open("attr", attrs...)
		p.value(a.Val, a.Pos)
		p.Close("attr")
	}
}

func (p *xmlPrinter) place(pos diag.Pos) []string {
	at := p.w.Positions.Resolve(pos)
	var out []string
	if at.Valid() && at.Origin.Kind == diag.FromFile {
		out = append(out, "path", at.Origin.Name)
	}
	return append(out, "line", strconv.Itoa(at.Line), "column", strconv.Itoa(at.Column))
}

func (p *xmlPrinter) lambda(v value.Value) {
	info := p.w.Lambda(v)
	var attrs []string
	if p.location {
		attrs = p.place(info.Pos)
	}
	p.Open("function", attrs...)
	formals, ellipsis, pattern := p.w.Formals(v)
	if !pattern {
		p.Empty("varpat", "name", info.Arg.String())
		p.Close("function")
		return
	}
	attrs = nil
	if info.Arg != symbol.Empty {
		attrs = append(attrs, "name", info.Arg.String())
	}
	if ellipsis {
		attrs = append(attrs, "ellipsis", "1")
	}
	p.Open("attrspat", attrs...)
	names := make([]string, len(formals))
	for i := range formals {
		names[i] = formals[i].Name.String()
	}
	slices.Sort(names)
	for _, n := range names {
		p.Empty("attr", "name", n)
	}
	p.Close("attrspat")
	p.Close("function")
}
