package nar

import (
	"fmt"
	"strconv"
	"strings"
)

// CaseHackSuffix is put, with a number, behind names that a file system which
// ignores case could not tell from another.
const CaseHackSuffix = "~nix~case~hack~"

// hack returns the name under which an entry is restored.
func (d *openDir) hack(name string) (string, error) {
	if d.folded == nil {
		d.folded = make(map[string]int)
	}
	folded := foldASCII(name)
	count, seen := d.folded[folded]
	if !seen {
		d.folded[folded] = 0
		return name, nil
	}
	d.folded[folded] = count + 1
	hacked := name + CaseHackSuffix + strconv.Itoa(count+1)
	if _, taken := d.folded[foldASCII(hacked)]; taken {
		return "", fmt.Errorf("NAR contains file name '%s' that collides with case-hacked file name '%s'", name, hacked)
	}
	return hacked, nil
}

// unhack returns the name in the archive of a file that was restored with hack.
func unhack(name string) string {
	plain, _, _ := strings.Cut(name, CaseHackSuffix)
	return plain
}

// foldASCII is strcasecmp's idea of case.
func foldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
