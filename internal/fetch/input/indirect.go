package input

import (
	"fmt"
	"regexp"
	"strings"

	"firn/internal/fetch/uri"
)

var flakeID = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_-]*$`)

// indirectFromURI reads "flake:<id>[/<ref>][/<rev>]".
func indirectFromURI(_ *scheme, _ Options, u uri.URI, _ bool) (Attrs, bool, error) {
	if u.Scheme != "flake" {
		return nil, false, nil
	}
	path := u.Segments()
	attrs := Attrs{"type": String("indirect")}
	switch {
	case len(path) == 1:
	case len(path) == 2 && IsCommit(path[1]):
		attrs["rev"] = String(strings.ToLower(path[1]))
	case len(path) == 2 && LegalRefName(path[1]):
		attrs["ref"] = String(path[1])
	case len(path) == 2:
		return nil, true, fmt.Errorf("in flake URL '%s', '%s' is not a commit hash or branch/tag name", u, path[1])
	case len(path) == 3 && !LegalRefName(path[1]):
		return nil, true, fmt.Errorf("in flake URL '%s', '%s' is not a branch/tag name", u, path[1])
	case len(path) == 3 && !IsCommit(path[2]):
		return nil, true, fmt.Errorf("in flake URL '%s', '%s' is not a commit hash", u, path[2])
	case len(path) == 3:
		attrs["ref"], attrs["rev"] = String(path[1]), String(strings.ToLower(path[2]))
	default:
		return nil, true, fmt.Errorf("GitHub URL '%s' is invalid", u) // Nix says GitHub here too
	}
	if !flakeID.MatchString(path[0]) {
		return nil, true, fmt.Errorf("'%s' is not a valid flake ID", path[0])
	}
	attrs["id"] = String(path[0])
	return attrs, true, nil
}

func checkIndirect(_ Options, attrs Attrs) (Attrs, error) {
	id, err := attrs.need("id")
	if err != nil {
		return nil, err
	}
	if !flakeID.MatchString(id) {
		return nil, fmt.Errorf("'%s' is not a valid flake ID", id)
	}
	return attrs, nil
}

func indirectToURI(in Input) (uri.URI, error) {
	u := uri.URI{Scheme: "flake", Path: []string{in.Str("id")}}
	if ref, ok := in.Ref(); ok {
		u.Path = append(u.Path, ref)
	}
	if !in.Rev().IsZero() {
		u.Path = append(u.Path, in.Rev().Base16())
	}
	return u, nil
}
