package syntax

// Paths, and the text of strings. A path with interpolations is a first part,
// then text and interpolations in turn, then a token for its end that covers no
// text: it is read when something follows that can't be part of the path.

// pathAt reads the path that begins at i; the end is 0 if there is none. A path
// whose first slash is followed by an interpolation ends with that slash.
func (s *scanner) pathAt(i int) (Kind, int) {
	if i < s.noPath {
		return 0, 0
	}
	end := s.run(i, pathPart)
	if s.byte(end) == '/' {
		if s.has(end+1, pathPart) {
			end = s.pathTail(end)
			s.pushPath(end)
			return KindPath, end
		}
		if s.byte(end+1) == '$' && s.byte(end+2) == '{' {
			s.push(inPathSlash)
			return KindPath, end + 1
		}
	}
	s.noPath = end
	return 0, 0
}

// pathTail returns the end of the /x/y or /x/y/ at i.
func (s *scanner) pathTail(i int) int {
	for s.byte(i) == '/' && s.has(i+1, pathPart) {
		i = s.run(i+1, pathPart)
	}
	if s.byte(i) == '/' {
		i++
	}
	return i
}

func (s *scanner) pushPath(end int) {
	if s.text[end-1] == '/' {
		s.push(inPathSlash)
	} else {
		s.push(inPath)
	}
}

func (s *scanner) homePath(i int) (Kind, int) {
	if s.byte(i+1) != '/' {
		return KindInvalid, i + 1
	}
	if s.has(i+2, pathPart) {
		end := s.pathTail(i + 1)
		s.pushPath(end)
		return KindHomePath, end
	}
	if s.byte(i+2) == '$' && s.byte(i+3) == '{' {
		s.push(inPathSlash)
		return KindHomePath, i + 2
	}
	return KindInvalid, i + 1
}

// searchPath returns the end of the <a/b> at i, or 0.
func (s *scanner) searchPath(i int) int {
	for {
		end := s.run(i+1, pathPart)
		if end == i+1 {
			return 0
		}
		switch s.byte(end) {
		case '>':
			return end + 1
		case '/':
			i = end
		default:
			return 0
		}
	}
}

// path reads what follows the first part of a path.
func (s *scanner) path() {
	i := s.pos
	if s.byte(i) == '$' && s.byte(i+1) == '{' {
		s.mode = inPath
		s.push(normal)
		s.part(KindInterpolation, i+2)
		return
	}
	end := s.run(i, pathPart)
	if s.byte(end) == '/' {
		if s.has(end+1, pathPart) {
			end = s.pathTail(end)
		} else {
			end++
		}
	}
	if end > i {
		s.pop()
		s.pushPath(end)
		s.part(KindString, end)
		return
	}
	s.pathEnd()
}

func (s *scanner) pathEnd() {
	atEnd := s.pos == len(s.text)
	if s.mode == inPathSlash {
		s.kind, s.problem = kindError, trailingSlash
		if !atEnd {
			s.start = s.pos
		}
		return
	}
	s.pop()
	s.kind = KindPathEnd
	if atEnd {
		s.endAt = s.start
		s.start = s.previous
	}
}

// stringPart reads a part of a string in quotes.
func (s *scanner) stringPart(i int) (Kind, int) {
	t := s.text
	for j := i; ; {
		if j >= len(t) {
			return s.lastPart(KindString, i, j)
		}
		switch t[j] {
		case '"':
			if j > i {
				return KindString, j
			}
			s.pop()
			return KindQuote, j + 1
		case '\\':
			if j+1 >= len(t) {
				return s.lastPart(KindString, i, j)
			}
			j += 2
		case '$':
			switch s.byte(j + 1) {
			case '{':
				if j > i {
					return KindString, j
				}
				s.push(normal)
				return KindInterpolation, j + 2
			case '"':
				return KindString, j + 1
			case '\\':
				if j+2 >= len(t) {
					return s.lastPart(KindString, i, j)
				}
				j += 3
			default:
				if j+1 >= len(t) {
					return s.lastPart(KindString, i, j)
				}
				j += 2
			}
		default:
			j++
		}
	}
}

// lastPart returns the text from i to j of a string that is never closed, or
// the end of the text, which comes after what stands from j on.
func (s *scanner) lastPart(k Kind, i, j int) (Kind, int) {
	if j > i {
		return k, j
	}
	return KindEOF, len(s.text)
}

// indStringPart reads a part of an indented string. Escapes are parts of their
// own: ”$, ”' and ”\x; so are a $ and a ' that begin nothing.
func (s *scanner) indStringPart(i int) (Kind, int) {
	t := s.text
	j := i
	for ; j < len(t); j++ {
		if t[j] == '$' {
			if d := s.byte(j + 1); j+1 >= len(t) || d == '{' || d == '\'' {
				break
			}
			j++
		} else if t[j] == '\'' {
			if d := s.byte(j + 1); j+1 >= len(t) || d == '\'' || d == '$' {
				break
			}
			j++
		}
	}
	switch {
	case j > i:
		return KindIndString, j
	case j >= len(t):
		return KindEOF, j
	case t[i] == '$' && s.byte(i+1) == '{':
		s.push(normal)
		return KindInterpolation, i + 2
	case t[i] == '$' || s.byte(i+1) != '\'':
		return KindIndString, i + 1
	}
	switch s.byte(i + 2) {
	case '$', '\'':
		return KindIndString, i + 3
	case '\\':
		if i+3 < len(t) {
			return KindIndString, i + 4
		}
	}
	s.pop()
	return KindIndClose, i + 2
}
