package config

import (
	"net/url"
	"sort"
	"strings"

	"firn/internal/diag"
)

// storeURI brings the address of a store into the form in which Nix shows it.
// What the address means is for the packages of stores to say.
//
// "auto", "daemon" and "local" stand for themselves, as does scheme://rest; a
// path is a local store there, and parameters are put in order.
func storeURI(text string) (string, error) {
	base, query, _ := strings.Cut(text, "?")
	params, ok := orderedQuery(query)
	switch {
	case !ok:
	case base == "" || base == "auto":
		return "auto" + params, nil
	case base == "daemon" && params != "":
		return "unix://" + params, nil
	case base == "local" && params != "":
		return "local://" + params, nil
	case base == "daemon" || base == "local":
		return base, nil
	case strings.Contains(base, "://"), isScheme(base):
		return base + params, nil
	case strings.HasPrefix(base, "/"):
		path := url.URL{Path: canonical(base)}
		return "local://" + path.EscapedPath() + params, nil
	case strings.Contains(base, "/"):
		// Relative to the working directory, which is not known here.
		return base + params, nil
	}
	return "", diag.Misuse(diag.InvalidSetting, "Cannot parse Nix store '%s'", text)
}

func storeURIs(text string) ([]string, error) {
	list := words(text)
	for i, w := range list {
		uri, err := storeURI(w)
		if err != nil {
			return nil, err
		}
		list[i] = uri
	}
	return list, nil
}

// isScheme tells whether s is scheme:rest with a scheme of more than one letter.
func isScheme(s string) bool {
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || len(scheme) < 2 {
		return false
	}
	return strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// orderedQuery returns "?a=1&b=2" with the keys in order, or nothing.
func orderedQuery(query string) (string, bool) {
	if query == "" {
		return "", true
	}
	seen := map[string]bool{}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		k, err1 := url.PathUnescape(key)
		v, err2 := url.PathUnescape(value)
		if err1 != nil || err2 != nil {
			return "", false
		}
		if !seen[k] {
			seen[k] = true
			pairs = append(pairs, escapeQuery(k)+"="+escapeQuery(v))
		}
	}
	if len(pairs) == 0 {
		return "", true
	}
	sort.Strings(pairs)
	return "?" + strings.Join(pairs, "&"), true
}

// escapeQuery escapes all bytes but letters, digits and the signs that Nix
// leaves alone in a query.
func escapeQuery(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:@/?", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// canonical cleans an absolute path: no empty, "." or ".." components, no slash
// at the end. Symbolic links are not looked at.
func canonical(path string) string {
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if len(parts) > 0 {
				parts = parts[:len(parts)-1]
			}
		default:
			parts = append(parts, part)
		}
	}
	return "/" + strings.Join(parts, "/")
}

// storeField is the address of one store.
type storeField func(*Values) *string

func (storeField) appendable() bool        { return false }
func (storeField) kind() string            { return "store address" }
func (f storeField) text(v *Values) string { return *f(v) }
func (f storeField) json(v *Values) any    { return *f(v) }
func (f storeField) set(v *Values, _, text string, _ bool, _ func(string)) error {
	uri, err := storeURI(text)
	if err != nil {
		return err
	}
	*f(v) = uri
	return nil
}
