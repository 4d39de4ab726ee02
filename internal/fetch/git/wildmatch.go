package git

import "strings"

// wildmatch reports whether name matches a pattern of gitignore(5): "*" and "?" do not match a slash, "**" between
// slashes or at an end does, "[…]" is a set with ranges, classes and "!" or "^" to negate it, "\" quotes.
func wildmatch(pattern, name string) bool {
	budget := 100_000 // bounds the work for patterns with many stars
	return wildmatchAt(pattern, name, true, &budget)
}

// wildmatchAt matches the rest of both; atStart says that pattern begins after a slash or at the beginning.
func wildmatchAt(p, s string, atStart bool, budget *int) bool {
	for p != "" {
		if *budget--; *budget < 0 {
			return false
		}
		slash := p[0] == '/'
		switch c := p[0]; c {
		case '*':
			return star(p, s, atStart, budget)
		case '?':
			if s == "" || s[0] == '/' {
				return false
			}
			p, s = p[1:], s[1:]
		case '[':
			if s == "" || s[0] == '/' {
				return false
			}
			rest, ok, valid := matchSet(p[1:], s[0])
			if !valid || !ok {
				return false
			}
			p, s = rest, s[1:]
		default:
			if c == '\\' && len(p) > 1 {
				p = p[1:]
				c = p[0]
			}
			if s == "" || s[0] != c {
				return false
			}
			p, s = p[1:], s[1:]
		}
		atStart = slash
	}
	return s == ""
}

// star matches p, which begins with "*".
func star(p, s string, atStart bool, budget *int) bool {
	n := len(p) - len(strings.TrimLeft(p, "*"))
	rest := p[n:]
	double := n >= 2 && atStart && (rest == "" || rest[0] == '/')
	if double && rest != "" && wildmatchAt(rest[1:], s, true, budget) {
		return true // "**/" may stand for nothing
	}
	for i := 0; ; i++ {
		if wildmatchAt(rest, s[i:], false, budget) {
			return true
		}
		if i >= len(s) || s[i] == '/' && !double || *budget < 0 {
			return false
		}
	}
}

// matchSet matches c against a set whose "[" has been read; rest is what follows its "]".
func matchSet(p string, c byte) (rest string, ok, valid bool) {
	negate := p != "" && (p[0] == '!' || p[0] == '^')
	if negate {
		p = p[1:]
	}
	for first := true; ; first = false {
		if p == "" {
			return "", false, false
		}
		if p[0] == ']' && !first {
			return p[1:], ok != negate, true
		}
		if strings.HasPrefix(p, "[:") {
			end := strings.Index(p, ":]")
			if end < 0 {
				return "", false, false
			}
			ok = ok || inClass(p[2:end], c)
			p = p[end+2:]
			continue
		}
		var low, high byte
		if low, p = setByte(p); p == "" {
			return "", false, false
		}
		high = low
		if len(p) > 1 && p[0] == '-' && p[1] != ']' {
			if high, p = setByte(p[1:]); p == "" {
				return "", false, false
			}
		}
		ok = ok || low <= c && c <= high
	}
}

// setByte takes one member, quoted or not, off the front of a set.
func setByte(p string) (byte, string) {
	if p[0] == '\\' && len(p) > 1 {
		p = p[1:]
	}
	return p[0], p[1:]
}

func inClass(class string, c byte) bool {
	lower, upper, digit := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
	switch class {
	case "alpha":
		return lower || upper
	case "lower":
		return lower
	case "upper":
		return upper
	case "digit":
		return digit
	case "alnum":
		return lower || upper || digit
	case "xdigit":
		return digit || 'a' <= c|0x20 && c|0x20 <= 'f'
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "punct":
		return ' ' < c && c < 0x7f && !lower && !upper && !digit
	case "print":
		return ' ' <= c && c < 0x7f
	case "graph":
		return ' ' < c && c < 0x7f
	case "cntrl":
		return c < ' ' || c == 0x7f
	}
	return false
}
