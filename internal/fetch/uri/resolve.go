package uri

import (
	"fmt"
	"strings"
)

// Resolve reads s as a reference relative to base (RFC 3986, section 5).
func Resolve(s string, base URI) (URI, error) {
	if u, err := Parse(s); err == nil {
		u.Path = removeDots(u.Path)
		return u, nil
	}
	parts, err := split(s)
	if err != nil {
		return URI{}, fmt.Errorf("'%s' is not a valid URL: %w", s, err)
	}
	u := URI{Scheme: base.Scheme, Authority: base.Authority, Fragment: mustDecode(parts.fragment)}
	segments := strings.Split(parts.path, "/")
	for i, seg := range segments {
		segments[i] = mustDecode(seg)
	}
	u.Query = Parser{}.query(parts.query)
	switch {
	case parts.hasAuthority:
		a, err := parseAuthority(parts.authority)
		if err != nil {
			return URI{}, fmt.Errorf("'%s' is not a valid URL: %w", s, err)
		}
		u.Authority, u.Path = &a, removeDots(segments)
	case parts.path == "":
		u.Path = base.Path
		if !strings.Contains(strings.SplitN(s, "#", 2)[0], "?") {
			u.Query = base.Query
		}
	case strings.HasPrefix(parts.path, "/"):
		u.Path = removeDots(segments)
	default:
		merged := []string{""}
		if n := len(base.Path); n > 0 && (n > 1 || base.Authority == nil) {
			merged = base.Path[: n-1 : n-1]
		}
		u.Path = removeDots(append(merged, segments...))
	}
	return u.Clone(), nil
}

// removeDots takes "." and ".." out of a path. ".." at the root stays there.
func removeDots(path []string) []string {
	var out []string
	for i, s := range path {
		last := i == len(path)-1
		switch s {
		case ".":
		case "..":
			if len(out) > 1 || len(out) == 1 && out[0] != "" {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, s)
			continue
		}
		if last {
			out = append(out, "")
		}
	}
	return out
}
