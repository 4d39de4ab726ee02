package syntax

// A Token is one token of a text and the bytes it covers. What lies between two
// tokens, blanks and comments, covers none; in strings and paths with
// interpolations there is nothing between them.
type Token struct {
	Kind       Kind
	Start, End int
}

// Tokens cuts a text that [Parse] accepts. The last token is of KindEOF.
func Tokens(text string) []Token {
	var s scanner
	s.init(text, nil)
	var all []Token
	for {
		s.next()
		t := Token{s.kind, s.start, s.end}
		switch s.kind {
		case KindPathEnd:
			t.Start, t.End = s.pos, s.pos
		case KindEOF, kindError:
			return append(all, Token{KindEOF, s.start, len(text)})
		}
		all = append(all, t)
	}
}
