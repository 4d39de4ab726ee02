package posixre

import "strings"

// A byteSet tells for each byte whether it is a member.
type byteSet [256]bool

// anyByte is what `.` matches.
var anyByte = func() (s byteSet) {
	for c := 1; c < 256; c++ {
		s[c] = true
	}
	return s
}()

// A pending is what stands before a dash: nothing that could begin a range, a character, or a class, which must not.
type pending uint8

const (
	pendingNone pending = iota
	pendingChar
	pendingClass
)

// A bracketParser collects the members of one bracket expression.
type bracketParser struct {
	*parser
	set  byteSet
	kind pending
	last byte // if kind is pendingChar; it is a member already
}

// bracket parses from the opening bracket to the closing one.
func (p *parser) bracket() (*byteSet, *Error) {
	negated := p.tok == tokBracketOpenNot
	if err := p.advance(); err != nil {
		return nil, err
	}
	b := &bracketParser{parser: p}
	switch p.tok {
	case tokChar:
		b.addChar(p.value[0])
		if err := p.advance(); err != nil {
			return nil, err
		}
	case tokDash:
		b.addChar('-')
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	for more := true; more; {
		var err *Error
		if more, err = b.term(); err != nil {
			return nil, err
		}
	}
	if negated {
		for c := range b.set {
			b.set[c] = !b.set[c]
		}
	}
	return &b.set, nil
}

func (b *bracketParser) addChar(c byte) {
	b.set[c] = true
	b.kind, b.last = pendingChar, c
}

// term parses one member; false at the closing bracket.
func (b *bracketParser) term() (bool, *Error) {
	tok, value := b.tok, b.value
	switch tok {
	case tokBracketClose, tokCollating, tokEquivalence, tokClass, tokChar, tokDash:
	default:
		return false, invalid("bracket expression without an end")
	}
	if err := b.advance(); err != nil {
		return false, err
	}
	switch tok {
	case tokBracketClose:
		return false, nil
	case tokChar:
		b.addChar(value[0])
	case tokDash:
		return b.dash()
	case tokCollating:
		c, ok := collatingElement(value)
		if !ok {
			return false, invalid("unknown collating element")
		}
		b.addChar(c)
	case tokEquivalence:
		c, ok := collatingElement(value)
		if !ok {
			return false, invalid("unknown equivalence class")
		}
		b.kind = pendingClass
		for i := range b.set {
			if lower(byte(i)) == lower(c) {
				b.set[i] = true
			}
		}
	case tokClass:
		member := classes[lowerName(value)]
		if member == nil {
			return false, invalid("unknown character class")
		}
		b.kind = pendingClass
		for i := 0; i < 128; i++ {
			if member(byte(i)) {
				b.set[i] = true
			}
		}
	}
	return true, nil
}

// dash parses what follows a dash: a literal dash is the first or last member, or ends a range.
func (b *bracketParser) dash() (bool, *Error) {
	switch {
	case b.tok == tokBracketClose:
		b.addChar('-')
		return false, b.advance()
	case b.kind == pendingClass:
		return false, invalid("a range cannot begin with a class")
	case b.kind != pendingChar:
		return false, invalid("dash in the middle of a bracket expression")
	}
	var end byte
	switch b.tok {
	case tokChar:
		end = b.value[0]
	case tokDash:
		end = '-'
	default:
		return false, invalid("a range must end with a character")
	}
	if err := b.advance(); err != nil {
		return false, err
	}
	b.kind = pendingNone
	return true, b.addRange(b.last, end)
}

// addRange adds the bytes from first to last in the order of C's signed char.
func (b *bracketParser) addRange(first, last byte) *Error {
	if int8(first) > int8(last) {
		return invalid("range out of order")
	}
	for c := int(int8(first)); c <= int(int8(last)); c++ {
		b.set[byte(c)] = true
	}
	return nil
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// lowerName is strings.ToLower for ASCII; beyond it, a name is unknown anyway.
func lowerName(name string) string {
	b := []byte(name)
	for i, c := range b {
		b[i] = lower(c)
	}
	return string(b)
}

func isAlpha(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
func isGraph(c byte) bool { return ' ' < c && c < 0x7f }

// classes holds the members among ASCII of each [:name:]; nothing beyond ASCII is in any. The one-letter names are
// libstdc++'s own.
var classes = map[string]func(byte) bool{
	"d":      isDigit,
	"w":      func(c byte) bool { return isAlnum(c) || c == '_' },
	"s":      isSpace,
	"alnum":  isAlnum,
	"alpha":  isAlpha,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  isDigit,
	"graph":  isGraph,
	"lower":  func(c byte) bool { return 'a' <= c && c <= 'z' },
	"print":  func(c byte) bool { return isGraph(c) || c == ' ' },
	"punct":  func(c byte) bool { return isGraph(c) && !isAlnum(c) },
	"space":  isSpace,
	"upper":  func(c byte) bool { return 'A' <= c && c <= 'Z' },
	"xdigit": func(c byte) bool { return isDigit(c) || 'a' <= lower(c) && lower(c) <= 'f' },
}

// collatingNames are the names of ASCII characters in POSIX's portable character set, in order; letters name
// themselves.
const collatingNames = "NUL SOH STX ETX EOT ENQ ACK alert backspace tab newline vertical-tab form-feed carriage-return " +
	"SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC IS4 IS3 IS2 IS1 space exclamation-mark quotation-mark " +
	"number-sign dollar-sign percent-sign ampersand apostrophe left-parenthesis right-parenthesis asterisk plus-sign " +
	"comma hyphen period slash zero one two three four five six seven eight nine colon semicolon less-than-sign " +
	"equals-sign greater-than-sign question-mark commercial-at A B C D E F G H I J K L M N O P Q R S T U V W X Y Z " +
	"left-square-bracket backslash right-square-bracket circumflex underscore grave-accent " +
	"a b c d e f g h i j k l m n o p q r s t u v w x y z left-curly-bracket vertical-line right-curly-bracket tilde DEL"

// collatingElement returns the character of that name.
func collatingElement(name string) (byte, bool) {
	for i, n := range strings.Fields(collatingNames) {
		if n == name {
			return byte(i), true
		}
	}
	return 0, false
}
