package input

import (
	"fmt"
	"strconv"

	"firn/internal/fetch/uri"
)

func pathFromURI(_ *scheme, _ Options, u uri.URI, _ bool) (Attrs, bool, error) {
	if u.Scheme != "path" {
		return nil, false, nil
	}
	if u.Authority != nil && u.Authority.Host != "" {
		return nil, true, fmt.Errorf("path URL '%s' should not have an authority ('%s')", u, u.Authority)
	}
	path, err := uri.ToPath(u.Path)
	if err != nil {
		return nil, true, err
	}
	attrs := Attrs{"type": String("path"), "path": String(path)}
	for name, value := range u.Query {
		switch name {
		case "rev", "narHash":
			attrs[name] = String(value)
		case "revCount", "lastModified":
			n, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				return nil, true, fmt.Errorf("path URL '%s' has invalid parameter '%s'", u, name)
			}
			attrs[name] = Int(n)
		default:
			return nil, true, fmt.Errorf("path URL '%s' has unsupported parameter '%s'", u, name)
		}
	}
	return attrs, true, nil
}

func checkPath(_ Options, attrs Attrs) (Attrs, error) {
	_, err := attrs.need("path")
	return attrs, err
}

func pathToURI(in Input) (uri.URI, error) {
	query := in.attrs.params()
	for _, name := range []string{"path", "type", "__final"} {
		delete(query, name)
	}
	return uri.URI{Scheme: "path", Path: uri.FromPath(in.Str("path")), Query: query}, nil
}
