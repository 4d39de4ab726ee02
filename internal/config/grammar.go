package config

import (
	"errors"
	"io/fs"
	"strings"

	"firn/internal/diag"
)

// An Assignment is one "name = value" of a configuration text.
type Assignment struct{ Name, Value string }

// A Reader returns the text of a file. An error that wraps fs.ErrNotExist
// means that there is none.
type Reader func(path string) (string, error)

// Parse reads a configuration text and the files it includes. Path names the
// text in messages, and included files are relative to its folder.
//
// A line is empty, "name = value…" or "include file"; "!include" allows the
// file to be missing. "#" begins a comment anywhere. Blanks between the words
// of a value count as one.
func Parse(text, path string, read Reader) ([]Assignment, error) {
	return parse(nil, text, path, read, 0)
}

// maxIncludes bounds how deeply files include each other.
//
// Nix: has no bound and ends in a crash when a file includes itself.
const maxIncludes = 100

func parse(list []Assignment, text, path string, read Reader, depth int) ([]Assignment, error) {
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		w := words(line)
		if len(w) == 0 {
			continue
		}
		wellFormed := len(w) >= 2
		switch w[0] {
		case "include", "!include":
			if len(w) != 2 {
				return nil, syntaxError(line, path)
			}
			var err error
			if list, err = include(list, w[1], path, w[0] == "!include", read, depth); err != nil {
				return nil, err
			}
			continue
		}
		if !wellFormed || w[1] != "=" {
			return nil, syntaxError(line, path)
		}
		list = append(list, Assignment{Name: w[0], Value: strings.Join(w[2:], " ")})
	}
	return list, nil
}

// include parses the file name as seen from path.
//
// Nix: a file that exists and cannot be read is passed over in silence.
func include(list []Assignment, name, path string, optional bool, read Reader, depth int) ([]Assignment, error) {
	file := name
	if !strings.HasPrefix(name, "/") {
		file = folder(path) + "/" + name
	}
	if strings.HasPrefix(file, "/") {
		file = canonical(file)
	}
	if depth == maxIncludes {
		return nil, diag.New(diag.ConfigSyntax, "file %s is included more than %d levels deep", quoted(file), maxIncludes)
	}
	text, err := read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && optional:
		return list, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, diag.New(diag.ConfigSyntax, "file %s included from %s not found", quoted(file), quoted(path))
	case err != nil:
		return list, nil
	}
	return parse(list, text, file, read, depth+1)
}

func syntaxError(line, path string) error {
	return diag.Misuse(diag.ConfigSyntax, "syntax error in configuration line '%s' in %s", line, quoted(path))
}

func quoted(path string) string { return `"` + path + `"` }

// folder returns what stands before the last slash; the working directory for
// names without one, such as NIX_CONFIG.
func folder(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	if strings.HasPrefix(path, "/") {
		return ""
	}
	return "."
}
