package jsontext

import (
	"errors"
	"fmt"
	"strings"
)

// A SyntaxError says why and where a text is not JSON, in the words of nlohmann/json.
type SyntaxError struct{ message string }

func (e *SyntaxError) Error() string { return e.message }

// A context is what was being read, as messages call it.
type context string

const (
	whileValue     context = "value"
	whileKey       context = "object key"
	whileSeparator context = "object separator"
	whileObject    context = "object"
	whileArray     context = "array"
)

// What messages expect.
const (
	valueToken    = "'[', '{', or a literal"
	stringLiteral = "string literal"
	endOfInput    = "end of input"
)

// errBad says that a token is malformed, and that the parser's failure says why.
var errBad = errors.New("malformed token")

func (p *parser) bad(failure string) error {
	p.failure = failure
	return errBad
}

// explain turns errBad into a message for people; other errors are the handler's.
func (p *parser) explain(err error, while context, want string) error {
	if err != errBad {
		return err
	}
	return p.syntaxError(while, p.failure+"; last read: '"+visible(p.text[p.token:p.pos])+"'", want)
}

// unexpected refuses the token that begins with c, which has been read. If the token itself is malformed, then that is
// the error.
func (p *parser) unexpected(c byte, while context, want string) error {
	var token string
	var err error
	switch c {
	case 0:
		if p.pos == 0 || p.pos == 1 && !p.end {
			return p.errorHere("attempting to parse an empty input; check that your input string or stream contains the expected JSON")
		}
		token = endOfInput
	case '[', ']', '{', '}', ':', ',':
		token = "'" + string(c) + "'"
	case '"':
		token = stringLiteral
		_, _, err = p.str()
	case 't':
		token = "true literal"
		err = p.literal("true")
	case 'f':
		token = "false literal"
		err = p.literal("false")
	case 'n':
		token = "null literal"
		err = p.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		token = "number literal"
		_, _, err = p.scanNumber()
		p.numberEnds = err == nil
	default:
		err = p.bad("invalid literal")
	}
	if err != nil {
		if while == whileValue && want == valueToken {
			want = ""
		}
		return p.explain(err, while, want)
	}
	return p.syntaxError(while, "unexpected "+token, want)
}

func (p *parser) syntaxError(while context, what, want string) error {
	message := "syntax error while parsing " + string(while) + " - " + what
	if want != "" {
		message += "; expected " + want
	}
	return p.errorHere(message)
}

func (p *parser) errorHere(message string) error {
	line, column := p.position()
	return &SyntaxError{fmt.Sprintf("[json.exception.parse_error.101] parse error at line %d, column %d: %s", line, column, message)}
}

// position returns the line, from 1, and how many bytes of it have been read. The end of the text counts as one. A
// number in front of a line break counts as none: the C++ library reads one byte too many to find its end, and forgets
// the column.
func (p *parser) position() (line, column int) {
	read := p.text[:p.pos]
	line = 1 + strings.Count(read, "\n")
	column = len(read) - (strings.LastIndexByte(read, '\n') + 1)
	if p.end {
		column++
	}
	if p.numberEnds && p.pos < len(p.text) && p.text[p.pos] == '\n' {
		column = 0
	}
	return line, column
}

// visible makes control characters of a quotation visible.
func visible(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' {
			fmt.Fprintf(&b, "<U+%04X>", s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// controlNames are the names of the control characters in ASCII.
var controlNames = [32]string{
	"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI",
	"DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
}

// controlCharacter is the message about one inside of a string.
func controlCharacter(c byte) string {
	message := fmt.Sprintf("control character U+%04X (%s) must be escaped to \\u%04X", c, controlNames[c], c)
	if short := shortEscape(c); short != 0 {
		message += ` or \` + string(short)
	}
	return message
}

// shortEscape returns the letter that escapes a control character, or 0.
func shortEscape(c byte) byte {
	switch c {
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	}
	return 0
}
