package realise

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// place is where a builder sees a path of the machine: the target without superfluous parts. One that leads out of the
// sandbox, onto its root, or below a file is refused.
func (p *SandboxPath) place() (string, error) {
	parts := strings.FieldsFunc(p.Target, func(r rune) bool { return r == '/' })
	below := strings.HasSuffix(p.Target, "/")
	if n := len(parts); n > 0 && !below && (parts[n-1] == "." || parts[n-1] == "..") {
		return "", fmt.Errorf("sandbox path '%s' has the invalid filename '%s'", p.Target, parts[n-1])
	}
	depth := 0
	for _, part := range parts {
		switch part {
		case ".":
		case "..":
			depth--
		default:
			depth++
		}
		if depth < 0 {
			return "", p.escapes()
		}
	}
	if kind := p.kind(); below && kind != "" {
		return "", fmt.Errorf("creating %s '%s': No such file or directory", kind, p.Target)
	}
	if depth == 0 {
		return "", p.escapes()
	}
	return path.Clean("/" + p.Target), nil
}

func (p *SandboxPath) escapes() error {
	return fmt.Errorf("sandbox path '%s' escapes the chroot", p.Target)
}

// kind names what is at the source if it is there and no directory.
func (p *SandboxPath) kind() string {
	info, err := os.Lstat(p.Source)
	switch {
	case err != nil || info.IsDir():
		return ""
	case info.Mode()&fs.ModeSymlink != 0:
		return "symlink"
	}
	return "regular file"
}
