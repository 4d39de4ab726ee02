package input

import (
	"fmt"
	"strings"

	"firn/internal/fetch/uri"
	"firn/internal/format/nixhash"
)

// forgeFromURI reads "<scheme>:<owner>/<repo>[/<ref or rev>]". A third segment of 40 hexadecimal digits is a commit;
// several together are a branch whose name has slashes.
func forgeFromURI(s *scheme, o Options, u uri.URI, _ bool) (Attrs, bool, error) {
	if u.Scheme != s.name {
		return nil, false, nil
	}
	path := u.Segments()
	attrs := Attrs{"type": String(s.name)}
	switch {
	case len(path) < 2:
		return nil, true, fmt.Errorf("URL '%s' is invalid", u)
	case len(path) == 3 && IsCommit(path[2]):
		attrs["rev"] = String(path[2])
	case len(path) > 2:
		attrs["ref"] = String(strings.Join(path[2:], "/"))
	}
	for name, value := range u.Query {
		_, twice := attrs[name]
		switch {
		case name == "rev" && twice:
			return nil, true, fmt.Errorf("URL '%s' contains multiple commit hashes", u)
		case name == "ref" && twice:
			return nil, true, fmt.Errorf("URL '%s' contains multiple branch/tag names", u)
		case name == "rev" || name == "ref" || name == "host" || name == "narHash":
			attrs[name] = String(value)
		default:
			return nil, true, fmt.Errorf("URL '%s' contains unknown parameter '%s'", u, name)
		}
	}
	attrs["owner"], attrs["repo"] = String(path[0]), String(path[1])
	attrs, err := checkForge(o, attrs)
	return attrs, true, err
}

// IsCommit reports whether s is a SHA-1 in base16.
func IsCommit(s string) bool {
	return len(s) == 40 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func checkForge(_ Options, attrs Attrs) (Attrs, error) {
	for _, name := range []string{"owner", "repo"} {
		if _, err := attrs.need(name); err != nil {
			return nil, err
		}
	}
	var value [3]string
	var has [3]bool
	for i, name := range []string{"ref", "rev", "host"} {
		var err error
		if value[i], err = attrs.Str(name); err != nil {
			return nil, err
		}
		_, has[i] = attrs[name]
	}
	ref, rev, host := value[0], value[1], value[2]
	if has[0] && has[1] {
		return nil, fmt.Errorf("input %s contains both a commit hash ('%s') and a branch/tag name ('%s')", attrs.JSON(), rev, ref)
	}
	if has[1] {
		if _, err := nixhash.ParseAny(rev, nixhash.SHA1); err != nil {
			return nil, err
		}
	}
	if has[0] && !LegalRefName(ref) {
		return nil, fmt.Errorf("input %s contains an invalid branch/tag name", attrs.JSON())
	}
	if has[2] && !isHost(host) {
		return nil, fmt.Errorf("input %s contains an invalid instance host", attrs.JSON())
	}
	return attrs, nil
}

func isHost(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-')
	}) < 0
}

func forgeToURI(in Input) (uri.URI, error) {
	u := uri.URI{Scheme: in.Type(), Path: []string{in.Str("owner"), in.Str("repo")}}
	if ref, ok := in.Ref(); ok {
		u.Path = append(u.Path, ref)
	}
	if !in.Rev().IsZero() {
		u.Path = append(u.Path, in.Rev().Base16())
	}
	if h := in.NARHash(); !h.IsZero() {
		u.Set("narHash", h.SRI())
	}
	if host, ok := in.Attr("host"); ok {
		u.Set("host", host.text)
	}
	return u, nil
}

func forgeOverride(in Input, ref, rev string) (Attrs, error) {
	attrs := in.Attrs()
	switch {
	case ref != "" && rev != "":
		return nil, fmt.Errorf("cannot apply both a commit hash (%s) and a branch/tag name ('%s') to input '%s'", rev, ref, in)
	case rev != "":
		attrs["rev"] = String(rev)
		delete(attrs, "ref")
	case ref != "":
		attrs["ref"] = String(ref)
		delete(attrs, "rev")
	}
	return attrs, nil
}
