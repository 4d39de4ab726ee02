package input

import (
	"fmt"
	"slices"

	"firn/internal/fetch/uri"
)

// scheme is one way to fetch.
type scheme struct {
	name    string
	feature string   // experimental feature that it needs, "" for none
	attrs   []string // that it knows, besides "type" and "__final"

	// fromURI reads a URL; ok is false if it is not this scheme's.
	fromURI func(s *scheme, o Options, u uri.URI, requireTree bool) (attrs Attrs, ok bool, err error)

	// check returns the attributes, which it owns, in their normal form.
	check func(o Options, attrs Attrs) (Attrs, error)

	// toURI prints.
	toURI func(in Input) (uri.URI, error)

	// override returns the attributes with another ref and rev, "" for those that stay.
	override func(in Input, ref, rev string) (Attrs, error)
}

func (s *scheme) allows(name string) bool { return slices.Contains(s.attrs, name) }

var (
	curlAttrs  = []string{"url", "narHash", "name", "unpack", "rev", "revCount", "lastModified"}
	forgeAttrs = []string{"owner", "repo", "ref", "rev", "narHash", "lastModified", "host", "treeHash"}
	gitAttrs   = []string{
		"url", "ref", "rev", "shallow", "submodules", "lfs", "exportIgnore", "lastModified", "revCount", "narHash", "allRefs",
		"name", "dirtyRev", "dirtyShortRev", "verifyCommit", "keytype", "publicKey", "publicKeys",
	}
)

// schemes are tried in this order on a URL.
var schemes = [...]scheme{
	{"file", "", curlAttrs, curlFromURI, keep, curlToURI, noOverride},
	{"git", "", gitAttrs, gitFromURI, checkGit, gitToURI, gitOverride},
	{"github", "flakes", forgeAttrs, forgeFromURI, checkForge, forgeToURI, forgeOverride},
	{"gitlab", "flakes", forgeAttrs, forgeFromURI, checkForge, forgeToURI, forgeOverride},
	{"hg", "", []string{"url", "ref", "rev", "revCount", "narHash", "name"}, hgFromURI, checkHg, hgToURI, refOverride},
	{"indirect", "flakes", []string{"id", "ref", "rev", "narHash"}, indirectFromURI, checkIndirect, indirectToURI, refOverride},
	{"path", "flakes", []string{"path", "rev", "revCount", "lastModified", "narHash"}, pathFromURI, checkPath, pathToURI, noOverride},
	{"sourcehut", "flakes", forgeAttrs, forgeFromURI, checkForge, forgeToURI, forgeOverride},
	{"tarball", "", curlAttrs, curlFromURI, keep, curlToURI, noOverride},
}

func schemeByName(name string) *scheme {
	for i := range schemes {
		if schemes[i].name == name {
			return &schemes[i]
		}
	}
	return nil
}

// Schemes lists the names of all schemes in order.
func Schemes() []string {
	var names []string
	for _, s := range schemes {
		names = append(names, s.name)
	}
	return names
}

func keep(_ Options, attrs Attrs) (Attrs, error) { return attrs, nil }

func noOverride(in Input, ref, rev string) (Attrs, error) {
	if ref != "" {
		return nil, fmt.Errorf("don't know how to set branch/tag name of input '%s' to '%s'", in, ref)
	}
	return nil, fmt.Errorf("don't know how to set revision of input '%s' to '%s'", in, rev)
}

// refOverride is for schemes that take a ref beside a rev.
func refOverride(in Input, ref, rev string) (Attrs, error) {
	attrs := in.Attrs()
	if rev != "" {
		attrs["rev"] = String(rev)
	}
	if ref != "" {
		attrs["ref"] = String(ref)
	}
	return attrs, nil
}
