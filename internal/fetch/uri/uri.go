// Package uri holds URIs in the way Nix parses and prints them.
//
// The grammar is RFC 3986; Nix departs from it in a few places, all of them here:
//
//   - Path segments are percent-decoded one by one, so that "%2F" stays apart from "/". A path that begins with "/"
//     has an empty first segment, one that ends with "/" an empty last segment; "https://example.org" has one empty
//     segment, "x:y" the single segment "y".
//   - The query is a map: the first of several equal names wins, names without "=" are dropped with a warning, and "+"
//     is a plus. It prints sorted by name.
//   - A "file" transport ("file:", "git+file:") takes no host, and its empty path means "/".
//   - Absent and empty authority differ: "file:/x" and "file:///x" are two URIs for the same file.
//   - [Parser].Lenient lets a space and '"' stand in the query, and those and '^' in the fragment, as installables on
//     the command line have always been written.
//
// Printing encodes everything outside the unreserved letters, but for ":@" in paths and ":@/?" in queries. So parsing
// and printing is idempotent, not the identity.
//
// [FixGit] adds the forms that only Git accepts. Error texts are those that Nix prints. Nothing here resolves names or
// opens connections.
package uri

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// URI is a parsed URI; every part is percent-decoded.
type URI struct {
	Scheme    string     // as written; "git+https" is one scheme
	Authority *Authority // nil if the URI has no "//"
	Path      []string   // segments between the slashes, see the package comment
	Query     map[string]string
	Fragment  string
}

// HostKind says what the host of an authority is.
type HostKind uint8

const (
	Name HostKind = iota // registered name, may be empty
	IPv4
	IPv6     // Host is without its brackets
	IPFuture // Host is without its brackets
)

// Authority is the part after "//".
type Authority struct {
	Kind        HostKind
	Host        string
	User        string
	HasUser     bool
	Password    string
	HasPassword bool
	Port        uint16 // 0 if absent
}

// Application returns what stands before the "+" of the scheme, "" if there is none: "git" for "git+https".
func (u URI) Application() string {
	if app, _, ok := strings.Cut(u.Scheme, "+"); ok {
		return app
	}
	return ""
}

// Transport returns the scheme without its application: "https" for "git+https".
func (u URI) Transport() string {
	if _, transport, ok := strings.Cut(u.Scheme, "+"); ok {
		return transport
	}
	return u.Scheme
}

// Segments returns the path segments that are not empty.
func (u URI) Segments() []string {
	return slices.DeleteFunc(slices.Clone(u.Path), func(s string) bool { return s == "" })
}

// Clone returns a copy that shares nothing with u.
func (u URI) Clone() URI {
	if u.Authority != nil {
		a := *u.Authority
		u.Authority = &a
	}
	u.Path = slices.Clone(u.Path)
	u.Query = maps.Clone(u.Query)
	return u
}

// Set adds a query parameter in place of an equally named one.
func (u *URI) Set(name, value string) {
	if u.Query == nil {
		u.Query = map[string]string{}
	}
	u.Query[name] = value
}

// Equal reports whether u and v are the same in every part.
func (u URI) Equal(v URI) bool {
	return u.Scheme == v.Scheme && u.Fragment == v.Fragment && slices.Equal(u.Path, v.Path) && maps.Equal(u.Query, v.Query) &&
		(u.Authority == nil) == (v.Authority == nil) && (u.Authority == nil || *u.Authority == *v.Authority)
}

// Redacted returns u as text without user and password, for messages.
func (u URI) Redacted() string {
	if u.Authority != nil && u.Authority.HasUser {
		a := *u.Authority
		a.User, a.HasUser, a.Password, a.HasPassword = "", false, "", false
		u.Authority = &a
	}
	return u.String()
}

// String prints u in its encoded form.
func (u URI) String() string {
	var b strings.Builder
	b.WriteString(u.Scheme)
	b.WriteByte(':')
	if u.Authority != nil {
		b.WriteString("//")
		b.WriteString(u.Authority.String())
		if len(u.Path) > 0 && u.Path[0] != "" {
			b.WriteByte('/') // only if built by hand: otherwise the host would run into the path
		}
	}
	b.WriteString(u.EncodedPath())
	if len(u.Query) > 0 {
		b.WriteByte('?')
		b.WriteString(EncodeQuery(u.Query))
	}
	if u.Fragment != "" {
		b.WriteByte('#')
		b.WriteString(Encode(u.Fragment, ""))
	}
	return b.String()
}

// EncodedPath prints the path alone.
func (u URI) EncodedPath() string {
	var b strings.Builder
	for i, s := range u.Path {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(Encode(s, ":@"))
	}
	return b.String()
}

// String prints a without the leading slashes.
func (a Authority) String() string {
	var b strings.Builder
	if a.HasUser {
		b.WriteString(Encode(a.User, ""))
		if a.HasPassword {
			b.WriteByte(':')
			b.WriteString(Encode(a.Password, ""))
		}
		b.WriteByte('@')
	}
	switch a.Kind {
	case IPv6, IPFuture:
		b.WriteString("[" + Encode(a.Host, ":") + "]")
	case IPv4:
		b.WriteString(a.Host)
	default:
		b.WriteString(Encode(a.Host, ""))
	}
	if a.Port != 0 {
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(int(a.Port)))
	}
	return b.String()
}

// EncodeQuery prints parameters sorted by name, without the "?".
func EncodeQuery(query map[string]string) string {
	var b strings.Builder
	for i, name := range slices.Sorted(maps.Keys(query)) {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(Encode(name, ":@/?"))
		b.WriteByte('=')
		b.WriteString(Encode(query[name], ":@/?"))
	}
	return b.String()
}
