// Package input says what to fetch: a scheme and its attributes, read from and printed as attribute sets and URLs.
//
// The attribute "type" names the scheme; the others belong to the scheme, which lists those it knows. A URL is another
// notation for the same attributes:
//
//	file, tarball  url and file contents: "https://…", "file+https://…", "tarball+file:///…"
//	git, hg        url of a repository, ref, rev: "git+https://…?ref=main", "git+file:///…", "hg+ssh://…"
//	github, gitlab, sourcehut   owner, repo, ref or rev, host: "github:owner/repo/ref"
//	path           path: "path:/…", "path:./…"
//	indirect       id, ref, rev; a name for a registry to resolve: "flake:id/ref"
//
// Some attributes are the same everywhere: "narHash" (SHA-256 of the NAR, as SRI) and "lastModified" (seconds since
// 1970) of the tree, "rev" and "revCount" of a commit, "name" of the store object. "__final" marks the attributes that
// a lock file holds: fetching may check them but adds nothing.
//
// An [Input] is immutable and checked when made: its hashes parse and its common attributes have the right type. A set
// of attributes whose type is unknown still makes an Input; it can be printed as JSON, compared and kept, not fetched.
//
// Nothing here looks at the file system or the network. Error texts are those that Nix prints.
package input

import (
	"fmt"
	"maps"
	"strings"

	"firn/internal/fetch/uri"
	"firn/internal/format/nixhash"
)

// Options are what reading an input may depend on. The zero value allows everything and is silent.
type Options struct {
	Enabled func(feature string) bool // tells whether an experimental feature is on; nil: all are
	Warn    func(text string)         // takes warnings; may be nil
}

// MissingFeature is the error about an experimental feature that is off.
type MissingFeature struct{ Feature string }

func (e MissingFeature) Error() string {
	return fmt.Sprintf("experimental Nix feature '%s' is disabled; add '--extra-experimental-features %[1]s' to enable it", e.Feature)
}

func (o Options) require(feature string) error {
	if feature == "" || o.Enabled == nil || o.Enabled(feature) {
		return nil
	}
	return MissingFeature{feature}
}

// Input is something to fetch. The zero Input is not valid.
type Input struct {
	attrs  Attrs
	scheme *scheme // nil if the type is unknown
	common common
}

// common are the attributes that have a meaning in every scheme.
type common struct {
	narHash, rev           nixhash.Hash // zero if absent
	ref                    string
	hasRef                 bool
	revCount, lastModified uint64
	hasCount, hasModified  bool
}

// FromURL reads a URL. With requireTree, one that could be a plain file or an archive is an archive.
func FromURL(o Options, text string, requireTree bool) (Input, error) {
	u, err := uri.Parser{Warn: o.Warn}.Parse(text)
	if err != nil {
		return Input{}, err
	}
	return FromURI(o, u, requireTree)
}

// FromURI is FromURL for a parsed URL.
func FromURI(o Options, u uri.URI, requireTree bool) (Input, error) {
	for i := range schemes {
		s := &schemes[i]
		attrs, ok, err := s.fromURI(s, o, u, requireTree)
		if err != nil {
			return Input{}, err
		}
		if !ok {
			continue
		}
		if err := o.require(s.feature); err != nil {
			return Input{}, err
		}
		return finish(s, attrs)
	}
	if u.Application() == "file" && u.Transport() == "git" {
		return Input{}, fmt.Errorf("input '%s' is unsupported; did you mean 'git+file' instead of 'file+git'?", u)
	}
	return Input{}, fmt.Errorf("input '%s' is unsupported", u)
}

// FromAttrs reads attributes.
func FromAttrs(o Options, attrs Attrs) (Input, error) {
	if _, ok := attrs["type"]; !ok {
		return Input{}, fmt.Errorf("'type' attribute to specify input scheme is required but not provided")
	}
	name, err := attrs.Str("type")
	if err != nil {
		return Input{}, err
	}
	s := schemeByName(name)
	if s == nil {
		return finish(nil, attrs.Clone())
	}
	if err := o.require(s.feature); err != nil {
		return Input{}, err
	}
	for _, name := range attrs.Names() {
		if name != "type" && name != "__final" && !s.allows(name) {
			return Input{}, fmt.Errorf("input attribute '%s' not supported by scheme '%s'", name, s.name)
		}
	}
	attrs, err = s.check(o, attrs.Clone())
	if err != nil {
		return Input{}, err
	}
	return finish(s, attrs)
}

// finish reads the common attributes.
func finish(s *scheme, attrs Attrs) (Input, error) {
	in := Input{attrs: attrs, scheme: s}
	c := &in.common
	var err error
	if c.ref, err = attrs.Str("ref"); err != nil {
		return Input{}, err
	}
	_, c.hasRef = attrs["ref"]
	if c.revCount, c.hasCount, err = attrs.Int("revCount"); err != nil {
		return Input{}, err
	}
	if c.lastModified, c.hasModified, err = attrs.Int("lastModified"); err != nil {
		return Input{}, err
	}
	if s == nil {
		return in, nil
	}
	if c.rev, err = parseRev(attrs); err != nil {
		return Input{}, err
	}
	if c.narHash, err = parseNARHash(attrs); err != nil {
		return Input{}, err
	}
	return in, nil
}

// parseRev reads "rev": a hash in any notation, SHA-1 unless it says otherwise.
func parseRev(attrs Attrs) (nixhash.Hash, error) {
	text, err := attrs.Str("rev")
	if _, ok := attrs["rev"]; !ok || err != nil {
		return nixhash.Hash{}, err
	}
	if h, err := nixhash.ParseAnyPrefixed(text); err == nil {
		return h, nil
	}
	return nixhash.ParseAny(text, nixhash.SHA1)
}

// parseNARHash reads "narHash". The empty string stands for a hash of zeros, which nothing has.
func parseNARHash(attrs Attrs) (nixhash.Hash, error) {
	text, err := attrs.Str("narHash")
	if _, ok := attrs["narHash"]; !ok || err != nil {
		return nixhash.Hash{}, err
	}
	if text == "" {
		return nixhash.FromBytes(nixhash.SHA256, make([]byte, nixhash.SHA256.Size()))
	}
	h, err := nixhash.ParseSRI(text)
	if err == nil && h.Algo() != nixhash.SHA256 {
		err = fmt.Errorf("narHash must use SHA-256")
	}
	return h, err
}

// Type returns the name of the scheme.
func (in Input) Type() string { return in.attrs["type"].text }

// Known reports whether the scheme is one of ours.
func (in Input) Known() bool { return in.scheme != nil }

// Attrs returns a copy of the attributes.
func (in Input) Attrs() Attrs { return in.attrs.Clone() }

// Attr returns one attribute.
func (in Input) Attr(name string) (Attr, bool) {
	a, ok := in.attrs[name]
	return a, ok
}

// Str returns the string attribute called name, "" if there is none.
func (in Input) Str(name string) string { return in.attrs[name].text }

// Flag reports whether the Boolean attribute called name is true.
func (in Input) Flag(name string) bool { return in.attrs[name] == Bool(true) }

// With returns an input in which one attribute is replaced. It does not ask the scheme again: it is for attributes that
// fetching learns.
func (in Input) With(name string, value Attr) (Input, error) {
	return finish(in.scheme, in.attrs.With(name, value))
}

// Without returns an input that lacks the given attributes.
func (in Input) Without(names ...string) Input {
	attrs := in.attrs.Clone()
	for _, name := range names {
		delete(attrs, name)
	}
	out, _ := finish(in.scheme, attrs) // a subset of valid attributes is valid
	return out
}

// Rev returns the commit, the zero Hash if none is given.
func (in Input) Rev() nixhash.Hash { return in.common.rev }

// NARHash returns the hash of the tree, the zero Hash if none is given.
func (in Input) NARHash() nixhash.Hash { return in.common.narHash }

// Ref returns the branch or tag.
func (in Input) Ref() (ref string, ok bool) { return in.common.ref, in.common.hasRef }

// RevCount returns the number of commits up to Rev.
func (in Input) RevCount() (n uint64, ok bool) { return in.common.revCount, in.common.hasCount }

// LastModified returns the time of the tree in seconds since 1970.
func (in Input) LastModified() (seconds uint64, ok bool) {
	return in.common.lastModified, in.common.hasModified
}

// Name returns the name of the store object.
func (in Input) Name() string {
	if name, ok := in.attrs["name"]; ok {
		return name.text
	}
	return "source"
}

// Equal reports whether in and other have the same attributes.
func (in Input) Equal(other Input) bool { return maps.Equal(in.attrs, other.attrs) }

// Contains reports whether other is in, perhaps with a ref or rev where in has none.
func (in Input) Contains(other Input) bool {
	return in.Equal(other) || in.Equal(other.Without("ref", "rev"))
}

// IsDirect reports whether in can be fetched as it is; an indirect one is a name that a registry must resolve first.
func (in Input) IsDirect() bool { return in.scheme == nil || in.scheme.name != "indirect" }

// IsFinal reports whether in comes from a lock file.
func (in Input) IsFinal() bool { return in.Flag("__final") }

// Relative returns the path of a "path" input that is relative to the file that mentions it.
func (in Input) Relative() (path string, ok bool) {
	if in.scheme == nil || in.scheme.name != "path" {
		return "", false
	}
	path = in.Str("path")
	return path, !strings.HasPrefix(path, "/")
}

// URI returns in as a URL.
func (in Input) URI() (uri.URI, error) {
	if in.scheme == nil {
		return uri.URI{}, fmt.Errorf("cannot show unsupported input '%s'", in.attrs.JSON())
	}
	return in.scheme.toURI(in)
}

// String prints in as a URL, or as JSON if it cannot be one.
func (in Input) String() string {
	u, err := in.URI()
	if err != nil {
		return in.attrs.JSON()
	}
	return u.String()
}

// Override returns in with another branch or tag, or another commit; "" leaves what is there.
func (in Input) Override(ref, rev string) (Input, error) {
	if in.scheme == nil || ref == "" && rev == "" && in.scheme.name != "git" {
		return in, nil
	}
	if rev != "" {
		h, err := nixhash.ParseAny(rev, nixhash.SHA1)
		if err != nil {
			return Input{}, err
		}
		rev = h.Base16()
	}
	attrs, err := in.scheme.override(in, ref, rev)
	if err != nil {
		return Input{}, err
	}
	return finish(in.scheme, attrs)
}
