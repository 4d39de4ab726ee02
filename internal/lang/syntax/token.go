package syntax

// Kind is a kind of token. The order is that in which messages list the tokens
// they expected.
type Kind uint8

const (
	KindEOF Kind = iota
	kindError
	KindInvalid
	KindIdent
	KindString    // text inside "…", or inside a path with interpolation
	KindIndString // text inside ''…''
	KindInt
	KindFloat
	KindPath
	KindHomePath
	KindSearchPath
	KindPathEnd
	KindURI
	KindIf
	KindThen
	KindElse
	KindAssert
	KindWith
	KindLet
	KindIn
	KindRec
	KindInherit
	KindEq
	KindNotEq
	KindLessEq
	KindGreaterEq
	KindUpdate
	KindConcat
	KindAnd
	KindOr
	KindImpl
	KindOrWord
	KindPipeFrom
	KindPipeInto
	KindInterpolation // ${
	KindIndOpen
	KindIndClose
	KindEllipsis
	kindBindings // stands before bindings that are parsed without braces
	KindLess
	KindGreater
	unaryNot // only a precedence
	KindPlus
	KindMinus
	KindTimes
	KindSlash
	KindQuestion
	unaryMinus // only a precedence
	KindColon
	KindAt
	KindSemicolon
	KindNot
	KindDot
	KindQuote
	KindParenOpen
	KindParenClose
	KindBraceOpen
	KindBraceClose
	KindBracketOpen
	KindBracketClose
	KindAssign
	KindComma
	kinds // how many there are
)

// kindNames are the tokens as messages name them.
var kindNames = [kinds]string{
	KindEOF: "end of file", kindError: "error", KindInvalid: "invalid token", KindIdent: "identifier",
	KindString: "string", KindIndString: "indented string", KindInt: "integer",
	KindFloat: "floating-point literal", KindPath: "path", KindHomePath: "'~/…' path",
	KindSearchPath: "'<…>' path", KindPathEnd: "end of path", KindURI: "URI", KindIf: "'if'",
	KindThen: "'then'", KindElse: "'else'", KindAssert: "'assert'", KindWith: "'with'", KindLet: "'let'",
	KindIn: "'in'", KindRec: "'rec'", KindInherit: "'inherit'", KindEq: "'=='", KindNotEq: "'!='",
	KindLessEq: "'<='", KindGreaterEq: "'>='", KindUpdate: "'//'", KindConcat: "'++'", KindAnd: "'&&'",
	KindOr: "'||'", KindImpl: "'->'", KindOrWord: "'or'", KindPipeFrom: "'<|'", KindPipeInto: "'|>'",
	KindInterpolation: "'${'", KindIndOpen: "start of an indented string",
	KindIndClose: "end of an indented string", KindEllipsis: "'...'", kindBindings: "start of REPL bindings",
	KindLess: "'<'", KindGreater: "'>'", unaryNot: "NOT", KindPlus: "'+'", KindMinus: "'-'", KindTimes: "'*'",
	KindSlash: "'/'", KindQuestion: "'?'", unaryMinus: "NEGATE", KindColon: "':'", KindAt: "'@'",
	KindSemicolon: "';'", KindNot: "'!'", KindDot: "'.'", KindQuote: `'"'`, KindParenOpen: "'('",
	KindParenClose: "')'", KindBraceOpen: "'{'", KindBraceClose: "'}'", KindBracketOpen: "'['",
	KindBracketClose: "']'", KindAssign: "'='", KindComma: "','",
}

func (k Kind) String() string { return kindNames[k] }

// single are the tokens of one byte that begin nothing longer.
var single = [256]Kind{
	'@': KindAt, ';': KindSemicolon, ':': KindColon, '(': KindParenOpen, ')': KindParenClose,
	'[': KindBracketOpen, ']': KindBracketClose, ',': KindComma, '*': KindTimes, '?': KindQuestion,
}

// keyword returns the kind of an identifier.
func keyword(word string) Kind {
	switch word {
	case "if":
		return KindIf
	case "then":
		return KindThen
	case "else":
		return KindElse
	case "assert":
		return KindAssert
	case "with":
		return KindWith
	case "let":
		return KindLet
	case "in":
		return KindIn
	case "rec":
		return KindRec
	case "inherit":
		return KindInherit
	case "or":
		return KindOrWord
	}
	return KindIdent
}

// Classes of bytes.
const (
	identStart = 1 << iota // begins an identifier
	identPart
	digit
	pathPart
	schemePart // in the scheme of a URL
	uriPart    // in a URL after the colon
	space
	letter
)

var class = [256]uint8{
	'\t': space, '\n': space, '\r': space, ' ': space,
	'_': identStart | identPart | pathPart | uriPart, '\'': identPart | uriPart,
	'-': identPart | pathPart | schemePart | uriPart,
	'.': pathPart | schemePart | uriPart, '+': pathPart | schemePart | uriPart,
	'%': uriPart, '/': uriPart, '?': uriPart, ':': uriPart, '@': uriPart, '&': uriPart, '=': uriPart,
	'$': uriPart, ',': uriPart, '!': uriPart, '~': uriPart, '*': uriPart,
	'0': digits, '1': digits, '2': digits, '3': digits, '4': digits,
	'5': digits, '6': digits, '7': digits, '8': digits, '9': digits,
	'a': letters, 'b': letters, 'c': letters, 'd': letters, 'e': letters, 'f': letters, 'g': letters,
	'h': letters, 'i': letters, 'j': letters, 'k': letters, 'l': letters, 'm': letters, 'n': letters,
	'o': letters, 'p': letters, 'q': letters, 'r': letters, 's': letters, 't': letters, 'u': letters,
	'v': letters, 'w': letters, 'x': letters, 'y': letters, 'z': letters,
	'A': letters, 'B': letters, 'C': letters, 'D': letters, 'E': letters, 'F': letters, 'G': letters,
	'H': letters, 'I': letters, 'J': letters, 'K': letters, 'L': letters, 'M': letters, 'N': letters,
	'O': letters, 'P': letters, 'Q': letters, 'R': letters, 'S': letters, 'T': letters, 'U': letters,
	'V': letters, 'W': letters, 'X': letters, 'Y': letters, 'Z': letters,
}

const (
	digits  = digit | identPart | pathPart | schemePart | uriPart
	letters = letter | identStart | identPart | pathPart | schemePart | uriPart
)
