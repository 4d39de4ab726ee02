package eval

import "strings"

// CanonPath makes an absolute path canonical without looking at the file
// system: no empty, "." or ".." components, no slash at the end.
func CanonPath(s string) string {
	if isCanon(s) {
		return s
	}
	out := make([]byte, 0, len(s)+1)
	for s != "" {
		part, rest, _ := strings.Cut(s, "/")
		s = rest
		switch part {
		case "", ".":
		case "..":
			for n := len(out); n > 0; {
				n--
				if out[n] == '/' {
					out = out[:n]
					break
				}
			}
		default:
			out = append(append(out, '/'), part...)
		}
	}
	if len(out) == 0 {
		return "/"
	}
	return bytesToString(out)
}

func isCanon(s string) bool {
	if s == "/" {
		return true
	}
	if s == "" || s[0] != '/' || s[len(s)-1] == '/' {
		return false
	}
	for i := 0; i < len(s)-1; i++ {
		if s[i] != '/' {
			continue
		}
		switch s[i+1] {
		case '/':
			return false
		case '.':
			if dotComponent(s[i+1:]) {
				return false
			}
		}
	}
	return true
}

// dotComponent reports whether s begins with the component "." or "..".
func dotComponent(s string) bool {
	if len(s) == 1 || s[1] == '/' {
		return true
	}
	return s[1] == '.' && (len(s) == 2 || s[2] == '/')
}

// Dir returns the directory of a canonical path.
func Dir(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}

// Base returns the last component of a canonical path.
func Base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
