package convert

import (
	"slices"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/symbol"
	"firn/internal/lang/value"
)

// AppendXML appends the XML document for a value. With strict everything in it
// is evaluated, otherwise what is not yet shows as unevaluated. With location
// attributes and functions say where they were written. The contexts of all
// strings are added to set.
func AppendXML(w *eval.Worker, dst []byte, c *value.Value, strict, location bool, set *value.ContextSet) []byte {
	p := xmlPrinter{w: w, strict: strict, location: location, set: set, drvs: make(map[string]bool)}
	p.out = append(dst, "<?xml version='1.0' encoding='utf-8'?>\n"...)
	p.open("expr")
	p.value(c, 0)
	p.close("expr")
	return p.out
}

type xmlPrinter struct {
	w                *eval.Worker
	strict, location bool
	set              *value.ContextSet
	drvs             map[string]bool
	out              []byte
	depth            int
}

// An xmlAttr is an attribute of an element.
type xmlAttr struct{ name, value string }

func (p *xmlPrinter) start(name string, attrs []xmlAttr) {
	for range p.depth {
		p.out = append(p.out, "  "...)
	}
	p.out = append(append(p.out, '<'), name...)
	slices.SortFunc(attrs, func(a, b xmlAttr) int { return strings.Compare(a.name, b.name) })
	for _, a := range attrs {
		p.out = append(append(p.out, ' '), a.name...)
		p.out = append(p.out, `="`...)
		p.out = append(p.out, xmlEscaper.Replace(a.value)...)
		p.out = append(p.out, '"')
	}
}

// xmlEscaper escapes attribute values; line ends too, which readers would
// otherwise turn into blanks.
var xmlEscaper = strings.NewReplacer(`"`, "&quot;", "<", "&lt;", ">", "&gt;", "&", "&amp;", "\n", "&#xA;")

func (p *xmlPrinter) open(name string, attrs ...xmlAttr) {
	p.start(name, attrs)
	p.out = append(p.out, ">\n"...)
	p.depth++
}

func (p *xmlPrinter) close(name string) {
	p.depth--
	for range p.depth {
		p.out = append(p.out, "  "...)
	}
	p.out = append(append(append(p.out, "</"...), name...), ">\n"...)
}

func (p *xmlPrinter) empty(name string, attrs ...xmlAttr) {
	p.start(name, attrs)
	p.out = append(p.out, " />\n"...)
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
		p.empty("int", xmlAttr{"value", strconv.FormatInt(v.Int(), 10)})
	case value.KindFloat:
		p.empty("float", xmlAttr{"value", eval.FormatGeneral(v.Float())})
	case value.KindBool:
		p.empty("bool", xmlAttr{"value", strconv.FormatBool(v.Bool())})
	case value.KindNull:
		p.empty("null")
	case value.KindString:
		p.set.Add(v.Context())
		p.empty("string", xmlAttr{"value", v.Str()})
	case value.KindPath:
		p.empty("path", xmlAttr{"value", v.Str()})
	case value.KindAttrs:
		p.attrs(v.Attrs())
	case value.KindList:
		p.open("list")
		for _, x := range v.List() {
			p.value(x, pos)
		}
		p.close("list")
	case value.KindLambda:
		p.lambda(v)
	default:
		p.empty("unevaluated")
	}
	w.Leave()
}

func (p *xmlPrinter) attrs(set *value.Attrs) {
	if !p.w.IsDerivation(set) {
		p.open("attrs")
		p.members(set)
		p.close("attrs")
		return
	}
	var attrs []xmlAttr
	drv := p.text(set, symbol.DrvPath)
	if drv != "" {
		attrs = append(attrs, xmlAttr{"drvPath", drv})
	}
	if out := p.text(set, symbol.OutPath); out != "" {
		attrs = append(attrs, xmlAttr{"outPath", out})
	}
	p.open("derivation", attrs...)
	if drv != "" && !p.drvs[drv] {
		p.drvs[drv] = true
		p.members(set)
	} else {
		p.empty("repeated")
	}
	p.close("derivation")
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
		attrs := []xmlAttr{{"name", a.Name.String()}}
		if p.location && a.Pos != 0 {
			attrs = append(attrs, p.place(a.Pos)...)
		}
		p.open("attr", attrs...)
		p.value(a.Val, a.Pos)
		p.close("attr")
	}
}

func (p *xmlPrinter) place(pos diag.Pos) []xmlAttr {
	at := p.w.Positions.Resolve(pos)
	var out []xmlAttr
	if at.Valid() && at.Origin.Kind == diag.FromFile {
		out = append(out, xmlAttr{"path", at.Origin.Name})
	}
	return append(out, xmlAttr{"line", strconv.Itoa(at.Line)}, xmlAttr{"column", strconv.Itoa(at.Column)})
}

func (p *xmlPrinter) lambda(v value.Value) {
	info := p.w.Lambda(v)
	var attrs []xmlAttr
	if p.location {
		attrs = p.place(info.Pos)
	}
	p.open("function", attrs...)
	formals, ellipsis, pattern := p.w.Formals(v)
	if !pattern {
		p.empty("varpat", xmlAttr{"name", info.Arg.String()})
		p.close("function")
		return
	}
	attrs = nil
	if info.Arg != symbol.Empty {
		attrs = append(attrs, xmlAttr{"name", info.Arg.String()})
	}
	if ellipsis {
		attrs = append(attrs, xmlAttr{"ellipsis", "1"})
	}
	p.open("attrspat", attrs...)
	names := make([]string, len(formals))
	for i := range formals {
		names[i] = formals[i].Name.String()
	}
	slices.Sort(names)
	for _, n := range names {
		p.empty("attr", xmlAttr{"name", n})
	}
	p.close("attrspat")
	p.close("function")
}
