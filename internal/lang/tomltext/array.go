package tomltext

import "slices"

// enter is called where arrays and inline tables begin, leave where they end.
func (p *parser[V]) enter() *fault {
	if p.depth == maxDepth {
		return p.fault("arrays and tables nested too deep", "here")
	}
	p.depth++
	return nil
}

func (p *parser[V]) leave() { p.depth-- }

// array reads an array.
func (p *parser[V]) array() (node[V], *fault) {
	n := node[V]{first: int32(p.pos)}
	if f := p.enter(); f != nil {
		return n, f
	}
	defer p.leave()
	before := len(p.faults)
	p.pos++
	p.spaces()
	base := len(p.elements)
	defer func() { p.elements = p.elements[:base] }()
	onlyTables := true
	comma := true
	for !p.done() && p.text[p.pos] != ']' {
		if !comma {
			return n, p.fault("toml::parse_array: expected value-separator `,` or closing `]`", "here")
		}
		element, f := p.value()
		if f != nil {
			p.report(f)
			start := p.pos
			p.skipValue()
			if start == p.pos {
				break
			}
			continue
		}
		onlyTables = onlyTables && element.kind == inlineTable
		p.elements = append(p.elements, element.value)
		p.spaces()
		comma = p.current() == ','
		if comma {
			p.pos++
		}
		if _, f := p.comment(); f != nil {
			p.report(f)
		}
		if comma {
			p.spaces()
		}
	}
	if p.current() != ']' {
		return n, p.fault("toml::parse_array: missing closing bracket `]`", "expected `]`, reached EOF")
	}
	p.pos++
	if len(p.faults) != before {
		return n, p.faults[len(p.faults)-1]
	}
	elements := slices.Clone(p.elements[base:])
	if onlyTables && len(elements) > 0 {
		n.kind = inlineTables
	}
	n.last = int32(p.pos)
	n.value = p.build.Array(elements)
	return n, nil
}

// inlineTable reads a table between braces, which stays as it is.
func (p *parser[V]) inlineTable() (node[V], *fault) {
	n := node[V]{kind: inlineTable, first: int32(p.pos)}
	if f := p.enter(); f != nil {
		return n, f
	}
	defer p.leave()
	before := len(p.faults)
	p.pos++
	p.skipBlanks()
	t := &table[V]{}
	base := len(p.keys)
	comma := false
	for empty := true; !p.done(); empty = false {
		p.keys = p.keys[:base]
		if p.text[p.pos] == '}' {
			if comma {
				return n, p.fault("toml::parse_inline_table: trailing comma is not allowed in TOML-v1.0.0)", "here")
			}
			break
		}
		if !comma && !empty {
			return n, p.fault("toml::parse_inline_table: expected value-separator `,` or closing `}`", "here")
		}
		to, value, f := p.member()
		if f != nil {
			p.report(f)
			p.skipTo("}\n")
			break
		}
		if f := p.insert(t, to, value); f != nil {
			p.report(f)
			p.skipTo(",}\n")
			if !p.done() {
				comma = p.text[p.pos] == ','
			}
			continue
		}
		p.skipBlanks()
		comma = p.current() == ','
		if comma {
			p.pos++
		}
		p.skipBlanks()
	}
	if p.current() != '}' {
		return n, p.fault("toml::parse_inline_table: missing closing bracket `}`", "expected `}`, reached line end")
	}
	p.pos++
	if len(p.faults) > before {
		return n, p.latest()
	}
	n.last = int32(p.pos)
	var err error
	if n.value, err = p.finish(t); err != nil {
		p.fail(err)
	}
	return n, nil
}

// fail keeps the first error of the builder.
func (p *parser[V]) fail(err error) {
	if p.failed == nil {
		p.failed = err
	}
}
