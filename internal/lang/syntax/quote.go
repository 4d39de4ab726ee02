package syntax

import "firn/internal/lang/symbol"

// AppendString appends s as a string literal.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '$':
			if i+1 < len(s) && s[i+1] == '{' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// AppendIdentifier appends a name as messages and printed trees show it: in
// quotes if it is no identifier.
func AppendIdentifier(dst []byte, name string) []byte {
	switch {
	case IsIdentifier(name):
		return append(dst, name...)
	case IsKeyword(name):
		dst = append(dst, '"')
		dst = append(dst, name...)
		return append(dst, '"')
	}
	return AppendString(dst, name)
}

// AppendAttrName appends a name as printed values show it: in quotes if it is
// no identifier.
func AppendAttrName(dst []byte, name string) []byte {
	if IsIdentifier(name) {
		return append(dst, name...)
	}
	return AppendString(dst, name)
}

// IsIdentifier reports whether a name needs no quotes. The word or is one such.
func IsIdentifier(name string) bool {
	if name == "" || class[name[0]]&identStart == 0 {
		return false
	}
	for i := 1; i < len(name); i++ {
		if class[name[i]]&identPart == 0 {
			return false
		}
	}
	return !IsKeyword(name)
}

// IsKeyword reports whether a name is reserved.
func IsKeyword(name string) bool {
	k := keyword(name)
	return k != KindIdent && k != KindOrWord
}

// appendAttrPath appends a.b.c as messages and printed trees show it.
func appendAttrPath(dst []byte, path []AttrName) []byte {
	for i, name := range path {
		if i > 0 {
			dst = append(dst, '.')
		}
		if name.Expr != nil {
			dst = append(dst, `"${`...)
			dst = Print(dst, name.Expr)
			dst = append(dst, `}"`...)
			continue
		}
		dst = appendSymbol(dst, name.Name)
	}
	return dst
}

func appendSymbol(dst []byte, s symbol.Symbol) []byte {
	return AppendIdentifier(dst, s.String())
}
