package tomltext

// A parser reads one text. Its methods leave pos behind what they have read; after a fault, where reading goes on.
type parser[V any] struct {
	source source
	text   string
	pos    int
	depth  int
	looks  int // see look
	build  Builder[V]
	failed error    // the first one of build
	faults []*fault // what was found so far

	keys     []string    // of the paths being followed
	elements []V         // of the arrays being read, the innermost last
	members  []Member[V] // of the tables being finished, the innermost last
}

func (p *parser[V]) report(f *fault) { p.faults = append(p.faults, f) }

// latest takes back the fault that was reported last, for the caller to report it.
func (p *parser[V]) latest() *fault {
	f := p.faults[len(p.faults)-1]
	p.faults = p.faults[:len(p.faults)-1]
	return f
}

func (p *parser[V]) done() bool { return p.pos >= len(p.text) }

// current is the next byte, or NUL at the end.
func (p *parser[V]) current() byte {
	if p.done() {
		return 0
	}
	return p.text[p.pos]
}

func (p *parser[V]) advance() {
	if !p.done() {
		p.pos++
	}
}

// take reads what one of the functions of scan.go has found.
func (p *parser[V]) take(end int) bool {
	if end < 0 {
		return false
	}
	p.pos = end
	return true
}

func (p *parser[V]) skipBlanks() { p.pos = blanks(p.text, p.pos) }

// fault is about the next byte.
func (p *parser[V]) fault(title, remark string) *fault {
	return newFault(title, p.source.at(p.pos), remark)
}

// wanted is a fault about what is expected at a place.
func (p *parser[V]) wanted(title, expected string, at int) *fault {
	return newFault(title, p.source.at(at), "expected "+expected)
}

// expectedLineBreak is what toml11 calls a line break, one in each of the two forms that it may have.
const expectedLineBreak = "0x0a(LINE FEED) or \r\n"

// document reads the whole text.
func (p *parser[V]) document() *table[V] {
	root := &table[V]{}
	p.head()
	p.body(root)
	for !p.done() {
		p.spaces()
		p.section(root)
	}
	return root
}

// body reads the lines of a table and reports what is wrong with them.
func (p *parser[V]) body(t *table[V]) {
	if f := p.lines(t); f != nil {
		p.report(f)
		p.skipToHeader()
	}
}

// head reads the comments at the beginning, only to find faults in them.
func (p *parser[V]) head() {
	start := p.pos
	for !p.done() {
		found, f := p.comment()
		if f != nil {
			p.report(f)
			p.skipComments()
			continue
		}
		if !found {
			if !p.take(lineBreak(p.text, blanks(p.text, p.pos))) {
				p.pos = start
			}
			return
		}
	}
}

// section reads a header and the lines below it.
func (p *parser[V]) section(root *table[V]) {
	for _, array := range []bool{true, false} {
		to, f := p.headerPath(array)
		if f != nil {
			continue
		}
		if !p.restOfHeader() {
			p.skipToHeader()
			return
		}
		var t *table[V]
		if array {
			t, f = p.lengthen(root, to)
		} else {
			t, f = p.define(root, to)
		}
		if f != nil {
			p.report(f)
			t = &table[V]{}
		}
		p.body(t)
		return
	}
	if hasPrefix(p.text, p.pos, "[[") {
		_, expected, at := arrayHeader(p.text, p.pos)
		p.report(p.wanted("toml::parse_file: invalid array-table key", expected, at))
	} else {
		_, expected, at := tableHeader(p.text, p.pos)
		p.report(p.wanted("toml::parse_file: invalid table key", expected, at))
	}
	p.skipToHeader()
}

// headerPath reads a header. The fault is only there to tell that there is none, or one with a bad escape in it.
func (p *parser[V]) headerPath(array bool) (path, *fault) {
	start, brackets := p.pos, 1
	end, expected, at := tableHeader(p.text, p.pos)
	if array {
		brackets = 2
		end, expected, at = arrayHeader(p.text, p.pos)
	}
	if end < 0 {
		return path{}, p.wanted("toml::parse_table_key: invalid table key", expected, at)
	}
	p.pos = blanks(p.text, start+brackets)
	p.keys = p.keys[:0]
	to, f := p.path()
	if f != nil {
		return path{}, f
	}
	p.pos = end
	to.first, to.last = start, end
	return to, nil
}

// restOfHeader reads to the end of the header's line; false if there is more on it.
func (p *parser[V]) restOfHeader() bool {
	found, f := p.comment()
	switch {
	case f != nil:
		p.report(f)
		return false
	case found:
		return true
	}
	p.skipBlanks()
	if !p.done() && !p.take(lineBreak(p.text, p.pos)) {
		p.report(p.wanted("toml::parse_file: newline (or EOF) expected", expectedLineBreak, p.pos))
		return false
	}
	return true
}

// comment reads blanks, a comment and its line break, if there is a comment.
func (p *parser[V]) comment() (found bool, f *fault) {
	end := comment(p.text, blanks(p.text, p.pos))
	if end < 0 {
		return false, nil
	}
	p.pos = end
	if p.done() || p.take(lineBreak(p.text, p.pos)) {
		return true, nil
	}
	for !p.done() {
		p.pos++
		if p.current() == '\n' {
			p.pos++
			break
		}
	}
	return false, p.fault("toml::parse_comment_line: newline (LF / CRLF) or EOF is expected", "but got this").
		hinting("Hint: most of the control characters are not allowed in comments")
}

// spaces reads blanks, line breaks and comments that end with one.
func (p *parser[V]) spaces() (newline bool) {
	for !p.done() {
		switch c := p.text[p.pos]; {
		case c == ' ' || c == '\t':
			p.pos++
		case c == '#':
			if !p.take(lineBreak(p.text, comment(p.text, p.pos))) {
				return newline
			}
			newline = true
		default:
			if !p.take(lineBreak(p.text, p.pos)) {
				return newline
			}
			newline = true
		}
	}
	return newline
}

// lines reads keys and values up to the next header.
func (p *parser[V]) lines(t *table[V]) *fault {
	before := len(p.faults)
	newline := true
	for !p.done() {
		start := p.pos
		newline = p.spaces() || newline
		if p.done() {
			break
		}
		if p.text[p.pos] == '[' {
			p.pos = start
			break
		}
		if !newline {
			return p.fault("toml::parse_table: newline (LF / CRLF) or EOF is expected", "here")
		}
		newline = false
		p.keys = p.keys[:0]
		to, value, f := p.member()
		if f != nil {
			p.report(f)
			p.skipMember()
			continue
		}
		found, f := p.comment()
		if f != nil {
			p.report(f)
		}
		newline = found
		if f := p.insert(t, to, value); f != nil {
			p.report(f)
		}
	}
	if len(p.faults) > before {
		return p.latest()
	}
	return nil
}

// member reads a key and its value.
func (p *parser[V]) member() (to path, value node[V], f *fault) {
	start := p.pos
	if to, f = p.path(); f != nil {
		p.pos = start
		return to, value, f
	}
	equals := blanks(p.text, p.pos)
	if !hasPrefix(p.text, equals, "=") {
		p.pos = start
		return to, value, p.wanted("toml::parse_key_value_pair: invalid key value separator `=`", "=", equals)
	}
	p.pos = blanks(p.text, equals+1)
	value, f = p.value()
	return to, value, f
}

// path reads a key with its dots.
func (p *parser[V]) path() (path, *fault) {
	to := path{first: p.pos}
	base := len(p.keys)
	for !p.done() {
		key, f := p.simpleKey()
		if f != nil {
			return to, f
		}
		if len(p.keys) == base+maxDepth {
			return to, p.fault("key with too many dots", "here")
		}
		p.keys = append(p.keys, key)
		dot := blanks(p.text, p.pos)
		if !hasPrefix(p.text, dot, ".") {
			break
		}
		p.pos = blanks(p.text, dot+1)
	}
	to.last = p.pos
	to.keys = p.keys[base:]
	if len(to.keys) == 0 {
		return to, newFault("toml::parse_key: expected a new key, but got nothing", p.source.at(to.first), "reached EOF")
	}
	return to, nil
}

func (p *parser[V]) simpleKey() (string, *fault) {
	switch p.current() {
	case '"':
		return p.basicString()
	case '\'':
		return p.literalString()
	}
	start := p.pos
	if !p.take(bareKey(p.text, p.pos)) {
		return "", p.wanted(`toml::parse_simple_key: invalid key: key must be "quoted", 'quoted-literal', or bare key.`,
			"alpha [a-zA-Z], digit [0-9], -, or _", p.pos).
			hinting("Hint: non-ASCII scripts are allowed in toml v1.1.0, but not in v1.0.0.\n")
	}
	return p.text[start:p.pos], nil
}
