package uri

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Parser reads URIs. The zero value is strict and silent.
type Parser struct {
	Lenient bool
	Warn    func(text string) // takes warnings; may be nil
}

// Parse reads s strictly.
func Parse(s string) (URI, error) { return Parser{}.Parse(s) }

// Reasons for which a text is no URI, in the words that reach the user.
var (
	errLeftover = errors.New("leftover") // a character that may not stand here
	errMismatch = errors.New("mismatch") // a malformed escape, scheme or IP literal
)

// Parse reads an absolute URI.
func (p Parser) Parse(s string) (URI, error) {
	text := s
	if p.Lenient {
		text = escapeLenient(s)
	}
	u, err := p.parse(text)
	if errors.Is(err, errLeftover) || errors.Is(err, errMismatch) {
		return URI{}, fmt.Errorf("'%s' is not a valid URL: %w", s, err)
	}
	return u, err
}

func (p Parser) parse(s string) (URI, error) {
	scheme, rest, err := cutScheme(s)
	if err != nil {
		return URI{}, err
	}
	parts, err := split(rest)
	if err != nil {
		return URI{}, err
	}
	u := URI{Scheme: scheme, Fragment: mustDecode(parts.fragment)}
	if parts.hasAuthority {
		a, err := parseAuthority(parts.authority)
		if err != nil {
			return URI{}, err
		}
		u.Authority = &a
	}
	if u.Transport() == "file" {
		if u.Authority != nil && u.Authority.Host != "" {
			return URI{}, fmt.Errorf("file:// URL '%s' has unexpected authority '%s'", s, u.Authority)
		}
		if parts.path == "" {
			parts.path = "/"
		}
	}
	u.Path = strings.Split(parts.path, "/")
	for i, seg := range u.Path {
		u.Path[i] = mustDecode(seg)
	}
	u.Query = p.query(parts.query)
	return u, nil
}

// cutScheme splits s at the colon of its scheme.
func cutScheme(s string) (scheme, rest string, err error) {
	i := 0
	for i < len(s) && (letter(s[i]) || i > 0 && (digit(s[i]) || strings.IndexByte("+-.", s[i]) >= 0)) {
		i++
	}
	if i > 0 && i < len(s) && s[i] == ':' {
		return s[:i], s[i+1:], nil
	}
	// Not absolute: tell a relative reference from no reference at all.
	parts, err := split(s)
	if err != nil {
		return "", "", err
	}
	if first, _, _ := strings.Cut(parts.path, "/"); !parts.hasAuthority && strings.Contains(first, ":") {
		if first[0] == ':' {
			return "", "", errLeftover
		}
		return "", "", errMismatch
	}
	return "", "", fmt.Errorf("'%s' doesn't have a scheme", s)
}

// pieces are the encoded parts of what follows a scheme.
type pieces struct {
	hasAuthority                     bool
	authority, path, query, fragment string
}

// split takes "[//authority]path[?query][#fragment]" apart and checks the characters of all but the authority.
func split(s string) (p pieces, err error) {
	s, p.fragment, _ = strings.Cut(s, "#")
	s, p.query, _ = strings.Cut(s, "?")
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		p.hasAuthority = true
		p.authority, s = rest, ""
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			p.authority, s = rest[:i], rest[i:]
		}
	}
	p.path = s
	if err := check(p.path, ":@/", errMismatch); err != nil {
		return p, err
	}
	if err := check(p.query, ":@/?", errLeftover); err != nil {
		return p, err
	}
	return p, check(p.fragment, ":@/?", errMismatch)
}

// check reports the first character of s that is neither unreserved, a sub-delimiter, in extra nor part of a whole
// "%XX". A broken escape is reported as badEscape.
func check(s, extra string, badEscape error) error {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case unreserved(c) || subDelim(c) || strings.IndexByte(extra, c) >= 0:
		case c != '%':
			return errLeftover
		case i+2 >= len(s) || hexDigit(s[i+1]) < 0 || hexDigit(s[i+2]) < 0:
			return badEscape
		default:
			i += 2
		}
	}
	return nil
}

// parseAuthority reads "[user[:password]@]host[:port]".
func parseAuthority(s string) (a Authority, err error) {
	if user, host, ok := strings.Cut(s, "@"); ok {
		if err := check(user, ":", errMismatch); err != nil {
			return a, err
		}
		user, password, has := strings.Cut(user, ":")
		a.User, a.HasUser = mustDecode(user), true
		a.Password, a.HasPassword = mustDecode(password), has
		s = host
	}
	port := ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return a, errMismatch
		}
		if a.Kind, a.Host, err = parseLiteral(s[1:end]); err != nil {
			return a, err
		}
		s = s[end+1:]
		if s != "" && s[0] != ':' {
			return a, errLeftover
		}
		port = strings.TrimPrefix(s, ":")
	} else {
		var host string
		host, port, _ = strings.Cut(s, ":")
		if err := check(host, "", errMismatch); err != nil {
			return a, err
		}
		a.Host = mustDecode(host)
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			a.Kind = IPv4
		}
	}
	a.Port, err = parsePort(port)
	return a, err
}

// parsePort reads the digits after the colon; none is no port.
func parsePort(s string) (uint16, error) {
	if s == "" {
		return 0, nil
	}
	for i := range len(s) {
		if !digit(s[i]) {
			return 0, errLeftover
		}
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port '%s' is invalid", s)
	}
	return uint16(n), nil
}

// parseLiteral reads what stands between the brackets of an IP literal.
func parseLiteral(s string) (HostKind, string, error) {
	if s != "" && s[0]|0x20 == 'v' {
		version, text, ok := strings.Cut(s[1:], ".")
		if !ok || version == "" || text == "" || strings.IndexFunc(version, func(r rune) bool { return hexDigit(byte(r)) < 0 }) >= 0 {
			return 0, "", errMismatch
		}
		for i := range len(text) {
			if c := text[i]; !unreserved(c) && !subDelim(c) && c != ':' {
				return 0, "", errMismatch
			}
		}
		return IPFuture, s, nil
	}
	address, zone, hasZone := strings.Cut(s, "%25")
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() || ip.Zone() != "" {
		return 0, "", errMismatch
	}
	if !hasZone {
		return IPv6, address, nil
	}
	if zone == "" || check(zone, "", errMismatch) != nil {
		return 0, "", errMismatch
	}
	return IPv6, address + "%" + mustDecode(zone), nil
}

// DecodeQuery reads "name=value&…", what follows the "?" of a URI.
func (p Parser) DecodeQuery(s string) (map[string]string, error) {
	text := s
	if p.Lenient {
		text = escape(s, " \"")
	}
	if err := check(text, ":@/?", errMismatch); err != nil {
		return nil, fmt.Errorf("invalid URI query '%s': %w", s, err)
	}
	return p.query(text), nil
}

// query is DecodeQuery for text that the grammar has accepted.
func (p Parser) query(s string) map[string]string {
	query := map[string]string{}
	for s != "" {
		var param string
		param, s, _ = strings.Cut(s, "&")
		name, value, ok := strings.Cut(param, "=")
		if !ok {
			if p.Warn != nil {
				p.Warn(fmt.Sprintf("dubious URI query '%s' is missing equal sign '=', ignoring", name))
			}
			continue
		}
		name = mustDecode(name)
		if _, seen := query[name]; !seen {
			query[name] = mustDecode(value)
		}
	}
	return query
}

// escapeLenient percent-encodes what Lenient lets through in the query and the fragment.
func escapeLenient(s string) string {
	rest, fragment, hasFragment := strings.Cut(s, "#")
	path, query, hasQuery := strings.Cut(rest, "?")
	if hasQuery {
		path += "?" + escape(query, " \"")
	}
	if hasFragment {
		path += "#" + escape(fragment, " \"^")
	}
	return path
}

// escape percent-encodes the bytes of s that are in set.
func escape(s, set string) string {
	if !strings.ContainsAny(s, set) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(set, s[i]) >= 0 {
			b.WriteString(Encode(s[i:i+1], ""))
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// ValidScheme reports whether s can be the scheme of a URI in Nix's configuration: like RFC 3986, but lower case only.
func ValidScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z') && (i == 0 || !digit(c) && strings.IndexByte("+-.", c) < 0) {
			return false
		}
	}
	return s != ""
}
