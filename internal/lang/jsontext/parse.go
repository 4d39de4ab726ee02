package jsontext

// byteOrderMark is skipped at the beginning of a text.
const byteOrderMark = "\xef\xbb\xbf"

// A parser reads one text. Its methods leave pos behind what they have read; that is also where errors are.
type parser struct {
	text    string
	pos     int
	token   int    // where the last string or number began; messages quote the text from there
	end     bool   // the end of the text was read, which counts as a column
	failure string // what is wrong with the token, after errBad
	// numberEnds is set if a number that should not be there was read last.
	numberEnds bool
	handler    Handler
	levels     levels
	scratch    []byte
}

// levels is a stack of bits: set for an object, clear for an array.
type levels struct {
	bits  []uint64
	depth int
}

func (l *levels) push(object bool) {
	if l.depth>>6 == len(l.bits) {
		l.bits = append(l.bits, 0)
	}
	bit := uint64(1) << (l.depth & 63)
	l.bits[l.depth>>6] &^= bit
	if object {
		l.bits[l.depth>>6] |= bit
	}
	l.depth++
}

func (l *levels) inObject() bool {
	top := l.depth - 1
	return l.bits[top>>6]>>(top&63)&1 != 0
}

// read reads the whole text.
func (p *parser) read() error {
	if err := p.skipMark(); err != nil {
		return err
	}
	for {
		opened, err := p.value()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		more, err := p.afterValue()
		if err != nil {
			return err
		}
		if !more {
			return p.trailing()
		}
	}
}

func (p *parser) skipMark() error {
	if p.text == "" || p.text[0] != byteOrderMark[0] {
		return nil
	}
	for i := 0; i < len(byteOrderMark); i++ {
		if c, ok := p.get(); !ok || c != byteOrderMark[i] {
			return p.explain(p.bad("invalid BOM; must be 0xEF 0xBB 0xBF if given"), whileValue, "")
		}
	}
	return nil
}

// get reads a byte; false at the end of the text.
func (p *parser) get() (byte, bool) {
	if p.pos == len(p.text) {
		p.end = true
		return 0, false
	}
	p.pos++
	return p.text[p.pos-1], true
}

// next skips blanks and reads a byte; NUL at the end of the text.
func (p *parser) next() byte {
	text := p.text
	for i := p.pos; i < len(text); i++ {
		if c := text[i]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			p.pos = i + 1
			return c
		}
	}
	p.pos = len(text)
	p.end = true
	return 0
}

// value reads a value, or the beginning of an array or object that is not empty; then opened is set and a value is
// next.
func (p *parser) value() (opened bool, err error) {
	switch c := p.next(); c {
	case '"':
		s, inText, err := p.str()
		if err != nil {
			return false, p.explain(err, whileValue, "")
		}
		return false, p.handler.String(s, inText)
	case '{':
		return p.object()
	case '[':
		if err := p.handler.BeginArray(); err != nil {
			return false, err
		}
		before := p.pos
		if p.next() == ']' {
			return false, p.handler.EndArray()
		}
		p.pos, p.end = before, false
		p.levels.push(false)
		return true, nil
	case 't':
		if err := p.literal("true"); err != nil {
			return false, p.explain(err, whileValue, "")
		}
		return false, p.handler.Bool(true)
	case 'f':
		if err := p.literal("false"); err != nil {
			return false, p.explain(err, whileValue, "")
		}
		return false, p.handler.Bool(false)
	case 'n':
		if err := p.literal("null"); err != nil {
			return false, p.explain(err, whileValue, "")
		}
		return false, p.handler.Null()
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return false, p.number()
	default:
		return false, p.unexpected(c, whileValue, valueToken)
	}
}

// object reads from behind a brace to the first value.
func (p *parser) object() (opened bool, err error) {
	if err := p.handler.BeginObject(); err != nil {
		return false, err
	}
	c := p.next()
	if c == '}' {
		return false, p.handler.EndObject()
	}
	p.levels.push(true)
	return true, p.member(c)
}

// member reads a key and the colon, of which c is the first character.
func (p *parser) member(c byte) error {
	if c != '"' {
		return p.unexpected(c, whileKey, stringLiteral)
	}
	s, inText, err := p.str()
	if err != nil {
		return p.explain(err, whileKey, stringLiteral)
	}
	if err := p.handler.Key(s, inText); err != nil {
		return err
	}
	if c := p.next(); c != ':' {
		return p.unexpected(c, whileSeparator, "':'")
	}
	return nil
}

// afterValue reads what follows a value: closing brackets, and a comma with the next key if there is one. It returns
// false when the outermost value is complete.
func (p *parser) afterValue() (bool, error) {
	for p.levels.depth > 0 {
		object := p.levels.inObject()
		c := p.next()
		if c == ',' {
			if object {
				return true, p.member(p.next())
			}
			return true, nil
		}
		var err error
		switch {
		case object && c == '}':
			err = p.handler.EndObject()
		case object:
			return false, p.unexpected(c, whileObject, "'}'")
		case c == ']':
			err = p.handler.EndArray()
		default:
			return false, p.unexpected(c, whileArray, "']'")
		}
		if err != nil {
			return false, err
		}
		p.levels.depth--
	}
	return false, nil
}

// trailing refuses what follows the outermost value.
func (p *parser) trailing() error {
	if c := p.next(); c != 0 {
		return p.unexpected(c, whileValue, endOfInput)
	}
	return nil
}

// literal reads the rest of a literal, behind its first character.
func (p *parser) literal(word string) error {
	for i := 1; i < len(word); i++ {
		if c, ok := p.get(); !ok || c != word[i] {
			return p.bad("invalid literal")
		}
	}
	return nil
}
