package cli

import (
	"slices"
	"strconv"
	"strings"

	"firn/internal/diag"
	"firn/internal/lang/eval"
	"firn/internal/lang/jsontext"
	"firn/internal/lang/value"
	"firn/internal/lang/version"
	"firn/internal/lang/xmltext"
)

func (q *envQuery) print(rows []*packageRow) {
	switch c := q.call; {
	case c.Has(&envJSONFlag):
		q.printJSON(rows)
	case c.Has(&envXMLFlag):
		q.printXML(rows)
	default:
		q.printTable(rows)
	}
}

func (q *envQuery) printTable(rows []*packageRow) {
	var table [][]string
	for _, r := range rows {
		if !r.failedAssertion {
			table = append(table, q.columns(r))
		}
	}
	var widths []int
	for _, line := range table {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, line := range table {
		for i, cell := range line {
			cell = strings.ReplaceAll(cell, "\n", " ")
			q.out.WriteString(cell)
			if i < len(line)-1 {
				q.out.WriteString(strings.Repeat(" ", widths[i]-len(cell)+2))
			}
		}
		q.out.WriteByte('\n')
	}
}

func (q *envQuery) columns(r *packageRow) (line []string) {
	c := q.call
	if c.Has(&attrPathFlag) {
		line = append(line, r.attrPath)
	}
	if !c.Has(&noNameFlag) {
		line = append(line, r.name)
	}
	if c.Has(&envSystemFlag) {
		line = append(line, r.system)
	}
	if c.Has(&drvPathFlag) {
		if r.drvPath == "" {
			r.drvPath = "-"
		}
		line = append(line, r.drvPath)
	}
	if c.Has(&outPathFlag) {
		line = append(line, q.outputColumn(r))
	}
	if c.Has(&descriptionFlag) {
		line = append(line, r.description)
	}
	return line
}

func (q *envQuery) outputColumn(r *packageRow) string {
	var b strings.Builder
	for i, o := range r.outputs {
		if i > 0 {
			b.WriteByte(';')
		}
		if o.Name != "out" {
			b.WriteString(o.Name + "=")
		}
		b.WriteString(q.StoreDir.Join(o.Path))
	}
	return b.String()
}

// A jsonMember is a member of an object that is being printed.
type jsonMember struct {
	name string
	text []byte
}

func (q *envQuery) object(members []jsonMember) []byte {
	slices.SortFunc(members, func(a, b jsonMember) int { return strings.Compare(a.name, b.name) })
	out := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, q.quoted(m.name)...), ':')
		out = append(out, m.text...)
	}
	return append(out, '}')
}

// quoted is a string as JSON. One that is not UTF-8 makes the query fail.
func (q *envQuery) quoted(s string) []byte {
	text, err := jsontext.AppendString(nil, s)
	if err != nil && q.failed == nil {
		q.failed = err
	}
	return text
}

// printJSON prints an object of all packages by attribute path. What a package
// that fails by assertion had told before is shown.
func (q *envQuery) printJSON(rows []*packageRow) {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *packageRow) int { return strings.Compare(a.attrPath, b.attrPath) })
	buf := []byte{'{'}
	for i, r := range rows {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(append(buf, q.quoted(r.attrPath)...), ':')
		buf = append(buf, q.packageJSON(r)...)
	}
	buf = append(buf, '}')
	if q.failed != nil {
		return
	}
	q.out.Write(indentJSON(buf))
	q.out.WriteByte('\n')
}

func (q *envQuery) packageJSON(r *packageRow) []byte {
	if r.reached == reachedNothing {
		return []byte("null")
	}
	name, v := version.SplitName(r.name)
	members := []jsonMember{
		{"name", q.quoted(r.name)}, {"pname", q.quoted(name)}, {"version", q.quoted(v)},
		{"system", q.quoted(r.system)}, {"outputName", q.quoted(r.outputName)},
	}
	if r.reached < reachedOutputs {
		return q.object(members)
	}
	var outputs []jsonMember
	for _, o := range r.outputs {
		text := []byte("null")
		if o.Path != "" {
			text = q.quoted(q.StoreDir.Join(o.Path))
		}
		outputs = append(outputs, jsonMember{o.Name, text})
	}
	members = append(members, jsonMember{"outputs", q.object(outputs)})
	if r.drvPath != "" {
		members = append(members, jsonMember{"drvPath", q.quoted(r.drvPath)})
	}
	if q.call.Has(&metaFlag) && r.reached >= reachedDrvPath {
		members = append(members, jsonMember{"meta", q.metaJSON(r)})
	}
	return q.object(members)
}

func (q *envQuery) metaJSON(r *packageRow) []byte {
	var members []jsonMember
	for _, e := range r.meta {
		if e.value == nil {
			q.invalidMeta(r, e.name)
			members = append(members, jsonMember{e.name, []byte("null")})
			continue
		}
		if e.json != nil {
			members = append(members, jsonMember{e.name, e.json})
		}
	}
	return q.object(members)
}

func (q *envQuery) invalidMeta(r *packageRow, name string) {
	q.call.Log.Say(0, diag.Msgf("derivation '%s' has invalid meta attribute '%s'", r.name, name))
}

func (q *envQuery) printXML(rows []*packageRow) {
	x := xmltext.NewWriter(nil)
	x.Open("items")
	for _, r := range rows {
		if !r.failedAssertion {
			q.itemXML(x, r)
		}
	}
	x.Close("items")
	q.out.Write(x.Bytes())
}

func (q *envQuery) itemXML(x *xmltext.Writer, r *packageRow) {
	name, v := version.SplitName(r.name)
	attrs := []string{"attrPath", r.attrPath, "name", r.name, "pname", name, "version", v, "outputName", r.outputName}
	if r.system != "" {
		attrs = append(attrs, "system", r.system)
	}
	if r.drvPath != "" {
		attrs = append(attrs, "drvPath", r.drvPath)
	}
	if r.description != "" {
		attrs = append(attrs, "description", r.description)
	}
	x.Open("item", attrs...)
	for _, o := range r.outputs {
		attrs := []string{"name", o.Name}
		if o.Path != "" {
			attrs = append(attrs, "path", q.StoreDir.Join(o.Path))
		}
		x.Empty("output", attrs...)
	}
	for _, e := range r.meta {
		if e.value == nil {
			q.invalidMeta(r, e.name)
			continue
		}
		metaXML(x, e)
	}
	x.Close("item")
}

func metaXML(x *xmltext.Writer, e metaEntry) {
	plain := func(kind, text string) { x.Empty("meta", "name", e.name, "type", kind, "value", text) }
	switch v := e.value.Load(); v.Kind() {
	case value.KindString:
		plain("string", v.Str())
	case value.KindInt:
		plain("int", strconv.FormatInt(v.Int(), 10))
	case value.KindFloat:
		plain("float", eval.FormatGeneral(v.Float()))
	case value.KindBool:
		plain("bool", strconv.FormatBool(v.Bool()))
	case value.KindList:
		x.Open("meta", "name", e.name, "type", "strings")
		for _, c := range v.List() {
			if s := c.Load(); s.Kind() == value.KindString {
				x.Empty("string", "value", s.Str())
			}
		}
		x.Close("meta")
	case value.KindAttrs:
		x.Open("meta", "name", e.name, "type", "strings")
		for _, a := range v.Attrs().List() {
			if s := a.Val.Load(); s.Kind() == value.KindString {
				x.Empty("string", "type", a.Name.String(), "value", s.Str())
			}
		}
		x.Close("meta")
	}
}
