package posixre

import "strings"

type token uint8

const (
	tokEOF token = iota
	tokChar
	tokAny
	tokGroupOpen
	tokGroupClose
	tokBegin
	tokEnd
	tokOr
	tokStar
	tokPlus
	tokOptional

	tokBraceOpen
	tokCount
	tokComma
	tokBraceClose

	tokBracketOpen
	tokBracketOpenNot
	tokBracketClose
	tokDash
	tokCollating   // [.name.]
	tokEquivalence // [=name=]
	tokClass       // [:name:]
)

// special are the characters that mean something outside of brackets and that a backslash makes ordinary.
const special = `.[\()*+?{|^$`

type scanMode uint8

const (
	inPattern scanMode = iota
	inBracket
	inBrace
)

// A scanner splits a pattern into tokens, one ahead of the parser: as in libstdc++, a bad token is reported before the
// token in front of it has had its effect.
type scanner struct {
	pattern      string
	pos          int
	mode         scanMode
	bracketStart bool

	tok   token
	value string // of tokChar, tokCount and the three kinds of names
}

// advance scans the next token.
func (s *scanner) advance() *Error {
	if s.pos == len(s.pattern) {
		s.tok = tokEOF
		return nil
	}
	switch s.mode {
	case inBracket:
		return s.scanBracket()
	case inBrace:
		return s.scanBrace()
	}
	return s.scanPattern()
}

func (s *scanner) scanPattern() *Error {
	c := s.pattern[s.pos]
	s.pos++
	if c == 0 {
		return invalid("NUL in the pattern")
	}
	if strings.IndexByte(special, c) < 0 {
		s.char(s.pos - 1)
		return nil
	}
	switch c {
	case '\\':
		if s.pos == len(s.pattern) {
			return invalid("backslash at the end")
		}
		if strings.IndexByte(special, s.pattern[s.pos]) < 0 {
			return invalid("backslash before an ordinary character")
		}
		s.char(s.pos)
		s.pos++
	case '(':
		s.tok = tokGroupOpen
	case ')':
		s.tok = tokGroupClose
	case '[':
		s.mode, s.bracketStart = inBracket, true
		s.tok = tokBracketOpen
		if s.pos < len(s.pattern) && s.pattern[s.pos] == '^' {
			s.pos++
			s.tok = tokBracketOpenNot
		}
	case '{':
		s.mode = inBrace
		s.tok = tokBraceOpen
	case '^':
		s.tok = tokBegin
	case '$':
		s.tok = tokEnd
	case '.':
		s.tok = tokAny
	case '*':
		s.tok = tokStar
	case '+':
		s.tok = tokPlus
	case '?':
		s.tok = tokOptional
	case '|':
		s.tok = tokOr
	}
	return nil
}

// scanBracket scans inside [ ], where backslash is an ordinary character and so is a ] that comes first.
func (s *scanner) scanBracket() *Error {
	start := s.bracketStart
	s.bracketStart = false
	c := s.pattern[s.pos]
	s.pos++
	switch {
	case c == '-':
		s.tok = tokDash
	case c == '[':
		if s.pos == len(s.pattern) {
			return invalid("bracket expression without an end")
		}
		switch s.pattern[s.pos] {
		case '.':
			return s.scanName(tokCollating)
		case ':':
			return s.scanName(tokClass)
		case '=':
			return s.scanName(tokEquivalence)
		}
		s.char(s.pos - 1)
	case c == ']' && !start:
		s.tok = tokBracketClose
		s.mode = inPattern
	default:
		s.char(s.pos - 1)
	}
	return nil
}

// scanName scans `:name:]` and the like; pos is at the first delimiter.
func (s *scanner) scanName(tok token) *Error {
	delimiter := s.pattern[s.pos]
	rest := s.pattern[s.pos+1:]
	end := strings.IndexByte(rest, delimiter)
	if end < 0 || end+1 >= len(rest) || rest[end+1] != ']' {
		return invalid("name in a bracket expression without an end")
	}
	s.tok, s.value = tok, rest[:end]
	s.pos += end + 3
	return nil
}

func (s *scanner) scanBrace() *Error {
	c := s.pattern[s.pos]
	start := s.pos
	s.pos++
	switch {
	case isDigit(c):
		for s.pos < len(s.pattern) && isDigit(s.pattern[s.pos]) {
			s.pos++
		}
		s.tok, s.value = tokCount, s.pattern[start:s.pos]
	case c == ',':
		s.tok = tokComma
	case c == '}':
		s.mode = inPattern
		s.tok = tokBraceClose
	default:
		return invalid("unexpected character between braces")
	}
	return nil
}

func (s *scanner) char(at int) {
	s.tok, s.value = tokChar, s.pattern[at:at+1]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func invalid(detail string) *Error { return &Error{Kind: Invalid, Detail: detail} }
