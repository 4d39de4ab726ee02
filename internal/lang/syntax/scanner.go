package syntax

import "strings"

// A scanner cuts a text into tokens, each the longest that can begin at its
// place. What begins where depends on the braces and quotes that are open,
// which it counts itself.
//
// The token read last is in kind, start and end. Its value is left in the text:
// whoever wants it decodes text[start:end].
type scanner struct {
	text string
	pos  int // of the next byte

	kind       Kind
	start, end int
	previous   int // start of the token before

	mode  mode
	outer []mode // modes to come back to

	// Runs of path and scheme bytes that end here are known to begin no path
	// and no URL, wherever in the run one starts. This keeps a.b.c.d linear.
	noPath, noURI int
	// A path that ends with the text draws the end of the text back to its
	// start, which shows in messages. Nix: pinned by the case path-at-end.
	endAt int

	// Doc comment: the last one, and the start of the token right after it.
	doc        [2]int
	docPending bool
	docAt      int

	noPipes bool    // |> and <| are errors
	problem problem // what is wrong with a token of kindError
}

// A problem is a token that cannot be.
type problem uint8

const (
	noProblem problem = iota
	trailingSlash
	disabledPipe
)

// mode says which tokens are possible.
type mode uint8

const (
	bottom      mode = iota // outside of all braces: a closing one closes nothing
	normal                  // inside { } or ${ }
	inString                // inside "…"
	inIndString             // inside ''…''
	atPath                  // at a path that begins with an interpolation after its first slash
	inPath                  // inside a path
	inPathSlash             // inside a path and after a slash
)

func (s *scanner) init(text string, modes []mode) {
	*s = scanner{text: text, outer: modes[:0], noPath: -1, noURI: -1, endAt: -1, docAt: -1}
}

func (s *scanner) push(m mode) {
	s.outer = append(s.outer, s.mode)
	s.mode = m
}

func (s *scanner) pop() {
	n := len(s.outer) - 1
	s.mode, s.outer = s.outer[n], s.outer[:n]
}

// next reads one token.
func (s *scanner) next() {
	switch s.mode {
	case bottom, normal:
		s.skip()
		s.previous, s.start = s.start, s.pos
		if s.docPending {
			s.docPending, s.docAt = false, s.pos
		}
		s.kind, s.end = s.token(s.pos)
		s.pos = s.end
		if s.kind == KindEOF {
			s.atEnd()
		}
		return
	case inString:
		s.part(s.stringPart(s.pos))
	case inIndString:
		s.part(s.indStringPart(s.pos))
	default:
		s.path()
	}
}

func (s *scanner) part(k Kind, end int) {
	s.previous, s.start = s.start, s.pos
	s.kind, s.end, s.pos = k, end, end
}

// peek returns the first byte of the next token, or 0 at the end.
func (s *scanner) peek() byte {
	s.skip()
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) byte(i int) byte {
	if i < len(s.text) {
		return s.text[i]
	}
	return 0
}

func (s *scanner) has(i int, classes uint8) bool {
	return i < len(s.text) && class[s.text[i]]&classes != 0
}

// run returns the end of the bytes of the given classes from i on.
func (s *scanner) run(i int, classes uint8) int {
	for i < len(s.text) && class[s.text[i]]&classes != 0 {
		i++
	}
	return i
}

// skip passes blanks and comments.
func (s *scanner) skip() {
	i := s.pos
	for i < len(s.text) {
		switch c := s.text[i]; {
		case class[c]&space != 0:
			i++
		case c == '#':
			i = lineEnd(s.text, i)
		case c == '/' && s.byte(i+1) == '*':
			n := strings.Index(s.text[i+2:], "*/")
			if n < 0 {
				s.pos = i
				return
			}
			end := i + 2 + n + 2
			if isDoc(s.text[i:end]) {
				s.doc, s.docPending = [2]int{i, end}, true
			}
			i = end
		default:
			s.pos = i
			return
		}
	}
	s.pos = i
}

// lineEnd returns the end of the line that i is on, without its line break.
func lineEnd(text string, i int) int {
	for i < len(text) && text[i] != '\n' && text[i] != '\r' {
		i++
	}
	return i
}

// isDoc reports whether a comment begins with two stars and is neither empty
// nor a row of stars.
func isDoc(comment string) bool {
	return comment[2] == '*' && comment[3] != '*' && comment[3] != '/'
}

// atEnd puts the token of the end where messages show it.
func (s *scanner) atEnd() {
	if s.start == len(s.text) && s.endAt >= 0 {
		s.start, s.end = s.endAt, s.endAt
	}
}

// token reads a token outside of strings and paths and returns where it ends.
func (s *scanner) token(i int) (Kind, int) {
	if i >= len(s.text) {
		return KindEOF, i
	}
	c := s.text[i]
	switch {
	case class[c]&identStart != 0:
		return s.word(i)
	case class[c]&digit != 0:
		return s.number(i)
	case single[c] != 0:
		return single[c], i + 1
	}
	switch c {
	case '{':
		s.push(normal)
		return KindBraceOpen, i + 1
	case '}':
		if s.mode != bottom {
			s.pop()
		}
		return KindBraceClose, i + 1
	case '"':
		s.push(inString)
		return KindQuote, i + 1
	case '\'':
		if s.byte(i+1) == '\'' {
			s.push(inIndString)
			return KindIndOpen, firstLine(s.text, i+2)
		}
	case '$':
		if s.byte(i+1) == '{' {
			s.push(normal)
			return KindInterpolation, i + 2
		}
	case '.', '+', '-', '/', '~':
		return s.pathOrOperator(i)
	case 0:
		return KindEOF, i + 1
	}
	return s.operator(i)
}

// firstLine returns the end of the first line of an indented string if that is
// blank, else i.
func firstLine(text string, i int) int {
	for j := i; j < len(text); j++ {
		switch text[j] {
		case ' ':
		case '\n':
			return j + 1
		default:
			return i
		}
	}
	return i
}

// operator reads the operators that begin no path.
func (s *scanner) operator(i int) (Kind, int) {
	d := s.byte(i + 1)
	switch s.text[i] {
	case '=':
		if d == '=' {
			return KindEq, i + 2
		}
		return KindAssign, i + 1
	case '!':
		if d == '=' {
			return KindNotEq, i + 2
		}
		return KindNot, i + 1
	case '<':
		if end := s.searchPath(i); end > 0 {
			return KindSearchPath, end
		}
		switch d {
		case '=':
			return KindLessEq, i + 2
		case '|':
			return s.pipe(KindPipeFrom), i + 2
		}
		return KindLess, i + 1
	case '>':
		if d == '=' {
			return KindGreaterEq, i + 2
		}
		return KindGreater, i + 1
	case '&':
		if d == '&' {
			return KindAnd, i + 2
		}
	case '|':
		switch d {
		case '|':
			return KindOr, i + 2
		case '>':
			return s.pipe(KindPipeInto), i + 2
		}
	}
	return KindInvalid, i + 1
}

func (s *scanner) pipe(k Kind) Kind {
	if s.noPipes {
		s.problem = disabledPipe
		return kindError
	}
	return k
}

// pathOrOperator reads what begins with a sign that may begin a path.
func (s *scanner) pathOrOperator(i int) (Kind, int) {
	c, d := s.text[i], s.byte(i+1)
	if c == '~' {
		return s.homePath(i)
	}
	if d != ' ' { // most operators stand alone
		if k, end := s.pathAt(i); end > 0 {
			return k, end
		}
	}
	switch {
	case c == '.':
		if d == '.' && s.byte(i+2) == '.' {
			return KindEllipsis, i + 3
		}
		if class[d]&digit != 0 {
			return KindFloat, s.exponent(s.run(i+1, digit))
		}
		return KindDot, i + 1
	case c == '+' && d == '+':
		return KindConcat, i + 2
	case c == '+':
		return KindPlus, i + 1
	case c == '-' && d == '>':
		return KindImpl, i + 2
	case c == '-':
		return KindMinus, i + 1
	case d == '/':
		return KindUpdate, i + 2
	}
	return KindSlash, i + 1
}

// word reads an identifier or keyword, or the path or URL that begins with it.
func (s *scanner) word(i int) (Kind, int) {
	end := s.run(i+1, identPart)
	switch s.byte(end) {
	case '/', '.', '+':
		if k, e := s.pathAt(i); e > end {
			return k, e
		}
		if e := s.uriAt(i); e > end {
			return KindURI, e
		}
	case ':':
		if s.has(end+1, uriPart) {
			if e := s.uriAt(i); e > end {
				return KindURI, e
			}
		}
	}
	if end-i > len("inherit") {
		return KindIdent, end
	}
	return keyword(s.text[i:end]), end
}

// number reads an integer or a floating-point literal, or the path that begins
// with it. 00.5 is the integer 00 and the float .5.
func (s *scanner) number(i int) (Kind, int) {
	end := s.run(i, digit)
	d := s.byte(end)
	if class[d]&pathPart != 0 || d == '/' {
		if k, e := s.pathAt(i); e > 0 {
			return k, e
		}
	}
	if d == '.' {
		if s.text[i] != '0' || end == i+1 && s.has(end+1, digit) {
			return KindFloat, s.exponent(s.run(end+1, digit))
		}
	}
	return KindInt, end
}

// exponent returns the end of the exponent that may stand at i.
func (s *scanner) exponent(i int) int {
	if c := s.byte(i); c != 'e' && c != 'E' {
		return i
	}
	j := i + 1
	if c := s.byte(j); c == '+' || c == '-' {
		j++
	}
	if end := s.run(j, digit); end > j {
		return end
	}
	return i
}

// uriAt returns the end of the URL that begins at i, or 0.
func (s *scanner) uriAt(i int) int {
	if i < s.noURI || class[s.text[i]]&letter == 0 {
		return 0
	}
	end := s.run(i, schemePart)
	if s.byte(end) != ':' || !s.has(end+1, uriPart) {
		s.noURI = end
		return 0
	}
	return s.run(end+1, uriPart)
}
