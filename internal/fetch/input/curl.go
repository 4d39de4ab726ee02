package input

import (
	"strconv"
	"strings"

	"firn/internal/fetch/uri"
)

// archiveSuffixes are the endings of a URL that make it a tarball without saying so.
var archiveSuffixes = []string{".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"}

func looksLikeArchive(u uri.URI) bool {
	last := u.Path[len(u.Path)-1]
	for _, suffix := range archiveSuffixes {
		if strings.HasSuffix(last, suffix) {
			return true
		}
	}
	return false
}

// curlFromURI reads the URLs of "file" and "tarball". A scheme like "tarball+https" decides; otherwise it is an archive
// if the caller needs a tree or the URL ends like one.
func curlFromURI(s *scheme, _ Options, u uri.URI, requireTree bool) (Attrs, bool, error) {
	switch u.Transport() {
	case "file", "http", "https":
	default:
		return nil, false, nil
	}
	if app := u.Application(); app != "" && app != s.name {
		return nil, false, nil
	} else if isArchive := requireTree || looksLikeArchive(u); app == "" && isArchive != (s.name == "tarball") {
		return nil, false, nil
	}
	attrs := Attrs{"type": String(s.name)}
	for _, name := range []string{"narHash", "rev"} {
		if v, ok := u.Query[name]; ok {
			attrs[name] = String(v)
		}
	}
	for _, name := range []string{"revCount", "lastModified"} {
		if n, err := strconv.ParseUint(u.Query[name], 10, 64); err == nil {
			attrs[name] = Int(n)
		}
	}
	// What is ours must not reach the server.
	u = u.Clone()
	u.Scheme = u.Transport()
	for _, name := range s.attrs {
		delete(u.Query, name)
	}
	attrs["url"] = String(u.String())
	return attrs, true, nil
}

func curlToURI(in Input) (uri.URI, error) {
	text, err := in.attrs.need("url")
	if err != nil {
		return uri.URI{}, err
	}
	u, err := uri.Parse(text)
	if err != nil {
		return uri.URI{}, err
	}
	if h := in.NARHash(); !h.IsZero() {
		u.Set("narHash", h.SRI())
	}
	return u, nil
}
