package eval

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/symbol"
	"firn/internal/lang/syntax"
	"firn/internal/lang/value"
)

// PrintErrors says what to do with failures while a value is printed.
type PrintErrors uint8

const (
	ShowErrors     PrintErrors = iota // print them in place
	RaiseErrors                       // pass them on
	RaiseTopErrors                    // pass on only the failure of the value itself
)

// PrintOptions are how [Worker.Print] shows values. The zero value shows
// everything without forcing anything.
type PrintOptions struct {
	Color bool
	// Force evaluates what is printed.
	Force bool
	// DerivationPaths shows derivations by their path, if Force is set.
	DerivationPaths bool
	// NoRepeated prints what was printed before again.
	NoRepeated bool
	// Limits; zero is none. Depth counts nested collections, Attrs and Items
	// the whole print.
	MaxDepth, MaxAttrs, MaxItems, MaxString int
	// Indent, if positive, prints over several lines.
	Indent int
	Errors PrintErrors
}

// ErrorPrint is how values appear in messages.
var ErrorPrint = PrintOptions{Color: true, MaxDepth: 10, MaxAttrs: 10, MaxItems: 10, MaxString: 1024}

// brief shows a value in a message.
func (w *Worker) brief(v value.Value) diag.Plain {
	return diag.Plain(w.Print(nil, w.Cell(v), ErrorPrint))
}

// Brief shows a cell in a message, without forcing it.
func (w *Worker) Brief(c *value.Value) diag.Plain {
	return diag.Plain(w.Print(nil, c, ErrorPrint))
}

// Print appends a representation that reads like an expression where possible.
func (w *Worker) Print(out []byte, c *value.Value, o PrintOptions) []byte {
	p := printer{w: w, o: o, out: out}
	if o.MaxDepth == 0 {
		p.o.MaxDepth = math.MaxInt
	}
	if o.MaxAttrs == 0 {
		p.o.MaxAttrs = math.MaxInt
	}
	if o.MaxItems == 0 {
		p.o.MaxItems = math.MaxInt
	}
	if o.MaxString == 0 {
		p.o.MaxString = math.MaxInt
	}
	if !o.NoRepeated {
		p.seen = make(map[any]bool)
	}
	p.print(c, 0)
	return p.out
}

type printer struct {
	w      *Worker
	o      PrintOptions
	out    []byte
	seen   map[any]bool
	attrs  int
	items  int
	indent int
}

const (
	red     = "\x1b[31;1m"
	green   = "\x1b[32;1m"
	blue    = "\x1b[34;1m"
	magenta = "\x1b[35;1m"
	cyan    = "\x1b[36;1m"
	faint   = "\x1b[2m"
	normal  = "\x1b[0m"
)

func (p *printer) colored(color, text string) {
	if p.o.Color {
		p.out = append(append(append(p.out, color...), text...), normal...)
		return
	}
	p.out = append(p.out, text...)
}

func (p *printer) print(c *value.Value, depth int) {
	if depth > p.w.limits.calls {
		p.tooDeep(c)
	}
	if p.o.Errors == RaiseErrors || p.o.Errors == RaiseTopErrors && depth == 0 || !p.o.Force {
		p.value(c, depth)
		return
	}
	start := p.indent
	if err := p.w.catch(func() { p.value(c, depth) }, func(e *diag.Error) bool { return e.Code != diag.StackOverflow }); err != nil {
		p.indent = start
		p.colored(red, "«error: "+diag.Strip(err.Msg)+"»")
	}
}

func (p *printer) tooDeep(c *value.Value) {
	p.w.Fail(diag.New(diag.StackOverflow, "stack overflow; max-call-depth exceeded").At(p.w.PosOf(c.Load(), 0)))
}

func (p *printer) value(c *value.Value, depth int) {
	v := c.Load()
	if p.o.Force {
		v = p.w.ForceHere(c)
	}
	switch v.Kind() {
	case value.KindInt:
		p.colored(cyan, strconv.FormatInt(v.Int(), 10))
	case value.KindFloat:
		p.colored(cyan, FormatGeneral(v.Float()))
	case value.KindBool:
		p.colored(cyan, strconv.FormatBool(v.Bool()))
	case value.KindNull:
		p.colored(cyan, "null")
	case value.KindString:
		p.string(v.Str())
	case value.KindPath:
		p.colored(green, v.Str())
	case value.KindAttrs:
		p.set(v, depth)
	case value.KindList:
		p.list(c, v, depth)
	case value.KindLambda:
		p.lambda(v)
	case value.KindBuiltin:
		p.colored(blue, "«primop "+p.w.builtins[v.Builtin()].Name+"»")
	case value.KindPartial:
		p.colored(blue, "«partially applied primop "+p.w.builtins[v.Partial().Builtin].Name+"»")
	case value.KindBlackhole:
		p.colored(red, "«potential infinite recursion»")
	default:
		p.colored(magenta, "«thunk»")
	}
}

func (p *printer) string(s string) {
	if p.o.Color {
		p.out = append(p.out, magenta...)
	}
	if len(s) <= p.o.MaxString {
		p.out = syntax.AppendString(p.out, s)
		if p.o.Color {
			p.out = append(p.out, normal...)
		}
		return
	}
	p.out = syntax.AppendString(p.out, s[:p.o.MaxString])
	p.out = append(p.out, ' ')
	p.elided(len(s)-p.o.MaxString, "byte")
}

func (p *printer) elided(n int, what string) {
	if n != 1 {
		what += "s"
	}
	p.colored(faint, "«"+strconv.Itoa(n)+" "+what+" elided»")
}

func (p *printer) repeated(key any) bool {
	if p.seen == nil {
		return false
	}
	if p.seen[key] {
		p.colored(magenta, "«repeated»")
		return true
	}
	p.seen[key] = true
	return false
}

func (p *printer) set(v value.Value, depth int) {
	set := v.Attrs()
	if p.repeated(set) {
		return
	}
	if p.o.Force && p.o.DerivationPaths && p.w.IsDerivation(set) {
		p.derivation(set)
		return
	}
	if depth >= p.o.MaxDepth {
		p.out = append(p.out, "{ ... }"...)
		return
	}
	p.indent += p.o.Indent
	p.out = append(p.out, '{')
	list := p.order(set)
	pretty := p.manyLines(len(list), func() *value.Value { return list[0].Val })
	for i, a := range list {
		p.space(pretty)
		if p.attrs >= p.o.MaxAttrs {
			p.elided(len(list)-i, "attribute")
			break
		}
		p.out = syntax.AppendAttrName(p.out, a.Name.String())
		p.out = append(p.out, " = "...)
		p.print(a.Val, depth+1)
		p.out = append(p.out, ';')
		p.attrs++
	}
	p.indent -= p.o.Indent
	p.space(pretty)
	p.out = append(p.out, '}')
}

// order sorts by name; where attributes may be left out, the type comes first.
func (p *printer) order(set *value.Attrs) []value.Attr {
	list := set.ByName()
	if p.o.MaxAttrs == math.MaxInt {
		return list
	}
	important := func(a value.Attr) int {
		if s := a.Name.String(); s == "type" || s == "_type" {
			return 0
		}
		return 1
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b value.Attr) int { return important(a) - important(b) })
	return list
}

func (p *printer) derivation(set *value.Attrs) {
	text := "«derivation"
	if a := set.Get(symbol.DrvPath); a != nil {
		s, _ := p.w.CoerceCell(a.Val, a.Pos, Ctx("while evaluating the drvPath of a derivation"), Coercion{})
		if _, err := p.w.StoreDir.Parse(s); err != nil {
			p.w.FailFrom(diag.New(diag.NotInStore, "path '%s' is not in the Nix store", s),
				Ctx("while evaluating the drvPath of a derivation"), a.Pos)
		}
		text += " " + s
	}
	p.colored(green, text+"»")
}

// manyLines tells whether a collection is printed over several lines: not if it
// has one plain item.
func (p *printer) manyLines(n int, first func() *value.Value) bool {
	if p.o.Indent == 0 || n == 0 {
		return false
	}
	if n > 1 {
		return true
	}
	k := p.w.ForceHere(first()).Kind()
	return k == value.KindList || k == value.KindAttrs
}

func (p *printer) space(pretty bool) {
	if !pretty {
		p.out = append(p.out, ' ')
		return
	}
	p.out = append(p.out, '\n')
	p.out = append(p.out, strings.Repeat(" ", p.indent)...)
}

func (p *printer) list(c *value.Value, v value.Value, depth int) {
	items := v.List()
	if len(items) > 0 && p.repeated(c) {
		return
	}
	if depth >= p.o.MaxDepth {
		p.out = append(p.out, "[ ... ]"...)
		return
	}
	p.indent += p.o.Indent
	p.out = append(p.out, '[')
	pretty := p.manyLines(len(items), func() *value.Value { return items[0] })
	for i, x := range items {
		p.space(pretty)
		if p.items >= p.o.MaxItems {
			p.elided(len(items)-i, "item")
			break
		}
		p.print(x, depth+1)
		p.items++
	}
	p.indent -= p.o.Indent
	p.space(pretty)
	p.out = append(p.out, ']')
}

func (p *printer) lambda(v value.Value) {
	l := p.w.Lambda(v)
	text := "«lambda"
	if l.Named {
		text += " " + Ident(l.Name)
	}
	p.colored(blue, text+" @ "+p.w.Where(l.Pos)+"»")
}

// PrintPlain appends the form that nix-instantiate --eval prints: what is not
// evaluated shows as <CODE>. Collections that repeat show as «repeated».
func (w *Worker) PrintPlain(out []byte, c *value.Value) []byte {
	p := printer{w: w, out: out, o: PrintOptions{MaxString: math.MaxInt}, seen: make(map[any]bool)}
	p.plain(c, 0)
	return p.out
}

func (p *printer) plain(c *value.Value, depth int) {
	if depth > p.w.limits.calls {
		p.tooDeep(c)
	}
	v := c.Load()
	switch v.Kind() {
	case value.KindAttrs:
		p.plainSet(v.Attrs(), depth)
	case value.KindList:
		p.plainList(c, v, depth)
	case value.KindLambda:
		p.out = append(p.out, "<LAMBDA>"...)
	case value.KindBuiltin:
		p.out = append(p.out, "<PRIMOP>"...)
	case value.KindPartial:
		p.out = append(p.out, "<PRIMOP-APP>"...)
	case value.KindBlackhole:
		p.out = append(p.out, "«potential infinite recursion»"...)
	case value.KindThunk, value.KindApp, value.KindFailed:
		p.out = append(p.out, "<CODE>"...)
	default:
		p.value(c, depth)
	}
}

func (p *printer) plainSet(set *value.Attrs, depth int) {
	list := set.ByName()
	if len(list) > 0 && p.seen[set] {
		p.out = append(p.out, "«repeated»"...)
		return
	}
	p.seen[set] = true
	p.out = append(p.out, "{ "...)
	for i := range list {
		p.out = append(p.out, syntax.AppendIdentifier(nil, list[i].Name.String())...)
		p.out = append(p.out, " = "...)
		p.plain(list[i].Val, depth+1)
		p.out = append(p.out, "; "...)
	}
	p.out = append(p.out, '}')
}

func (p *printer) plainList(c *value.Value, v value.Value, depth int) {
	items := v.List()
	if len(items) > 0 {
		if p.seen[c] {
			p.out = append(p.out, "«repeated»"...)
			return
		}
		p.seen[c] = true
	}
	p.out = append(p.out, "[ "...)
	for _, x := range items {
		p.plain(x, depth+1)
		p.out = append(p.out, ' ')
	}
	p.out = append(p.out, ']')
}
