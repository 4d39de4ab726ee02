package derivation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"firn/internal/format/storepath"
)

// ParseATerm reads the text of the derivation with the given name (without
// ".drv"). Store paths must lie in dir and be spelled plainly.
//
// Strings of the result share the text's memory where they have no escapes. The
// lists may come in any order but without duplicates; what AppendATerm wrote is
// read without sorting. Errors are *SyntaxError; they do not name the derivation.
func ParseATerm(dir storepath.Dir, name, text string) (*Derivation, error) {
	p := parser{dir: dir, text: text}
	d := &Derivation{Name: name}
	p.file(d)
	if p.err != nil {
		return nil, p.err
	}
	return d, nil
}

// A SyntaxError tells where the text of a derivation is wrong.
type SyntaxError struct {
	Offset int // in bytes
	Err    error
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%v (at byte %d)", e.Err, e.Offset) }

func (e *SyntaxError) Unwrap() error { return e.Err }

// A parser reads one text. The first error sticks and makes every further step
// do nothing, so that the steps need no checks between them.
type parser struct {
	dir     storepath.Dir
	text    string
	at      int
	dynamic bool // the file is of the versioned form
	depth   int  // of nodes
	err     error
}

// maxNodeDepth bounds how deep outputs of outputs nest, for the stack's sake.
const maxNodeDepth = 1000

func (p *parser) fail(at int, err error) {
	if p.err == nil {
		p.err = &SyntaxError{Offset: at, Err: err}
	}
}

func (p *parser) file(d *Derivation) {
	switch {
	case strings.HasPrefix(p.text, plainHead):
		p.at = len(plainHead)
	case strings.HasPrefix(p.text, "DrvWithVersion("):
		p.at = len("DrvWithVersion(")
		if version := p.string(); p.err == nil && version != "xp-dyn-drv" {
			p.fail(p.at, fmt.Errorf("Unknown derivation ATerm format version '%s'", version))
		}
		p.expect(",")
		p.dynamic = true
	default:
		p.fail(0, fmt.Errorf("derivation does not start with 'Derive' or 'DrvWithVersion'"))
	}
	d.Outputs = sorted(p, "output", list(p, 2, func() Output { return p.output(d.Name) }), func(o *Output) string { return o.Name })
	p.expect(",")
	d.InputDrvs = sorted(p, "input derivation", list(p, 16, p.inputDrv), func(in *InputDrv) string { return string(in.Path) })
	p.expect(",")
	d.InputSrcs = sorted(p, "input source", list(p, 4, p.path), func(s *storepath.Path) string { return string(*s) })
	p.expect(",")
	d.System = p.string()
	p.expect(",")
	d.Builder = p.string()
	p.expect(",")
	d.Args = list(p, 4, p.string)
	p.expect(",")
	d.Env = sorted(p, "environment variable", list(p, 32, p.envVar), func(v *EnvVar) string { return v.Name })
	p.expect(")")
	if p.at < len(p.text) {
		p.fail(p.at, fmt.Errorf("text after the end of the derivation"))
	}
}

func (p *parser) output(drvName string) Output {
	start := p.at
	p.expect("(")
	name := p.string()
	p.expect(",")
	path := p.string()
	p.expect(",")
	methodAlgo := p.string()
	p.expect(",")
	hash := p.string()
	p.expect(")")
	if p.err != nil {
		return Output{}
	}
	o, err := ParseOutput(p.dir, drvName, name, path, methodAlgo, hash)
	if err != nil {
		p.fail(start, err)
	}
	return o
}

func (p *parser) inputDrv() InputDrv {
	start := p.at
	p.expect("(")
	in := InputDrv{Path: p.path()}
	p.expect(",")
	in.InputNode = p.node()
	p.expect(")")
	if p.err == nil && len(in.Outputs) == 0 && len(in.Dynamic) == 0 {
		p.fail(start, fmt.Errorf("inputDrvs entry for '%s' specifies no outputs", p.dir.Join(in.Path)))
	}
	return in
}

func (p *parser) node() InputNode {
	if !p.dynamic || !strings.HasPrefix(p.text[p.at:], "(") {
		return InputNode{Outputs: p.names()}
	}
	if p.depth++; p.depth > maxNodeDepth {
		p.fail(p.at, fmt.Errorf("outputs of outputs nest too deep"))
		return InputNode{}
	}
	p.expect("(")
	n := InputNode{Outputs: p.names()}
	p.expect(",")
	n.Dynamic = sorted(p, "dynamic output", list(p, 2, p.dynamicInput), func(in *DynamicInput) string { return in.Output })
	p.expect(")")
	p.depth--
	return n
}

func (p *parser) dynamicInput() DynamicInput {
	p.expect("(")
	in := DynamicInput{Output: p.string()}
	p.expect(",")
	in.InputNode = p.node()
	p.expect(")")
	return in
}

func (p *parser) names() []string {
	return sorted(p, "output name", list(p, 1, p.string), func(s *string) string { return *s })
}

func (p *parser) envVar() EnvVar {
	p.expect("(")
	v := EnvVar{Name: p.string()}
	p.expect(",")
	v.Value = p.string()
	p.expect(")")
	return v
}

func (p *parser) path() storepath.Path {
	start := p.at
	full := p.string()
	if p.err != nil {
		return ""
	}
	sp, err := p.dir.ParseCanonical(full)
	if err != nil {
		p.fail(start, err)
	}
	return sp
}

// list reads items between brackets, with room for as many as there usually are.
func list[T any](p *parser, usual int, item func() T) []T {
	p.expect("[")
	if p.err != nil || p.skip(']') {
		return nil
	}
	items := make([]T, 0, usual)
	for p.err == nil {
		items = append(items, item())
		if p.skip(']') {
			return items
		}
		p.expect(",")
	}
	return nil
}

// sorted puts items in order of their keys and refuses equal ones.
func sorted[T any](p *parser, what string, items []T, key func(*T) string) []T {
	for i := 1; i < len(items); i++ {
		if key(&items[i-1]) < key(&items[i]) {
			continue
		}
		slices.SortStableFunc(items, func(a, b T) int { return cmp.Compare(key(&a), key(&b)) })
		for i := 1; i < len(items); i++ {
			if k := key(&items[i]); k == key(&items[i-1]) {
				p.fail(p.at, fmt.Errorf("duplicate %s '%s' in derivation", what, k))
				return nil
			}
		}
		return items
	}
	return items
}

func (p *parser) expect(want string) {
	if p.err != nil {
		return
	}
	if !strings.HasPrefix(p.text[p.at:], want) {
		p.fail(p.at, fmt.Errorf("expected string '%s'", want))
		return
	}
	p.at += len(want)
}

// skip steps over c if it comes next.
func (p *parser) skip(c byte) bool {
	if p.err == nil && p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// string reads a quoted text. Without escapes the result is a part of the file's
// text.
func (p *parser) string() string {
	p.expect(`"`)
	if p.err != nil {
		return ""
	}
	rest := p.text[p.at:]
	end := strings.IndexByte(rest, '"')
	if end < 0 {
		p.fail(p.at, fmt.Errorf("unterminated string in derivation"))
		return ""
	}
	if strings.IndexByte(rest[:end], '\\') < 0 {
		p.at += end + 1
		return rest[:end]
	}
	return p.unescape()
}

// unescape reads the rest of a text that has escapes: a backslash and n, r or t
// is the control character, and any other byte after a backslash is itself.
func (p *parser) unescape() string {
	rest := p.text[p.at:]
	size := quotedLen(rest)
	if size < 0 {
		p.fail(p.at, fmt.Errorf("unterminated string in derivation"))
		return ""
	}
	var b strings.Builder
	b.Grow(size)
	for i := 0; ; {
		n := strings.IndexByte(rest[i:size], '\\')
		if n < 0 {
			b.WriteString(rest[i:size])
			break
		}
		b.WriteString(rest[i : i+n])
		c := rest[i+n+1]
		switch c {
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		}
		b.WriteByte(c)
		i += n + 2
	}
	p.at += size + 1
	return b.String()
}

// quotedLen returns the offset in s of the quote that ends a text, or -1.
func quotedLen(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
