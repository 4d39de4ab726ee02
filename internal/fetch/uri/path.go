package uri

import (
	"fmt"
	"path"
	"strings"
)

// FromPath turns a file system path into the path of a URI. Runs of slashes become one; "." and ".." stay.
func FromPath(p string) []string {
	absolute := strings.HasPrefix(p, "/")
	var segments []string
	if absolute {
		segments = append(segments, "")
	}
	for seg := range strings.SplitSeq(p, "/") {
		if seg != "" {
			segments = append(segments, seg)
		}
	}
	if strings.HasSuffix(p, "/") {
		segments = append(segments, "")
	}
	return segments
}

// ToPath turns the path of a URI into a file system path. A segment that no file name can be is an error.
func ToPath(segments []string) (string, error) {
	for _, s := range segments {
		if strings.Contains(s, "/") {
			return "", fmt.Errorf("URL path component '%s' contains '/', which is not allowed in file names", s)
		}
		if strings.Contains(s, "\x00") {
			return "", fmt.Errorf("URL path component '%s' contains NUL byte which is not allowed", strings.ReplaceAll(s, "\x00", "␀"))
		}
	}
	if len(segments) == 0 {
		return "", nil
	}
	var b strings.Builder
	if segments[0] == "" {
		b.WriteByte('/')
		segments = segments[1:]
	}
	for i, s := range segments {
		if s == "" && i < len(segments)-1 {
			continue
		}
		b.WriteString(s)
		if i < len(segments)-1 {
			b.WriteByte('/')
		}
	}
	return b.String(), nil
}

// FilePath returns the file that u names, cleaned, if u is a "file" URI with an absolute path.
func (u URI) FilePath() (string, error) {
	p, err := ToPath(u.Path)
	if err != nil {
		return "", err
	}
	if !path.IsAbs(p) {
		return "", fmt.Errorf("URL '%s' does not name an absolute path", u)
	}
	return path.Clean(p), nil
}
