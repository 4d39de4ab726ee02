package input

import (
	"fmt"
	"regexp"
	"strings"

	"firn/internal/fetch/uri"
)

func hgFromURI(_ *scheme, o Options, u uri.URI, _ bool) (Attrs, bool, error) {
	switch u.Scheme {
	case "hg+http", "hg+https", "hg+ssh", "hg+file":
	default:
		return nil, false, nil
	}
	attrs := Attrs{"type": String("hg")}
	u = u.Clone()
	u.Scheme = strings.TrimPrefix(u.Scheme, "hg+")
	for _, name := range []string{"rev", "ref"} {
		if value, ok := u.Query[name]; ok {
			attrs[name] = String(value)
			delete(u.Query, name)
		}
	}
	attrs["url"] = String(u.String())
	attrs, err := checkHg(o, attrs)
	return attrs, true, err
}

var hgRef = regexp.MustCompile(`^[a-zA-Z0-9@][a-zA-Z0-9_./@+-]*$`)

func checkHg(_ Options, attrs Attrs) (Attrs, error) {
	url, err := attrs.need("url")
	if err != nil {
		return nil, err
	}
	if _, err := uri.Parse(url); err != nil {
		return nil, err
	}
	ref, err := attrs.Str("ref")
	if err != nil {
		return nil, err
	}
	if _, ok := attrs["ref"]; ok && !hgRef.MatchString(ref) {
		return nil, fmt.Errorf("invalid Mercurial branch/tag name '%s'", ref)
	}
	return attrs, nil
}

func hgToURI(in Input) (uri.URI, error) {
	u, err := uri.Parse(in.Str("url"))
	if err != nil {
		return uri.URI{}, err
	}
	u.Scheme = "hg+" + u.Scheme
	if !in.Rev().IsZero() {
		u.Set("rev", in.Rev().Base16())
	}
	if ref, ok := in.Ref(); ok {
		u.Set("ref", ref)
	}
	return u, nil
}
