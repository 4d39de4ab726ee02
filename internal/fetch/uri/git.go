package uri

import (
	"fmt"
	"net/netip"
	"strings"
)

// gitSchemes are those that stand before a colon without being a host.
var gitSchemes = map[string]bool{
	"ssh": true, "http": true, "https": true, "file": true, "ftp": true, "ftps": true, "git": true,
}

// FixGit reads what may stand as the location of a Git repository: an absolute path (no escapes in it), the
// "[user@]host:path" of scp, which becomes an ssh URI, or a URI, from which "git+" is dropped. warn may be nil.
func FixGit(s string, warn func(text string)) (URI, error) {
	if strings.HasPrefix(s, "/") {
		return URI{Scheme: "file", Authority: &Authority{}, Path: FromPath(s)}, nil
	}
	if host, path, ok := cutSCP(s); ok {
		return fromSCP(s, host, path, warn)
	}
	u, err := Parser{Warn: warn}.Parse(s)
	if err != nil {
		return URI{}, err
	}
	if u.Application() == "git" {
		u.Scheme = u.Transport()
		if u.Scheme == "" || !letter(u.Scheme[0]) {
			return URI{}, fmt.Errorf("'%s' is not a valid URL: %w", s, errMismatch)
		}
	}
	return u, nil
}

// cutSCP splits "host:path" if s is of that form and not a URI or a local path. It follows what git does with brackets:
// those after "@", or at the start, hold an IPv6 address; others belong to the host's name.
func cutSCP(s string) (host, path string, ok bool) {
	if strings.Contains(s, "://") {
		return "", "", false
	}
	host, path, ok = strings.Cut(s, ":")
	if !ok || strings.Contains(host, "/") || gitSchemes[strings.TrimPrefix(host, "git+")] {
		return "", "", false
	}
	bracket := strings.Index(s, "@[") + 1
	if bracket == 0 && !strings.HasPrefix(s, "[") {
		return host, path, true
	}
	end := strings.IndexByte(s[bracket+1:], ']')
	if end < 0 {
		return host, path, true
	}
	end += bracket + 2
	path, ok = strings.CutPrefix(s[end:], ":")
	return s[:end], path, ok
}

func fromSCP(s, where, path string, warn func(text string)) (URI, error) {
	var a Authority
	host := where
	if user, rest, ok := strings.Cut(where, "@"); ok {
		a.User, a.HasUser, host = user, true, rest
	}
	a.Host = host
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
		a.Kind = IPv4
	} else if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		inner := host[1 : len(host)-1]
		ip, err := netip.ParseAddr(inner)
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return URI{}, fmt.Errorf("Git SCP bracketed URL is not valid: '%s' is not a valid IPv6 address", inner)
		}
		a.Kind, a.Host = IPv6, ip.String()
	}
	if path == "" {
		return URI{}, fmt.Errorf("SCP-style Git URL '%s' has an empty path", s)
	}
	u := URI{Scheme: "ssh", Authority: &a, Path: strings.Split(path, "/")}
	if u.Path[0] != "" {
		u.Path = append([]string{""}, u.Path...)
		if warn != nil && !strings.HasPrefix(u.Path[1], "~") {
			warn(relativeSCP(s, host, path, u))
		}
	}
	return u, nil
}

// relativeSCP words the warning about a path that ssh resolves from the home directory and an ssh URI from the root.
func relativeSCP(s, host, path string, u URI) string {
	tilde := u.Clone()
	tilde.Path = append([]string{"", "~"}, tilde.Path[1:]...)
	return fmt.Sprintf("SCP-style URL '%s' has a relative path which cannot be faithfully converted to an SSH URL: "+
		"we will convert it to an absolute path when making an SSH URL.\n\n"+
		"Use an explicit absolute path:\n\n    %s:/%s\n\nor with an explicit SSH URL:\n\n    %s\n\n"+
		"instead, to explicitly use an absolute path (and silence this warning). "+
		"Or, to be relative to the remote user's home directory:\n\n    %s:~/%s\n\nor with an explicit SSH URL:\n\n    %s",
		s, host, path, u, host, path, tilde)
}
